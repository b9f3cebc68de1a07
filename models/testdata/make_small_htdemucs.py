"""Writes small_htdemucs.th: a network of the published shape but few channels, as demucs saves it.

Run with demucs 4.0.1 and torch 2.4.1: python make_small_htdemucs.py, in any folder. Its segments are as long as the
published ones, so that whole tracks run through it in no time; what it separates means nothing.
"""

import math
import pathlib
from fractions import Fraction

import numpy as np
import torch
from demucs.htdemucs import HTDemucs
from demucs.states import serialize_model
from omegaconf import OmegaConf

model = HTDemucs(
    sources=["drums", "bass", "other", "vocals"], channels=4, growth=2, nfft=4096, depth=4, dconv_mode=3, dconv_comp=4,
    bottom_channels=16, t_layers=2, t_heads=2, t_hidden_scale=1.0, samplerate=44100, segment=Fraction(39, 5),
)
for seed, (name, value) in enumerate(model.state_dict().items()):
    noise = np.random.RandomState(seed).uniform(-1, 1, tuple(value.shape))
    middle, width = 0.0, math.sqrt(3 / max(math.prod(value.shape[1:]), 1))
    if name.endswith(".scale"):
        middle, width = 0.3, 0.2
    elif name.endswith("bias"):
        width = 0.05
    elif value.dim() == 1:
        middle, width = 1.0, 0.1
    elif name.endswith("conv_tr.weight"):
        width = math.sqrt(3 / (value.shape[0] * 2))
    value.copy_(torch.from_numpy(middle + width * noise).half())
package = serialize_model(model, OmegaConf.create(dict(seed=42)))
torch.save(package, pathlib.Path(__file__).parent / "small_htdemucs.th")
