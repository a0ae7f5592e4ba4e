package networks_test

import (
	"context"
	"fmt"

	"assay/classifier"
	"assay/features"
	"assay/internal/multilabel"
	"assay/networks"
)

// An LSTM that learns word vectors of its own tells papers of word 1 from those of
// word 2.
func Example() {
	x := &features.Sequences{Embedding: &features.Dense{Rows: 3}} // a vocabulary without vectors
	y := multilabel.New(2)
	for i := range 40 {
		word := int32(1 + i%2)
		x.Papers = append(x.Papers, []int32{word, word})
		y.Append([]int32{word - 1})
	}
	opt := networks.DefaultLSTM()
	opt.Hidden, opt.Dimensions, opt.Epochs, opt.BatchSize, opt.LearningRate = 8, 4, 20, 8, 0.05
	n, err := networks.New(&opt, networks.Labels{Groups: []int32{0, 1}, Masters: 2, Exclusive: true}, networks.Run{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	if err := n.Fit(ctx, classifier.Dataset{X: x, Y: y}, classifier.Dataset{}); err != nil {
		fmt.Println(err)
		return
	}
	scores, err := n.Scores(ctx, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(scores.Row(0)[0] > 0.9, scores.Row(1)[1] > 0.9)
	// Output: true true
}
