package buildinfo

import "testing"

func TestName(t *testing.T) {
	const revision = "0123456789abcdef0123456789abcdef01234567"
	for want, i := range map[string]Info{
		"v1.2.3":       {Version: "v1.2.3", Revision: revision},
		"0123456789ab": {Version: "(devel)", Revision: revision},
		"devel":        {Version: "unknown"},
	} {
		if got := i.Name(); got != want {
			t.Errorf("%+v is %q, want %q", i, got, want)
		}
	}
}

// The toolchain writes a version of the main module into each program that it builds.
func TestRead(t *testing.T) {
	if i := Read(); i.Version == "" {
		t.Errorf("no version: %+v", i)
	}
}
