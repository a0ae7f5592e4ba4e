package predictor

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"assay/baselines/bayes"
	"assay/baselines/forest"
	"assay/baselines/golearn"
	"assay/baselines/logistic"
	"assay/classifier"
	"assay/features"
	"assay/internal/fault"
	"assay/networks"
	"assay/results/metrics"
)

// The files of a model folder, beside those of its encoder, which package features
// names.
const (
	File      = "predictor.json"
	ModelFile = "model.assay"
)

const version = 1

// record is what File holds.
type record struct {
	Version    int                `json:"version"`
	Run        Run                `json:"run"`
	Taxonomy   string             `json:"taxonomy"`
	Categories []Category         `json:"categories"`
	Decisions  []metrics.Decision `json:"decisions"`
}

// ErrIncomplete is the error of a model folder without File: programs before it kept
// the model, but not the way from a paper to it.
var ErrIncomplete = errors.New("it was saved by an earlier program, which kept no predictor")

// Save writes the files of a model folder; Load reads them back.
func (p *Predictor) Save(write func(name string, save func(io.Writer) error) error) error {
	return errors.Join(
		write(ModelFile, p.model.Save),
		p.encoder.Save(write),
		write(File, func(w io.Writer) error {
			data, err := json.MarshalIndent(record{version, p.Run, p.Taxonomy, p.Categories, p.Decisions}, "", "  ")
			if err == nil {
				_, err = w.Write(append(data, '\n'))
			}
			return err
		}),
	)
}

// Load reads the predictor of a model folder; workers is how many cores it uses, 0 all,
// and changes no score. A folder without a predictor is ErrIncomplete; a file that is
// damaged, missing or of another model, a usage error that names it.
func Load(folder fs.FS, workers int) (*Predictor, error) {
	data, err := fs.ReadFile(folder, File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Usage(ErrIncomplete)
	}
	if err != nil {
		return nil, fault.Usagef("predictor: %w", err)
	}
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fault.Usagef("predictor: %s: %w", File, err)
	}
	if r.Version < 1 || r.Version > version {
		return nil, fault.Usagef("predictor: %s is of version %d, this program reads up to %d: use the program that wrote it", File, r.Version, version)
	}
	p := &Predictor{Run: r.Run, Taxonomy: r.Taxonomy, Categories: r.Categories, Decisions: r.Decisions, workers: workers}
	if p.encoder, err = features.LoadEncoder(folder); err != nil {
		return nil, err
	}
	f, err := folder.Open(ModelFile)
	if err != nil {
		return nil, fault.Usagef("predictor: %w", err)
	}
	defer f.Close()
	const buffer = 1 << 20
	kinds := classifier.Join(bayes.Kinds(workers), logistic.Kinds(workers), forest.Kinds(workers), golearn.Kinds(workers), networks.Kinds(workers))
	if p.model, err = classifier.Open(bufio.NewReaderSize(f, buffer), kinds); err != nil {
		return nil, fmt.Errorf("predictor: %s: %w", ModelFile, err)
	}
	return p, nil
}
