#!/usr/bin/env bash
#SBATCH --job-name=tactus
#SBATCH --array=0-99
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=04:00:00
#SBATCH --signal=TERM@180
#SBATCH --requeue
# One hundred workers that end when the queue is empty. Three minutes before the end of their time they are asked to stop, and
# give back what is not done by then. TACTUS_REDIS, TACTUS_STORE and the AWS_ variables come from the environment of sbatch:
#
#     export TACTUS_REDIS=redis://login-node:6379 TACTUS_STORE=/project/results
#     sbatch deploy/slurm_array.sh
set -euo pipefail
: "${TACTUS_REDIS:?name the queue, as redis://host:6379}" "${TACTUS_STORE:?name the store, a shared folder or s3://bucket/prefix}"
# srun passes the signal to the worker itself.
run=(tactus)
command -v srun >/dev/null && [ -n "${SLURM_JOB_ID:-}" ] && run=(srun --ntasks=1 tactus)
exec "${run[@]}" catalogue worker --until-empty --grace 120 \
  --threads "${SLURM_CPUS_PER_TASK:-2}" \
  --name "${SLURM_ARRAY_JOB_ID:-local}-${SLURM_ARRAY_TASK_ID:-0}" \
  --scratch "${SLURM_TMPDIR:-${TMPDIR:-/tmp}}"
