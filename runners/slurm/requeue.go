package slurm

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// Requeue sends the task that this process runs in back to the queue: the last
// step of a task that Slurm has told that its time ends, after its checkpoint
// is written. Slurm answers with SIGTERM to the task. Outside of a batch job it
// does nothing and returns false. A cancelled context does not stop it, since
// that is the state a program that was told to stop is in.
func Requeue(ctx context.Context) (requeued bool, err error) {
	id, err := ownTask()
	if id == "" || err != nil {
		return false, err
	}
	_, err = run(context.WithoutCancel(ctx), "scontrol", "requeue", id)
	if err == nil || alreadyPending(err) || terminated(err) {
		return true, nil
	}
	return false, err
}

// ownTask names this process's task. In an array the plain job id will not do:
// one of the tasks bears the id of the whole array.
func ownTask() (string, error) {
	array, index := os.Getenv("SLURM_ARRAY_JOB_ID"), os.Getenv("SLURM_ARRAY_TASK_ID")
	switch {
	case array != "" && index != "":
		return array + "_" + index, nil
	case array != "" || index != "":
		return "", errors.New("slurm: requeue: only one of SLURM_ARRAY_JOB_ID and SLURM_ARRAY_TASK_ID is set")
	}
	return os.Getenv("SLURM_JOB_ID"), nil
}

// alreadyPending: preemption or a failing node was faster.
func alreadyPending(err error) bool {
	var refused *toolError
	return errors.As(err, &refused) && strings.Contains(strings.ToLower(refused.message), "job is pending")
}

// terminated: the SIGTERM by which Slurm answers reaches scontrol as well,
// perhaps before it has ended.
func terminated(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGTERM
}
