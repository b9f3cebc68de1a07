//! Sizes, and the two kinds of mixture.

use super::median::WINDOW;

/// Channels of the mixture and of every stem.
pub const CHANNELS: usize = 2;

/// Stems: bass, drums, other, vocals.
pub const STEMS: usize = 4;

/// Samples of a chunk: 2.97 s.
pub const CHUNK_SAMPLES: usize = 256 * HOP_SAMPLES;

/// Samples in a frame of the transform: 46 ms.
pub(super) const FRAME_SAMPLES: usize = 2048;

/// Samples from one frame to the next: 12 ms.
pub(super) const HOP_SAMPLES: usize = FRAME_SAMPLES / 4;

pub(super) const BINS: usize = FRAME_SAMPLES / 2 + 1;

/// The sample rate that the bands are laid out for.
pub(super) const SAMPLE_RATE_HZ: f32 = 44_100.0;

/// Window of a median along time, frames: 0.36 s.
pub(super) const TIME_WINDOW: usize = WINDOW;

/// Window of a median along frequency, bins: 667 Hz.
pub(super) const FREQUENCY_WINDOW: usize = WINDOW;

/// Frames on either side of a chunk's first and last hop that reach into it.
pub(super) const REACH: usize = 1;

/// Samples before and after a chunk that it is computed from.
pub const SURROUNDINGS: usize = (REACH + TIME_WINDOW / 2) * HOP_SAMPLES + FRAME_SAMPLES / 2;

/// Sum of the squared windows that overlap at any sample: four Hann windows a quarter apart.
pub(super) const WINDOW_ENERGY: f32 = 1.5;

/// The share of the energy that both channels do not have in common, above which a mixture is stereo.
pub(super) const LEAST_SIDE: f64 = 1e-4;

/// Two channels of equal length, 44.1 kHz, full scale 1.0.
pub type Mixture<'a> = [&'a [f32]; CHANNELS];

/// Stems that are separated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wanted {
    /// Bass, drums, other and vocals.
    All,
    /// Bass and drums only, which takes two thirds of the time.
    Rhythm,
}

impl Wanted {
    /// Number of stems, from the first on.
    pub(super) fn stems(self) -> usize {
        match self {
            Wanted::All => STEMS,
            Wanted::Rhythm => 2,
        }
    }
}

/// Kind of a mixture: stereo if its centre differs from its sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Separation {
    Mono,
    Stereo,
}
