package experiments

import (
	"crypto/sha256"
	"fmt"

	"assay/internal/codeversion"
)

// own gives each trial whose folder another build of the program has written a folder
// of this build's. Versions of parts say which results should be equal; a check is
// there for those that are not, so that it may not take over what it is to measure.
func (s *Session) own() {
	s.build = codeversion.Get()
	for i := range s.Jobs {
		t := &s.Jobs[i].Trial
		if run, err := s.store.Run(s.Config.Name, t.ID); err == nil && run.Code != s.build {
			t.ID = fmt.Sprintf("%s-build-%.4x", t.ID, sha256.Sum256([]byte(s.build)))
		}
	}
}
