package conformance

import (
	"testing"

	"assay/classifier"
	"assay/features"
)

func TestReferencePasses(t *testing.T) {
	Run(t, func(_ uint64, workers int) classifier.Classifier {
		return &centroids{workers: workers}
	}, Options{Sparse: true, Dense: true, Sequences: true})
	Run(t, func(_ uint64, workers int) classifier.Classifier {
		return &centroids{workers: workers}
	}, Options{Sparse: true, Dense: true, Sequences: true, Binary: true})
}

// Each broken promise must be seen by the check that is there for it.
func TestBrokenPromisesAreSeen(t *testing.T) {
	for _, c := range []struct{ breaks, seenBy string }{
		{"other error before fit", "not fitted"},
		{"score of two", "scores"},
		{"rare label is not a number", "scores"},
		{"learns nothing", "quality"},
		{"half-hearted about a label without papers", "labels that never or always occur"},
		{"changes its input", "inputs stay"},
		{"papers depend on each other", "papers are independent"},
		{"other bits with other workers", "same seed, same bits"},
		{"refit remembers", "refit forgets"},
		{"labels of other papers", "wrong input"},
		{"takes the other kind", "wrong input"},
		{"takes narrower papers", "wrong input"},
		{"saves fewer bits", "save and load"},
		{"ignores a full disk", "failing writer"},
		{"saves without a checksum", "save and load"},
		{"believes a damaged file", "damaged file"},
		{"panics on a damaged file", "damaged file"},
		{"panics on a damaged file", "truncated file"},
		{"wastes memory on a damaged file", "damaged file"},
		{"scores ignore their context", "cancelled before"},
		{"cancelled fit keeps the old one", "cancelled before"},
		{"cancelled fit keeps a half", "cancelled at each check"},
		{"fit ignores its context", "cancelled before"},
		{"cancelled fit says something else", "cancelled before"},
	} {
		for _, k := range []kind{sparseKind, sequencesKind} {
			t.Run(string(k)+"/"+c.breaks, func(t *testing.T) { isSeen(t, c.breaks, c.seenBy, k) })
		}
	}
	isSeen(t, "drops unknown words", "wrong input", sequencesKind)
}

func isSeen(t *testing.T, breaks, seenBy string, k kind) {
	t.Helper()
	s := newSuite(func(_ uint64, workers int) classifier.Classifier {
		return &centroids{workers: workers, breaks: breaks}
	}, Options{Sparse: true, Dense: true, Sequences: true, Papers: 120}, k)
	for _, check := range checks() {
		if check.name != seenBy {
			continue
		}
		err := guard(func() error { return check.run(s, t) })
		if err == nil {
			t.Fatalf("%s: the check %q passed", breaks, check.name)
		}
		t.Log(err)
		return
	}
	t.Fatalf("no check %q", seenBy)
}

// Sequences are of every length from none on, and share the vectors that training
// and validation papers have.
func TestSequencesAsPromised(t *testing.T) {
	s := newSuite(nil, Options{}, sequencesKind)
	s.reset()
	train, test := s.train.X.(*features.Sequences), s.test.X.(*features.Sequences)
	if train.Embedding != test.Embedding {
		t.Error("training and validation papers have different vectors")
	}
	if len(train.Words) != train.Embedding.Rows || len(train.Embedding.Data) != train.Embedding.Rows*usualFeatures {
		t.Errorf("%d words, %d rows, %d numbers", len(train.Words), train.Embedding.Rows, len(train.Embedding.Data))
	}
	for _, v := range train.Embedding.Data[:firstWord*usualFeatures] {
		if v != 0 {
			t.Fatal("padding or the missing word is not zero")
		}
	}
	lengths := map[int]int{}
	for _, paper := range train.Papers {
		lengths[len(paper)]++
		for _, id := range paper {
			if id == features.PaddingID || int(id) >= train.Embedding.Rows {
				t.Fatalf("word %d of %d", id, train.Embedding.Rows)
			}
		}
	}
	if len(train.Papers) != s.opts.Papers || lengths[0] != 1 || lengths[1] < 5 || len(train.Papers[longPaper]) < 60 {
		t.Errorf("%d papers, how many of each length: %v", len(train.Papers), lengths)
	}
}
