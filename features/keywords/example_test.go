package keywords_test

import (
	"fmt"
	"strings"

	"assay/features/keywords"
)

func Example() {
	counter := keywords.NewCounter(keywords.Options{Rule: keywords.Terms(true), Classes: 2})
	worker := counter.Worker()
	for i, paper := range []string{"Spiral galaxies rotate", "Galaxies of dwarfs", "Deep networks learn", "The networks of galaxies"} {
		worker.Add(strings.Fields(paper), []int32{int32(i / 2)}) // two papers of each class
	}
	here, elsewhere, _, z := counter.Finish().Of(0, "galaxies")
	fmt.Println(here, elsewhere, z > 0)
	// Output: 2 1 true
}
