#!/bin/bash
# trials: 1 trial, one a task of this job array. By hand, from any folder:
#   mkdir -p /d/logs && sbatch /d/job-001.sh
#SBATCH --job-name=trials
#SBATCH --array=498
#SBATCH --chdir=/w
#SBATCH --output=/d/logs/%A_%a.log
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:USR1@120

# Slurm announces the time limit by USR1; before the program listens, that must not end the script.
trap '' USR1
set -eu

# exec: Slurm's signals reach the batch shell alone, so the program takes its place.
# Code 0: done, 4: failed, 75: stopped before its end; submitted again, it goes on.
exec /p run /c \
	--trial "$((SLURM_ARRAY_TASK_ID + 2002))" \
	--results /r \
	--workers "${SLURM_CPUS_ON_NODE:-1}" --requeue
