package experiments

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"assay/experiments/config"
	"assay/internal/atomicfile"
	"assay/networks"
	"assay/results"
)

// A network that asha promotes goes on where it stopped: the run of the earlier
// rung leaves its checkpoint and its records in the results' cache, under a name
// that holds all but how far it was trained. It is a short cut alone: begun anew,
// the training gives the same bits.

// rungRecord stands beside a kept checkpoint; without it the checkpoint is not
// whole.
type rungRecord struct {
	Trial   string            `json:"trial"`
	Epoch   int               `json:"epoch"`  // it stopped after
	SHA256  string            `json:"sha256"` // of the checkpoint
	Records []json.RawMessage `json:"records"`
}

// rungPath is where a trial's checkpoint is kept for the next rung; "" where the
// trial is not one that stops before its last epoch or may follow one that did.
func (s *Session) rungPath(t Trial) string {
	n, ok := t.Model.Options.(networks.Options)
	if !ok || !halvesEpochs(s.Config, t.Model.Name) {
		return ""
	}
	one := *t.Config
	one.Models = []config.Model{*t.Model}
	one.Models[0].Options = n.Stopping(0)
	return filepath.Join(s.Config.Results.Path, "cache", "rungs", fmt.Sprintf("%s-%.16s.assay", slug(t.Model.Name), one.Identity(t.Data).Hash))
}

// halvesEpochs reports whether the model of a name is swept by asha over epochs.
func halvesEpochs(c *config.Config, name string) bool {
	for i := range c.Models {
		if m := &c.Models[i]; m.Name == name && m.Sweep != nil {
			return m.Sweep.Method == "asha" && m.Sweep.Resource == "epochs"
		}
	}
	return false
}

// keepRung keeps the checkpoint of a trial that stopped before its last epoch,
// and drops it once the last one is done.
func (s *Session) keepRung(t Trial, w *results.RunWriter) error {
	path := s.rungPath(t)
	if path == "" {
		return nil
	}
	loop := t.Model.Options.(networks.Options).Loop()
	if loop.StopEpoch == 0 || loop.StopEpoch >= loop.Epochs {
		return errors.Join(remove(recordOf(path)), remove(path))
	}
	from, err := w.Checkpoint(CheckpointFile)
	if err != nil {
		return err
	}
	records, err := s.store.Metrics(s.Config.Name, t.ID)
	if err == nil {
		_, err = s.store.MakeFolder("cache", "rungs")
	}
	if err != nil {
		return err
	}
	atomicfile.RemoveStale(path, time.Hour)
	hash, err := copyFile(from, path)
	if err != nil {
		return fmt.Errorf("experiments: keep the checkpoint of %s: %w", t.ID, err)
	}
	data, err := json.Marshal(rungRecord{Trial: t.ID, Epoch: loop.StopEpoch, SHA256: hash, Records: records})
	if err == nil {
		err = atomicfile.WriteBytes(recordOf(path), data)
	}
	return err
}

// seed gives a trial the checkpoint and the records of the rung before, where
// they are kept, and reports whether it did.
func (s *Session) seed(t Trial, w *results.RunWriter, checkpoint string) (bool, error) {
	path := s.rungPath(t)
	if path == "" {
		return false, nil
	}
	data, err := os.ReadFile(recordOf(path))
	if err != nil {
		return false, nil // nothing is kept
	}
	var r rungRecord
	stop := t.Model.Options.(networks.Options).Loop().StopEpoch
	if json.Unmarshal(data, &r) != nil || stop > 0 && r.Epoch >= stop {
		return false, nil
	}
	hash, err := copyFile(path, checkpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil && hash != r.SHA256 {
		return false, remove(checkpoint)
	}
	for _, record := range r.Records {
		if err == nil {
			err = w.Append(record)
		}
	}
	if err == nil {
		w.Log().Info("fit", "continues", r.Trial, "from_epoch", r.Epoch)
	}
	return err == nil, err
}

// dropSeed takes back what seed gave.
func dropSeed(w *results.RunWriter, checkpoint string) error {
	return errors.Join(remove(checkpoint), w.Rewind(-1))
}

func recordOf(path string) string { return strings.TrimSuffix(path, ".assay") + ".json" }

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// copyFile copies a file, whole or not at all, and returns its SHA-256.
func copyFile(from, to string) (hash string, err error) {
	in, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer in.Close()
	sum := sha256.New()
	err = atomicfile.Write(to, func(out io.Writer) error {
		_, err := io.Copy(io.MultiWriter(out, sum), in)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}
