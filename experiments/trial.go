package experiments

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"assay/corpus"
	"assay/features"
)

// Trial is one model with one seed.
type Trial struct {
	// ID names the trial's folder: the model, the seed and the start of a hash
	// of everything that its result depends on.
	ID string
	// Setting is the hash of the configuration alone: trials of equal setting
	// differ at most in the data and the code.
	Setting string
	// Config is the experiment cut down to this trial; running it gives the
	// same trial again.
	Config *Config
	Model  *Model
	Seed   uint64
	// Data is the corpus hash, "" where the corpus was not at hand.
	Data string
	// DataKey is equal for trials that see the same papers in the same parts.
	DataKey string
}

// Trials lists the trials that are known from the start, in the order of the
// experiment's models, settings and seeds. data is the corpus hash and code the
// version of the program.
func (c *Config) Trials(data, code string) []Trial {
	return decided(c.Jobs(data, code))
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

func (c *Config) trial(m *Model, seed uint64, data, code string) Trial {
	one := *c
	one.Seeds = []uint64{seed}
	one.Models = []Model{*m}
	one.Models[0].own = nil
	one.Published = nil
	one.Features = nil
	for _, f := range c.Features {
		if f.Name == m.Features {
			one.Features = append(one.Features, f)
		}
	}
	one.Embeddings = nil
	if table := c.tableOf(m); table != nil {
		one.Embeddings = []Embeddings{*table}
	}
	// What cannot change the result does not enter its identity: of a file of
	// vectors the content does, not the place.
	identity := one
	identity.Embeddings = nil
	for _, e := range one.Embeddings {
		if e.File != "" {
			e.File = e.hash
		}
		identity.Embeddings = append(identity.Embeddings, e)
	}
	identity.Name, identity.Corpus.Path, identity.Results.Path = "", "", ""
	identity.Models = []Model{m.withoutLimits()}
	setting := sha256.Sum256([]byte(identity.Text()))
	full := sha256.Sum256([]byte(hex.EncodeToString(setting[:]) + "\ndata = " + data + "\ncode = " + code))
	return Trial{
		ID:      fmt.Sprintf("%s-s%d-%s", slug(m.Name), seed, hex.EncodeToString(full[:6])),
		Setting: hex.EncodeToString(setting[:]),
		Config:  &one,
		Model:   &one.Models[0],
		Seed:    seed,
		Data:    data,
		DataKey: c.dataKey(seed),
	}
}

// tableOf returns the table of word vectors that a model sees papers through,
// nil if it has none.
func (c *Config) tableOf(m *Model) *Embeddings {
	for _, tables := range [][]Embeddings{m.own, c.Embeddings} {
		for i := range tables {
			if tables[i].Name == m.Embeddings {
				return &tables[i]
			}
		}
	}
	return nil
}

// dataKey says what decides the papers and their parts.
func (c *Config) dataKey(seed uint64) string {
	return fmt.Sprintf("%s %s split %+v", c.Corpus.Taxonomy, c.drawKey(seed), c.split(seed))
}

// drawKey says what decides the papers that are drawn, and their tokens.
func (c *Config) drawKey(seed uint64) string {
	if c.Corpus.Sample == 0 {
		seed = 0
	}
	key := fmt.Sprintf("sample %d seed %d", c.Corpus.Sample, seed)
	if f := c.fields(); f != features.TitleAndAbstract {
		key += " text " + string(f)
	}
	return key
}

// fields says what the papers' tokens are made of.
func (c *Config) fields() features.Fields { return features.Fields(c.Corpus.Text) }

// split returns how this seed parts the papers.
func (c *Config) split(seed uint64) corpus.Split {
	key := c.Split.Key
	if c.Split.PerSeed {
		key = fmt.Sprintf("%s seed %d", key, seed)
	}
	return corpus.Split{Validation: c.Split.Validation, Test: c.Split.Test, Key: key}
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
