package shards

import (
	"errors"
	"io/fs"
	"os"

	"assay/internal/filelock"
)

// lockFolder takes the lock on a folder that the system gives back when this
// process ends, however it ends. The error says that another process holds it
// or that the folder is gone. Where folders cannot be locked (Windows, some network
// file systems) both results are nil, and nothing that an import left behind is removed.
func lockFolder(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	switch err := filelock.Try(f); {
	case errors.Is(err, filelock.ErrHeld):
		return nil, errors.Join(err, f.Close())
	case err != nil:
		return nil, f.Close()
	case !filelock.Leads(path, f): // removed between opening and locking it
		return nil, errors.Join(fs.ErrNotExist, f.Close())
	}
	return f, nil
}
