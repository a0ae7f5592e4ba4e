package baselines

import (
	"fmt"
	"io"

	"assay/internal/frame"
)

// WriteModel writes a fitted model's fields as one frame (see package frame):
// kind names the classifier and its backend, such as "naive_bayes.multinomial";
// version is that of the fields' layout, from 1 up. encode is called twice and
// must write the same both times: never walk a map in it.
func WriteModel(w io.Writer, kind string, version uint32, encode func(*frame.Encoder)) error {
	if err := frame.Write(w, kind, version, encode); err != nil {
		return fmt.Errorf("baselines: save %s model: %w", kind, err)
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
		return fmt.Errorf("baselines: load %s model: %w", kind, err)
	}
	return nil
}

// PeekKind returns the kind of the model file that r begins with, and a reader
// of the same bytes from the start, for the Load of the type that the kind
// names.
func PeekKind(r io.Reader) (kind string, whole io.Reader, err error) {
	kind, whole, err = frame.Peek(r)
	if err != nil {
		return "", nil, fmt.Errorf("baselines: load model: %w", err)
	}
	return kind, whole, nil
}
