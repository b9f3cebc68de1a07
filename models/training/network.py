"""allin1's own AllInOne, built from scratch, and a faster way to compute the same on a CPU.

    python network.py        compares values and gradients with NATTEN's, and times both

`accelerate` leaves parameters and their names alone: it replaces the forward functions of the attention
layers by ones that compute only frames that exist (upstream appends zeros up to five times the dilation and
computes those too), all projections of a layer in one product, and the attention in attention.cpp.
"""

import os
import time
import types
import warnings
from pathlib import Path
from typing import Any, Dict

import torch
from omegaconf import OmegaConf
from torch.nn import functional
from torch.utils.cpp_extension import load

warnings.filterwarnings("ignore", category=FutureWarning, module="natten")
from allin1.models.allinone import AllInOne  # noqa: E402

# What inference reads of upstream's configuration, at the published values. No dropout: songs are generated
# and never repeat much, and what a run has too little of is steps.
CONFIGURATION: Dict[str, Any] = {
    "model": "allinone", "sample_rate": 44100, "window_size": 2048, "num_bands": 12, "hop_size": 441,
    "fps": 100, "fmin": 30, "fmax": 17000, "instrument_attention": True, "double_attention": True,
    "depth": 11, "dilation_factor": 2, "dilation_max": 3200, "num_heads": 2, "kernel_size": 5,
    "dim_input": 81, "dim_embed": 24, "mlp_ratio": 4, "qkv_bias": True, "drop_conv": 0.0,
    "drop_path": 0.0, "drop_hidden": 0.0, "drop_attention": 0.0, "drop_last": 0.0, "act_conv": "elu",
    "act_transformer": "gelu", "layer_norm_eps": 1e-5, "min_hops_per_beat": 24,
    "threshold_beat": 0.19, "threshold_downbeat": 0.19, "threshold_section": 0.05,
    "data": {"name": "harmonix", "num_instruments": 4, "num_labels": 10},
}
LABELS = ("start", "end", "intro", "outro", "break", "bridge", "inst", "solo", "verse", "chorus")


def build(seed: int, **sizes: Any) -> AllInOne:
    """A network with torch's default initialisation; `sizes` are `dim_embed`, `depth`, `num_heads` and the like."""
    torch.manual_seed(seed)
    return AllInOne(OmegaConf.create({**CONFIGURATION, **sizes}))


def kernels() -> Any:
    """attention.cpp, compiled for this machine; kept in torch's folder of extensions."""
    os.environ.setdefault("MAX_JOBS", "1")
    flags = ["-O3", "-march=native", "-ffast-math", "-fopenmp"]
    return load("tactus_attention", [str(Path(__file__).parent / "attention.cpp")], extra_cflags=flags,
                extra_ldflags=["-fopenmp"])


class TimeAttention(torch.autograd.Function):
    """Attention of every frame to five frames of its own stem."""

    @staticmethod
    def forward(context, native, qkv, pad, rpb, length, dilation):
        out, probabilities = native.time_attention(qkv, pad, rpb, length, dilation)
        context.save_for_backward(qkv, pad, probabilities)
        context.rest = native, length, dilation
        return out

    @staticmethod
    def backward(context, gradient):
        native, length, dilation = context.rest
        qkv, pad, probabilities = context.saved_tensors
        d_qkv, d_pad, d_rpb = native.time_attention_backward(
            qkv, pad, probabilities, gradient.contiguous(), length, dilation)
        return None, d_qkv, d_pad, d_rpb, None, None


class StemAttention(torch.autograd.Function):
    """Attention of every frame to five frames of all stems and of a fifth that is padding."""

    @staticmethod
    def forward(context, native, qkv, pad, rpb, length):
        out, probabilities = native.stem_attention(qkv, pad, rpb, length)
        context.save_for_backward(qkv, pad, probabilities)
        context.rest = native, length
        return out

    @staticmethod
    def backward(context, gradient):
        native, length = context.rest
        qkv, pad, probabilities = context.saved_tensors
        d_qkv, d_pad, d_rpb = native.stem_attention_backward(qkv, pad, probabilities, gradient.contiguous(), length)
        return None, d_qkv, d_pad, d_rpb, None


def _projections(attention):
    parts = (attention.self.query, attention.self.key, attention.self.value)
    return torch.cat([part.weight for part in parts]), torch.cat([part.bias for part in parts])


