package predictor_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing/fstest"

	"assay/baselines/bayes"
	"assay/classifier"
	"assay/corpus"
	"assay/features"
	"assay/internal/multilabel"
	"assay/predictor"
	"assay/results/metrics"
)

// A model that has learnt from four titles is kept in a folder, read from there, and
// asked about a new paper.
func Example() {
	if err := example(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// cs.LG (Machine Learning): 0.83
}

func example(ctx context.Context) error {
	spec := features.Spec{Kind: features.KindCounts, Fields: features.Title}
	titles := [][]string{{"deep", "networks"}, {"learning", "networks"}, {"far", "galaxies"}, {"stars", "in", "galaxies"}}
	collector := features.NewCollector([]features.Spec{spec}, len(titles))
	add, truth := collector.Worker(), multilabel.FromRows(2, [][]int32{{0}, {0}, {1}, {1}})
	for i, tokens := range titles {
		add(i, tokens, true)
	}
	if err := collector.Finish(ctx, features.Places{corpus.Train: {0, 1, 2, 3}}); err != nil {
		return err
	}
	set, err := collector.Set(spec, 1)
	if err != nil {
		return err
	}
	model := bayes.NewMultinomial(bayes.Options{})
	if err := model.Fit(ctx, classifier.Dataset{X: set.Rows[corpus.Train], Y: truth}, classifier.Dataset{}); err != nil {
		return err
	}
	taxonomy, err := corpus.LookupTaxonomy("topics:cs.LG,astro-ph.GA")
	if err != nil {
		return err
	}
	rule, err := metrics.ParseRule("fixed:0.5")
	if err != nil {
		return err
	}
	decision, err := rule.Fit(nil, nil)
	if err != nil {
		return err
	}
	folder := fstest.MapFS{} // of a run: os.DirFS(".../model")
	err = predictor.New(predictor.Run{Model: "Naive Bayes"}, taxonomy, []metrics.Decision{decision}, set.Encoder, model).Save(
		func(name string, save func(io.Writer) error) error {
			var file bytes.Buffer
			err := save(&file)
			folder[name] = &fstest.MapFile{Data: file.Bytes()}
			return err
		})
	if err != nil {
		return err
	}

	p, err := predictor.Load(folder, 0)
	if err != nil {
		return err
	}
	decision, err = p.Decision("") // the run's
	if err != nil {
		return err
	}
	predictions, err := p.Predict(ctx, []predictor.Paper{{Title: "Learning with deep models"}}, decision, 0)
	if err != nil {
		return err
	}
	for _, c := range predictions[0].Categories {
		fmt.Printf("%s (%s): %.2f\n", c.ID, c.Name, c.Probability)
	}
	return nil
}
