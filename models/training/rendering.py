"""Notes to audio: fluidsynth, a room, and a mix that is mastered one way or another."""

import os
import random
import subprocess
import tempfile
from pathlib import Path
from typing import Dict, Tuple

import numpy as np
from scipy.io import wavfile
from scipy.signal import butter, fftconvolve, sosfilt

from arrangement import FILE_BEATS_PER_SECOND, STEMS, Arrangement
from midi_file import midi_bytes
from song_plan import stream

SOUND_FONT = os.environ.get("SOUND_FONT", "/usr/share/sounds/sf2/FluidR3_GM.sf2")
SAMPLE_RATE_HZ = 44100


def synthesise(midi: bytes, samples: int, folder: Path) -> np.ndarray:
    """fluidsynth's output as [samples, 2] f32, dry, cut or padded."""
    source, raw = folder / "stem.mid", folder / "stem.raw"
    source.write_bytes(midi)
    command = ["fluidsynth", "-q", "-n", "-i", "-R", "0", "-C", "0", "-g", "0.4", "-r", str(SAMPLE_RATE_HZ)]
    command += ["-T", "raw", "-O", "float", "-E", "little", "-F", str(raw), SOUND_FONT, str(source)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pcm = np.fromfile(raw, "<f4").reshape(-1, 2)[:samples]
    return np.pad(pcm, ((0, samples - len(pcm)), (0, 0)))


def room(rng: random.Random, noise: np.random.Generator) -> np.ndarray:
    """An impulse response [samples, 2]: a pause, then noise that decays, its high part faster."""
    decay, pause = rng.uniform(0.15, 1.8), round(rng.uniform(0.002, 0.04) * SAMPLE_RATE_HZ)
    length = round(min(1.6, decay) * SAMPLE_RATE_HZ)
    seconds = np.arange(length)[:, None] / SAMPLE_RATE_HZ
    tail = noise.standard_normal((length, 2)).astype(np.float32) * 10 ** (-3 * seconds / decay)
    dull = sosfilt(butter(1, rng.uniform(2000, 9000), fs=SAMPLE_RATE_HZ, output="sos"), tail, axis=0)
    tail = tail * 10 ** (-3 * seconds / (0.3 * decay)) * 0.5 + dull
    tail /= np.sqrt((tail ** 2).sum() / 2)
    return np.concatenate([np.zeros((pause, 2)), tail]).astype(np.float32)


def shelf(rng: random.Random, pcm: np.ndarray) -> np.ndarray:
    """More or less below some hundred and above some thousand Hz."""
    low = sosfilt(butter(1, rng.uniform(80, 300), fs=SAMPLE_RATE_HZ, output="sos"), pcm, axis=0)
    high = pcm - sosfilt(butter(1, rng.uniform(2500, 8000), fs=SAMPLE_RATE_HZ, output="sos"), pcm, axis=0)
    return pcm + low * (10 ** (rng.uniform(-6, 5) / 20) - 1) + high * (10 ** (rng.uniform(-9, 5) / 20) - 1)


def mastered(rng: random.Random, noise: np.random.Generator, mix: np.ndarray) -> np.ndarray:
    """Equalised, made louder or softer, saturated or not, narrowed or not."""
    if rng.random() < 0.6:
        mix = shelf(rng, mix)
    if rng.random() < 0.12:
        mix = sosfilt(butter(4, rng.uniform(4000, 12000), fs=SAMPLE_RATE_HZ, output="sos"), mix, axis=0)
    if rng.random() < 0.25:
        middle = mix.mean(axis=1, keepdims=True)
        mix = middle + (mix - middle) * rng.choice((0.0, 0.3, 0.6, 1.4))
    mix = mix / (np.abs(mix).max() + 1e-9)
    if rng.random() < 0.5:
        drive = rng.uniform(1.0, 4.5)
        mix = np.tanh(mix * drive) / np.tanh(drive)
    if rng.random() < 0.2:
        mix = mix + noise.standard_normal(mix.shape).astype(np.float32) * 10 ** rng.uniform(-4.2, -2.8)
    return mix * (10 ** (rng.uniform(-14, 0) / 20) * 0.98 / max(1.0, np.abs(mix).max()))


def render(seed: int, song: Arrangement, fade_seconds: float) -> Tuple[Dict[str, np.ndarray], np.ndarray]:
    """Four stems [samples, 2] f32 that sum to the mix, at the mix's level, and the mastered mix."""
    rng, noise = stream(seed, "room"), np.random.default_rng([seed, 7])
    samples = round(song.seconds * SAMPLE_RATE_HZ)
    stems: Dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        for stem in STEMS:
            if not song.notes[stem]:
                stems[stem] = np.zeros((samples, 2), np.float32)
                continue
            midi = midi_bytes(song.notes[stem], song.programs[stem], round(1e6 / FILE_BEATS_PER_SECOND),
                              song.controls[stem])
            stems[stem] = synthesise(midi, samples, Path(folder))
    wet = rng.uniform(0.03, 0.35) if rng.random() < 0.75 else 0.0
    echo = room(rng, noise)
    # Levels after synthesis, in dB around what the instruments give.
    levels = {"bass": rng.uniform(-4, 4), "drums": rng.uniform(-5, 6), "other": rng.uniform(-5, 2),
              "vocals": rng.uniform(-3, 4)}
    sends = {"bass": 0.15, "drums": rng.uniform(0.2, 1), "other": 1.0, "vocals": 1.0}
    fade = np.ones((samples, 1), np.float32)
    if fade_seconds:
        length = min(samples, round(fade_seconds * SAMPLE_RATE_HZ))
        fade[samples - length:, 0] = np.linspace(1, 0, length) ** 1.5
    for stem, dry in stems.items():
        pcm = dry
        if wet and dry.any():
            pcm = dry + wet * sends[stem] * fftconvolve(dry, echo, axes=0)[:samples].astype(np.float32)
        stems[stem] = pcm * fade * 10 ** (levels[stem] / 20)
    mix = sum(stems.values())
    gain = 10 ** (rng.uniform(-8, 0) / 20) / max(np.abs(pcm).max() for pcm in [mix, *stems.values()])
    stems = {stem: (pcm * gain).astype(np.float32) for stem, pcm in stems.items()}
    return stems, mastered(rng, noise, mix).astype(np.float32)


def write_wav(path: Path, pcm: np.ndarray) -> None:
    """16 bit stereo, under its name only when it is whole."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        wavfile.write(file, SAMPLE_RATE_HZ, np.rint(np.clip(pcm, -1, 1) * 32767).astype(np.int16))
    partial.rename(path)
