"""Songs with their features as training examples: crops, targets, augmentation."""

import json
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from network import LABELS
from scores import f_measure, peaks

FRAMES_PER_SECOND = 100
BANDS = 81
# A teacher that does not find the beats of a song is not asked about them.
LEAST_AGREEMENT = 0.7
# Frames on either side of a boundary that count for something: nobody hears them to 10 ms.
SECTION_REACH = 4


class Targets(NamedTuple):
    """Per frame, all f32: probabilities [frames] and [10, frames], and where beats are judged, 0 or 1."""

    beat: np.ndarray
    downbeat: np.ndarray
    section: np.ndarray
    function: np.ndarray
    judged: np.ndarray


class Song:
    """One song's folder; arrays stay on the disk until a crop is read."""

    def __init__(self, folder: Path, inputs: List[str], teacher_share: float) -> None:
        self.truth = json.loads((folder / "truth.json").read_text())
        self.spectrograms = {
            name: np.load(folder / f"spectrogram.{name}.npy", mmap_mode="r")
            for name in inputs if (folder / f"spectrogram.{name}.npy").exists()
        }
        self.frames = next(iter(self.spectrograms.values())).shape[1] if self.spectrograms else 0
        path = folder / "teacher.npy"
        self.teacher: Optional[np.ndarray] = np.load(path, mmap_mode="r") if teacher_share > 0 and path.exists() else None
        self.shares = self._shares(teacher_share)

    def _shares(self, share: float) -> np.ndarray:
        """How much of each target the teacher gives: beat, downbeat, section, function."""
        if self.teacher is None:
            return np.zeros(4)
        agreement = [
            f_measure(peaks(_sigmoid(np.asarray(self.teacher[row], np.float32)), distance, 0.2), self.truth[name])
            for row, name, distance in ((0, "beats", 12), (1, "downbeats", 48))
        ]
        return share * np.array([*(value >= LEAST_AGREEMENT for value in agreement), 1.0, 1.0])

    def crop(self, name: str, start: int, frames: int, speed: float) -> Tuple[np.ndarray, Targets]:
        """`frames` frames from `start`, played `speed` times as fast; what lies beyond the song is silence, unjudged."""
        positions = start + np.arange(frames) * speed
        inside = positions <= self.frames - 1
        lower = np.minimum(positions.astype(int), self.frames - 1)
        first, last = lower[0], lower[-1] + 2
        part = np.asarray(self.spectrograms[name][:, first:last], np.float32)
        upper = np.minimum(lower + 1 - first, part.shape[1] - 1)
        fraction = (positions - lower).astype(np.float32)[:, None] if speed != 1 else np.float32(0)
        spectrogram = part[:, lower - first]
        if speed != 1:
            spectrogram = spectrogram + (part[:, upper] - spectrogram) * fraction
        spectrogram *= inside[:, None]
        nearest = np.minimum(np.rint(positions).astype(int), self.frames - 1)
        return spectrogram, self._targets(start, frames, speed, nearest, inside)

    def _targets(self, start: int, frames: int, speed: float, nearest: np.ndarray, inside: np.ndarray) -> Targets:
        def frame(seconds: float) -> float:
            return (seconds * FRAMES_PER_SECOND - start) / speed

        def impulses(times: List[float], reach: int, share: float) -> np.ndarray:
            found = np.zeros(frames + 2 * reach, np.float32)
            centres = np.rint([frame(time) for time in times]).astype(int) + reach
            for offset in range(-reach, reach + 1):
                at = centres + offset
                at = at[(at >= 0) & (at < len(found))]
                found[at] = np.maximum(found[at], 1.0 if offset == 0 else share ** abs(offset))
            return found[reach:reach + frames]

        truth = self.truth
        function = np.zeros((len(LABELS), frames), np.float32)
        for segment in truth["segments"]:
            begin, end = (min(frames, max(0, round(frame(segment[key])))) for key in ("start", "end"))
            function[LABELS.index(segment["label"]), begin:end] = 1
        function[LABELS.index("end")] += 1 - function.sum(0)
        judged = inside.astype(np.float32)
        for begin, end in truth["unjudged"]:
            judged[max(0, round(frame(begin))):max(0, round(frame(end)))] = 0
        boundaries = [segment["start"] for segment in truth["segments"] if segment["start"] > 0]
        found = [impulses(truth["beats"], 1, 0.5), impulses(truth["downbeats"], 1, 0.5),
                 impulses(boundaries, SECTION_REACH, 0.7), function]
        if self.teacher is not None:
            logits = np.asarray(self.teacher[:, nearest[0]:nearest[-1] + 1], np.float32)[:, nearest - nearest[0]]
            told = [*_sigmoid(logits[:3]), _softmax(logits[3:])]
            found = [(1 - share) * ours + np.float32(share) * theirs
                     for share, ours, theirs in zip(self.shares.astype(np.float32), found, told)]
        return Targets(*found, judged)


