"""Weights and inputs of this example: values of a counter-based hash, the same everywhere."""

import numpy as np

CHANNELS, HIDDEN, CLASSES, KERNEL, FRAMES = 4, 16, 3, 3, 64


def uniform(seed: int, *shape: int) -> np.ndarray:
    """Returns values from -1 to 1, float32."""
    x = (np.arange(np.prod(shape), dtype=np.uint64) + np.uint64(seed << 20)) & 0xFFFFFFFF
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = ((x ^ (x >> np.uint64(shift))) * np.uint64(factor)) & 0xFFFFFFFF
    x ^= x >> np.uint64(16)
    return (x / 2**31 - 1).reshape(shape).astype(np.float32)


def weights() -> dict:
    return {
        "encoder.weight": uniform(1, HIDDEN, CHANNELS, KERNEL) / 2,
        "encoder.bias": uniform(2, HIDDEN) / 10,
        "mixer.weight": uniform(3, HIDDEN, HIDDEN) / 3,
        "mixer.bias": uniform(4, HIDDEN) / 10,
        "head.weight": uniform(5, CLASSES, HIDDEN),
        "head.bias": uniform(6, CLASSES) / 10,
    }


def signal() -> np.ndarray:
    """Returns the input, [channels, frames] f32."""
    return uniform(7, CHANNELS, FRAMES)
