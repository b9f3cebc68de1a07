"""Beats to seconds: tempo drift, swing, and how players are early or late."""

import bisect
import random
from typing import List

from song_plan import Plan, stream


class TempoMap:
    """When each beat of the score sounds. Beats count from the first pickup beat."""

    def __init__(self, plan: Plan) -> None:
        rng = stream(plan.seed, "tempo")
        beats = plan.pickup + plan.bars() * plan.metre + 1
        self.lead_in = rng.uniform(0.3, 2.0) if rng.random() < 0.35 else rng.uniform(0.0, 0.2)
        # Half of the songs keep time like a sequencer, the others wander by up to some percent.
        drift = 0.0 if rng.random() < 0.5 else rng.uniform(0.004, 0.03)
        steps = {section.first_bar: rng.uniform(-0.03, 0.03) for section in plan.sections}
        has_steps = rng.random() < 0.12
        slows_down = plan.fade_seconds == 0 and rng.random() < 0.15
        level, wander, times = 0.0, 0.0, [self.lead_in]
        for beat in range(beats + 8):
            bar = (beat - plan.pickup) // plan.metre
            if has_steps and (beat - plan.pickup) % plan.metre == 0 and bar in steps:
                level = steps[bar]
            wander = max(-1.0, min(1.0, 0.97 * wander + rng.gauss(0, 0.25)))
            speed = 1 + level + drift * wander
            left = beats - beat
            if slows_down and 0 < left <= plan.metre:
                speed *= 1 - 0.18 * (plan.metre + 1 - left) / plan.metre
            times.append(times[-1] + 60 / plan.tempo / speed)
        self.times: List[float] = times

    def seconds(self, beat: float) -> float:
        """Straight time of a position in beats, also before the first and after the last."""
        at = min(max(int(beat // 1), 0), len(self.times) - 2)
        return self.times[at] + (beat - at) * (self.times[at + 1] - self.times[at])

    def beat(self, seconds: float) -> float:
        at = min(max(bisect.bisect_right(self.times, seconds) - 1, 0), len(self.times) - 2)
        return at + (seconds - self.times[at]) / (self.times[at + 1] - self.times[at])


def swung(plan: Plan, beat: float) -> float:
    """Where a position of an evenly written pattern is played."""
    unit = {"swing8": 1.0, "swing16": 0.5}.get(plan.feel)
    if unit is None:
        return beat
    whole = beat // unit * unit
    part = (beat - whole) / unit
    return whole + unit * (part * 2 * plan.swing if part < 0.5 else plan.swing + (part - 0.5) * 2 * (1 - plan.swing))


class Player:
    """How one stem is early or late: a habit, and a spread at every note."""

    def __init__(self, plan: Plan, stem: str) -> None:
        self.rng: random.Random = stream(plan.seed, f"player/{stem}")
        is_machine = plan.style.looseness_ms < 2 or self.rng.random() < 0.25
        loose = 0.0 if is_machine else plan.style.looseness_ms / 1000
        self.habit = self.rng.uniform(-0.6, 0.8) * loose * (0.4 if stem == "drums" else 1.0)
        self.spread = self.rng.uniform(0.3, 0.8) * loose * (0.5 if stem == "drums" else 1.0)

    def delay(self) -> float:
        """Seconds, at most 30 ms either way."""
        return max(-0.03, min(0.03, self.habit + self.rng.gauss(0, 1) * self.spread))
