"""The network in torch, one seam a file.

    python network.py INPUT OUT [--float32]

INPUT is a .npy file, [4, frames] f32. It computes in float64 and writes float32; with --float32 it also computes in
float32, as a user of the network would.
"""

import json
import platform
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from weights import weights


def main(path: str, out: Path, dtype: torch.dtype) -> None:
    w = {name: torch.from_numpy(values).to(dtype) for name, values in weights().items()}
    signal = torch.from_numpy(np.load(path)).to(dtype)
    features = torch.tanh(F.conv1d(signal[None], w["encoder.weight"], w["encoder.bias"], padding=1))[0]
    mixed = features + torch.tanh(w["mixer.weight"] @ features + w["mixer.bias"][:, None])
    logits = w["head.weight"] @ mixed + w["head.bias"][:, None]
    seams = {"features": features, "mixed": mixed, "logits": logits, "probabilities": logits.softmax(0)}
    for name, seam in seams.items():
        np.save(out / f"{name}.npy", seam.to(torch.float32).numpy())
    versions = {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__}
    (out / "versions.json").write_text(json.dumps(versions))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), torch.float32 if "--float32" in sys.argv else torch.float64)
