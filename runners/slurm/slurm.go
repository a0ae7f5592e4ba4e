// Package slurm runs numbered trials as tasks of Slurm's job arrays: it writes
// the batch scripts and submits them, asks what became of each trial, and sends
// a task whose time ends back to the queue. It knows nothing of what a trial
// does; the whole contract is the command that a task runs,
//
//	PROGRAM run CONFIG --trial I --results DIR --workers K --requeue
//
// which leaves code 0 where trial I is done, by this call or an earlier one, and
// goes on from its own checkpoint when it is started again.
//
//	submitted, err := slurm.Submit(ctx, slurm.Batch{
//		Name: "dropout", Dir: "results/dropout/slurm", Program: "/usr/bin/assay",
//		Config: "results/dropout/sweep.toml", Results: "results", Trials: []int{0, 1, 2},
//	})
package slurm

import "time"

// Batch is what one submission runs.
type Batch struct {
	Name    string // shown by squeue
	Dir     string // keeps scripts, records and logs of every submission of this sweep
	Program string // the executable
	Config  string // the file that every task reads
	Results string // the folder that every task writes to
	WorkDir string // where the tasks run; "" is the present folder
	Trials  []int  // their numbers, from 0, in any order, with any gaps
	Options
}

// Options say what Slurm is asked for. What is empty is left to the cluster.
type Options struct {
	Partition   string        // one or several with commas
	Time        string        // limit of a task, as sbatch takes it: "90", "12:00:00", "2-0"
	Warn        time.Duration // how long before the limit a task is told; 0 is two minutes, or a quarter of a limit below eight
	Memory      string        // a node: "16G"
	GPUs        string        // a task: "1", "a100:2"
	CPUs        int           // a task
	MaxParallel int           // tasks that run at the same time; 0 is no limit
	Setup       []string      // shell commands before the program: "module load cuda"
	Extra       []string      // more options of sbatch: "--account=physics"
	After       []string      // jobs that must have ended first, however they ended
}

// Script is one batch script: an array of tasks.
type Script struct {
	Path   string // where Submit keeps it
	Text   string
	Offset int   // trial = index in the array + Offset
	Trials []int // ascending
}

// Submission is a script that Slurm has taken.
type Submission struct {
	Script
	Job string // the id of the array
}
