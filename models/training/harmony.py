"""Chord progressions and how chords are voiced."""

import random
from typing import Dict, List, NamedTuple, Sequence, Tuple

from song_plan import MODES, Plan

# Degrees of the scale, from 0; one a bar unless the section is drawn with half bars or double bars.
PROGRESSIONS: Dict[str, Tuple[Tuple[int, ...], ...]] = {
    "major": ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 4, 3), (0, 3, 0, 4), (5, 3, 0, 4), (1, 4, 0, 5), (0, 2, 3, 4),
              (0, 3), (0, 4), (3, 4, 2, 5), (0, 5, 1, 4), (0, 0, 3, 0, 4, 3, 0, 4), (0, 4, 5, 2, 3, 0, 3, 4)),
    "minor": ((0, 5, 2, 6), (0, 3, 4, 0), (0, 6, 5, 4), (0, 5, 3, 4), (0, 3, 6, 2), (0, 6), (5, 6, 0, 0), (0, 2, 6, 3),
              (0, 0, 5, 6), (0, 3, 0, 4), (0, 6, 5, 6), (0, 3, 6, 2, 5, 1, 4, 0)),
    "dorian": ((0, 3), (0, 3, 0, 6), (0, 6, 3, 0), (0, 1, 0, 6), (0, 0, 3, 3)),
    "mixolydian": ((0, 6, 3, 0), (0, 6), (0, 3, 6, 0), (0, 0, 6, 3), (4, 3, 0, 0)),
    "harmonic": ((0, 3, 4, 0), (0, 4), (0, 5, 4, 4), (0, 0, 4, 4, 4, 4, 0, 0), (0, 5, 3, 4)),
}
BLUES = (0, 0, 0, 0, 3, 3, 0, 0, 4, 3, 0, 4)


class Chord(NamedTuple):
    """A chord of a section: `at` and `length` in beats from the section's start; pitches modulo 12, root first."""

    at: float
    length: float
    degree: int
    classes: Tuple[int, ...]


def chord(plan: Plan, degree: int, sevenths: bool) -> Tuple[int, ...]:
    scale = MODES[plan.mode]
    steps = (0, 2, 4, 6) if sevenths else (0, 2, 4)
    found = [plan.key + scale[(degree + step) % 7] for step in steps]
    if plan.mode in ("minor",) and degree == 4:  # the dominant of minor is major
        found[1] = plan.key + 11
    return tuple(pitch % 12 for pitch in found)


def progression(rng: random.Random, plan: Plan, bars: int) -> List[Chord]:
    """Chords of a section: a loop of 2, 4, 8 or 12 bars, changing on downbeats but for some in the middle of a bar."""
    sevenths = rng.random() < plan.style.sevenths
    degrees: Sequence[int] = rng.choice(PROGRESSIONS[plan.mode])
    if plan.style_name == "blues" and rng.random() < 0.6:
        degrees = BLUES
    each = float(plan.metre)
    kind = rng.random()
    if kind < 0.12 and plan.metre == 4:
        each = 2.0
    elif kind < 0.3:
        each = 2.0 * plan.metre
    # Pushed chords come half a beat early, at changes that are not the section's first.
    push = 0.5 if rng.random() < 0.12 and plan.feel != "triplet" else 0.0
    total, found, at, index = float(bars * plan.metre), [], 0.0, 0
    split = rng.random() < 0.25 and plan.metre == 4 and each == 4.0
    while at < total:
        length = min(each, total - at)
        degree = degrees[index % len(degrees)]
        early = push if index > 0 else 0.0
        late = push if at + length < total else 0.0
        if split and index % 4 == 3:
            found.append(Chord(at - early, 2.0 + early, degree, chord(plan, degree, sevenths)))
            found.append(Chord(at + 2, 2.0 - late, 4, chord(plan, 4, sevenths)))
        else:
            found.append(Chord(at - early, length + early - late, degree, chord(plan, degree, sevenths)))
        at += length
        index += 1
    return found


def voiced(classes: Sequence[int], near: float, size: int) -> List[int]:
    """The chord in close position around a pitch, ascending."""
    notes: List[int] = []
    for pitch in classes:
        notes.append(min((pitch + 12 * octave for octave in range(11)), key=lambda note: abs(note - near)))
    notes = sorted(set(notes))
    while len(notes) < size:
        notes.append(notes[len(notes) - len(classes)] + 12)
    return notes[:max(size, 3)]


def chord_at(chords: Sequence[Chord], beat: float) -> Chord:
    """The chord that sounds at a beat of the section."""
    found = chords[0]
    for candidate in chords:
        if candidate.at <= beat + 1e-6:
            found = candidate
    return found