def songs(folder: Path, seeds: Tuple[int, int], inputs: List[str], teacher_share: float) -> List[Song]:
    """The songs with seeds from first to last, both included, that have features."""
    names = sorted((int(path.name) for path in folder.iterdir() if path.name.isdigit()))
    found = [Song(folder / str(name), inputs, teacher_share) for name in names
             if seeds[0] <= name <= seeds[1] and (folder / str(name) / "truth.json").exists()]
    return [song for song in found if song.frames > 0]


def batch(step_seed: List[int], pool: List[Song], inputs: Dict[str, float], count: int,
          frames: int) -> Tuple[np.ndarray, Targets]:
    """Random crops, augmented. The same numbers give the same batch."""
    rng = np.random.default_rng(step_seed)
    crops = []
    for _ in range(count):
        song = pool[rng.integers(len(pool))]
        names = [name for name in inputs if name in song.spectrograms]
        weights = np.array([inputs[name] for name in names])
        name = names[rng.choice(len(names), p=weights / weights.sum())]
        speed = float(np.exp(rng.uniform(-0.16, 0.16))) if rng.random() < 0.5 else 1.0
        # Half of the crops of a whole song begin with it, where short songs and intros are learned.
        latest = max(0, int(song.frames - frames * speed))
        start = 0 if rng.random() < 0.12 else int(rng.integers(latest + 1))
        spectrogram, targets = song.crop(name, start, frames, speed)
        crops.append((augmented(rng, spectrogram), targets))
    spectrograms, targets = zip(*crops)
    return np.stack(spectrograms), Targets(*(np.stack(part) for part in zip(*targets)))


def augmented(rng: np.random.Generator, spectrogram: np.ndarray) -> np.ndarray:
    """Louder, softer, brighter, duller, leaking, transposed, incomplete: all on magnitudes, not on their logarithms."""
    magnitude = np.expm1(spectrogram * np.float32(np.log(10)))
    if rng.random() < 0.5:
        shift = int(rng.integers(-4, 5))
        magnitude = np.roll(magnitude, shift, -1)
        if shift > 0:
            magnitude[..., :shift] = 0
        elif shift < 0:
            magnitude[..., shift:] = 0
    if rng.random() < 0.35:
        leak = np.float32(rng.uniform(0.02, 0.35))
        magnitude = magnitude + leak * magnitude.mean(0, keepdims=True)
    decibels = rng.normal(0, 5) + rng.normal(0, 3, (4, 1, 1)) * (rng.random() < 0.7)
    decibels = decibels + rng.normal(0, 4) * np.linspace(-1, 1, BANDS)
    decibels = decibels + rng.normal(0, 2) * np.cos(np.linspace(0, 2 * np.pi * rng.uniform(0.5, 3), BANDS))
    gain = (10 ** (decibels / 20)).astype(np.float32)
    if rng.random() < 0.15:
        gain[rng.integers(4)] = 0
    return np.log1p(magnitude * gain) * np.float32(1 / np.log(10))


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(0))
    return powers / powers.sum(0)
