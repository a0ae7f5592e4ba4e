package networks

import (
	"bytes"
	"slices"
	"testing"

	"assay/classifier"
	"assay/features"
)

// TestDropoutTrains: the loss falls with dropout, whose masks come from the seed
// and the step alone; scores have none.
func TestDropoutTrains(t *testing.T) {
	train, validation := split(120)
	file := func(dropout float64, seed uint64, workers int) []byte {
		opt := tiny(seed, workers)
		opt.Dropout, opt.Epochs = dropout, 12
		n := newNetwork(t, opt, hooks{})
		fit(t, n, train, validation)
		curve := n.report.Curve
		if first, last := curve[0].ValidationLoss, curve[len(curve)-1].ValidationLoss; !(*last < 0.8**first) {
			t.Errorf("dropout %g: validation loss %g after an epoch, %g at the end", dropout, *first, *last)
		}
		if !slices.Equal(scoresOf(t, n, validation.X), scoresOf(t, n, validation.X)) {
			t.Errorf("dropout %g: other scores the second time", dropout)
		}
		return fileOf(t, n)
	}
	want := file(0.1, 1, 1)
	if !bytes.Equal(file(0.1, 1, 1), want) || !bytes.Equal(file(0.1, 1, 3), want) {
		t.Error("another network the second time, or with more workers")
	}
	if bytes.Equal(file(0, 1, 1), want) || bytes.Equal(file(0.1, 2, 1), want) {
		t.Error("dropout or the seed changes nothing")
	}
}

// TestMasterLossLearnsMasters: where the words tell the master, but nothing which
// of its categories a paper has, no category is likely; only the loss of masters
// asks for one of them.
func TestMasterLossLearnsMasters(t *testing.T) {
	const categories = 12 // four a master
	m := vectors(categories, testDim)
	word := func(category int32) int32 { return category % testMasters }
	train, validation := papers(1, 300, categories, m, word), papers(2, 100, categories, m, word)
	masterF1 := func(ratio float64) float64 {
		opt := tiny(1, 2)
		opt.MasterLossRatio, opt.ClassWeights = ratio, false
		n, err := newSHARNN(opt, inTurn(categories, testMasters), testMasters, hooks{})
		if err != nil {
			t.Fatal(err)
		}
		fit(t, n, train, validation)
		return *n.report.Curve[len(n.report.Curve)-1].ValidationMasterF1
	}
	if without, with := masterF1(0), masterF1(0.5); !(with > 0.8 && with > without+0.2) {
		t.Errorf("F1 over masters %.3f without their loss, %.3f with it", without, with)
	}
}

// TestClassWeights: weights of positive examples make a rare category likelier.
func TestClassWeights(t *testing.T) {
	m := vectors(testCategories, testDim)
	none := func(int32) int32 { return testCategories } // a word of noise
	train := papers(1, 120, testCategories, m, none)
	rare := int32(5)
	for i := range train.Y.Rows() {
		if row := train.Y.Row(i); i%8 != 0 && len(row) == 1 && row[0] == rare {
			row[0] = 0
		}
	}
	mean := func(on bool) float64 {
		opt := tiny(1, 2)
		opt.ClassWeights = on
		n := newNetwork(t, opt, hooks{})
		fit(t, n, train, classifier.Dataset{})
		scores, sum := scoresOf(t, n, train.X), 0.0
		for i := range train.X.(*features.Sequences).Papers {
			sum += scores[i*testCategories+int(rare)]
		}
		return sum / float64(train.Y.Rows())
	}
	if off, on := mean(false), mean(true); !(on > 1.5*off) {
		t.Errorf("a rare category scores %.3f, %.3f with weights", off, on)
	}
}
