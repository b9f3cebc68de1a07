"""A plan to notes: who plays what in which section, as MIDI of four stems, and the truth."""

import sys
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "fixtures" / "audio"))
from midi_file import Note  # noqa: E402

import parts  # noqa: E402
from harmony import progression  # noqa: E402
from rhythm import CRASH, KICK, Stroke, fill, groove  # noqa: E402
from song_plan import Plan, Section, choose, stream  # noqa: E402
from song_time import Player, TempoMap, swung  # noqa: E402

STEMS = ("bass", "drums", "other", "vocals")
DRUM_CHANNEL = 9
REVERSE_CYMBAL = 119
# MIDI is written at a fixed 240 beats a minute, as a clock of half milliseconds: the tempo is in the note times.
FILE_BEATS_PER_SECOND = 4.0
PAN, VOLUME = 10, 7


class Layer(NamedTuple):
    """An instrument: its stem and channel, what it plays, and from which energy on."""

    stem: str
    channel: int
    role: str
    kind: str
    entry: float
    near: int
    loudness: float


class Arrangement(NamedTuple):
    """Notes of each stem in file beats, with programs and controllers by channel, and the song's end in seconds."""

    notes: Dict[str, List[Note]]
    programs: Dict[str, Dict[int, int]]
    controls: Dict[str, Dict[int, List[Tuple[int, int]]]]
    seconds: float


class Writer:
    """Collects notes: swing, tempo, looseness and loudness are added here."""

    def __init__(self, plan: Plan, tempo: TempoMap) -> None:
        self.plan, self.tempo = plan, tempo
        self.players = {stem: Player(plan, stem) for stem in STEMS}
        self.notes: Dict[str, List[Note]] = {stem: [] for stem in STEMS}
        self.jitter = stream(plan.seed, "velocity")

    def add(self, stem: str, channel: int, beat: float, length: float, pitch: int, velocity: float,
            late: float = 0.0) -> None:
        start = self.tempo.seconds(swung(self.plan, beat))
        end = self.tempo.seconds(swung(self.plan, beat + length))
        start = max(0.0, start + self.players[stem].delay() + late)
        loud = round(velocity + self.jitter.gauss(0, 4))
        self.notes[stem].append(Note(start * FILE_BEATS_PER_SECOND, max(0.04, end - start) * FILE_BEATS_PER_SECOND,
                                     min(120, max(12, pitch)), min(127, max(20, loud)), channel))


def layers(plan: Plan) -> Tuple[List[Layer], Dict[str, Dict[int, int]], Dict[str, Dict[int, List[Tuple[int, int]]]]]:
    """The band."""
    rng, style = stream(plan.seed, "band"), plan.style
    programs: Dict[str, Dict[int, int]] = {stem: {} for stem in STEMS}
    controls: Dict[str, Dict[int, List[Tuple[int, int]]]] = {stem: {} for stem in STEMS}

    def program(choices: Tuple[int, ...], odd: float) -> int:
        return rng.randrange(0, 112) if rng.random() < odd else rng.choice(choices)

    def seat(stem: str, channel: int, number: int, width: int) -> None:
        programs[stem][channel] = number
        pan = 64 + (rng.randint(-width, width) if width else 0)
        controls[stem][channel] = [(PAN, pan), (VOLUME, rng.randint(70, 120))]

    band = []
    bass_kind = choose(rng, style.bass)
    seat("bass", 0, rng.choice(style.bass_programs) if rng.random() < 0.9 else rng.randrange(32, 40), 0)
    if bass_kind != "none":
        band.append(Layer("bass", 0, "bass", bass_kind, rng.uniform(0.1, 0.5), 0, 1.0))
    seat("drums", DRUM_CHANNEL, rng.choice(style.kits), 0)
    controls["drums"][DRUM_CHANNEL] = [(VOLUME, rng.randint(75, 125))]
    for index in range(rng.choice((1, 2, 2, 3, 3, 4))):
        kind = choose(rng, style.chords)
        seat("other", index, program(style.chord_programs, 0.2), 50 if rng.random() < 0.7 else 0)
        near = rng.choice((52, 57, 60, 64, 69))
        band.append(Layer("other", index, "chords", kind, 0.0 if index == 0 else rng.uniform(0.2, 0.8), near,
                          rng.uniform(0.7, 1.05)))
    seat("other", 5, program(style.lead_programs, 0.2), 35)  # solos, riffs, answers
    if rng.random() < 0.3:
        band.append(Layer("other", 5, "riff", "riff", rng.uniform(0.3, 0.7), rng.choice((48, 55, 60, 67)), 0.9))
    seat("other", 6, rng.choice((48, 49, 50, 89, 91, 92, 52)), 30)
    if rng.random() < 0.4:
        band.append(Layer("other", 6, "chords", "pad", rng.uniform(0.4, 0.9), rng.choice((60, 67)), 0.8))
    seat("other", 7, REVERSE_CYMBAL, 0)
    seat("vocals", 0, program(style.lead_programs, 0.12), 0 if rng.random() < 0.85 else 25)
    seat("vocals", 1, program(style.lead_programs, 0.1), 20)
    return band, programs, controls


