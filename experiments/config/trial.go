package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"assay/corpus"
	"assay/features"
	"assay/internal/fault"
)

// SyntheticPath is the corpus path that names the built-in sample.
const SyntheticPath = "synthetic"

// One returns the experiment cut down to one of its models and a seed: what the
// trial's run keeps, and what runs it again.
func (c *Config) One(m *Model, seed uint64) *Config {
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
	if table := c.EmbeddingsOf(m); table != nil {
		one.Embeddings = []Embeddings{*table}
	}
	return &one
}

// EmbeddingsOf returns the table of word vectors that a model sees papers through,
// nil if it has none.
func (c *Config) EmbeddingsOf(m *Model) *Embeddings {
	for _, tables := range [][]Embeddings{m.own, c.Embeddings} {
		for i := range tables {
			if tables[i].Name == m.Embeddings {
				return &tables[i]
			}
		}
	}
	return nil
}

// DataKey says what decides the papers and their parts.
func (c *Config) DataKey(seed uint64) string {
	return fmt.Sprintf("%s %s split %+v", c.Corpus.Taxonomy, c.DrawKey(seed), c.SplitOf(seed))
}

// DrawKey says what decides the papers that are drawn, and their tokens.
func (c *Config) DrawKey(seed uint64) string {
	if c.Corpus.Sample == 0 {
		seed = 0
	}
	key := fmt.Sprintf("sample %d seed %d", c.Corpus.Sample, seed)
	if f := c.Fields(); f != features.TitleAndAbstract {
		key += " text " + string(f)
	}
	return key
}

// Fields says what the papers' tokens are made of.
func (c *Config) Fields() features.Fields { return features.Fields(c.Corpus.Text) }

// SplitOf returns how this seed parts the papers.
func (c *Config) SplitOf(seed uint64) corpus.Split {
	key := c.Split.Key
	if c.Split.PerSeed {
		key = fmt.Sprintf("%s seed %d", key, seed)
	}
	return corpus.Split{Validation: c.Split.Validation, Test: c.Split.Test, Key: key}
}

// FeaturesOf returns the declared features of a model.
func (c *Config) FeaturesOf(m *Model) *Features {
	for i := range c.Features {
		if c.Features[i].Name == m.Features {
			return &c.Features[i]
		}
	}
	return &Features{Kind: "counts", Counting: Counting{Ngrams: []int{1, 1}}}
}

// EmbeddingsText names what the model sees papers through, "" for counts.
func (c *Config) EmbeddingsText(m *Model) string {
	if e := c.EmbeddingsOf(m); e != nil {
		return e.text()
	}
	return ""
}

// Text writes the keys of the training as TOML.
func (t *Training) Text() string {
	var b bytes.Buffer
	writeKeys(&b, t)
	return b.String()
}

// text names the table's vectors by all that they depend on.
func (e *Embeddings) text() string {
	var b bytes.Buffer
	section(&b, e.Name+" "+e.SHA256, e.keys()...)
	return b.String()
}

// HashFiles reads the files of vectors that the experiment's models use: their
// content is a part of what its trials are.
func (c *Config) HashFiles() error {
	hashes := map[string]string{}
	for _, m := range c.Variants() {
		e := c.EmbeddingsOf(m)
		if e == nil || e.File == "" || e.SHA256 != "" {
			continue
		}
		if e.SHA256 = hashes[e.File]; e.SHA256 != "" {
			continue
		}
		hash, err := HashFile(e.File)
		if err != nil {
			return fault.Usagef("experiments: embeddings.%s: %w; `assay embed --help` says where vectors come from", e.Name, err)
		}
		e.SHA256, hashes[e.File] = hash, hash
	}
	return nil
}

// HashFile returns the SHA-256 of a file, hexadecimal.
func HashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
