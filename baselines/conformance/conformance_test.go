package conformance

import (
	"testing"

	"assay/baselines"
)

func TestReferencePasses(t *testing.T) {
	Run(t, func(_ uint64, workers int) baselines.Classifier {
		return &centroids{workers: workers}
	}, Options{Sparse: true, Dense: true})
	Run(t, func(_ uint64, workers int) baselines.Classifier {
		return &centroids{workers: workers}
	}, Options{Sparse: true, Dense: true, Binary: true})
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
		t.Run(c.breaks, func(t *testing.T) {
			s := newSuite(func(_ uint64, workers int) baselines.Classifier {
				return &centroids{workers: workers, breaks: c.breaks}
			}, Options{Sparse: true, Dense: true, Papers: 120}, false)
			for _, check := range checks() {
				if check.name != c.seenBy {
					continue
				}
				err := guard(func() error { return check.run(s, t) })
				if err == nil {
					t.Fatalf("the check %q passed", check.name)
				}
				t.Log(err)
				return
			}
			t.Fatalf("no check %q", c.seenBy)
		})
	}
}
