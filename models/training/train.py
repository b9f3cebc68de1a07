"""Trains the embedded model from scratch on generated songs.

    python train.py SONGS RUN [--hours 2] [--resume]

SONGS has the folders of songs.py with what features.ts made; RUN gets log.jsonl, last.pt and best.pt.
"""

import argparse
import copy
import json
import math
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Dict, List, Tuple

import numpy as np
import torch
from torch.nn import functional

from dataset import Song, Targets, batch, songs
from network import accelerate, build
from scores import decoded, f_measure, peaks
from songs import VALIDATION, TRAINING

TASKS = ("beat", "downbeat", "section", "function")
# Freed memory is kept: a step allocates the same 2 GB again, and fresh pages cost a third of its time.
KEEP_MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 34),
               "MALLOC_TOP_PAD_": str(1 << 28)}
# Upstream's, but for sections, whose targets are wider here, and functions, which learn hardly at upstream's 0.1.
LOSS_WEIGHTS = {"beat": 1.0, "downbeat": 3.0, "section": 5.0, "function": 0.3}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("songs", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--hours", type=float, default=2.0, help="time for all, resumed parts included")
    parser.add_argument("--steps", type=int, help="a schedule by steps instead of time, which can be repeated exactly")
    parser.add_argument("--resume", action="store_true", help="go on from RUN/last.pt where there is one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--crops", default="2000x2:0.45,4000x1:0.4,8000x1:0.15",
                        help="frames x crops : share, of the steps")
    parser.add_argument("--inputs", default="hpss:0.85,mix:0.15", help="demixer : share; validation hears the first")
    parser.add_argument("--teacher", type=float, default=0.3, help="the teacher's share of the targets")
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--warm-up", type=int, default=200, help="steps")
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--average", type=float, default=0.998, help="decay of the weights' moving average")
    parser.add_argument("--checkpoint-minutes", type=float, default=5)
    parser.add_argument("--validation-minutes", type=float, default=10)
    parser.add_argument("--validation-songs", type=int, default=16)
    parser.add_argument("--decoded-songs", type=int, default=4, help="of these, how many by the beat decoder")
    parser.add_argument("--dim-embed", type=int, default=24)
    parser.add_argument("--num-heads", type=int, default=2)
    parser.add_argument("--depth", type=int, default=11)
    return parser.parse_args()


def shares(text: str) -> Dict[str, float]:
    return {name: float(share) for name, share in (part.split(":") for part in text.split(","))}


def sizes(options: argparse.Namespace) -> Dict[str, Any]:
    return {"dim_embed": options.dim_embed, "num_heads": options.num_heads, "depth": options.depth}


def settings(options: argparse.Namespace) -> Dict[str, str]:
    """What a run depends on, in words: where its files lie is not a part of it."""
    return {key: str(value) for key, value in vars(options).items() if key not in ("songs", "run", "resume")}


def losses(output: Any, targets: Targets) -> Dict[str, torch.Tensor]:
    """Cross entropies per frame, unweighted, against targets that are truth and teacher mixed."""
    judged, found = torch.from_numpy(targets.judged), {}
    for task in TASKS[:3]:
        entropy = functional.binary_cross_entropy_with_logits(
            getattr(output, f"logits_{task}"), torch.from_numpy(getattr(targets, task)), reduction="none")
        found[task] = (entropy * judged).mean()
    logarithms = functional.log_softmax(output.logits_function, 1)
    found["function"] = -(torch.from_numpy(targets.function) * logarithms).sum(1).mean()
    return found


def total(parts: Dict[str, torch.Tensor]) -> torch.Tensor:
    return sum(LOSS_WEIGHTS[task] * value for task, value in parts.items())


@torch.no_grad()
def logits_of(model: torch.nn.Module, song: Song, name: str) -> Tuple[Any, Targets]:
    """The network's output for a whole song, and its targets as a batch of one."""
    spectrogram, targets = song.crop(name, 0, song.frames, 1.0)
    return model(torch.from_numpy(spectrogram)[None]), Targets(*(part[None] for part in targets))


def validate(model: torch.nn.Module, pool: List[Song], name: str, decoded_songs: int) -> Dict[str, float]:
    found: List[Dict[str, float]] = []
    for index, song in enumerate(pool):
        output, targets = logits_of(model, song, name)
        parts = losses(output, targets)
        figures = {"loss": total(parts).item(), **{f"loss_{task}": value.item() for task, value in parts.items()}}
        logits = {task: getattr(output, f"logits_{task}")[0].numpy() for task in TASKS}
        beat, downbeat = (1 / (1 + np.exp(-logits[task])) for task in TASKS[:2])
        figures["peaks_beat_f"] = f_measure(peaks(beat, 12, 0.19), song.truth["beats"])
        figures["peaks_downbeat_f"] = f_measure(peaks(downbeat, 48, 0.19), song.truth["downbeats"])
        if index < decoded_songs:
            answer = decoded(logits, 0.19)
            figures["beat_f"] = f_measure(answer["beats"], song.truth["beats"])
            figures["downbeat_f"] = f_measure(answer["downbeats"], song.truth["downbeats"])
        found.append(figures)
    keys = {key for figures in found for key in figures}
    return {key: float(np.mean([figures[key] for figures in found if key in figures])) for key in sorted(keys)}


class Run:
    """The state of a training run, and how it is kept."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.model = accelerate(build(options.seed, **sizes(options)))
        self.average = copy.deepcopy(self.model.state_dict())
        decayed = [p for p in self.model.parameters() if p.ndim > 1]
        others = [p for p in self.model.parameters() if p.ndim <= 1]
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": options.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=options.lr, betas=(0.9, 0.98))
        self.step, self.elapsed, self.best = 0, 0.0, math.inf
        last = options.run / "last.pt"
        if options.resume and last.exists():
            self.load(torch.load(last, map_location="cpu", weights_only=False))
        elif last.exists():
            raise SystemExit(f"{last} exists: give --resume, or another folder")

    def load(self, kept: Dict[str, Any]) -> None:
        wanted, had = sizes(self.options), kept["sizes"]
        if wanted != had:
            raise SystemExit(f"the checkpoint has sizes {had}, but {wanted} was asked for")
        self.model.load_state_dict(kept["model"])
        self.average = kept["average"]
        self.optimizer.load_state_dict(kept["optimizer"])
        self.step, self.elapsed, self.best = kept["step"], kept["elapsed"], kept["best"]
        if kept["options"] != settings(self.options):  # its losses are not comparable
            self.best = math.inf

    def keep(self, name: str) -> None:
        path = self.options.run / name
        state = {
            "sizes": sizes(self.options), "options": settings(self.options),
            "model": self.model.state_dict(), "average": self.average, "optimizer": self.optimizer.state_dict(),
            "step": self.step, "elapsed": self.elapsed, "best": self.best,
        }
        torch.save(state, path.with_suffix(".partial"))
        os.replace(path.with_suffix(".partial"), path)

    def progress(self) -> float:
        if self.options.steps:
            return self.step / self.options.steps
        return self.elapsed / (self.options.hours * 3600)

    def learn(self, spectrograms: np.ndarray, targets: Targets) -> Dict[str, float]:
        rate = self.options.lr * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, self.progress()))))
        rate *= min(1.0, (self.step + 1) / self.options.warm_up)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        parts = losses(self.model(torch.from_numpy(spectrograms)), targets)
        loss = total(parts)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 0.5)
        if torch.isfinite(norm):
            self.optimizer.step()
        self.step += 1
        decay = min(self.options.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                self.average[name].lerp_(value, 1 - decay)
        return {"loss": loss.item(), **{f"loss_{task}": value.item() for task, value in parts.items()},
                "gradient": norm.item(), "lr": rate}

    def averaged(self) -> torch.nn.Module:
        model = accelerate(build(0, **sizes(self.options)))
        model.load_state_dict(self.average)
        return model.eval()


def crops_of_step(options: argparse.Namespace, step: int) -> Tuple[int, int]:
    """How many crops of how many frames the step learns from."""
    table = shares(options.crops)
    rng = np.random.default_rng([options.seed, 1, step])
    weights = np.array(list(table.values()))
    frames, count = list(table)[rng.choice(len(table), p=weights / weights.sum())].split("x")
    return int(count), int(frames)


def main() -> None:
    options = arguments()
    torch.set_num_threads(options.threads)
    options.run.mkdir(parents=True, exist_ok=True)
    inputs = shares(options.inputs)
    heard = next(iter(inputs))
    training = songs(options.songs, (TRAINING[0], TRAINING[-1]), list(inputs), options.teacher)
    # Validation is against the truth alone.
    validation = songs(options.songs, (VALIDATION[0], VALIDATION[-1]), [heard], 0.0)[:options.validation_songs]
    if not training:
        raise SystemExit(f"{options.songs} has no songs of seeds from {TRAINING[0]} on with features")
    run = Run(options)
    log = (options.run / "log.jsonl").open("a")

    def write(kind: str, figures: Dict[str, Any]) -> None:
        entry = {"kind": kind, "step": run.step, "hours": round(run.elapsed / 3600, 4), **figures}
        text = json.dumps({k: round(v, 6) if isinstance(v, float) else v for k, v in entry.items()})
        print(text, file=log, flush=True)
        print(text, flush=True)

    def validated() -> None:
        if not validation:
            return
        start = time.perf_counter()
        figures = validate(run.averaged(), validation, heard, options.decoded_songs)
        write("validation", {**figures, "seconds": time.perf_counter() - start})
        if figures["loss"] < run.best:
            run.best = figures["loss"]
            run.keep("best.pt")

    stopping: List[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.append(1))
    write("start", {"songs": len(training), "validation_songs": len(validation), "audio_hours":
                    sum(song.frames for song in training) / 360000, "torch": torch.__version__,
                    "parameters": sum(p.numel() for p in run.model.parameters()),
                    "with_teacher": sum(bool(song.shares[0]) for song in training),
                    "options": settings(options)})
    recent: List[Dict[str, float]] = []
    origin = time.monotonic() - run.elapsed
    kept_at = validated_at = run.elapsed
    with ThreadPoolExecutor(1) as reader:
        def ask(step: int) -> Any:
            count, frames = crops_of_step(options, step)
            return reader.submit(batch, [options.seed, 2, step], training, inputs, count, frames)

        asked = [ask(run.step), ask(run.step + 1)]
        while run.progress() < 1 and not stopping:
            spectrograms, targets = asked.pop(0).result()
            asked.append(ask(run.step + 2))
            recent.append(run.learn(spectrograms, targets))
            run.elapsed = time.monotonic() - origin
            if len(recent) == 50:
                write("training", {key: float(np.mean([entry[key] for entry in recent])) for key in recent[0]})
                recent = []
            if run.elapsed - kept_at > options.checkpoint_minutes * 60:
                run.keep("last.pt")
                kept_at = run.elapsed
            if run.elapsed - validated_at > options.validation_minutes * 60:
                validated()
                validated_at = run.elapsed = time.monotonic() - origin
    if recent:
        write("training", {key: float(np.mean([entry[key] for entry in recent])) for key in recent[0]})
    if not stopping:
        validated()
    run.keep("last.pt")
    write("stopped" if stopping else "done", {})


if __name__ == "__main__":
    if "MALLOC_MMAP_MAX_" not in os.environ:  # glibc reads these at start only
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **KEEP_MEMORY})
    main()
