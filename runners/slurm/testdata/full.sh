#!/bin/bash
# dropout, 2nd: 8 trials, one a task of this job array. By hand, from any folder:
#   mkdir -p '/data/it'\''s 100%/slurm/logs' && sbatch '/data/it'\''s 100%/slurm/job-001.sh'
#SBATCH --job-name=dropout--2nd
#SBATCH --array=0-3,7,9-11%4
#SBATCH --chdir="/home/a b"
#SBATCH --output="/data/it's 100%%/slurm/logs/%A_%a.log"
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:USR1@120
#SBATCH --partition=short,long
#SBATCH --time=1-12:00:00
#SBATCH --mem=16G
#SBATCH --gres=gpu:a100:2
#SBATCH --cpus-per-task=8
#SBATCH --account=physics
#SBATCH --comment="a \"b\" \\ # c"
#SBATCH -q high
#SBATCH --exclusive
#SBATCH -x"n[1-3]"

# Slurm announces the time limit by USR1; before the program listens, that must not end the script.
trap '' USR1
set -e
module load cuda/12
export A=$HOME
eval 'echo '\''open'
eval 'if'
eval 'a && b'
set -u

# exec: Slurm's signals reach the batch shell alone, so the program takes its place.
# Code 0: done, 4: failed, 75: stopped before its end; submitted again, it goes on.
exec /opt/assay run '/data/it'\''s 100%/sweep.toml' \
	--trial "$((SLURM_ARRAY_TASK_ID + 0))" \
	--results /data/results \
	--workers "${SLURM_CPUS_ON_NODE:-1}" --requeue
