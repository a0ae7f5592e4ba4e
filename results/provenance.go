package results

import (
	"os"
	"runtime"

	"assay/internal/buildinfo"
)

// Provenance says which program ran, where and how it was called.
type Provenance struct {
	Version  string   `json:"version"`            // of the module; "(devel)" for a build from a checkout
	Revision string   `json:"revision,omitempty"` // of the version control system; empty where the build did not record it
	Dirty    bool     `json:"dirty,omitempty"`    // the checkout had changes that were not committed
	Go       string   `json:"go"`
	OS       string   `json:"os"`
	Arch     string   `json:"arch"`
	CPUs     int      `json:"cpus"`
	Host     string   `json:"host"`
	PID      int      `json:"pid"`
	Job      string   `json:"job,omitempty"` // the batch system's id
	Command  []string `json:"command"`
}

// NewProvenance describes this process.
func NewProvenance() Provenance {
	build := buildinfo.Read()
	return Provenance{
		Version:  build.Version,
		Revision: build.Revision,
		Dirty:    build.Dirty,
		Go:       runtime.Version(),
		OS:       runtime.GOOS,
		Arch:     runtime.GOARCH,
		CPUs:     runtime.NumCPU(),
		Host:     hostname(),
		PID:      os.Getpid(),
		Job:      batchJob(),
		Command:  os.Args,
	}
}

func hostname() string {
	if name, err := os.Hostname(); err == nil {
		return name
	}
	return "unknown"
}

// batchJob is the id under which Slurm would requeue this process, or "".
func batchJob() string {
	if array, task := os.Getenv("SLURM_ARRAY_JOB_ID"), os.Getenv("SLURM_ARRAY_TASK_ID"); array != "" && task != "" {
		return "slurm " + array + "_" + task
	}
	if id := os.Getenv("SLURM_JOB_ID"); id != "" {
		return "slurm " + id
	}
	return ""
}
