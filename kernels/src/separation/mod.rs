//! What surrounds the separation network: cutting a mixture into segments, the Fourier transforms on
//! either side of the network, and joining its outputs into stems.
//!
//! The network sees segments of 7.8 s, each twice: as a waveform and as a spectrum with the complex
//! parts as channels, both normalised. Its two outputs are brought back, transformed and summed;
//! overlapping segments are cross-faded with triangular weights. All of this is float64; float32 is
//! only what the network reads and writes, and the result.
//!
//! Source: demucs 4.0.1, `apply.py`, `htdemucs.py`, `spec.py`; Rouard, Massa, Défossez, "Hybrid
//! Transformers for Music Source Separation", ICASSP 2023.

mod kept;
mod normalisation;
mod plan;
mod separator;
mod spectrum;

pub use kept::{Kept, MonoStem, TakenMono};
pub use plan::{OVERLAP, SEGMENT_SAMPLES, SHIFT_LIMIT, STRIDE_SAMPLES, Segment, SegmentPlan};
pub use separator::{Excerpt, Mixture, SegmentInput, Separator};
pub use spectrum::{BINS, FRAMES};

/// Channels of the mixture and of every stem.
pub const CHANNELS: usize = 2;

/// Sources that the network separates, in its own order: drums, bass, other, vocals.
pub const SOURCES: usize = 4;

/// For each stem in the order bass, drums, other, vocals: the network's source.
pub const STEM_SOURCES: [usize; SOURCES] = [1, 0, 2, 3];
