//! The mix among its stems, and the times of the work.

use std::time::Duration;

use crate::separation::STEMS;

/// Index of the mix itself among the stems.
pub const MIX: usize = STEMS;

/// Time of the parts of the work.
#[derive(Debug, Clone, Copy, Default)]
pub struct Busy {
    /// Of the decoder.
    pub decode: Duration,
    /// Of the separation; without a network's.
    pub demix: Duration,
    /// Of rounding and spectrograms.
    pub spectrogram: Duration,
}
