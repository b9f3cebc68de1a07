"""What a song is before it has notes: style, metre, tempo, form, all drawn from a seed."""

import math
import random
from typing import Dict, List, NamedTuple, Tuple

Weights = Dict[str, float]


class Style(NamedTuple):
    """Ranges that songs of a style are drawn from. Programs are those of General MIDI, from 0."""

    share: float
    tempo: Tuple[float, float]
    three: float  # share of songs in 3/4
    feels: Weights  # straight, swing8, swing16, triplet
    drums: Weights
    bass: Weights
    chords: Weights
    kits: Tuple[int, ...]
    bass_programs: Tuple[int, ...]
    chord_programs: Tuple[int, ...]
    lead_programs: Tuple[int, ...]
    sevenths: float
    looseness_ms: float


ROCK_CHORDS = {"eighths": 3, "rhythm": 3, "strum": 3, "pad": 1, "quarters": 1, "whole": 1, "arpeggio": 1}
STYLES: Dict[str, Style] = {
    "rock": Style(12, (88, 185), 0.08, {"straight": 8, "swing8": 1, "triplet": 1},
                  {"backbeat": 8, "half_time": 1, "double_time": 1, "toms": 1, "march": 0.3},
                  {"eighths": 4, "roots": 2, "rhythm": 4, "kick": 3, "walking": 0.5}, ROCK_CHORDS,
                  (0, 8, 16), (33, 34, 32), (27, 29, 30, 25, 18, 0), (29, 30, 65, 53, 52, 81, 66), 0.1, 6),
    "metal": Style(5, (95, 200), 0.06, {"straight": 9, "triplet": 1},
                   {"backbeat": 4, "double_time": 4, "half_time": 3, "toms": 1},
                   {"eighths": 5, "kick": 3, "sixteenths": 2}, {"eighths": 4, "sixteenths": 3, "rhythm": 4, "whole": 1},
                   (16, 8), (34, 33), (30, 29), (30, 29, 81, 48), 0.0, 4),
    "pop": Style(11, (78, 138), 0.04, {"straight": 8, "swing16": 1},
                 {"backbeat": 6, "four_floor": 3, "half_time": 1, "hip_hop": 1},
                 {"roots": 3, "eighths": 2, "rhythm": 4, "kick": 3},
                 {"pad": 3, "arpeggio": 3, "rhythm": 3, "strum": 2, "quarters": 2, "offbeat": 1},
                 (0, 8, 24, 25), (33, 38, 39, 35), (0, 4, 5, 25, 24, 88, 89, 50, 11), (52, 53, 54, 80, 65, 73), 0.25, 5),
    "house": Style(8, (112, 145), 0, {"straight": 9, "swing16": 2}, {"four_floor": 10},
                   {"offbeat": 4, "octaves": 2, "rhythm": 3, "sixteenths": 2},
                   {"offbeat": 3, "rhythm": 4, "arpeggio": 3, "pad": 2},
                   (24, 25, 8), (38, 39, 87), (81, 80, 88, 90, 0, 16, 62), (80, 81, 84, 54, 85), 0.35, 1),
    "hip-hop": Style(7, (62, 112), 0.03, {"straight": 4, "swing16": 5}, {"hip_hop": 8, "half_time": 2, "breakbeat": 2},
                     {"rhythm": 5, "roots": 3, "kick": 4}, {"arpeggio": 2, "whole": 3, "rhythm": 3, "pad": 2},
                     (25, 24, 8, 0), (38, 39, 33, 32), (4, 5, 0, 11, 45, 48, 88), (54, 53, 73, 65, 80), 0.45, 7),
    "break": Style(4, (150, 190), 0, {"straight": 8, "swing16": 1}, {"breakbeat": 7, "half_time": 2},
                   {"rhythm": 5, "roots": 3}, {"pad": 4, "arpeggio": 3, "rhythm": 2},
                   (24, 0, 25), (38, 39, 87), (88, 89, 90, 4, 81), (80, 54, 81), 0.35, 2),
    "ballad": Style(8, (58, 92), 0.25, {"straight": 7, "triplet": 3},
                    {"backbeat": 5, "half_time": 2, "sparse": 3, "none": 2},
                    {"roots": 5, "rhythm": 3, "fifths": 2}, {"arpeggio": 4, "pad": 3, "quarters": 2, "alberti": 2},
                    (0, 8, 40), (33, 32, 35), (0, 1, 24, 25, 48, 4, 46), (52, 53, 73, 68, 64, 40, 71), 0.3, 12),
    "waltz": Style(8, (84, 200), 1, {"straight": 8, "swing8": 2}, {"waltz": 7, "none": 3, "sparse": 1},
                   {"roots": 4, "fifths": 5, "walking": 1}, {"oompah": 6, "pad": 1, "arpeggio": 3, "alberti": 1},
                   (0, 32, 40, 48), (32, 43, 33, 58), (0, 21, 23, 48, 46, 6, 24), (40, 73, 71, 21, 56, 22), 0.15, 10),
    "swing": Style(10, (92, 205), 0.15, {"swing8": 9, "straight": 1}, {"swing": 9, "backbeat": 1, "none": 0.5},
                   {"walking": 8, "fifths": 2, "rhythm": 1}, {"rhythm": 5, "charleston": 3, "quarters": 2, "pad": 1},
                   (32, 40, 0), (32, 32, 33), (0, 1, 26, 4, 16, 11), (65, 66, 56, 59, 71, 57, 64, 11), 0.9, 12),
    "latin": Style(8, (84, 190), 0.02, {"straight": 9, "swing16": 1}, {"bossa": 4, "salsa": 5, "four_floor": 1},
                   {"tumbao": 5, "fifths": 3, "rhythm": 2}, {"montuno": 4, "rhythm": 3, "strum": 2, "charleston": 2},
                   (0, 8, 32), (32, 33, 35), (0, 24, 26, 4, 11, 12), (56, 73, 65, 71, 52, 11, 13), 0.6, 9),
    "folk": Style(7, (68, 165), 0.4, {"straight": 6, "swing8": 2, "triplet": 2},
                  {"none": 4, "train": 3, "sparse": 3, "backbeat": 2, "waltz": 1},
                  {"fifths": 5, "roots": 3, "none": 2}, {"strum": 6, "arpeggio": 4, "oompah": 2},
                  (0, 40), (32, 33), (24, 25, 105, 21, 15, 46, 6), (22, 73, 75, 40, 109, 110, 79, 52), 0.05, 11),
    "film": Style(6, (56, 150), 0.4, {"straight": 8, "triplet": 2}, {"none": 6, "toms": 2, "march": 2, "sparse": 1},
                  {"roots": 4, "eighths": 2, "none": 2}, {"pad": 4, "arpeggio": 4, "eighths": 3, "quarters": 1},
                  (48, 16), (43, 42, 58), (48, 49, 44, 45, 46, 60, 92, 14), (40, 60, 68, 73, 56, 52, 42), 0.15, 12),
    "chip": Style(7, (100, 205), 0.15, {"straight": 9, "swing8": 1},
                  {"backbeat": 5, "double_time": 3, "four_floor": 2, "none": 1},
                  {"octaves": 4, "eighths": 3, "sixteenths": 2, "rhythm": 3}, {"arpeggio": 6, "rhythm": 2, "offbeat": 1},
                  (24, 25), (38, 80, 39, 87), (80, 81, 80, 90), (80, 81, 82, 79, 84), 0.1, 0),
    "funk": Style(8, (86, 132), 0.02, {"straight": 5, "swing16": 4}, {"funk": 7, "breakbeat": 3},
                  {"rhythm": 7, "octaves": 2, "kick": 2}, {"rhythm": 6, "sixteenths": 2, "offbeat": 2, "charleston": 1},
                  (0, 8, 16), (36, 33, 37), (28, 7, 17, 4, 61, 62), (65, 61, 56, 53, 66, 80), 0.7, 7),
    "reggae": Style(4, (64, 98), 0.02, {"straight": 4, "swing8": 2, "swing16": 4},
                    {"one_drop": 6, "four_floor": 1, "half_time": 1}, {"rhythm": 6, "roots": 2}, {"offbeat": 8, "pad": 1},
                    (0, 8), (33, 35, 34), (28, 16, 17, 0), (57, 53, 65, 16, 22), 0.25, 9),
    "blues": Style(7, (58, 150), 0.12, {"triplet": 5, "swing8": 5}, {"backbeat": 7, "swing": 2, "sparse": 1},
                   {"walking": 5, "boogie": 4, "roots": 2}, {"rhythm": 3, "quarters": 3, "strum": 2, "charleston": 2},
                   (0, 8, 40), (33, 32), (0, 26, 16, 27, 3), (22, 26, 65, 29, 53), 0.7, 12),
    "march": Style(3, (96, 136), 0.1, {"straight": 8, "triplet": 2}, {"march": 8, "none": 1},
                   {"fifths": 7, "roots": 2}, {"oompah": 6, "quarters": 2, "pad": 1},
                   (48, 0), (58, 43), (61, 60, 48, 57), (56, 72, 73, 71, 57), 0.1, 9),
}

