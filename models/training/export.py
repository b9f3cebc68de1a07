"""From a checkpoint to the files that ship: half-precision weights, configuration, figures.

    python export.py SONGS RUN/best.pt FOLDER [--input hpss] [--limit N]

writes FOLDER/embedded.safetensors, embedded.yaml and figures.json. The weights are the moving average, rounded to
half precision; thresholds are chosen on the validation block, figures are of the test block, with these weights.
"""

import argparse
import json
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import torch
import yaml
from safetensors.numpy import save_file

from dataset import Song, songs
from network import CONFIGURATION, accelerate, build
from scores import best_threshold, decoded, f_measure
from songs import TEST, VALIDATION
from train import TASKS, logits_of


def outputs(model: torch.nn.Module, pool: List[Song], name: str) -> List[Dict[str, np.ndarray]]:
    found = []
    for song in pool:
        output, _ = logits_of(model, song, name)
        found.append({task: getattr(output, f"logits_{task}")[0].numpy() for task in TASKS})
    return found


def probability(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


def figures(pool: List[Song], answers: List[Dict[str, np.ndarray]], threshold: float) -> Dict[str, Any]:
    """Means of F: beats and downbeats within 70 ms, boundaries within 3 and 0.5 s."""
    rows = []
    for song, logits in zip(pool, answers):
        found, truth = decoded(logits, threshold), song.truth
        boundaries = [segment["start"] for segment in truth["segments"] if segment["start"] > 0]
        rows.append({
            "seed": truth["seed"], "style": truth["style"],
            "beat_f": f_measure(found["beats"], truth["beats"]),
            "downbeat_f": f_measure(found["downbeats"], truth["downbeats"]),
            "boundary_f_3s": f_measure(found["boundaries"], boundaries, 3.0),
            "boundary_f_0.5s": f_measure(found["boundaries"], boundaries, 0.5),
        })
    means = {key: float(np.mean([row[key] for row in rows])) for key in rows[0] if key.find("_f") > 0} if rows else {}
    return {"songs": len(rows), **means, "each": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("songs", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--input", default="hpss", help="demixer whose spectrograms are heard")
    parser.add_argument("--limit", type=int, default=100, help="songs of each block")
    options = parser.parse_args()
    torch.set_num_threads(2)
    kept = torch.load(options.checkpoint, map_location="cpu", weights_only=False)
    halves = {name: value.numpy().astype(np.float16) for name, value in kept["average"].items()}
    model = accelerate(build(0, **kept["sizes"])).eval()
    model.load_state_dict({name: torch.from_numpy(value.astype(np.float32)) for name, value in halves.items()})
    validation, test = (songs(options.songs, (block[0], block[-1]), [options.input], 0.0)[:options.limit]
                        for block in (VALIDATION, TEST))
    if not validation:
        raise SystemExit(f"{options.songs} has no songs of the validation block with features")
    answers = outputs(model, validation, options.input)
    beat = best_threshold([probability(a["beat"]) for a in answers], [s.truth["beats"] for s in validation], 12)
    downbeat = best_threshold([probability(a["downbeat"]) for a in answers],
                              [s.truth["downbeats"] for s in validation], 48)
    configuration = {key: value for key, value in CONFIGURATION.items() if not key.startswith("drop_")}
    configuration.update(kept["sizes"], best_threshold_beat=beat, best_threshold_downbeat=downbeat)
    options.folder.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(value) for name, value in sorted(halves.items())},
              options.folder / "embedded.safetensors")
    (options.folder / "embedded.yaml").write_text(yaml.safe_dump(configuration))
    report = {
        "step": kept["step"], "hours": kept["elapsed"] / 3600, "options": kept["options"], "heard": options.input,
        "parameters": sum(value.size for value in halves.values()),
        "validation": figures(validation, answers, downbeat),
        "test": figures(test, outputs(model, test, options.input), downbeat),
    }
    (options.folder / "figures.json").write_text(json.dumps(report, indent=1) + "\n")
    for block in ("validation", "test"):
        print(block, {key: value for key, value in report[block].items() if key != "each"})


if __name__ == "__main__":
    main()
