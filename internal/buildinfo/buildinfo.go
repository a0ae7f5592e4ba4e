// Package buildinfo reads what the Go toolchain wrote into the running program about
// the source that it was built from.
package buildinfo

import "runtime/debug"

// Info is the source of a program.
type Info struct {
	Version  string // of the module; "(devel)" for a build from a checkout, "unknown" where the build says nothing
	Revision string // of the version control system; empty where the build did not record it
	Dirty    bool   // the checkout had changes that were not committed
}

// Read returns the running program's.
func Read() Info {
	i := Info{Version: "unknown"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return i
	}
	if info.Main.Version != "" {
		i.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			i.Revision = s.Value
		case "vcs.modified":
			i.Dirty = s.Value == "true"
		}
	}
	return i
}

// Name is a short name of the source: its version, or the first letters of its
// revision, or "devel".
func (i Info) Name() string {
	switch {
	case i.Version != "unknown" && i.Version != "(devel)":
		return i.Version
	case len(i.Revision) >= 12:
		return i.Revision[:12]
	}
	return "devel"
}
