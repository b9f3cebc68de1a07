"""Computes librosa's log-mel spectrogram in float64, one seam a file.

    python reference.py INPUT OUT

INPUT is a mono 16-bit WAV file of 16 kHz. OUT gets power.npy, mel.npy, decibels.npy, the inner seams edges.npy and
weights.npy of the filterbank, and versions.json.
"""

import json
import platform
import sys
import wave
from pathlib import Path

import librosa
import numpy as np

RATE, FRAME, HOP, BANDS = 16000, 512, 256, 40


def main(path: str, out: Path) -> None:
    with wave.open(path) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    spectrum = librosa.stft(samples, n_fft=FRAME, hop_length=HOP, pad_mode="constant")
    power = np.abs(spectrum) ** 2
    filters = librosa.filters.mel(sr=RATE, n_fft=FRAME, n_mels=BANDS, dtype=np.float64)
    edges = librosa.mel_frequencies(n_mels=BANDS + 2, fmin=0, fmax=RATE / 2)
    mel = filters @ power
    decibels = librosa.power_to_db(mel)
    seams = {"power": power, "edges": edges, "weights": filters, "mel": mel, "decibels": decibels}
    for name, seam in seams.items():
        np.save(out / f"{name}.npy", np.ascontiguousarray(seam.astype(np.float32)))
    versions = {"python": platform.python_version(), "numpy": np.__version__, "librosa": librosa.__version__}
    (out / "versions.json").write_text(json.dumps(versions))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
