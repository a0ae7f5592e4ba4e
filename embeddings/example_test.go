package embeddings_test

import (
	"context"
	"fmt"
	"log"

	"assay/embeddings"
)

// A word that the table lacks is looked up again in lower case.
func Example() {
	v, err := embeddings.NewTable(2, []string{"muon", "lepton", "sheaf"}, []float32{1, 0.1, 1, 0.2, 0, 1}, embeddings.Mean)
	if err != nil {
		log.Fatal(err)
	}
	vector := make([]float32, v.Dim())
	match, err := v.Lookup(vector, "Muon")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(match == embeddings.LowerCase, vector)
	near, _, err := embeddings.Neighbours(context.Background(), v, "muon", 1, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s %.2f\n", near[0].Word, near[0].Similarity)
	// Output:
	// true [1 0.1]
	// lepton 1.00
}
