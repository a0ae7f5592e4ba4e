package experiments

import (
	"fmt"

	"assay/corpus"
	"assay/internal/fault"
	"assay/networks"
)

// sized is implemented by classifiers that cannot serve every size.
type sized interface {
	// CheckSize returns the error with which Fit would refuse that many
	// papers, features and labels.
	CheckSize(rows, cols, labels int) error
}

// leastColumns stands for the size of a vocabulary, which is known once it is
// counted: what cannot serve so few columns cannot serve any. Fit checks again.
const leastColumns = 1000

// checkSizes refuses models that cannot serve the experiment's size, before
// any paper has been read.
func (s *Session) checkSizes() error {
	taxonomy, err := corpus.LookupTaxonomy(s.Config.Corpus.Taxonomy)
	if err != nil {
		return fault.Usage(err)
	}
	rows := int(float64(s.Papers()) * (1 - s.Config.Split.Validation - s.Config.Split.Test))
	for _, m := range s.Config.Variants() {
		if n, ok := m.Options.(networks.Options); ok {
			in := networks.Inputs{Words: leastColumns, Dim: leastDimensions(s.Config, m), Labels: len(taxonomy.Categories)}
			if err := checkMemory(n, in, MachineMemory()); err != nil {
				return fmt.Errorf("experiments: model %q: %w", m.Name, err)
			}
		}
		model, err := newClassifier(m, taxonomy, networks.Run{Workers: s.workers})
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
				cols = min(f.MaxFeatures, leastColumns)
			}
			if f.Name == m.Features && f.FromVectors() {
				cols = leastDimensions(s.Config, m)
			}
		}
		if err := c.CheckSize(rows, cols, len(taxonomy.Categories)); err != nil {
			return fmt.Errorf("experiments: model %q: %w", m.Name, err)
		}
	}
	return nil
}
