"""Bass lines, accompaniment and melodies as notes of a section, in beats from its start."""

import random
from typing import List, NamedTuple, Sequence, Tuple

from harmony import Chord, chord_at, voiced
from rhythm import onsets
from song_plan import MODES, Plan


class Tone(NamedTuple):
    """A note; `strum` seconds are added to its time."""

    at: float
    length: float
    pitch: int
    velocity: int
    strum: float = 0.0


def accent(plan: Plan, at: float) -> int:
    """What stress adds to a velocity."""
    beat = at % plan.metre
    return 10 if beat < 1e-6 else 4 if abs(beat - round(beat)) < 1e-6 else -4


def bass_pitch(pitch_class: int, low: int = 31) -> int:
    return low + (pitch_class - low) % 12


def bass(rng: random.Random, plan: Plan, kind: str, chords: Sequence[Chord], bars: int,
         kicks: Sequence[float]) -> List[Tone]:
    """One voice; `kicks` are the onsets of the bass drum in a bar, which the kind "kick" follows."""
    metre, found = plan.metre, []
    third = plan.subdivisions() == 3
    off = 2 / 3 if third else 0.5
    pattern = {
        "roots": [0.0], "eighths": sorted([x + y for x in range(metre) for y in (0, off)]),
        "sixteenths": [x + y for x in range(metre) for y in ((0, 1 / 3, off) if third else (0, 0.25, 0.5, 0.75))],
        "fifths": [0.0, 2.0] if metre == 4 else [0.0], "offbeat": [x + off for x in range(metre)],
        "octaves": [x + y for x in range(metre) for y in (0, off)], "walking": [float(x) for x in range(metre)],
        "pump": [float(x) for x in range(metre)],
        "boogie": [x + y for x in range(metre) for y in (0, off)], "kick": sorted(set(kicks)) or [0.0],
        "tumbao": [1.5, 3.0] if metre == 4 else [0.0, 1.5],
    }.get(kind) or onsets(rng, metre, plan.subdivisions(), rng.uniform(0.5, 1.8), rng.uniform(0.1, 0.6))
    leaps = [rng.choice((0, 0, 0, 7, 12)) if kind in ("rhythm", "kick") and at != 0 else 0 for at in pattern]
    short = rng.choice((0.5, 0.8, 0.95))
    for bar in range(bars):
        for index, at in enumerate(pattern):
            beat = bar * metre + at
            now = chord_at(chords, beat)
            root = bass_pitch(now.classes[0])
            following = (pattern[index + 1] if index + 1 < len(pattern) else metre + pattern[0]) - at
            pitch = root + leaps[index]
            if kind == "fifths" and (at == 2 or metre == 3 and bar % 2 == 1):
                pitch = bass_pitch(now.classes[2])
            elif kind == "pump" and at % 2 == 1:
                pitch = bass_pitch(now.classes[2], 28)
            elif kind == "octaves":
                pitch = root + 12 * (at % 1 > 0.1)
            elif kind == "boogie":
                pitch = root + (0, 0, 7, 7, 9, 9, 7, 7)[index % 8]
            elif kind == "walking":
                target = bass_pitch(chord_at(chords, beat + 1).classes[0])
                scale = [plan.key + step for step in MODES[plan.mode]]
                if index == 0:
                    pitch = root
                elif index == metre - 1:
                    pitch = target + rng.choice((-1, 1, 2, -2))
                else:
                    pitch = bass_pitch(rng.choice((now.classes[1], now.classes[2], rng.choice(scale) % 12)), root - 3)
            elif kind == "tumbao" and at == 3.0:
                pitch = bass_pitch(chord_at(chords, beat + 1).classes[0])
            found.append(Tone(beat, max(0.1, following * short), pitch, 92 + accent(plan, at)))
    return found


