package classifier_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"assay/classifier"
	"assay/internal/fault"
	"assay/internal/frame"
)

// constant is a classifier as far as its file goes.
type constant struct {
	classifier.Classifier
	kind  string
	value float64
}

func (c *constant) Save(w io.Writer) error {
	return classifier.WriteModel(w, c.kind, 1, func(e *frame.Encoder) { e.Float64(c.value) })
}

func (c *constant) Load(r io.Reader) error {
	return classifier.ReadModel(r, c.kind, 1, func(d *frame.Decoder) { c.value = d.Float64() })
}

func kinds(names ...string) classifier.Kinds {
	all := classifier.Kinds{}
	for _, name := range names {
		all[name] = func() classifier.Classifier { return &constant{kind: name} }
	}
	return all
}

func savedOf(t *testing.T, kind string) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := (&constant{kind: kind, value: 0.25}).Save(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestOpenTellsTheKind(t *testing.T) {
	c, err := classifier.Open(bytes.NewReader(savedOf(t, "second")), classifier.Join(kinds("first"), kinds("second", "third")))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.(*constant); got.kind != "second" || got.value != 0.25 {
		t.Errorf("opened %q with %v", got.kind, got.value)
	}
}

func TestOpenRefuses(t *testing.T) {
	file := savedOf(t, "first")
	for _, c := range []struct {
		name, want string
		file       []byte
		kinds      classifier.Kinds
	}{
		{"another kind", `a file of kind "first": want one of second, third`, file, kinds("third", "second")},
		{"nothing", "classifier: load model: ", nil, kinds("first")},
		{"text", "classifier: load model: ", []byte("title,abstract\nof papers, not a model\n"), kinds("first")},
		{"half a file", "classifier: load first model: ", file[:len(file)/2+8], kinds("first")},
	} {
		_, err := classifier.Open(bytes.NewReader(c.file), c.kinds)
		if err == nil || !strings.Contains(err.Error(), c.want) || !fault.IsUsage(err) {
			t.Errorf("%s: %v, want a usage error with %q", c.name, err, c.want)
		}
	}
}
