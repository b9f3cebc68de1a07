//! The code around the separation network: cutting a mixture into segments, the Fourier transforms on
//! either side of the network, and joining its outputs into stems.
//!
//! The network processes segments of 7.8 s, each twice: as a waveform and as a spectrum with the complex
//! parts as channels, both normalised. Its two outputs are brought back, transformed and summed;
//! overlapping segments are cross-faded with triangular weights. All of this is float64; float32 is
//! only in the network's inputs and outputs, and in the result.
//!
//! Source: demucs 4.0.1, `apply.py`, `htdemucs.py`, `spec.py`; Rouard, Massa, Défossez, "Hybrid
//! Transformers for Music Source Separation", ICASSP 2023.

mod kept;
mod layout;
mod normalisation;
mod plan;
mod separator;
mod spectrum;

pub use kept::{Kept, MonoStem, StreamedStems, TakenMono};
pub use layout::{CHANNELS, MixturePart, SOURCE_STEMS, STEMS};
pub use normalisation::{Deviation, Mean, Normalisation};
pub use plan::{MOST_OVERLAP, OVERLAP, SEGMENT_SAMPLES, SHIFT_LIMIT, Segment, SegmentPlan};
pub use separator::{Excerpt, Mixture, Passes, SegmentInput, Separator};
pub use spectrum::{BINS, FRAMES};