def accompaniment(rng: random.Random, plan: Plan, kind: str, chords: Sequence[Chord], bars: int,
                  near: float) -> List[Tone]:
    """Chords in one of many rhythms, repeated every bar or two."""
    metre, subdivisions = plan.metre, plan.subdivisions()
    off = 2 / 3 if subdivisions == 3 else 0.5
    size = rng.choice((3, 3, 4))
    found: List[Tone] = []
    if kind in ("pad", "whole"):
        for now in chords:
            length = now.length * (0.98 if kind == "pad" else rng.choice((0.6, 0.9)))
            found += [Tone(now.at, length, pitch, 70) for pitch in voiced(now.classes, near, size)]
        return found
    if kind in ("arpeggio", "alberti"):
        rate = rng.choice((1 / 3, 2 / 3, 1.0) if subdivisions == 3 else (0.25, 0.5, 0.5, 1.0))
        order = {"alberti": (0, 2, 1, 2)}.get(kind) or rng.choice(
            ((0, 1, 2), (0, 1, 2, 3), (3, 2, 1, 0), (0, 1, 2, 3, 2, 1), (0, 2, 1, 3), (0, 3, 1, 2, 3, 2)))
        restart = rng.random() < 0.8
        count, steps = 0, round(bars * metre / rate)
        for step in range(steps):
            at = step * rate
            if restart and abs(at % metre) < 1e-6:
                count = 0
            notes = voiced(chord_at(chords, at).classes, near, 4)
            found.append(Tone(at, rate * rng.choice((0.7, 0.95, 1.4)), notes[order[count % len(order)] % len(notes)],
                              72 + accent(plan, at)))
            count += 1
        return found
    bar_pattern = {
        "eighths": [x + y for x in range(metre) for y in (0, off)], "quarters": [float(x) for x in range(metre)],
        "sixteenths": [x / subdivisions for x in range(metre * subdivisions) if rng.random() < 0.75],
        "offbeat": [x + off for x in range(metre)],
        "oompah": [float(x) for x in range(metre) if metre == 3 and x > 0 or x % 2 == 1],
        "charleston": [0.0, 1.0 + off], "montuno": [0.0, 1.0, 1.5, 2.5, 3.5] if metre == 4 else [0.0, 1.0, 1.5, 2.5],
        "strum": [x + y for x in range(metre) for y in (0, off) if y == 0 or rng.random() < 0.7],
    }.get(kind)
    patterns = [bar_pattern, bar_pattern] if bar_pattern else [
        onsets(rng, metre, subdivisions, rng.uniform(0.4, 1.6), rng.uniform(0.1, 0.7)) for _ in range(2)]
    if plan.style_name == "reggae" and kind == "offbeat":
        patterns = [[1.0, 3.0]] * 2 if rng.random() < 0.5 and metre == 4 else patterns
    short = rng.choice((0.25, 0.5, 0.85))
    for bar in range(bars):
        pattern = patterns[bar % 2]
        for index, at in enumerate(pattern):
            beat = bar * metre + at
            following = (pattern[index + 1] if index + 1 < len(pattern) else metre + patterns[(bar + 1) % 2][0]) - at
            notes = voiced(chord_at(chords, beat).classes, near, size)
            down = at % 1 < 1e-6
            for string, pitch in enumerate(notes if down else reversed(notes)):
                delay = string * 0.012 if kind == "strum" else 0.0
                found.append(Tone(beat, max(0.1, following * short), pitch, 72 + accent(plan, at), delay))
    return found


def scale_pitches(plan: Plan, low: int, high: int) -> List[int]:
    classes = {(plan.key + step) % 12 for step in MODES[plan.mode]}
    return [pitch for pitch in range(low, high + 1) if pitch % 12 in classes]


def motif(rng: random.Random, plan: Plan, bars: int, busy: float) -> List[Tuple[float, float]]:
    """Onsets and lengths of a phrase: moving, then resting on a long note."""
    found: List[float] = []
    syncopation = rng.uniform(0.05, 0.55)
    for bar in range(bars):
        density = busy * (0.45 if bar == bars - 1 else rng.uniform(0.8, 1.2))
        found += [bar * plan.metre + at for at in onsets(rng, plan.metre, plan.subdivisions(), density, syncopation)]
    lengths = [after - at for at, after in zip(found, found[1:] + [float(bars * plan.metre)])]
    return list(zip(found, lengths))


def melody(rng: random.Random, plan: Plan, chords: Sequence[Chord], bars: int, low: int, busy: float) -> List[Tone]:
    """Phrases of two or four bars in forms such as AABA; notes of the chord where the metre is stressed."""
    size = rng.choice((2, 2, 4)) if bars >= 4 else max(1, bars)
    phrases = {name: motif(rng, plan, size, busy) for name in "ABC"}
    shape = rng.choice(("AABA", "ABAB", "ABAC", "AAAB", "ABCB", "AABC"))
    pool = scale_pitches(plan, low, low + rng.choice((12, 15, 19)))
    contour = {name: [rng.choice((-2, -1, -1, 0, 1, 1, 2, 3, -3)) for _ in phrases[name]] for name in "ABC"}
    found: List[Tone] = []
    touch = rng.choice((0.6, 0.85, 0.97))
    for phrase in range((bars + size - 1) // size):
        name = shape[phrase % len(shape)]
        if rng.random() < 0.06:
            continue
        position = rng.randrange(len(pool) // 3, 2 * len(pool) // 3 + 1)
        start = phrase * size * plan.metre
        if phrase > 0 and rng.random() < 0.25:  # notes that lead into the phrase
            found += [Tone(start - 1 + x, 0.4, pool[max(0, position - 1)], 78) for x in (0.0, 0.5) if rng.random() < 0.8]
        for (at, length), step in zip(phrases[name], contour[name]):
            if start + at >= bars * plan.metre:
                break
            position = min(len(pool) - 1, max(0, position + step))
            now = chord_at(chords, start + at)
            if at % plan.metre < 1e-6 or length >= 1.5:
                near = [index for index, pitch in enumerate(pool) if pitch % 12 in now.classes]
                position = min(near, key=lambda index: abs(index - position)) if near else position
            longest = min(length, rng.choice((2.0, 4.0)))
            found.append(Tone(start + at, max(0.1, longest * touch), pool[position], 86 + accent(plan, at)))
    return found
