package codeversion

import (
	"strings"
	"testing"
)

// A test binary carries no commit, so its own hash must stand in.
func TestGet(t *testing.T) {
	v := Get()
	if !strings.HasPrefix(v, "sha256:") && !strings.HasPrefix(v, "git:") {
		t.Errorf("code version %q", v)
	}
	if v != Get() {
		t.Error("the version changed between two calls")
	}
}
