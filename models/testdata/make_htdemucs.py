"""Writes the files that the HTDemucs tests read: a tiny network as demucs saves it, and what it computes.

Run with demucs 4.0.1 and torch 2.4.1: python make_htdemucs.py, in any folder; the files are written next to this script.

htdemucs.th            the network, half precision, written by demucs.states.serialize_model and torch.save
htdemucs.safetensors   the same values, written by the few lines below; every third tensor F16, BF16 or F64 where exact
htdemucs/*.npy         inputs, outputs and inner seams, computed in float64 and stored as float32
"""

import json
import math
import pathlib
import struct
from fractions import Fraction

import numpy as np
import torch
from demucs.htdemucs import HTDemucs
from demucs.states import serialize_model
from omegaconf import OmegaConf

here = pathlib.Path(__file__).parent
torch.set_default_dtype(torch.float64)
arguments = dict(
    sources=["drums", "bass", "other", "vocals"], channels=16, growth=2, nfft=256, depth=2, dconv_mode=3,
    bottom_channels=8, t_layers=3, t_heads=2, t_hidden_scale=2.0, samplerate=1000, segment=Fraction(53, 20),
)
model = HTDemucs(**arguments).eval()


def noise(shape, seed):
    """Uniform values with variance one, the same on every machine."""
    return torch.from_numpy(np.random.RandomState(seed).uniform(-1, 1, shape) * math.sqrt(3))


def scale(name, shape):
    """As the seeded weights: variance 1 / fan-in, norm gains near 1, LayerScales near 0.3."""
    if name.endswith(".scale"):
        return 0.3, 0.1
    if name.endswith("bias"):
        return 0.0, 0.03
    if len(shape) == 1:
        return 1.0, 0.05
    fan_in = shape[0] * 2 if name.endswith("conv_tr.weight") else math.prod(shape[1:])
    return 0.0, 0.06 if name.startswith("freq_emb") else 1 / math.sqrt(fan_in)


state = model.state_dict()
for seed, (name, value) in enumerate(state.items()):
    middle, width = scale(name, value.shape)
    value.copy_((middle + width * noise(tuple(value.shape), seed)).half())
package = serialize_model(model, OmegaConf.create(dict(seed=42, dset=dict(musdb="none"), lr=3e-4)))
torch.save(package, here / "htdemucs.th")

# The pickle of Python before 3.12 has Fraction("53/20"); what later ones write is put together by hand in a test.
kinds = {"F32": np.float32, "F16": np.float16, "BF16": None, "F64": np.float64}
header, data = {"__metadata__": {"format": "pt"}}, b""
for i, (name, value) in enumerate(state.items()):
    array = value.numpy()
    single = array.astype(np.float32)
    kind = list(kinds)[i % 4]
    bits = single.view(np.uint32)
    if kind == "BF16" and np.any(bits & 0xFFFF):
        kind = "F32"
    raw = (bits >> 16).astype("<u2") if kind == "BF16" else array.astype(kinds[kind])
    header[name] = dict(dtype=kind, shape=list(array.shape), data_offsets=[len(data), len(data) + raw.nbytes])
    data += raw.tobytes()
text = json.dumps(header).encode()
(here / "htdemucs.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)


def core(x, xt):
    """HTDemucs.forward from its normalised inputs to its outputs before they are scaled back."""
    seams, skips, skips_t, lengths = {}, [], [], []
    for i, (encode, encode_t) in enumerate(zip(model.encoder, model.tencoder)):
        lengths.append(xt.shape[-1])
        x, xt = encode(x), encode_t(xt)
        if i == 0:
            x = x + model.freq_emb_scale * model.freq_emb(torch.arange(x.shape[-2])).t()[None, :, :, None]
        seams[f"encoder.{i}"], seams[f"tencoder.{i}"] = x, xt
        skips.append(x)
        skips_t.append(xt)
    _, channels, rows, _ = x.shape
    up = model.channel_upsampler(x.flatten(2)).unflatten(2, (rows, -1))
    up, up_t = model.crosstransformer(up, model.channel_upsampler_t(xt))
    seams["crosstransformer"], seams["crosstransformer_t"] = up[0].flatten(1).t(), up_t[0].t()
    x = model.channel_downsampler(up.flatten(2)).unflatten(2, (rows, -1))
    xt = model.channel_downsampler_t(up_t)
    for i, (decode, decode_t) in enumerate(zip(model.decoder, model.tdecoder)):
        x, _ = decode(x, skips.pop(), x.shape[-1])
        xt, _ = decode_t(xt, skips_t.pop(), lengths.pop())
        seams[f"decoder.{i}"], seams[f"tdecoder.{i}"] = x, xt
    return seams


samples = int(arguments["segment"] * arguments["samplerate"])
mix = noise((1, 2, samples), 1000).float()
spectrum = noise((1, 4, 128, math.ceil(samples / 64)), 1001).float()
(here / "htdemucs").mkdir(exist_ok=True)
with torch.no_grad():
    arrays = core(spectrum.double(), mix.double())
arrays = {"mix": mix, "spectrum": spectrum, **arrays}
for name, value in arrays.items():
    np.save(here / "htdemucs" / f"{name}.npy", value.float().contiguous().numpy())
    print(name, list(value.shape), "peak", float(value.abs().max()))
