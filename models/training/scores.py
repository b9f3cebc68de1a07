"""Figures for validation: peaks, F-measures, and upstream's own decoding."""

from typing import Dict, Sequence

import numpy as np
from scipy.ndimage import maximum_filter1d

FRAMES_PER_SECOND = 100


def peaks(probability: np.ndarray, distance: int, threshold: float) -> np.ndarray:
    """Times in seconds of the frames that are the largest within `distance` frames and above the threshold."""
    largest = maximum_filter1d(probability, 2 * distance + 1, mode="constant", cval=-np.inf)
    return np.flatnonzero((probability == largest) & (probability > threshold)) / FRAMES_PER_SECOND


def f_measure(estimated: Sequence[float], reference: Sequence[float], window: float = 0.07) -> float:
    """Events matched one to one in order, each within `window` seconds."""
    if len(estimated) == 0 or len(reference) == 0:
        return float(len(estimated) == len(reference))
    i = j = hits = 0
    while i < len(estimated) and j < len(reference):
        difference = estimated[i] - reference[j]
        if abs(difference) <= window:
            i, j, hits = i + 1, j + 1, hits + 1
        elif difference < 0:
            i += 1
        else:
            j += 1
    return 2 * hits / (len(estimated) + len(reference))


def best_threshold(probabilities: Sequence[np.ndarray], references: Sequence[Sequence[float]], distance: int) -> float:
    """As upstream's find_best_thresholds: the one of 0 to 0.5 in steps of 0.01 with the best mean F of peaks."""
    found = [peaks(probability, distance, -1.0) for probability in probabilities]
    heights = [probability[np.rint(times * FRAMES_PER_SECOND).astype(int)]
               for probability, times in zip(probabilities, found)]

    def mean(threshold: float) -> float:
        return float(np.mean([f_measure(times[height > threshold], reference)
                              for times, height, reference in zip(found, heights, references)]))

    return max(np.round(np.linspace(0, 0.5, 51), 2), key=mean).item()


def decoded(logits: Dict[str, np.ndarray], threshold: float) -> Dict[str, np.ndarray]:
    """Beats and downbeats by madmom's decoder and boundaries by peak picking, through upstream's own functions."""
    import torch
    from allin1.postprocessing import postprocess_functional_structure, postprocess_metrical_structure
    from allin1.typings import AllInOneOutput
    from omegaconf import OmegaConf

    from network import CONFIGURATION

    cfg = OmegaConf.create({**CONFIGURATION, "best_threshold_downbeat": threshold})
    tensors = {f"logits_{name}": torch.from_numpy(np.asarray(value, np.float32))[None] for name, value in logits.items()}
    output = AllInOneOutput(**tensors, embeddings=None)
    metrical = postprocess_metrical_structure(output, cfg)
    segments = postprocess_functional_structure(output, cfg)
    return {"beats": np.array(metrical["beats"]), "downbeats": np.array(metrical["downbeats"]),
            "boundaries": np.array([segment.start for segment in segments[1:]])}
