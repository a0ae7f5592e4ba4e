// Package atomicfile writes files and folders that are either whole or absent:
// a temporary name beside the target, fsync, rename, fsync of the folder.
package atomicfile

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// TempPrefix begins the name of everything that is not yet whole. Readers of a
// folder skip such names.
const TempPrefix = ".tmp-"

// Write creates or replaces path with what fill writes. On any error the old
// content of path, if any, is untouched and no temporary file is left.
func Write(path string, fill func(io.Writer) error) error {
	return written(path, fill, func(temp string) error { return os.Rename(temp, path) })
}

// Create writes data to path unless something is there; created says which. The file
// system must offer hard links.
func Create(path string, data []byte) (created bool, err error) {
	fill := func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
	err = written(path, fill, func(temp string) error {
		created, err = Link(temp, path)
		return cmp.Or(err, os.Remove(temp))
	})
	return created, err
}

// Link gives the finished file temp the name path as well, unless something has it:
// of any number of processes that want one name, one gets it.
func Link(temp, path string) (created bool, err error) {
	err = os.Link(temp, path)
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, fs.ErrExist) {
		return false, fmt.Errorf("the file system must offer hard links: %w", err)
	}
	// A network file system may repeat a request whose answer was lost.
	mine, err := os.Stat(temp)
	if err != nil {
		return false, err
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(mine, there), nil
}

// written fills a temporary file beside path and hands it to name.
func written(path string, fill func(io.Writer) error, name func(temp string) error) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, TempPrefix+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close() // the first error says what is wrong
			_ = os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 1<<16)
	if err := fill(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := name(f.Name()); err != nil {
		return err
	}
	return SyncDir(dir)
}

// WriteBytes creates or replaces path with data.
func WriteBytes(path string, data []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Rename gives a finished file or folder its final name and syncs the folder
// that holds the name.
func Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(to))
}

// SyncDir makes renames and removals inside dir durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}

// Probe writes and removes a file in dir, so that a folder which cannot be
// written, or a full disk, is found before any work is done.
func Probe(dir string) error {
	f, err := os.CreateTemp(dir, TempPrefix+"probe-*")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 1<<12)) // a full disk still makes empty files
	return cmp.Or(err, f.Close(), os.Remove(f.Name()))
}

// RemoveStale removes what killed writers of path left beside it, if nobody has
// written to it for that long. What cannot be removed stays.
func RemoveStale(path string, age time.Duration) {
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), TempPrefix+filepath.Base(path)+"-*"))
	if err != nil {
		return // the name has wildcards of its own
	}
	for _, name := range left {
		if info, err := os.Lstat(name); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > age {
			_ = os.Remove(name)
		}
	}
}

// DiskFull reports whether err says that no more can be stored: the disk is full, or the
// user's share of it.
func DiskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
