"""Writes the torch files that torch_file_test.ts and pth_checkpoint_test.ts read.

Run with torch 2.4.1: python make_torch.py, in any folder; the files are written next to this script.
"""

import collections
import fractions
import io
import os
import pathlib
import pickle
import sys
import zipfile

import torch

here = pathlib.Path(__file__).parent
count = torch.arange(24, dtype=torch.float32)

shared = count.clone()
state = collections.OrderedDict(
    plain=count.reshape(2, 3, 4).clone(),
    transposed=count.reshape(4, 6).clone().t(),
    half=(count / 3).half(),
    brain=(count / 3).bfloat16(),
    double=count.double() / 3,
    long=torch.arange(-2, 3),
    head=shared[:6].reshape(2, 3),
    tail=shared[6::3],
    scalar=torch.tensor(0.5),
    empty=torch.zeros(0, 3),
    parameter=torch.nn.Parameter(torch.ones(2)),
)
plain = dict(
    state=state,
    nested=dict(a=None, b=[True, False, 1, 300, 70000, -1, 2**40, 0.1, "text"], c=(1, 2), d={1, 2}),
    fraction=fractions.Fraction(39, 5),
    size=torch.Size([2, 3]),
)
torch.save(plain, here / "plain.pt")
torch.save(plain, here / "protocol5.pt", pickle_protocol=5)
torch.save(dict(klass=collections.Counter, args=(), kwargs=dict(segment=fractions.Fraction(39, 5))), here / "klass.pt")
torch.save(state["plain"], here / "old_format.pt", _use_new_zipfile_serialization=False)


class Malicious:
    def __reduce__(self):
        return os.system, ("echo this must never run",)


torch.save(dict(config=Malicious()), here / "malicious.pt")


def write(name, data, storage):
    with zipfile.ZipFile(here / name, "w") as archive:
        archive.writestr(zipfile.ZipInfo("archive/data.pkl"), data)
        archive.writestr(zipfile.ZipInfo("archive/data/0"), storage)


STORAGE = object()


class Storage(pickle.Pickler):
    """Pickles (offset, size, stride) as a tensor over one storage of four floats."""

    def persistent_id(self, value):
        return ("storage", torch.FloatStorage, "0", "cpu", 4) if value is STORAGE else None


class View:
    def __init__(self, *layout):
        self.layout = layout

    def __reduce__(self):
        return torch._utils._rebuild_tensor_v2, (STORAGE, *self.layout, False, collections.OrderedDict())


for name, layout, length in [
    ("beyond.pt", (1, (2, 2), (2, 1)), 16),
    ("expanded.pt", (0, (2**15, 2**14), (0, 0)), 16),
    ("negative.pt", (3, (2,), (-1,)), 16),
    ("short_storage.pt", (0, (4,), (1,)), 12),
]:
    buffer = io.BytesIO()
    Storage(buffer, 2).dump(View(*layout))
    write(name, buffer.getvalue(), bytes(length))

# A complete fold of the smallest sizes: every parameter is arange(n) / n - 0.5 in its own shape.
config = dict(fold=3, depth=1, dim_embed=4, num_heads=2, mlp_ratio=1, best_threshold_downbeat=0.24,
              data=dict(num_instruments=4, num_labels=2))
try:
    from allin1.models.allinone import AllInOne
    from allin1.config import Config, HarmonixConfig
    from omegaconf import OmegaConf

    full = OmegaConf.merge(OmegaConf.structured(Config(data=HarmonixConfig())), OmegaConf.create(config))
    model = AllInOne(full)
    weights = model.state_dict()
    for value in weights.values():
        value.copy_(torch.arange(value.numel()).reshape(value.shape) / value.numel() - 0.5)
    torch.save(dict(config=config, state_dict=weights), here / "small.pth")
except ImportError as missing:
    sys.exit(f"small.pth needs allin1: {missing}")
