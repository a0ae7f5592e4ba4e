package main

import (
	"assay/internal/testenv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// diskEnv says that this process may mount.
const diskEnv = "ASSAY_TEST_DISK"

// An experiment on a disk that is too small ends with one line that says so; each
// time there is more room the same command goes on, and in the end the results
// are those of an undisturbed one. The disk is a tmpfs in a mount namespace of
// its own, which needs the superuser or user namespaces.
func TestStressDiskFull(t *testing.T) {
	if os.Getenv(diskEnv) == "" {
		testenv.InNamespace(t, diskEnv+"=1")
		return
	}
	disk := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	kib := 200
	size := func() string { return "size=" + strconv.Itoa(kib) + "k" }
	err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "")
	if err == nil {
		err = syscall.Mount("tmpfs", disk, "tmpfs", 0, size())
	}
	if err != nil {
		t.Skipf("no disk could be mounted: %v", err)
	}
	defer func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) }()
	config := mixedExperiment(t, importPapers(t, 400), 3)
	scores, hashes, _ := undisturbed(t, 6, config, filepath.Join(t.TempDir(), "undisturbed"))
	dir, full := filepath.Join(disk, "results"), 0
	for ; ; full++ {
		cmd := command("run", config, "--results", dir, "--quiet")
		var stderr strings.Builder
		cmd.Stderr = &stderr
		err := cmd.Run()
		if err == nil {
			break
		}
		text := strings.TrimSpace(stderr.String())
		if strings.Contains(text, "\n") || !strings.Contains(text, "no space left on device") || !strings.Contains(text, disk) {
			t.Fatalf("%d KiB: %v: %s", kib, err, text)
		}
		for trial, hash := range predictionHashes(t, dir) {
			if hash != hashes[trial] {
				t.Fatalf("%d KiB: finished trial %s has predictions %s, want %s", kib, trial, hash, hashes[trial])
			}
		}
		kib += 400
		if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, size()); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("the disk was full %d times, and large enough with %d KiB", full, kib)
	if full < 3 {
		t.Errorf("the disk was full %d times: the test is not one", full)
	}
	sameResults(t, config, dir, scores, hashes)
}
