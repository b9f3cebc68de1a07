"""Rhythms: onsets weighted by the metre, and drum patterns."""

import random
from typing import List, NamedTuple, Tuple

KICK, STICK, SNARE, CLAP, CLOSED, PEDAL, OPEN, CRASH, RIDE, BELL = 36, 37, 38, 39, 42, 44, 46, 49, 51, 53
TAMBOURINE, COWBELL, LOW_TOM, MID_TOM, HIGH_TOM, SHAKER, CLAVE = 54, 56, 45, 47, 50, 70, 75
HIGH_CONGA, LOW_CONGA, BONGO, TRIANGLE, MARACAS, CHINA, SPLASH = 62, 64, 60, 81, 70, 52, 55


class Stroke(NamedTuple):
    """A drum stroke; `at` in beats from the start of its bar."""

    at: float
    drum: int
    velocity: int


def weight(step: int, metre: int, subdivisions: int) -> float:
    """How much a step of a bar is stressed, 0-1."""
    beat, part = divmod(step, subdivisions)
    if part == 0:
        return 1.0 if beat == 0 else (0.8 if metre == 4 and beat == 2 else 0.6)
    if subdivisions == 4:
        return 0.35 if part == 2 else 0.12
    return 0.3 if part == 2 else 0.12


def onsets(rng: random.Random, metre: int, subdivisions: int, density: float, syncopation: float) -> List[float]:
    """Onsets of a bar in beats: about `density` a beat; syncopation 0 keeps to the stressed steps, 1 ignores stress."""
    steps = metre * subdivisions
    count = max(1, round(density * metre + rng.uniform(-0.6, 0.6)))
    keyed = [(weight(step, metre, subdivisions) ** (1.4 * (1 - syncopation)) * rng.random() ** 0.6, step)
             for step in range(steps)]
    if rng.random() < 0.75 - 0.5 * syncopation:
        keyed[0] = (2.0, 0)
    return sorted(step / subdivisions for _, step in sorted(keyed, reverse=True)[:min(count, steps)])


def strokes(drum: int, velocity: int, *positions: float) -> List[Stroke]:
    return [Stroke(at, drum, velocity) for at in positions]


def hats(rng: random.Random, metre: int, subdivisions: int, energy: float) -> List[Stroke]:
    """A cymbal, shaker or tambourine that keeps time, its stress on the beats or off them."""
    drum = rng.choice((CLOSED, CLOSED, CLOSED, RIDE, SHAKER, TAMBOURINE, PEDAL, OPEN if energy > 0.75 else CLOSED))
    if energy > 0.7 and rng.random() < 0.3:
        drum = rng.choice((RIDE, OPEN, CRASH if energy > 0.85 else RIDE, BELL))
    if subdivisions == 3:
        rates = rng.choice(((0, 1 / 3, 2 / 3), (0, 1 / 3, 2 / 3), (0, 2 / 3), (0,)))
    else:
        rates = rng.choice(((0, 0.5), (0, 0.5), (0, 0.5), (0, 0.25, 0.5, 0.75), (0,), (0.5,), (0, 0.5, 0.75)))
    off = rng.random() < 0.15
    found = []
    for beat in range(metre):
        for part in rates:
            loud = (part == 0) != off
            found.append(Stroke(beat + part, drum, (82 if loud else 62) + (6 if beat == 0 and part == 0 else 0)))
    return [stroke for stroke in found if rng.random() > 0.03]


def free_pattern(rng: random.Random, metre: int, subdivisions: int) -> List[Stroke]:
    """Some sounds, any of them anywhere: the loudest need not be on the beat, nor the kick on the first."""
    sounds = rng.sample((KICK, KICK, SNARE, SNARE, STICK, CLAP, CLOSED, CLOSED, OPEN, RIDE, TAMBOURINE, COWBELL, LOW_TOM,
                         HIGH_TOM, SHAKER, CLAVE, HIGH_CONGA, LOW_CONGA, BONGO, MARACAS), rng.randint(2, 5))
    found = []
    for drum in sorted(set(sounds)):
        at = onsets(rng, metre, subdivisions, rng.uniform(0.25, 2.2), rng.uniform(0, 0.9))
        found += strokes(drum, rng.randint(56, 112), *at)
    return found


