package experiments

import (
	"os"
	"strconv"
	"strings"

	"assay/networks"
)

// SHARNN holds the options of kind "sha_rnn". Defaults are those of package
// networks, which documents the options.
type SHARNN struct {
	Layers          int     `toml:"layers" default:"1" range:"[1,64]"`
	Hidden          int     `toml:"hidden" default:"256" range:"[1,16384]"`
	Boom            int     `toml:"boom" default:"512" range:"[1,1048576]"`
	Dropout         float64 `toml:"dropout" default:"0" range:"[0,1)"`
	MaskPadding     bool    `toml:"mask_padding" default:"true"`
	MasterLossRatio float64 `toml:"master_loss_ratio" default:"0.1" range:"[0,1]"`
	MasterLossDecay float64 `toml:"master_loss_decay" default:"0" range:"[0,)"`
	ClassWeights    bool    `toml:"class_weights" default:"true"`
	Epochs          int     `toml:"epochs" default:"5" range:"[1,100000]"`
	StopEpoch       int     `toml:"stop_epoch" default:"0" range:"[0,100000]" late:"0"` // ends earlier, on the schedule of all epochs; 0: off
	BatchSize       int     `toml:"batch_size" default:"32" range:"[1,65536]"`
	LearningRate    float64 `toml:"learning_rate" default:"0.0003" range:"(0,10]"`
	Schedule        string  `toml:"schedule" default:"constant" oneof:"constant cosine linear"`
	Warmup          float64 `toml:"warmup" default:"0" range:"[0,1)"`
	ClipNorm        float64 `toml:"clip_norm" default:"0" range:"[0,)"` // 0: off
	EarlyStopping   string  `toml:"early_stopping" default:"off" oneof:"off f1 loss"`
	Patience        int     `toml:"patience" default:"3" range:"[1,100000]"`
	// Device is where it trains: "auto" takes the fastest there is.
	Device string `toml:"device" default:"auto" oneof:"auto cpu cuda"`
}

// options returns the options of package networks.
func (o *SHARNN) options(seed uint64, workers int) networks.Options {
	return networks.Options{
		Layers: o.Layers, Hidden: o.Hidden, Boom: o.Boom, Dropout: o.Dropout, MaskPadding: o.MaskPadding,
		MasterLossRatio: o.MasterLossRatio, MasterLossDecay: o.MasterLossDecay, ClassWeights: o.ClassWeights,
		Epochs: o.Epochs, StopEpoch: o.StopEpoch, BatchSize: o.BatchSize, LearningRate: o.LearningRate,
		Schedule: o.Schedule, Warmup: o.Warmup, ClipNorm: o.ClipNorm,
		EarlyStopping: o.EarlyStopping, Patience: o.Patience, Seed: seed, Workers: workers,
	}
}

func gib(bytes int64) float64 { return float64(bytes) / (1 << 30) }

// MachineMemory is how much memory this process may use, in bytes; 0 where the
// system does not say.
func MachineMemory() int64 {
	var least int64
	if info, err := os.ReadFile("/proc/meminfo"); err == nil {
		line, _, _ := strings.Cut(string(info), "\n") // MemTotal: 16384000 kB
		if fields := strings.Fields(line); len(fields) == 3 {
			kib, _ := strconv.ParseInt(fields[1], 10, 64)
			least = kib << 10
		}
	}
	if limit, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if bytes, err := strconv.ParseInt(strings.TrimSpace(string(limit)), 10, 64); err == nil && (least == 0 || bytes < least) {
			least = bytes // otherwise "max"
		}
	}
	return least
}
