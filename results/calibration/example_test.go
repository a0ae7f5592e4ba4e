package calibration_test

import (
	"fmt"

	"assay/results/calibration"
)

// Of four predictions made with 75 % only two came true.
func Example() {
	p := []float64{0.25, 0.25, 0.25, 0.25, 0.75, 0.75, 0.75, 0.75}
	right := []bool{true, false, false, false, true, true, false, false}
	bins, err := calibration.Bins(p, right, 2, calibration.EqualWidth)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, b := range bins {
		fmt.Printf("predicted %.2f, came true %.2f of %d\n", b.Mean, b.Share(), b.Count)
	}
	fmt.Printf("calibration error %.3f, Brier score %.4f\n", calibration.Error(bins), calibration.Brier(p, right))
	// Output:
	// predicted 0.25, came true 0.25 of 4
	// predicted 0.75, came true 0.50 of 4
	// calibration error 0.125, Brier score 0.2500
}
