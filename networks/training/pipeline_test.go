package training

import (
	"context"
	"reflect"
	"testing"
	"time"
)

// Several batches under way change no bit, however often the training is cut.
func TestDepthDoesNotChangeABit(t *testing.T) {
	for _, stopping := range []string{"", "f1"} {
		one := trial{workers: 2, recordEvery: 2, words: 20, validation: true, stopping: stopping}
		want := one.run(t)
		for _, depth := range []int{2, 3, 7} {
			other := one
			other.depth = depth
			other.same(t, want)
			for k := 1; k <= 9 && stopping == ""; k++ {
				other.same(t, want, attempt{step: k})
				other.same(t, want, attempt{eval: k})
				if k <= 4 { // later ones leave no step for a second attempt
					other.same(t, want, attempt{step: k}, attempt{step: 1})
				}
			}
			other.every = time.Nanosecond
			other.same(t, want, attempt{step: 5, crash: true})
		}
	}
}

func TestDepthDoesNotChangeScores(t *testing.T) {
	data, net := papers("score", 17, 9, 30, trialLabels), newBag(30, trialLabels)
	scores := func(e Engine) any {
		got, err := Scores(context.Background(), e, Data{X: data.X}, trialLabels, 2, true)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	cpu := NewCPU(net, newPool(t, 1))
	if want := scores(cpu); !reflect.DeepEqual(scores(&deep{Engine: cpu, depth: 3}), want) {
		t.Error("other scores")
	}
}
