package slurm_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"assay/runners/slurm"
)

// Trials with gaps in their numbers become one job array, as Submit would submit it.
func ExamplePreview() {
	scripts, err := slurm.Preview(context.Background(), slurm.Batch{
		Name: "dropout", Dir: "/data/dropout/slurm", Program: "/usr/bin/assay",
		Config: "/data/dropout/sweep.toml", Results: "/data/results", WorkDir: "/data", Trials: []int{0, 1, 2, 5},
		Options: slurm.Options{Time: "2:00:00", Warn: 5 * time.Minute, CPUs: 4, MaxParallel: 2},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range scripts {
		fmt.Println(s.Path, s.Trials)
		for line := range strings.Lines(s.Text) {
			if strings.HasPrefix(line, "#SBATCH") {
				fmt.Print(line)
			}
		}
	}
	// Output:
	// /data/dropout/slurm/job-001.sh [0 1 2 5]
	// #SBATCH --job-name=dropout
	// #SBATCH --array=0-2,5%2
	// #SBATCH --chdir=/data
	// #SBATCH --output=/data/dropout/slurm/logs/%A_%a.log
	// #SBATCH --open-mode=append
	// #SBATCH --requeue
	// #SBATCH --signal=B:USR1@300
	// #SBATCH --time=2:00:00
	// #SBATCH --cpus-per-task=4
}
