//! Channels, sources and stems.

/// Channels of the mixture and of every stem.
pub const CHANNELS: usize = 2;

/// Sources that the network separates, in its own order: drums, bass, other, vocals.
pub const SOURCES: usize = 4;

/// For each stem in the order bass, drums, other, vocals: the network's source.
pub const STEM_SOURCES: [usize; SOURCES] = [1, 0, 2, 3];
