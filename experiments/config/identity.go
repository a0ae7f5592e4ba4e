package config

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"runtime"
	"slices"

	"assay/networks"
)

// Identity says what makes two trials the same.
type Identity struct {
	// Setting is the hash of the configuration alone, hexadecimal: trials of equal
	// setting differ at most in the data, the program and the kind of processor.
	Setting string
	// Parts are the versions of what the result comes from.
	Parts Parts
	// Hash is that of setting, parts, data and kind of processor, hexadecimal.
	Hash string
}

// Identity returns that of an experiment of one trial, or of a place in a rung, on
// the corpus whose hash is data. What cannot change a result does not enter it: the
// fields whose tag identity is "-". Of a file of vectors the content does, once
// HashFiles has read it, and of a device the one that "auto" stands for.
func (c *Config) Identity(data string) Identity { return c.identity(data, compute{}) }

func (c *Config) identity(data string, on compute) Identity {
	one := *deciding(c).(*Config)
	one.Corpus = *deciding(&c.Corpus).(*Corpus)
	one.Results = *deciding(&c.Results).(*Results)
	one.Embeddings = nil
	for _, e := range c.Embeddings {
		if e.File != "" {
			e.File = e.SHA256
		}
		one.Embeddings = append(one.Embeddings, e)
	}
	one.Models = nil
	precision := ""
	for _, m := range c.Models {
		m.Options = deciding(m.Options)
		if n, ok := m.Options.(networks.Options); ok {
			at := on.or(n.On())
			for f, v := range fields(m.Options) {
				if f.Tag.Get("identity") == "device" {
					v.SetString(at.Device)
				}
			}
			if at.Precision != usualPrecision {
				precision = "\nprecision = " + at.Precision
			}
		}
		one.Models = append(one.Models, m)
	}
	id := Identity{Setting: hash(one.Text() + precision), Parts: c.parts(on)}
	id.Hash = hash(id.Setting + "\ndata = " + data + "\ncode = " + id.Parts.String() + "\nprocessor = " + runtime.GOARCH)
	return id
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// deciding returns a copy of the struct that s points to, with zeros for what cannot
// change a result.
func deciding(s any) any {
	out := reflect.New(reflect.TypeOf(s).Elem())
	out.Elem().Set(reflect.ValueOf(s).Elem())
	for f, v := range fields(out.Interface()) {
		if f.Tag.Get("identity") == "-" {
			v.SetZero()
		}
	}
	return out.Interface()
}

// compute is where a network computes, and how finely: a result on a GPU, or in
// numbers of fewer bits, is another one.
type compute struct {
	Device    string // "cpu", "cuda"; "": what the configuration's stands for
	Precision string // "float32"
}

const usualPrecision = "float32"

// or returns c or, where it is empty, what a device of a configuration stands for
// in this build, which computes on the CPU alone.
func (c compute) or(string) compute {
	if c.Device == "" {
		return compute{Device: "cpu", Precision: usualPrecision}
	}
	return c
}

// Slot returns what decides who gets a place in a later rung of model number i, but
// for the settings, of which there may come more: they have identities of their own.
func (c *Config) Slot(i int) *Config {
	one := *c
	base := c.Models[i]
	sweep := *base.Sweep
	sweep.Keys, sweep.Trials, sweep.Hours = nil, 0, 0
	base.Sweep = &sweep
	one.Models, one.Published, one.Features, one.Embeddings = []Model{base}, nil, nil, nil
	one.Seeds = slices.Sorted(slices.Values(c.Seeds)) // a setting is judged by all of them
	return &one
}
