//! Attention in blocks of keys, so that the scores never leave the second cache.
//!
//! Queries are values `[head channels][48]`; keys and values are packed as weights: a tile of
//! scores is eight keys times 48 queries, and tiles of scores, one below the other, are the values of the second
//! product. The softmax runs along the rows, so queries stay in their lanes.
//!
//! Source: Dao, Fu, Ermon, Rudra, Ré, "FlashAttention", NeurIPS 2022, for the order of the work.

use super::configuration::Configuration;
use super::context::Arena;
use crate::linear::{Element, Isa, LANES, ROWS, Segment, TILE, scale_lanes, soften};

/// Panels of keys that are scored together.
const KEY_PANELS: usize = 4;

/// Below any score.
const NEVER: f32 = -1e30;

/// Layout of the channels of queries, keys and values: each head's are filled up to whole panels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heads {
    /// Number of heads.
    pub count: usize,
    /// Channels of a head.
    pub channels: usize,
}

impl Heads {
    pub fn new(configuration: &Configuration) -> Self {
        let count = configuration.t_heads;
        Heads { count, channels: configuration.width() / count }
    }

    /// Channels of a head, filled up.
    pub fn padded(self) -> usize {
        self.channels.next_multiple_of(ROWS)
    }

    /// Channels of all heads, filled up.
    pub fn width(self) -> usize {
        self.count * self.padded()
    }

    /// The channel of the network that is at row `row`, if that is not filled up.
    pub fn channel(self, row: usize) -> Option<usize> {
        let (head, channel) = (row / self.padded(), row % self.padded());
        (channel < self.channels).then_some(head * self.channels + channel)
    }
}

/// Keys and values of a branch: for each panel of tokens and each head, keys `[6][channels][8]` and values
/// `[channels / 8][48][8]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory<'a, T = f32> {
    pub keys: &'a [T],
    pub values: &'a [T],
    /// Tokens of a panel that are real.
    pub valid: &'a [usize],
}

/// Stores a tile of keys `[8 channels][48 tokens]` into a panel's part of [`Memory::keys`].
pub(super) fn store_keys(heads: Heads, tile: &[f32; TILE], row: usize, keys: &mut [f32]) {
    let (head, channel) = (row / heads.padded(), row % heads.padded());
    let keys = &mut keys[head * heads.padded() * LANES..][..heads.padded() * LANES];
    for (r, values) in tile.as_chunks::<LANES>().0.iter().enumerate() {
        let groups = keys.chunks_mut(heads.padded() * ROWS);
        for (keys, values) in groups.zip(values.as_chunks::<ROWS>().0) {
            keys[(channel + r) * ROWS..][..ROWS].copy_from_slice(values);
        }
    }
}

/// Stores a tile of values `[8 channels][48 tokens]` into a panel's part of [`Memory::values`].
pub(super) fn store_values(tile: &[f32; TILE], row: usize, values: &mut [f32]) {
    let values = values[row * LANES..][..TILE].as_chunks_mut::<ROWS>().0;
    for (token, values) in values.iter_mut().enumerate() {
        for (r, value) in values.iter_mut().enumerate() {
            *value = tile[r * LANES + token];
        }
    }
}

/// Attends from some panels of queries `[panels][width][48]` to all of `memory`; the queries are already
/// multiplied by log₂ e / √channels. Writes `[panels][width][48]`.
pub(super) fn attend(
    isa: Isa,
    heads: Heads,
    queries: &[f32],
    memory: Memory,
    output: &mut [f32],
    arena: &mut Arena<f32>,
) {
    let size = heads.padded() * LANES;
    let whole = heads.width() * LANES;
    let panels = queries.len() / whole;
    let [scores, sums, most] =
        arena.pieces([KEY_PANELS * LANES * LANES, panels * LANES, panels * LANES]);
    for head in 0..heads.count {
        sums.fill(0.0);
        most.fill(NEVER);
        for (block, valid) in memory.valid.chunks(KEY_PANELS).enumerate() {
            let first = block * KEY_PANELS;
            let memory_at = |i: usize| {
                (first + i) * whole + head * size..(first + i) * whole + (head + 1) * size
            };
            let states =
                sums.as_chunks_mut::<LANES>().0.iter_mut().zip(most.as_chunks_mut::<LANES>().0);
            for (panel, (sums, most)) in states.enumerate() {
                let at = panel * whole + head * size;
                let query = &queries[at..at + size];
                let output = &mut output[at..at + size];
                let scores = &mut scores[..valid.len() * LANES * LANES];
                for (i, (scores, valid)) in scores.chunks_mut(LANES * LANES).zip(valid).enumerate()
                {
                    score(isa, heads, query, &memory.keys[memory_at(i)], scores);
                    scores[valid * LANES..].fill(NEVER);
                }
                let mut factors = [0.0; LANES];
                let changed = soften(isa, scores, most, sums, &mut factors);
                if changed && block > 0 {
                    scale_lanes(isa, output, &factors);
                }
                for (part, output) in output.as_chunks_mut::<TILE>().0.iter_mut().enumerate() {
                    let mut segments = [Segment::new(&[], &[]); KEY_PANELS];
                    for (i, scores) in scores.chunks(LANES * LANES).enumerate() {
                        let values = &memory.values[memory_at(i)];
                        segments[i] = Segment::new(&values[part * TILE..][..TILE], scores);
                    }
                    f32::multiply(isa, &segments[..valid.len()], output, block > 0);
                }
            }
        }
        for (panel, sums) in sums.as_chunks::<LANES>().0.iter().enumerate() {
            let at = panel * whole + head * size;
            scale_lanes(isa, &mut output[at..at + size], &sums.map(|sum| 1.0 / sum));
        }
    }
}

/// Scores `[48 keys][48]` of a panel of queries.
fn score(isa: Isa, heads: Heads, query: &[f32], keys: &[f32], scores: &mut [f32]) {
    let keys = keys.chunks(heads.padded() * ROWS);
    for (scores, keys) in scores.as_chunks_mut::<TILE>().0.iter_mut().zip(keys) {
        f32::multiply(isa, &[Segment::new(keys, query)], scores, false);
    }
}
