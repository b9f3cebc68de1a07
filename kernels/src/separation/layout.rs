//! Channels, stems, and the sources of the network.

/// Channels of the mixture and of every stem.
pub const CHANNELS: usize = 2;

/// Stems: bass, drums, other, vocals.
pub const STEMS: usize = 4;

/// The stem of each source of the published network, which has its own order: drums, bass, other, vocals.
pub const SOURCE_STEMS: [usize; STEMS] = [1, 0, 2, 3];
