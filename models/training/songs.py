"""Songs from seeds: audio of the stems and of the mix, and the truth.

    python songs.py FOLDER --seeds 1000-1099 [--jobs 2]

writes FOLDER/SEED/{bass,drums,other,vocals,mix}.wav and, last of all, truth.json; a song that has a truth is
left alone. The same seed gives the same notes everywhere and, with one version of fluidsynth and numpy, the
same audio. Seeds 0-99 are for validation, 100-199 for the test, those from 1000 on for training.
"""

import argparse
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import List, Tuple

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from arrangement import arrange  # noqa: E402
from rendering import render, write_wav  # noqa: E402
from song_plan import plan  # noqa: E402

VALIDATION, TEST, TRAINING = range(0, 100), range(100, 200), range(1000, 1_000_000)


def seed_range(text: str) -> List[int]:
    """Seeds of `7` or of `1000-1099`, both ends included."""
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def make(task: Tuple[int, Path]) -> str:
    seed, folder = task
    target = folder / str(seed)
    if (target / "truth.json").exists():
        return f"{seed}: already there"
    start = time.perf_counter()
    target.mkdir(parents=True, exist_ok=True)
    song = plan(seed)
    arrangement, truth = arrange(song)
    stems, mix = render(seed, arrangement, song.fade_seconds)
    for name, pcm in {**stems, "mix": mix}.items():
        write_wav(target / f"{name}.wav", pcm)
    partial = target / "truth.partial"
    partial.write_text(json.dumps(truth))
    partial.rename(target / "truth.json")
    took = time.perf_counter() - start
    return (f"{seed}: {song.style_name} {song.metre}/4 {song.tempo:.1f} bpm {song.feel}, "
            f"{truth['duration']:.0f} s of audio in {took:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=seed_range, required=True, help="such as 1000-1099")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    arguments = parser.parse_args()
    with ProcessPoolExecutor(arguments.jobs) as pool:
        for line in pool.map(make, [(seed, arguments.folder) for seed in arguments.seeds]):
            print(line, flush=True)


if __name__ == "__main__":
    main()
