package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Absolute returns the experiment with paths that do not depend on where a
// program is started.
func (c *Config) Absolute() (*Config, error) {
	one := *c
	one.Embeddings, one.Models = slices.Clone(c.Embeddings), slices.Clone(c.Models)
	paths := []*string{&one.Corpus.Path, &one.Results.Path}
	for i := range one.Models {
		m := &one.Models[i]
		if m.Sweep == nil {
			continue
		}
		sweep := *m.Sweep
		sweep.Keys = slices.Clone(sweep.Keys)
		for k := range sweep.Keys {
			if err := sweep.Keys[k].absolute(); err != nil {
				return nil, err
			}
		}
		m.Sweep = &sweep
	}
	for i := range one.Embeddings {
		paths = append(paths, &one.Embeddings[i].File)
	}
	for _, p := range paths {
		if *p == "" || *p == SyntheticPath {
			continue
		}
		path, err := filepath.Abs(*p)
		if err != nil {
			return nil, err
		}
		*p = path
	}
	return &one, nil
}

// absolute makes the values of a key that names files absolute.
func (k *SweepKey) absolute() error {
	if !strings.HasPrefix(k.Key, "embeddings.") || !strings.HasSuffix(k.Key, ".file") {
		return nil
	}
	k.Values = slices.Clone(k.Values)
	for i, v := range k.Values {
		path, err := filepath.Abs(fmt.Sprint(v))
		if err != nil {
			return err
		}
		k.Values[i] = path
	}
	return nil
}