# Drawn beside the others from seed 2000 on: music whose loudest sounds fall off the beat.
LATER_STYLES: Dict[str, Style] = {
    "ska": Style(16, (92, 178), 0.02, {"straight": 8, "swing8": 2},
                 {"double_time": 3, "backbeat": 4, "four_floor": 1, "free": 1},
                 {"walking": 5, "eighths": 3, "pump": 2}, {"offbeat": 8, "rhythm": 1, "sixteenths": 1},
                 (0, 8, 16), (33, 34, 32), (27, 28, 16, 17, 0, 61), (57, 56, 65, 66, 22, 80), 0.2, 6),
    "stride": Style(22, (66, 200), 0.15, {"straight": 7, "swing8": 2},
                    {"none": 4, "march": 2, "sparse": 2, "train": 1, "backbeat": 1, "free": 1},
                    {"pump": 6, "fifths": 4}, {"offbeat": 5, "oompah": 5, "rhythm": 1},
                    (0, 32, 40, 48), (32, 58, 43, 33), (3, 0, 105, 21, 6, 26, 15), (3, 71, 13, 40, 72, 56, 9), 0.2, 8),
    "free": Style(34, (62, 200), 0.2, {"straight": 8, "swing8": 1, "swing16": 2, "triplet": 1}, {"free": 10},
                  {"rhythm": 6, "kick": 2, "offbeat": 1, "pump": 2, "walking": 1, "sixteenths": 1},
                  {"rhythm": 6, "offbeat": 3, "arpeggio": 2, "montuno": 2, "pad": 2, "quarters": 1, "eighths": 1},
                  (0, 8, 16, 24, 25, 32), (33, 38, 39, 32, 36), (0, 4, 27, 81, 88, 61, 48, 16, 11, 45),
                  (80, 65, 56, 73, 29, 53, 81, 11), 0.3, 6),
}
LATER_SEED = 2000

