package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"assay/internal/atomicfile"
	"assay/internal/fault"
)

// writeOut writes to the named file, whole or not at all, or to stdout for "-".
func writeOut(stdout io.Writer, name string, fill func(io.Writer) error) error {
	if name == "-" {
		w := bufio.NewWriterSize(stdout, 1<<16)
		if err := fill(w); err != nil {
			return err
		}
		return w.Flush()
	}
	var fillErr error
	err := atomicfile.Write(name, func(w io.Writer) error {
		fillErr = fill(w)
		return fillErr
	})
	if err != nil && fillErr == nil {
		return fault.Usage(fmt.Errorf("write %s: %w", name, err))
	}
	return err
}

func writeJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
