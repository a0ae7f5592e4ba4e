package experiments

import (
	"fmt"
	"strings"

	"assay/experiments/config"
)

// Trial is one model with one seed.
type Trial struct {
	// ID names the trial's folder: the model, the seed and the start of a hash
	// of everything that its result depends on.
	ID string
	// Setting is the hash of the configuration alone: trials of equal setting
	// differ at most in the data and the parts.
	Setting string
	// Parts are the versions of what the result comes from.
	Parts config.Parts
	// Config is the experiment cut down to this trial; running it gives the
	// same trial again.
	Config *config.Config
	Model  *config.Model
	Seed   uint64
	// Data is the corpus hash, "" where the corpus was not at hand.
	Data string
	// DataKey is equal for trials that see the same papers in the same parts.
	DataKey string
}

// Trials lists the trials that are known from the start, in the order of the
// experiment's models, settings and seeds. data is the corpus hash.
func Trials(c *config.Config, data string) []Trial {
	return decided(Jobs(c, data))
}

// decided returns the trials of the jobs that have one.
func decided(jobs []Job) []Trial {
	var out []Trial
	for _, j := range jobs {
		if j.Decided() {
			out = append(out, j.Trial)
		}
	}
	return out
}

func newTrial(c *config.Config, m *config.Model, seed uint64, data string) Trial {
	one := c.One(m, seed)
	id := one.Identity(data)
	return Trial{
		ID:      fmt.Sprintf("%s-s%d-%.12s", slug(m.Name), seed, id.Hash),
		Setting: id.Setting,
		Parts:   id.Parts,
		Config:  one,
		Model:   &one.Models[0],
		Seed:    seed,
		Data:    data,
		DataKey: c.DataKey(seed),
	}
}

// slug turns a model's name into a part of a folder's name.
func slug(name string) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(name) {
		if b.Len() >= 40 {
			break
		}
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			b.WriteRune(r)
			dash = false
		case !dash && b.Len() > 0:
			b.WriteByte('-')
			dash = true
		}
	}
	if b.Len() == 0 {
		return "model"
	}
	return strings.TrimSuffix(b.String(), "-")
}
