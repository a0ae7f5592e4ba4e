// Package cluster gives tests a real Slurm cluster of three nodes, n1 to n3, on
// this machine; cluster.sh does the same by hand.
//
//	c := cluster.Start(t) // skips the test unless ASSAY_SLURM_CLUSTER=1
//	c.KillNode(t, "n2")
package cluster

import (
	_ "embed" // the script
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

//go:embed cluster.sh
var script []byte

// Switch is the environment variable that must be 1 for these tests to run:
// they need root, Slurm and munge, and take minutes.
const Switch = "ASSAY_SLURM_CLUSTER"

// Cluster is one that runs.
type Cluster struct {
	dir string
}

// Start starts a cluster and has the test's Slurm tools talk to it; args go to
// `cluster.sh start`. It ends with the test. The logs of a failed test are kept.
func Start(t testing.TB, args ...string) *Cluster {
	t.Helper()
	if os.Getenv(Switch) != "1" {
		t.Skipf("%s is not 1: no Slurm cluster is started", Switch)
	}
	dir, err := os.MkdirTemp("", "slurm-") // short: munge's socket lies in it
	if err != nil {
		t.Fatal(err)
	}
	c := &Cluster{dir: dir}
	if err := os.WriteFile(filepath.Join(dir, "cluster.sh"), script, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.script(t, "stop")
		if t.Failed() {
			t.Logf("the cluster's logs are kept in %s", dir)
		} else if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	out := c.script(t, "start", args...)
	conf, ok := strings.CutPrefix(strings.TrimSpace(out), "export SLURM_CONF=")
	if !ok {
		t.Fatalf("cluster.sh start printed %q", out)
	}
	t.Setenv("SLURM_CONF", conf)
	return c
}

// KillNode is a power cut: the node's daemon and all its tasks are gone at once.
// The controller notices after about 25 seconds.
func (c *Cluster) KillNode(t testing.TB, node string) { t.Helper(); c.script(t, "kill-node", node) }

// KillDaemon ends a node's slurmd; its tasks go on, though the controller will
// take them for lost.
func (c *Cluster) KillDaemon(t testing.TB, node string) { t.Helper(); c.script(t, "kill-slurmd", node) }

// Revive starts a node's slurmd again.
func (c *Cluster) Revive(t testing.TB, node string) { t.Helper(); c.script(t, "revive-node", node) }

func (c *Cluster) script(t testing.TB, verb string, args ...string) string {
	t.Helper()
	cmd := exec.Command("bash", append([]string{filepath.Join(c.dir, "cluster.sh"), verb, c.dir}, args...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("cluster.sh %s: %v\n%s", verb, err, stderr.String())
	}
	return string(out)
}

// Until waits until condition holds; a test that waits longer than limit fails.
func Until(t testing.TB, limit time.Duration, what string, condition func() bool) {
	t.Helper()
	for start := time.Now(); !condition(); time.Sleep(200 * time.Millisecond) {
		if time.Since(start) > limit {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}