class Band:
    """Plays sections. What belongs to a label (chords, groove, melody) comes back whenever the label does."""

    def __init__(self, plan: Plan, writer: Writer) -> None:
        self.plan, self.writer = plan, writer
        self.layers, self.programs, self.controls = layers(plan)
        rng = stream(plan.seed, "drums")
        self.drum_kind = choose(rng, plan.style.drums)
        if plan.metre == 3:
            self.drum_kind = {"none": "none", "sparse": "sparse", "free": "free"}.get(self.drum_kind, "waltz")
        self.other_kind = choose(rng, plan.style.drums) if rng.random() < 0.3 else self.drum_kind
        self.drum_kind, self.other_kind = (self._at_tempo(kind) for kind in (self.drum_kind, self.other_kind))
        self.fill_chance = rng.choice((0.2, 0.6, 0.9))
        self.crash_chance = rng.choice((0.1, 0.5, 0.9))
        self.register = rng.choice((55, 57, 60, 62, 64))

    def _at_tempo(self, kind: str) -> str:
        """No half time of what is slow, no double time of what is fast: the beat would be another one."""
        is_out = kind == "half_time" and self.plan.tempo < 100 or kind == "double_time" and self.plan.tempo > 170
        return "backbeat" if is_out else kind

    def play(self, section: Section) -> None:
        plan = self.plan
        material = stream(plan.seed, f"material/{section.label}")
        chords = progression(material, plan, section.bars)
        start = plan.pickup + section.first_bar * plan.metre
        kicks = self._drums(section, start)
        for layer in self.layers:
            chance = stream(plan.seed, f"layer/{layer.stem}/{layer.channel}/{layer.kind}/{section.label}")
            if layer.entry > section.energy + chance.uniform(-0.1, 0.15):
                continue
            if section.label == "break" and layer.role == "bass" and chance.random() < 0.5:
                continue
            if layer.role == "bass":
                tones = parts.bass(chance, plan, layer.kind, chords, section.bars, kicks)
            elif layer.role == "riff":
                loop = parts.melody(chance, plan, chords, min(2, section.bars), layer.near, 1.6)
                tones = [tone._replace(at=tone.at + 2 * plan.metre * again)
                         for again in range((section.bars + 1) // 2) for tone in loop
                         if tone.at + 2 * plan.metre * again < section.bars * plan.metre]
            else:
                tones = parts.accompaniment(chance, plan, layer.kind, chords, section.bars, layer.near)
            self._write(layer.stem, layer.channel, tones, section, start, layer.loudness)
        self._lead(section, start, chords)

    def _lead(self, section: Section, start: int, chords: List[Any]) -> None:
        plan, material = self.plan, stream(self.plan.seed, f"lead/{section.label}")
        sings = {"verse": 0.95, "chorus": 0.97, "bridge": 0.75, "outro": 0.3, "intro": 0.12, "break": 0.35}
        busy = material.uniform(0.7, 1.7) * min(1.3, 120 / plan.tempo + 0.35)
        if plan.has_vocals and material.random() < sings.get(section.label, 0.05):
            low = self.register + (material.choice((0, 3, 5)) if section.label == "chorus" else 0)
            tones = parts.melody(material, plan, chords, section.bars, low, busy)
            self._write("vocals", 0, tones, section, start, 1.0)
            if material.random() < 0.35:
                shift = material.choice((-12, 12, 0))
                doubled = [tone._replace(pitch=tone.pitch + shift) for tone in tones]
                self._write("vocals", 1, doubled, section, start, 0.75)
        elif section.label in ("solo", "inst", "intro", "bridge") or not plan.has_vocals:
            if section.label in ("solo", "inst") or material.random() < 0.5:
                tones = parts.melody(material, plan, chords, section.bars, self.register, busy * 1.3)
                stem = "vocals" if material.random() < 0.2 else "other"
                self._write(stem, 1 if stem == "vocals" else 5, tones, section, start, 1.0)

    def _write(self, stem: str, channel: int, tones: List[parts.Tone], section: Section, start: int,
               loudness: float) -> None:
        end = section.bars * self.plan.metre
        for tone in tones:
            length = min(tone.length, end - tone.at + 0.05)
            if start + tone.at < 0:
                continue
            self.writer.add(stem, channel, start + tone.at, length, tone.pitch + section.transpose,
                            tone.velocity * loudness * (0.82 + 0.2 * section.energy), tone.strum)

    def _drums(self, section: Section, start: int) -> List[float]:
        """Plays the drums; returns where the kick falls in a bar."""
        plan, material = self.plan, stream(self.plan.seed, f"groove/{section.label}")
        kind = self.other_kind if section.label in ("chorus", "bridge", "solo") else self.drum_kind
        bars = groove(material, kind, plan.metre, plan.subdivisions(), section.energy)
        kicks = sorted({stroke.at for stroke in bars[0] if stroke.drum == KICK})
        if kind == "none" or not section.has_drums:
            self._build_up(section, start, kind)
            return kicks
        chance = stream(plan.seed, f"drummer/{section.first_bar}")
        thin = section.energy < 0.3
        if chance.random() < self.crash_chance and not thin:
            self._strokes(start, [Stroke(0.0, CRASH, 104), Stroke(0.0, KICK, 104)])
        silent_bar = chance.randrange(1, section.bars) if section.bars > 4 and chance.random() < 0.06 else -1
        for bar in range(section.bars):
            if bar == silent_bar:
                continue
            played = bars[bar % len(bars)]
            is_last = bar == section.bars - 1
            if thin:
                played = [stroke for stroke in played if stroke.drum != KICK or stroke.at == 0]
            if (is_last and chance.random() < self.fill_chance) or (bar % 4 == 3 and chance.random() < 0.12):
                at, strokes = fill(chance, plan.metre, plan.subdivisions())
                played = [stroke for stroke in played if stroke.at < at] + strokes
            self._strokes(start + bar * plan.metre, played)
        return kicks

    def _build_up(self, section: Section, start: int, kind: str) -> None:
        """What may announce the next section where no drums play: a roll or a reversed cymbal."""
        chance = stream(self.plan.seed, f"build/{section.first_bar}")
        end = start + section.bars * self.plan.metre
        if kind != "none" and section.bars >= 2 and chance.random() < 0.3:
            count = self.plan.metre * 4
            strokes = [Stroke(at / 4, 38, 50 + 50 * at // count) for at in range(count)]
            self._strokes(end - self.plan.metre, strokes)
        elif chance.random() < 0.25:
            self.writer.add("other", 7, end - 2, 2, 60, 90)

    def _strokes(self, start: float, strokes: List[Stroke]) -> None:
        for stroke in strokes:
            self.writer.add("drums", DRUM_CHANNEL, start + stroke.at, 0.1, stroke.drum, stroke.velocity)

    def pickup(self) -> None:
        """What is heard before the first bar: a run of the lead, or sticks."""
        rng = stream(self.plan.seed, "pickup")
        pool = parts.scale_pitches(self.plan, self.register, self.register + 12)
        at = rng.randrange(len(pool) - 3)
        for beat in range(self.plan.pickup):
            if rng.random() < 0.5:
                self.writer.add("drums", DRUM_CHANNEL, beat, 0.1, rng.choice((37, 42, 38)), 90)
            stem, channel = ("vocals", 0) if self.plan.has_vocals else ("other", 5)
            self.writer.add(stem, channel, beat, 0.9, pool[min(len(pool) - 1, at + beat)], 84)

    def final_hit(self) -> None:
        """The chord of the key on one more downbeat."""
        plan, beat = self.plan, self.plan.pickup + self.plan.bars() * self.plan.metre
        third = 4 if plan.mode in ("major", "mixolydian") else 3
        shift = plan.sections[-1].transpose
        for layer in self.layers:
            pitches = (0, third, 7) if layer.role == "chords" else (0,)
            base = layer.near or 36
            for pitch in pitches:
                near = base + (plan.key + pitch + shift - base) % 12
                self.writer.add(layer.stem, layer.channel, beat, 3, near, 88)
        if self.drum_kind != "none":
            self._strokes(beat, [Stroke(0.0, KICK, 108), Stroke(0.0, CRASH, 100)])


def arrange(plan: Plan) -> Tuple[Arrangement, dict]:
    """The whole song, and its truth in seconds."""
    tempo = TempoMap(plan)
    writer = Writer(plan, tempo)
    band = Band(plan, writer)
    if plan.pickup:
        band.pickup()
    for section in plan.sections:
        band.play(section)
    if plan.has_final_hit:
        band.final_hit()
    last = tempo.seconds(plan.pickup + plan.bars() * plan.metre)
    tail = 0.2 if plan.fade_seconds else stream(plan.seed, "tail").uniform(1.0, 3.5)
    seconds = last + tail
    return (Arrangement(writer.notes, band.programs, band.controls, seconds), truth(plan, tempo, last, seconds))


def truth(plan: Plan, tempo: TempoMap, last: float, seconds: float) -> dict:
    """Beats, positions and segments; `unjudged` spans are those where nobody could say whether there are beats."""
    count = plan.pickup + plan.bars() * plan.metre + (1 if plan.has_final_hit else 0)
    beats = [tempo.seconds(beat) for beat in range(count)]
    positions = [(beat - plan.pickup) % plan.metre + 1 for beat in range(count)]
    starts = [tempo.seconds(0)] + [tempo.seconds(plan.pickup + s.first_bar * plan.metre) for s in plan.sections[1:]]
    if starts[0] < 0.25:
        starts[0] = 0.0
    edges = starts + [last]
    segments = [{"start": edges[at], "end": edges[at + 1], "label": section.label}
                for at, section in enumerate(plan.sections)]
    if starts[0] > 0:
        segments.insert(0, {"start": 0.0, "end": starts[0], "label": "start"})
    segments.append({"start": last, "end": seconds, "label": "end"})
    # A fade ends in silence; what rings out after the last beat has no beats, and no proof of it.
    unjudged = [[last - 0.5 * plan.fade_seconds if plan.fade_seconds else last + 0.3, seconds]]
    return {
        "seed": plan.seed, "style": plan.style_name, "metre": plan.metre, "bpm": plan.tempo, "feel": plan.feel,
        "swing": plan.swing, "beats": [round(time, 6) for time in beats],
        "downbeats": [round(time, 6) for time, position in zip(beats, positions) if position == 1],
        "beat_positions": positions,
        "segments": [{**s, "start": round(s["start"], 6), "end": round(s["end"], 6)} for s in segments],
        "unjudged": unjudged, "duration": seconds,
    }
