"""Renders MIDI tunes to folders that `deno task evaluate` reads, with the mix, the stems and the true beats.

    python midi_tunes.py TUNES FOLDER [--seconds 75]

TUNES is a folder of .mid files, such as that of Debian's package openttd-openmsx (31 tunes, GPL 2), or of .wad files with
MIDI tunes, such as that of freedoom (66 tunes, BSD licence). The tunes are for testing only: no file that is made from
them belongs in the repository. FOLDER/<tune>/ gets mix.wav, bass.wav,
drums.wav, other.wav, vocals.wav and truth.json.

Needs mido, numpy, fluidsynth and the FluidR3 sound font (Debian fluid-soundfont-gm); the variable SOUND_FONT overrides
its path. The output is 44.1 kHz, 16 bit, stereo, without reverb and chorus. The mix is the exact integer sum of the
stems.

The beats follow the time signatures of the file. There is one beat for each quarter note from the start, or for each
dotted quarter where the time signature counts eighths in threes. A bar begins at each bar line. The last beat is before
the end of the last note.
"""

import argparse
import io
import json
import os
import struct
import subprocess
import tempfile
import wave
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

import mido
import numpy as np

SOUND_FONT = os.environ.get("SOUND_FONT", "/usr/share/sounds/sf2/FluidR3_GM.sf2")
SAMPLE_RATE_HZ = 44100
PEAK = 0.9
DRUM_CHANNEL = 9
BASSES = range(32, 40)
# Choirs, brass, reeds, pipes and leads: the instruments of the melody.
MELODIES = (52, 53, 54, *range(56, 88))
STEMS = ("bass", "drums", "other", "vocals")

# Time in ticks and message.
Timed = Tuple[int, mido.Message]


def tunes_in(folder: Path) -> Iterator[Tuple[str, bytes]]:
    """Yields name and content of each tune; a tune that several entries of .wad files share is taken once."""
    for path in sorted(folder.glob("*.mid")):
        yield path.stem, path.read_bytes()
    seen = set()
    for path in sorted(folder.glob("*.wad")):
        wad = path.read_bytes()
        entries, directory = struct.unpack("<ii", wad[4:12])
        for entry in range(entries):
            start, size, name = struct.unpack_from("<ii8s", wad, directory + 16 * entry)
            content = wad[start : start + size]
            if content[:4] == b"MThd" and content not in seen:
                seen.add(content)
                yield f"{path.stem}_{name.rstrip(bytes(1)).decode().lower()}", content


def messages(tune: mido.MidiFile) -> List[Timed]:
    """Returns the messages of all tracks with their times in ticks, in order."""
    found: List[Timed] = []
    for track in tune.tracks:
        ticks = 0
        for message in track:
            ticks += message.time
            found.append((ticks, message))
    return sorted(found, key=lambda pair: pair[0])


def last_tick(timed: List[Timed]) -> int:
    return max(ticks for ticks, message in timed if message.type in ("note_on", "note_off"))


def clock(tune: mido.MidiFile, timed: List[Timed]) -> Tuple[np.ndarray, np.ndarray]:
    """Returns ticks and their seconds. The tempo is constant between neighbours; the last tick is after the end."""
    ticks, seconds, tempo = [0], [0.0], 500000
    for at, message in timed:
        if message.type != "set_tempo":
            continue
        seconds.append(seconds[-1] + (at - ticks[-1]) * tempo / tune.ticks_per_beat / 1e6)
        ticks.append(at)
        tempo = message.tempo
    end = last_tick(timed) + tune.ticks_per_beat * 16
    if end > ticks[-1]:
        seconds.append(seconds[-1] + (end - ticks[-1]) * tempo / tune.ticks_per_beat / 1e6)
        ticks.append(end)
    return np.array(ticks), np.array(seconds)


def beats(tune: mido.MidiFile, timed: List[Timed]) -> Iterator[Tuple[float, int]]:
    """Yields the beats in ticks, and their positions in the bar from 1."""
    signatures = [(at, m.numerator, m.denominator) for at, m in timed if m.type == "time_signature"]
    if not signatures or signatures[0][0] > 0:
        signatures.insert(0, (0, 4, 4))
    ends = [at for at, _, _ in signatures[1:]] + [last_tick(timed)]
    for (start, numerator, denominator), end in zip(signatures, ends):
        unit, count = tune.ticks_per_beat * 4 / denominator, numerator
        if denominator == 8 and numerator % 3 == 0:
            unit, count = unit * 3, numerator // 3
        number = 0
        while start + number * unit < end:
            yield start + number * unit, number % count + 1
            number += 1


