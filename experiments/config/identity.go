package config

import (
	"crypto/sha256"
	"encoding/hex"
)

// Setting is the hash of what an experiment of one trial says of its result. What
// cannot change that does not enter: of a file of vectors the content does, not the
// place.
func (c *Config) Setting() string {
	identity := *c
	identity.Embeddings = nil
	for _, e := range c.Embeddings {
		if e.File != "" {
			e.File = e.SHA256
		}
		identity.Embeddings = append(identity.Embeddings, e)
	}
	identity.Name, identity.Corpus.Path, identity.Results.Path = "", "", ""
	identity.Models = []Model{c.Models[0].withoutLimits()}
	setting := sha256.Sum256([]byte(identity.Text()))
	return hex.EncodeToString(setting[:])
}