FORMS: Tuple[str, ...] = (
    "intro verse chorus verse chorus bridge chorus outro",
    "intro verse verse chorus verse chorus solo chorus chorus outro",
    "intro verse chorus inst verse chorus break chorus outro",
    "verse chorus verse chorus solo verse chorus outro",
    "chorus verse chorus verse bridge chorus outro",
    "intro inst verse inst verse bridge inst outro",
    "intro verse verse bridge verse solo solo bridge verse outro",
    "intro break chorus verse break chorus outro",
    "verse verse chorus verse break chorus chorus",
    "intro chorus solo solo chorus outro",
    "intro verse chorus verse chorus chorus outro",
)
MODES = {
    "major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10), "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10), "harmonic": (0, 2, 3, 5, 7, 8, 11),
}


class Section(NamedTuple):
    """A part of the form. `energy` 0-1 decides how many play; `transpose` semitones are added to all pitches."""

    label: str
    bars: int
    first_bar: int
    energy: float
    has_drums: bool
    transpose: int


class Plan(NamedTuple):
    """A song without notes."""

    seed: int
    style_name: str
    style: Style
    metre: int
    tempo: float
    feel: str
    swing: float  # where the second half of a beat (or of half a beat) falls, 0.5 straight
    pickup: int  # beats before the first bar
    key: int
    mode: str
    sections: Tuple[Section, ...]
    has_vocals: bool
    has_final_hit: bool
    fade_seconds: float

    def subdivisions(self) -> int:
        """Steps of a beat that patterns are written in."""
        return 3 if self.feel == "triplet" else 4

    def bars(self) -> int:
        return sum(section.bars for section in self.sections)