def stem_of(channel: int, program: int) -> str:
    if channel == DRUM_CHANNEL:
        return "drums"
    return "bass" if program in BASSES else "vocals" if program in MELODIES else "other"


def only(tune: mido.MidiFile, timed: List[Timed], stem: str) -> mido.MidiFile:
    """Returns the tune without the notes of other stems."""
    found = mido.MidiFile(type=0, ticks_per_beat=tune.ticks_per_beat)
    track = mido.MidiTrack()
    programs, before = [0] * 16, 0
    for at, message in timed:
        if message.type == "program_change":
            programs[message.channel] = message.program
        # Ends of notes are kept: the program of the channel may have changed since the start of the note.
        begins = message.type == "note_on" and message.velocity > 0
        if begins and stem_of(message.channel, programs[message.channel]) != stem:
            continue
        if message.type == "end_of_track":
            continue
        track.append(message.copy(time=at - before))
        before = at
    found.tracks.append(track)
    return found


def synthesise(tune: mido.MidiFile, samples: int) -> np.ndarray:
    """Returns the output of fluidsynth as [samples, 2] f64, cut or padded."""
    with tempfile.TemporaryDirectory() as folder:
        source, raw = Path(folder) / "stem.mid", Path(folder) / "stem.raw"
        tune.save(source)
        command = ["fluidsynth", "-q", "-n", "-i", "-R", "0", "-C", "0", "-g", "0.4", "-r", str(SAMPLE_RATE_HZ)]
        command += ["-T", "raw", "-O", "float", "-E", "little", "-F", str(raw), SOUND_FONT, str(source)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        pcm = np.fromfile(raw, "<f4").reshape(-1, 2)[:samples].astype(np.float64)
    return np.pad(pcm, ((0, samples - len(pcm)), (0, 0)))


def write_wav(path: Path, pcm: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(pcm.astype("<i2").tobytes())


def truth(tune: mido.MidiFile, timed: List[Timed], duration: float) -> Dict[str, object]:
    ticks, seconds = clock(tune, timed)
    found = [(float(np.interp(at, ticks, seconds)), position) for at, position in beats(tune, timed)]
    found = [(time, position) for time, position in found if time < duration]
    return {
        "beats": [round(time, 6) for time, _ in found],
        "downbeats": [round(time, 6) for time, position in found if position == 1],
        "beat_positions": [position for _, position in found],
        "duration": duration,
    }


def render(content: bytes, folder: Path, most_seconds: float) -> str:
    tune = mido.MidiFile(file=io.BytesIO(content), clip=True)
    timed = messages(tune)
    ticks, seconds = clock(tune, timed)
    # One second more, for the decay of the last note.
    duration = min(most_seconds, float(np.interp(last_tick(timed), ticks, seconds)) + 1)
    samples = round(duration * SAMPLE_RATE_HZ)
    pcm = {stem: synthesise(only(tune, timed, stem), samples) for stem in STEMS}
    loudest = max(np.abs(sum(pcm.values())).max(), *(np.abs(one).max() for one in pcm.values()))
    whole = {stem: np.rint(one * (PEAK * 32767 / max(loudest, 1e-9))).astype(np.int32) for stem, one in pcm.items()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, one in {**whole, "mix": sum(whole.values())}.items():
        write_wav(folder / f"{name}.wav", one)
    told = truth(tune, timed, duration)
    (folder / "truth.json").write_text(json.dumps(told) + "\n")
    return f"{folder.name}: {duration:.1f} s, {len(told['beats'])} beats, {len(told['downbeats'])} downbeats"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tunes", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=75, help="of each tune, from its start")
    options = parser.parse_args()
    tunes = list(tunes_in(options.tunes))
    if not tunes:
        raise SystemExit(f"There are no .mid or .wad files with tunes in {options.tunes}")
    for name, content in tunes:
        print(render(content, options.folder / name, options.seconds), flush=True)


if __name__ == "__main__":
    main()
