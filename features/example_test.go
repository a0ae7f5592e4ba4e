package features_test

import (
	"context"
	"fmt"
	"log"

	"assay/corpus"
	"assay/features"
)

// The vocabulary is that of the training papers; the encoder counts its terms in any
// other paper.
func Example() {
	ctx := context.Background()
	spec := features.Spec{Kind: features.KindCounts, Fields: features.Title, Count: features.CountOptions{Words: true}}
	collector := features.NewCollector([]features.Spec{spec}, 3)
	add := collector.Worker() // one for each goroutine
	add(0, []string{"Deep", "galaxy", "surveys"}, true)
	add(1, []string{"Deep", "learning"}, true)
	add(2, []string{"Neutrino", "surveys"}, false)
	if err := collector.Finish(ctx, features.Places{corpus.Train: {0, 1}, corpus.Test: {2}}); err != nil {
		log.Fatal(err)
	}
	set, err := collector.Set(spec, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.Vocabulary().Terms())
	x, err := set.Encoder.Encode(ctx, []corpus.Paper{{Title: "Deep, deep galaxy of $x$"}}, 1)
	if err != nil {
		log.Fatal(err)
	}
	columns, counts := x.(*features.CSR).Row(0)
	fmt.Println(columns, counts)
	// Output:
	// [deep galaxy learning surveys]
	// [0 1] [2 1]
}
