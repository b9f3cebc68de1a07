//! Channels, stems, and the sources of the network.

/// Channels of the mixture and of every stem.
pub const CHANNELS: usize = 2;

/// Stems: bass, drums, other, vocals.
pub const STEMS: usize = 4;

/// The stem of each source of the published network, which has its own order: drums, bass, other, vocals.
pub const SOURCE_STEMS: [usize; STEMS] = [1, 0, 2, 3];

/// Samples of a mixture that are in memory: all, or some that follow one another.
#[derive(Debug, Clone, Copy)]
pub struct MixturePart<'a> {
    /// Left and right, f32, full scale 1.0, 44.1 kHz, of the same length.
    pub channels: [&'a [f32]; CHANNELS],
    /// Index of the first sample in the mixture.
    pub start: usize,
}

impl MixturePart<'_> {
    /// Index of the sample after the last.
    pub fn end(&self) -> usize {
        self.start + self.channels[0].len()
    }
}

impl<'a> From<[&'a [f32]; CHANNELS]> for MixturePart<'a> {
    /// A whole mixture.
    fn from(channels: [&'a [f32]; CHANNELS]) -> Self {
        MixturePart { channels, start: 0 }
    }
}
