package shards

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"assay/internal/atomicfile"
	"assay/internal/fault"
)

// draft is the hidden folder in which a corpus is built, beside the place
// where it will stand. Its owner holds a lock on it that ends with the
// process; a draft without an owner is what a killed import left behind.
type draft struct {
	dir     string // as the caller named it, links resolved
	path    string // of the hidden folder
	replace bool   // dir may hold a corpus that this one replaces
	lock    *os.File
}

// newDraft makes a draft for dir, after removing those that killed imports
// to dir have left.
func newDraft(dir string, overwrite bool) (*draft, error) {
	d := &draft{dir: filepath.Clean(dir), replace: overwrite}
	if resolved, err := filepath.EvalSymlinks(d.dir); err == nil {
		d.dir = resolved
	}
	abs, err := filepath.Abs(d.dir)
	if err != nil {
		return nil, fmt.Errorf("corpus: create %s: %w", dir, err)
	}
	if filepath.Dir(abs) == abs {
		return nil, fault.Usagef("corpus: create %s: a file system's root cannot be a corpus; name a folder in it", dir)
	}
	d.dir = abs
	if err := d.checkTarget(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(d.dir), 0o755); err != nil {
		return nil, fault.Usagef("corpus: create %s: %w", dir, err)
	}
	d.sweep()
	for range 10 {
		d.path, err = os.MkdirTemp(filepath.Dir(d.dir), d.prefix()+"*")
		if err != nil {
			return nil, fault.Usagef("corpus: create %s: %w", dir, err)
		}
		// A sweep by another process may take the folder for an orphan until
		// it is locked: then it is gone, and the next one is ours.
		if d.lock, err = lockFolder(d.path); err == nil {
			return d, os.Chmod(d.path, 0o755)
		}
	}
	return nil, fmt.Errorf("corpus: create %s: %w", dir, err)
}

// prefix begins the names of all drafts for the same dir.
func (d *draft) prefix() string {
	return atomicfile.TempPrefix + filepath.Base(d.dir) + "-"
}

// checkTarget refuses a dir that holds anything, except a corpus that may be
// replaced.
func (d *draft) checkTarget() error {
	entries, err := os.ReadDir(d.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fault.Usagef("corpus: create: %w", err)
	case len(entries) == 0:
		return nil
	}
	strangers, whole, err := survey(d.dir)
	if err != nil {
		return fault.Usagef("corpus: create: %w", err)
	}
	if len(strangers) > 0 {
		return fault.Usagef("corpus: create %s: the folder holds %s, which is no part of a corpus; choose another folder", d.dir, strangers[0])
	}
	if !d.replace {
		return fault.Usagef("corpus: create %s: a corpus exists there; choose another folder, remove it, or overwrite it (--overwrite)", d.dir)
	}
	if !whole {
		return fault.Usagef("corpus: create %s: the folder has shards but no %s; remove it or choose another folder", d.dir, manifestFile)
	}
	return nil
}

// survey walks a corpus's folder. It returns the paths within it that no corpus
// has, and whether a manifest is among the others.
func survey(dir string) (strangers []string, whole bool, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		full, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		full = filepath.ToSlash(full)
		name, private := strings.CutPrefix(full, privateFolder+"/")
		file := e.Type().IsRegular()
		switch {
		case full == privateFolder && e.IsDir():
		case file && name == manifestFile:
			whole = true
		case file && private && name == checksumsFile, file && !private && (name == oldChecksumsFile || shardName(name)):
		default:
			strangers = append(strangers, full)
			if e.IsDir() {
				return fs.SkipDir
			}
		}
		return nil
	})
	return strangers, whole, err
}

func shardName(name string) bool {
	return strings.HasPrefix(name, "shard-") && strings.HasSuffix(name, ".parquet") && !strings.Contains(name, "/")
}

// sweep removes the drafts for d.dir whose owner is gone. It is a courtesy:
// what it cannot judge or remove, it leaves.
func (d *draft) sweep() {
	parent := filepath.Dir(d.dir)
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		number, ok := strings.CutPrefix(e.Name(), d.prefix())
		if !ok || !e.IsDir() || number == "" || strings.Trim(number, "0123456789") != "" {
			continue
		}
		path := filepath.Join(parent, e.Name())
		lock, err := lockFolder(path)
		if err != nil {
			continue // in use, or locks do not work here
		}
		if lock != nil {
			_ = removeDraft(path)
			_ = lock.Close()
		}
	}
}

// removeDraft removes a folder that holds a draft and nothing else.
func removeDraft(path string) error {
	strangers, _, err := survey(path)
	if err != nil {
		return err
	}
	for _, name := range strangers {
		if !strings.HasPrefix(filepath.Base(name), atomicfile.TempPrefix) {
			return fmt.Errorf("%s holds %s, which no import put there", path, name)
		}
	}
	return os.RemoveAll(path)
}

// publish gives the finished draft its name. Whoever opens dir sees the whole
// of the old corpus, if there was one, or the whole of the new one.
func (d *draft) publish() error {
	defer d.unlock()
	if err := atomicfile.SyncDir(d.path); err != nil {
		return err
	}
	if err := d.checkTarget(); err != nil {
		return err // something has appeared there meanwhile
	}
	entries, err := os.ReadDir(d.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case len(entries) == 0:
		if err := os.Remove(d.dir); err != nil {
			return err
		}
	default:
		return d.exchange()
	}
	return atomicfile.Rename(d.path, d.dir)
}

// exchange puts the draft in the place of the corpus at dir and removes that.
func (d *draft) exchange() error {
	old := d.path
	if err := swapFolders(d.path, d.dir); err != nil {
		if !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
		// Not atomic here: between the two renames dir is missing, and the
		// old corpus lies beside it under a name that no sweep removes.
		old = filepath.Join(filepath.Dir(d.dir), ".old-"+strings.TrimPrefix(filepath.Base(d.path), atomicfile.TempPrefix))
		if err := os.Rename(d.dir, old); err != nil {
			return err
		}
		if err := os.Rename(d.path, d.dir); err != nil {
			return errors.Join(err, os.Rename(old, d.dir))
		}
	}
	if err := atomicfile.SyncDir(filepath.Dir(d.dir)); err != nil {
		return err
	}
	// The new corpus stands; what is left of the old one is swept later.
	_ = removeDraft(old)
	return nil
}

// discard removes the draft.
func (d *draft) discard() error {
	defer d.unlock()
	return os.RemoveAll(d.path)
}

func (d *draft) unlock() {
	if d.lock != nil {
		_ = d.lock.Close() // opened for reading: nothing can be lost
		d.lock = nil
	}
}