def stream(seed: int, name: str) -> random.Random:
    """Random numbers of their own for each concern, so that one more draw in one place changes no other."""
    return random.Random(f"{seed}/{name}")


def choose(rng: random.Random, weights: Weights) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def log_uniform(rng: random.Random, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def plan(seed: int) -> Plan:
    rng = stream(seed, "plan")
    styles = {**STYLES, **LATER_STYLES} if seed >= LATER_SEED else STYLES
    name = rng.choices(list(styles), [style.share for style in styles.values()])[0]
    style = styles[name]
    metre = 3 if rng.random() < style.three else 4
    tempo = log_uniform(rng, *style.tempo)
    if rng.random() < 0.15:
        tempo = log_uniform(rng, 60, 200)
    tempo = min(200.0, max(60.0, tempo))
    if rng.random() < 0.5:
        tempo = float(round(tempo))
    feel = choose(rng, style.feels)
    # Fast swing is closer to even; sixteenths swing less than eighths.
    swing = 0.5
    if feel == "swing8":
        swing = rng.uniform(0.58, 0.70) - 0.05 * max(0.0, (tempo - 140) / 60)
    if feel == "swing16":
        swing = rng.uniform(0.53, 0.64)
    mode = rng.choices(list(MODES), (45, 30, 10, 10, 5))[0]
    return Plan(
        seed, name, style, metre, tempo, feel, swing,
        pickup=rng.choice((1, 1, 2, metre - 1)) if rng.random() < 0.15 else 0,
        key=rng.randrange(12), mode=mode, sections=form(rng, metre, tempo),
        has_vocals=rng.random() < 0.85, has_final_hit=rng.random() < 0.5,
        fade_seconds=rng.uniform(4, 10) if rng.random() < 0.15 else 0.0,
    )


def form(rng: random.Random, metre: int, tempo: float) -> Tuple[Section, ...]:
    """Labelled sections of some 60 to 150 s."""
    bar_seconds = metre * 60 / tempo
    wanted = rng.uniform(60, 132) / bar_seconds
    unit = 16 if wanted > 88 else 8 if wanted > 30 else 4
    if rng.random() < 0.06:
        unit = rng.choice((6, 10, 12))
    labels = rng.choice(FORMS).split()
    lengths = {label: unit for label in labels}
    lengths.update(intro=rng.choice((unit // 2, unit // 2, unit, 2)), outro=rng.choice((unit // 2, unit // 2, unit, 2)))
    lengths.update({"break": rng.choice((unit // 2, unit)), "bridge": rng.choice((unit // 2, unit, unit))})
    if rng.random() < 0.15:
        lengths["verse"] = unit * 2
    ending = ["outro"] if labels[-1] == "outro" else []
    body, chosen, bars = [label for label in labels if label != "outro"], [], 0
    limit = wanted - sum(lengths[label] for label in ending)
    while len(chosen) < 3 or bars < limit - unit / 2:
        label = body[len(chosen)] if len(chosen) < len(body) else rng.choice(("verse", "chorus", "solo", "inst"))
        lengths.setdefault(label, unit)
        chosen.append(label)
        bars += lengths[label]
        if len(chosen) >= 3 and bars * bar_seconds > 145:
            break
    base = rng.uniform(0.35, 0.6)
    lift = {"intro": -0.2, "verse": 0.0, "chorus": 0.3, "bridge": 0.0, "inst": 0.15, "solo": 0.2, "break": -0.3,
            "outro": -0.05}
    sections: List[Section] = []
    first, transpose, choruses = 0, 0, 0
    late = rng.choice((1, 2, 2)) if rng.random() < 0.2 else 0
    for at, label in enumerate(chosen + ending):
        choruses += label == "chorus"
        if late and label == "chorus" and choruses == 3:
            transpose = late
        quiet = {"break": 0.6, "intro": 0.4, "bridge": 0.12, "outro": 0.2, "verse": 0.05}.get(label, 0.0)
        energy = min(1.0, max(0.1, base + lift[label] + 0.05 * at * (label != "outro") + rng.uniform(-0.08, 0.08)))
        has_drums = rng.random() >= quiet
        sections.append(Section(label, lengths[label], first, energy, has_drums, transpose))
        first += lengths[label]
    return tuple(sections)