def three_four(rng: random.Random, kind: str, subdivisions: int, energy: float) -> List[Stroke]:
    if kind == "free":
        return free_pattern(rng, 3, subdivisions)
    soft = rng.choice(((STICK, 70), (SNARE, 74), (CLOSED, 72), (PEDAL, 78)))
    loud = rng.choice((SNARE, SNARE, CLAP, STICK))
    shape = rng.randrange(6)
    found = strokes(KICK, 104, 0)
    if shape == 0 or kind == "waltz" and shape < 3:
        found += strokes(*soft, 1, 2)
    elif shape == 1:
        found += strokes(loud, 96, 2)
    elif shape == 2:
        found += strokes(loud, 96, 1)
    elif shape == 3:
        found += strokes(loud, 92, 1, 2)
    elif shape == 4:
        found += strokes(RIDE, 84, 0, 1, 2) + strokes(PEDAL, 74, 1)
        found += strokes(RIDE, 66, *(x + 0.5 for x in (1, 2) if rng.random() < 0.5))
    else:
        found += strokes(loud, 92, 1.5) + strokes(KICK, 84, 2.5)
    if shape != 4 and kind != "sparse":
        found += hats(rng, 3, subdivisions, energy)
    if rng.random() < 0.35 * energy:
        found += strokes(KICK, 88, rng.choice((1.5, 2.0, 2.5, 2.0)))
    return found


def four_four(rng: random.Random, kind: str, subdivisions: int, energy: float) -> List[Stroke]:
    if kind == "free":
        return free_pattern(rng, 4, subdivisions)
    snare = rng.choice((SNARE, SNARE, SNARE, 40, CLAP, STICK if energy < 0.6 else SNARE))
    third = subdivisions == 3
    off = 2 / 3 if third else 0.5
    free = onsets(rng, 4, subdivisions, rng.uniform(0.4, 1.2), rng.uniform(0.1, 0.7))
    free = [at for at in free if at not in (1.0, 3.0)]
    keep = hats(rng, 4, subdivisions, energy)
    if kind == "backbeat":
        kicks = [0.0] + rng.choice(([2.0], [2.0, 2 + off], [1 + off, 2.0], [1 + off, 2 + off], free, free))
        return strokes(KICK, 106, *sorted(set(kicks))) + strokes(snare, 102, 1, 3) + keep
    if kind == "half_time":
        return strokes(KICK, 108, *sorted({0.0, *free} - {2.0})) + strokes(snare, 108, 2) + keep
    if kind == "double_time":
        if rng.random() < 0.5:
            found = strokes(KICK, 104, 0, 1, 2, 3) + strokes(snare, 98, *(x + off for x in range(4)))
            return found + strokes(CLOSED, 70, *range(4))
        return strokes(KICK, 104, *(x * 0.5 for x in range(8))) + strokes(snare, 104, 1, 3) + keep
    if kind == "four_floor":
        found = strokes(KICK, 112, 0, 1, 2, 3) + strokes(rng.choice((OPEN, CLOSED, SHAKER)), 84, 0.5, 1.5, 2.5, 3.5)
        found += strokes(rng.choice((CLAP, SNARE)), 100, 1, 3) if rng.random() < 0.8 else []
        sixteenths = strokes(CLOSED, 58, *(x / 4 for x in range(16) if x % 2 == 1))
        return found + (sixteenths if rng.random() < 0.5 else [])
    if kind in ("hip_hop", "breakbeat", "funk"):
        ghosts = 0.05 if kind == "hip_hop" else 0.16
        ghost = [x / 4 for x in range(16) if x % 8 not in (4, 5) and rng.random() < ghosts]
        snares = [1.0, 3.0] if rng.random() < 0.75 else [1.0, rng.choice((2.5, 2.25, 3.5))]
        kicks = {0.0, *free} if rng.random() < 0.85 else set(free)
        found = strokes(KICK, 108, *sorted(kicks)) + strokes(snare, 104, *snares)
        return found + strokes(snare, 46, *ghost) + keep
    if kind == "one_drop":
        return strokes(KICK, 104, 2) + strokes(rng.choice((STICK, SNARE)), 92, 2) + hats(rng, 4, subdivisions, 0.3)
    if kind == "swing":
        ride = rng.choice((RIDE, RIDE, CLOSED, BELL))
        found = strokes(ride, 84, 0, 1, 2, 3) + strokes(ride, 70, 1.5, 3.5) + strokes(PEDAL, 82, 1, 3)
        if rng.random() < 0.5:
            found += strokes(KICK, 54, 0, 1, 2, 3)
        if energy > 0.6 and rng.random() < 0.4:
            found += strokes(SNARE, 92, 1, 3)
        comped = [x + 0.5 for x in range(4) if rng.random() < 0.3]
        return found + [Stroke(at, rng.choice((SNARE, SNARE, KICK)), rng.randint(45, 80)) for at in comped]
    if kind == "bossa":
        clave = rng.choice(((0, 0.75, 1.5, 2.5, 3.25), (0, 0.75, 1.5, 2.5, 3.0), (0.5, 1.0, 2.0, 2.75, 3.5)))
        found = strokes(KICK, 88, 0, 1.5, 2, 3.5) + strokes(STICK, 84, *clave)
        return found + strokes(CLOSED, 62, *(x / 2 for x in range(8)))
    if kind == "salsa":
        bell = rng.choice(((0, 1, 1.5, 2, 3, 3.5), (0, 0.5, 1, 2, 2.5, 3), (0, 1, 2, 2.5, 3, 3.5)))
        found = strokes(rng.choice((COWBELL, BELL)), 84, *bell)
        found += strokes(HIGH_CONGA, 74, 0, 0.5, 1, 2, 2.5) + strokes(LOW_CONGA, 90, 3, 3.5)
        found += strokes(CLAVE, 88, *rng.choice(((0, 1.5, 3), (1, 2), (0, 1.5, 2.5)))) if rng.random() < 0.6 else []
        kicks = rng.choice(((1.5, 3), (0, 1.5, 2, 3.5), (0, 2), ()))
        return found + strokes(KICK, 90, *kicks)
    if kind == "train":
        brushed = [Stroke(x / 4, SNARE, 92 if x % 4 == 2 else 54) for x in range(16)]
        return brushed + strokes(KICK, 94, 0, 2) + strokes(KICK, 88, 1, 3)
    if kind == "march":
        roll = [Stroke(x / 4, SNARE, 58) for x in range(16) if rng.random() < 0.3]
        between = strokes(SNARE, 70, *(x + off for x in range(4) if rng.random() < 0.5))
        return strokes(KICK, 104, 0, 2) + strokes(SNARE, 92, 0, 1, 2, 3) + roll + between
    if kind == "toms":
        hits = onsets(rng, 4, subdivisions, 2, 0.5)
        toms = [Stroke(at, rng.choice((LOW_TOM, 41, 43, MID_TOM)), 94 if at % 1 == 0 else 76) for at in hits]
        return toms + strokes(KICK, 104, 0, *(at for at in free if at > 1))
    # sparse: one or two sounds
    sound = rng.choice((TAMBOURINE, SHAKER, STICK, CLOSED, TRIANGLE, BONGO))
    found = strokes(sound, 78, *rng.choice(((1, 3), (0, 1, 2, 3), (0, 2), (0.5, 1.5, 2.5, 3.5))))
    return found + strokes(KICK, 90, *rng.choice(((), (0.0,), (0.0, 2.0))))


