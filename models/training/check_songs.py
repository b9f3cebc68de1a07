"""Listens to songs by numbers: are the stems there, do onsets fall on the beats of the truth?

    python check_songs.py FOLDER        exits 1 where a song is wrong

For each song: level of each stem in dB, and the lag in ms at which the onsets of the mix (of the drums, where
there are any) fit the beats best, with how much stronger onsets are there than on average.
"""

import json
import sys
from pathlib import Path
from typing import Tuple

import numpy as np
from scipy.io import wavfile
from scipy.ndimage import uniform_filter1d

HOP, WINDOW, RATE = 441, 1024, 44100
STEMS = ("bass", "drums", "other", "vocals")
MOST_LAG_MS = 40


def onsets(pcm: np.ndarray) -> np.ndarray:
    """Spectral flux per 10 ms, of logarithmic magnitudes, less its mean over a second."""
    mono = np.pad(pcm.mean(axis=1), (WINDOW // 2, WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(mono, WINDOW)[::HOP]
    flux = np.zeros(len(frames), np.float32)
    before = None
    for at in range(0, len(frames), 2000):
        magnitude = np.log1p(np.abs(np.fft.rfft(frames[at:at + 2000] * np.hanning(WINDOW))) / 10)
        rows = np.concatenate([magnitude[:1] if before is None else before, magnitude])
        flux[at:at + len(magnitude)] = np.maximum(0, np.diff(rows, axis=0)).sum(axis=1)
        before = magnitude[-1:]
    return flux - uniform_filter1d(flux, 100)


def fit(strength: np.ndarray, beats: np.ndarray) -> Tuple[float, float]:
    """Lag in ms with the strongest onsets, and their mean in standard deviations."""
    lags = np.arange(-20, 21)
    frames = np.rint(beats * 100).astype(int)
    means = [strength[np.clip(frames + lag, 0, len(strength) - 1)].mean() for lag in lags]
    return float(lags[int(np.argmax(means))] * 10), float(max(means) / (strength.std() + 1e-9))


def main() -> int:
    wrong = 0
    for folder in sorted(Path(sys.argv[1]).iterdir(), key=lambda path: path.name.zfill(9)):
        if not (folder / "truth.json").exists():
            continue
        truth = json.loads((folder / "truth.json").read_text())
        audio = {name: wavfile.read(folder / f"{name}.wav")[1].astype(np.float32) for name in (*STEMS, "mix")}
        levels = {name: 20 * np.log10(np.sqrt((pcm ** 2).mean()) / 32768 + 1e-6) for name, pcm in audio.items()}
        name = "drums" if levels["drums"] > -55 else "mix"
        lag, strength = fit(onsets(audio[name]), np.array(truth["beats"]))
        is_wrong = levels["mix"] < -45 or levels["other"] < -70 or (strength > 0.5 and abs(lag) > MOST_LAG_MS)
        wrong += is_wrong
        shown = " ".join(f"{key} {value:.0f}" for key, value in levels.items())
        print(f"{folder.name}: {truth['style']} {shown} dB; onsets of {name} fit at {lag:+.0f} ms, "
              f"{strength:.2f} deviations{' WRONG' if is_wrong else ''}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
