package experiments

import (
	"fmt"

	"assay/corpus"
	"assay/internal/fault"
)

// sized is implemented by classifiers that cannot serve every size.
type sized interface {
	// CheckSize returns the error with which Fit would refuse that many
	// papers, features and labels.
	CheckSize(rows, cols, labels int) error
}

// leastColumns stands for the size of a vocabulary that is not bounded: what
// cannot serve so few columns cannot serve any.
const leastColumns = 1000

// checkSizes refuses models that cannot serve the experiment's size, before
// any paper has been read. The vocabulary's size is known only where the
// features bound it; Fit checks again.
func (s *Session) checkSizes() error {
	taxonomy, err := corpus.LookupTaxonomy(s.Config.Corpus.Taxonomy)
	if err != nil {
		return fault.Usage(err)
	}
	rows := int(float64(s.Papers()) * (1 - s.Config.Split.Validation - s.Config.Split.Test))
	for i := range s.Config.Models {
		m := &s.Config.Models[i]
		model, err := newClassifier(m, 0, s.workers)
		if err != nil {
			return err
		}
		c, ok := model.(sized)
		if !ok {
			continue
		}
		cols := leastColumns
		for _, f := range s.Config.Features {
			if f.Name == m.Features && f.MaxFeatures > 0 {
				cols = f.MaxFeatures
			}
		}
		if err := c.CheckSize(rows, cols, len(taxonomy.Categories)); err != nil {
			return fmt.Errorf("experiments: model %q: %w (its limits are max_core_hours and max_gib)", m.Name, err)
		}
	}
	return nil
}