def groove(rng: random.Random, kind: str, metre: int, subdivisions: int, energy: float) -> List[List[Stroke]]:
    """Two or four bars that are repeated: mostly one bar, with small changes."""
    make = three_four if metre == 3 else four_four
    bar = make(rng, kind, subdivisions, energy)
    if rng.random() < 0.12:  # the kick leaves the downbeat out
        bar = [stroke for stroke in bar if (stroke.drum, stroke.at) != (KICK, 0.0)]
    other = bar
    if rng.random() < 0.6:
        extra = [Stroke(x, KICK, 92) for x in onsets(rng, metre, subdivisions, 0.3, 0.8) if x > 0.5]
        other = [stroke for stroke in bar if stroke.drum != KICK or stroke.at == 0 or rng.random() < 0.6] + extra
    return rng.choice(([bar], [bar, other], [bar, bar, bar, other], [bar, other, bar, bar]))


def fill(rng: random.Random, metre: int, subdivisions: int) -> Tuple[float, List[Stroke]]:
    """The end of a bar before something new: where it starts, and its strokes."""
    length = rng.choice((1, 1, 2, 2, metre))
    start = float(metre - length)
    kind = rng.choice(("toms", "snare", "mixed", "sparse", "stop"))
    steps = [start + step / subdivisions for step in range(length * subdivisions)]
    if kind == "stop":
        return start, strokes(rng.choice((KICK, SNARE, CRASH)), 106, start)
    if kind == "sparse":
        return start, [Stroke(x, rng.choice((SNARE, LOW_TOM)), 100) for x in steps if rng.random() < 0.35]
    drums = {"snare": (SNARE,), "toms": (HIGH_TOM, MID_TOM, LOW_TOM, 43), "mixed": (SNARE, HIGH_TOM, KICK, LOW_TOM)}[kind]
    used = [x for x in steps if rng.random() < 0.85]
    return start, [
        Stroke(x, drums[at * len(drums) // len(used)], 84 + 24 * at // len(used)) for at, x in enumerate(used)
    ]