def _feed_forward(layer, hidden, shortcut):
    hidden = layer.layernorm_after(hidden)
    return shortcut + layer.drop_path(layer.output(layer.intermediate(hidden)))


def _time_layer(native):
    def forward(self, hidden, output_attentions=False):
        frames = hidden.shape[1]
        length = max(frames, self.window_size)
        normed = self.layernorm_before(hidden)
        attended = []
        for attention in (self.attention, self.attention2):
            weight, bias = _projections(attention)
            own = attention.self
            out = TimeAttention.apply(
                native, functional.linear(normed, weight, bias), bias, own.rpb, length, own.dilation)
            attended.append(hidden + self.drop_path(attention.output(out)))
        return (_feed_forward(self, torch.cat(attended, -1), (attended[0] + attended[1]) / 2),)

    return forward


def _stem_layer(native):
    def forward(self, hidden, output_attentions=False):
        length = max(hidden.shape[2], self.window_size)
        weight, bias = _projections(self.attention)
        qkv = functional.linear(self.layernorm_before(hidden), weight, bias)
        out = StemAttention.apply(native, qkv, bias, self.attention.self.rpb, length)
        attended = hidden + self.drop_path(self.attention.output(out))
        return (_feed_forward(self, attended, attended),)

    return forward


def _embeddings(self, x):
    """Upstream's three convolutions with the pooling written as maxima of slices, which is faster."""
    def pooled(x):
        width = x.shape[-1] // 3 * 3
        first, second, third = (x[..., at:width:3] for at in range(3))
        return torch.maximum(torch.maximum(first, second), third)

    x = self.drop0(self.act_fn(pooled(self.conv0(x))))
    x = self.drop1(self.act_fn(pooled(self.conv1(x))))
    x = self.act_fn(pooled(self.conv2(x)))
    return self.dropout(self.norm(x.squeeze(-1).permute(0, 2, 1)))


def accelerate(model: AllInOne) -> AllInOne:
    """Replaces the forward functions in place; returns the same model."""
    native = kernels()
    model.embeddings.forward = types.MethodType(_embeddings, model.embeddings)
    for block in model.encoder.layers:
        block.timelayer.forward = types.MethodType(_time_layer(native), block.timelayer)
        block.instlayer.forward = types.MethodType(_stem_layer(native), block.instlayer)
    return model


def _compare(frames: int, batch: int) -> None:
    upstream, ours = build(1), accelerate(build(1))
    for parameter in upstream.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    ours.load_state_dict(upstream.state_dict())
    spectrogram = torch.rand(batch, 4, frames, 81)
    outputs = []
    for model in (upstream, ours):
        result = model(spectrogram)
        logits = [result.logits_beat, result.logits_downbeat, result.logits_section, result.logits_function]
        sum((value.float() ** 2).mean() for value in logits).backward()
        outputs.append((logits, {name: value.grad for name, value in model.named_parameters()}))
    (logits, gradients), (our_logits, our_gradients) = outputs
    value = max((a - b).abs().max().item() for a, b in zip(logits, our_logits))
    # Keys' biases have no gradient, since all scores of a query move alike: what is there is rounding.
    usual = torch.stack([gradient.norm() for gradient in gradients.values()]).median()
    worst = max(((gradients[n] - our_gradients[n]).norm() / torch.maximum(gradients[n].norm(), usual / 100)).item()
                for n in gradients)
    print(f"{batch} x {frames} frames: logits differ by {value:.1e}, gradients by {worst:.1e} of their norm")
    if not (value < 2e-4 and worst < 2e-3):
        raise SystemExit("the fast network is not the network")


def _time(model: AllInOne, frames: int, batch: int, steps: int) -> float:
    spectrogram, best = torch.rand(batch, 4, frames, 81), float("inf")
    for _ in range(steps):
        start = time.perf_counter()
        result = model(spectrogram)
        (result.logits_beat.mean() + result.logits_function.square().mean()).backward()
        best = min(best, time.perf_counter() - start)
    return best


if __name__ == "__main__":
    torch.set_num_threads(2)
    for shape in ((7, 2), (333, 2), (3000, 1)):
        _compare(*shape)
    print(f"NATTEN: {_time(build(1), 3000, 1, 3):.2f} s, ours: {_time(accelerate(build(1)), 3000, 1, 5):.2f} s a step "
          "of 30 s")
