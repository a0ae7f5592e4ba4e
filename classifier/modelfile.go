package classifier

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"assay/internal/fault"
	"assay/internal/frame"
)

// WriteModel writes a fitted model's fields as one frame (see package frame):
// kind names the classifier and its backend, such as "naive_bayes.multinomial";
// version is that of the fields' layout, from 1 up. encode is called twice and
// must write the same both times: never walk a map in it.
func WriteModel(w io.Writer, kind string, version uint32, encode func(*frame.Encoder)) error {
	if err := frame.Write(w, kind, version, encode); err != nil {
		return fmt.Errorf("classifier: save %s model: %w", kind, err)
	}
	return nil
}

// ReadModel reads what WriteModel wrote under the same kind with a version of
// at most maxVersion. decode reads the fields into a fresh model; until
// ReadModel has returned nil they are not verified, so that the receiver of a
// Load takes the model over only afterwards. A damaged, truncated or foreign
// file is a usage error; consistency between the fields is for decode to check
// with Decoder.Fail.
func ReadModel(r io.Reader, kind string, maxVersion uint32, decode func(*frame.Decoder)) error {
	if err := frame.Read(r, kind, maxVersion, decode); err != nil {
		return fmt.Errorf("classifier: load %s model: %w", kind, err)
	}
	return nil
}

// Kinds makes, for each kind of model file, an unfitted classifier whose Load
// reads it. Each family of models has a function Kinds(workers) that lists its
// own; workers is as in the family's options.
type Kinds map[string]func() Classifier

// Join returns the kinds of several families; of equal ones the last stands.
func Join(families ...Kinds) Kinds {
	all := Kinds{}
	for _, kinds := range families {
		maps.Copy(all, kinds)
	}
	return all
}

// Open reads a model file of any of the kinds and returns the fitted classifier.
// A damaged, truncated or foreign file, and one of another kind, is a usage
// error.
func Open(r io.Reader, kinds Kinds) (Classifier, error) {
	kind, whole, err := frame.Peek(r)
	if err != nil {
		return nil, fmt.Errorf("classifier: load model: %w", err)
	}
	unfitted, ok := kinds[kind]
	if !ok {
		return nil, fault.Usagef("classifier: load model: a file of kind %q: want one of %s", kind, strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
	}
	c := unfitted()
	if err := c.Load(whole); err != nil {
		return nil, err
	}
	return c, nil
}
