package keywords

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestWordsOf(t *testing.T) {
	tokens := strings.Fields("The Deep-learning of images , images -EQN- x deep 2019 learns")
	for _, c := range []struct {
		opt  Options
		want string
	}{
		{Options{Rule: Terms(true)}, "deep×2 learning×1 images×2 learns×1"},
		{Options{Rule: Terms(false)}, "deep-learning×1 images×2 deep×1 learns×1"},
		{Options{Rule: Terms(true), FirstTokens: 4}, "deep×1 learning×1 images×1"},
		{Options{Rule: Terms(true), FirstWords: 5}, "deep×1 learning×1 images×1"}, // the, deep, learning, of, images
		{Options{Rule: Terms(true), FirstWords: 1}, ""},
	} {
		var got []string
		for _, w := range WordsOf(tokens, c.opt) {
			got = append(got, w.Word+"×"+string(rune('0'+w.Uses)))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%+v: %s, want %s", c.opt, s, c.want)
		}
	}
}

// Against counting by sets of words, whatever the number of workers.
func TestCounter(t *testing.T) {
	const seed, classes, papers = 3, 4, 500
	rng := rand.New(rand.NewPCG(seed, 0))
	vocabulary := strings.Fields("alpha Beta gamma delta epsilon-zeta the of eta theta iota kappa 12")
	var docs [][]string
	var labels [][]int32
	for range papers {
		var doc []string
		for range rng.IntN(20) {
			doc = append(doc, vocabulary[rng.IntN(len(vocabulary))])
		}
		var l []int32
		for c := range int32(classes) {
			if rng.IntN(3) == 0 {
				l = append(l, c)
			}
		}
		docs, labels = append(docs, doc), append(labels, l)
	}
	words := strings.Fields("beta zeta epsilon kappa unseen beta")
	opt := Options{Rule: Terms(true), Classes: classes, Words: words}
	for _, workers := range []int{1, 3} {
		counter := NewCounter(opt)
		var group sync.WaitGroup
		for w := range workers {
			worker := counter.Worker()
			group.Go(func() {
				for i := w; i < papers; i += workers {
					worker.Add(docs[i], labels[i])
				}
			})
		}
		group.Wait()
		checkContrasts(t, counter.Finish(), docs, labels, words, classes)
	}
}

func checkContrasts(t *testing.T, got *Counts, docs [][]string, labels [][]int32, words []string, classes int) {
	t.Helper()
	for class := range classes {
		var total Contrast
		in, out := map[string]int64{}, map[string]int64{}
		for i, doc := range docs {
			for _, w := range WordsOf(doc, Options{Rule: Terms(true)}) {
				if slices.Contains(labels[i], int32(class)) {
					in[w.Word]++
					total.Class++
				} else {
					out[w.Word]++
					total.Rest++
				}
			}
		}
		for _, word := range words {
			here, elsewhere, delta, z := got.Of(class, word)
			wantDelta, wantZ := total.LogOdds(float64(in[word]), float64(out[word]))
			if here != in[word] || elsewhere != out[word] || math.Float64bits(delta) != math.Float64bits(wantDelta) || math.Float64bits(z) != math.Float64bits(wantZ) {
				t.Errorf("class %d, %s: %d, %d, %v, %v; want %d, %d, %v, %v", class, word, here, elsewhere, delta, z, in[word], out[word], wantDelta, wantZ)
			}
		}
		if here, elsewhere, delta, z := got.Of(class, "gamma"); here != 0 || elsewhere != 0 || delta != 0 || z != 0 {
			t.Errorf("a word that nobody asked for: %d, %d, %v, %v", here, elsewhere, delta, z)
		}
	}
}

// A word is spelled as papers of the class write it most often, of equals as the first
// in the alphabet; whatever worker had which paper, and whether words are named or not.
func TestSpell(t *testing.T) {
	docs := [][]string{{"GANs", "gan", "Model"}, {"GANs", "model"}, {"gan", "gan", "gan."}, {"Models"}}
	labels := [][]int32{{0}, {0, 1}, {1}, {0}}
	for workers := 1; workers <= 3; workers++ {
		counter := NewCounter(Options{Rule: readable(false), Classes: 2, Spellings: true})
		some := make([]*Worker, workers)
		for i := range some {
			some[i] = counter.Worker()
		}
		for i, doc := range docs {
			some[i%workers].Add(doc, labels[i])
		}
		counts := counter.Finish()
		for class, want := range []string{"GANs Model", "gan model"} {
			if got := strings.Join(counts.Spell(class, []string{"gan", "model"}), " "); got != want {
				t.Errorf("%d workers, class %d: %s, want %s", workers, class, got, want)
			}
		}
		if here, elsewhere, _, _ := counts.Of(0, "model"); here != 3 || elsewhere != 0 {
			t.Errorf("%d workers: %d papers of the class and %d others have the word, want 3 and 0", workers, here, elsewhere)
		}
	}
}
