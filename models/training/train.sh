#!/usr/bin/env bash
# The embedded model from nothing: songs, features, training, export. Run again, it goes on where it was.
#
#   models/training/train.sh WORK_FOLDER WEIGHTS_FOLDER
#
# WORK_FOLDER takes some 20 MB a song and the checkpoints; WEIGHTS_FOLDER holds the published harmonix folds, which
# are the teacher. Settings by environment: PYTHON (the environment of fixtures/upstream/install.sh), DENO,
# SONGS and LATER_SONGS (of the two training blocks), HOURS (of training), JOBS, DEMIXERS, INPUTS, OUTPUT.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${1:?WORK_FOLDER is missing} weights=${2:?WEIGHTS_FOLDER is missing}
python=${PYTHON:-$here/../../fixtures/upstream/.venv/bin/python}
read -ra deno <<<"${DENO:-npx -y deno@2.9.6}"
songs=${SONGS:-600} later=${LATER_SONGS:-160} hours=${HOURS:-2} jobs=${JOBS:-2}
read -ra demixers <<<"${DEMIXERS:-hpss mix stems}"
inputs=${INPUTS:-hpss:0.75,stems:0.15,mix:0.1}
heard=${inputs%%:*}
output=${OUTPUT:-$here/../embedded}
mkdir -p "$work/songs" "$work/logs"
cd "$here"

# Audio of twenty songs at a time lies on the disk, some 90 MB each, and goes when its features are made.
block() {
  local first=$1 last=$2 seed to
  for ((seed = first; seed <= last; seed += 20)); do
    to=$((seed + 19 < last ? seed + 19 : last))
    "$python" songs.py "$work/songs" --seeds "$seed-$to" --jobs "$jobs" | tee -a "$work/logs/songs.log"
    "${deno[@]}" run --config ../../deno.json --allow-read --allow-write --allow-env --allow-sys --allow-ffi \
      features.ts "$work/songs" "${demixers[@]/#/--demixer=}" --weights-dir "$weights" --seeds "$seed-$to" \
      --delete-audio | tee -a "$work/logs/features.log"
  done
}
(cd ../.. && "${deno[@]}" task kernels)
"$python" network.py | tee "$work/logs/network.log"
block 0 39
block 1000 $((999 + songs))
block 2000 $((1999 + later))
"$python" train.py "$work/songs" "$work/run" --hours "$hours" --inputs "$inputs" --resume
block 100 199
"$python" export.py "$work/songs" "$work/run/best.pt" "$output" --input "$heard" | tee "$work/logs/export.log"
cp "$work/run/log.jsonl" "$output/training.jsonl"
