//! Attention in blocks of keys, so that the scores never leave the second cache.
//!
//! As in single precision, keys and values are packed as weights, and scores lie below each other as values of the
//! second product: pairs are of channels in the first product and of keys in the second.
//!
//! Source: Dao, Fu, Ermon, Rudra, Ré, "FlashAttention", NeurIPS 2022, for the order of the work.

use crate::htdemucs::attention::{Heads, Memory};
use crate::htdemucs::context::Scratch;
use crate::linear::bf16::{Unit, WordSegment, multiply_words, pack_along, pack_pairs};
use crate::linear::{Isa, LANES, ROWS, TILE, scale_lanes, soften};

/// Panels of keys that are scored together.
const KEY_PANELS: usize = 4;

/// Below any score.
const NEVER: f32 = -1e30;

/// Words of a tile, and of a row of pairs of positions.
const TILE_WORDS: usize = TILE / 2;

/// Words of a row of pairs of positions.
const ROW_WORDS: usize = LANES / 2;

/// Stores a tile of keys `[8 channels][48 tokens]` into a panel's part of [`Memory::keys`]: for each head words
/// `[6][channels / 2][8]`.
pub(super) fn store_keys(isa: Isa, heads: Heads, tile: &[f32; TILE], row: usize, keys: &mut [u32]) {
    let mut words = [0; TILE_WORDS];
    pack_pairs(Unit::of(isa), tile, &mut words);
    let pairs = heads.padded() / 2;
    let (head, pair) = (row / heads.padded(), row % heads.padded() / 2);
    let keys = &mut keys[head * pairs * LANES..][..pairs * LANES];
    for (r, words) in words.as_chunks::<LANES>().0.iter().enumerate() {
        let groups = keys.chunks_mut(pairs * ROWS);
        for (keys, words) in groups.zip(words.as_chunks::<ROWS>().0) {
            keys[(pair + r) * ROWS..][..ROWS].copy_from_slice(words);
        }
    }
}

/// Stores a tile of values `[8 channels][48 tokens]` into a panel's part of [`Memory::values`]: words
/// `[channels / 8][48 / 2][8]`.
pub(super) fn store_values(isa: Isa, tile: &[f32; TILE], row: usize, values: &mut [u32]) {
    let mut words = [0; TILE_WORDS];
    pack_along(Unit::of(isa), tile, &mut words);
    let values = values[row * ROW_WORDS..][..TILE_WORDS].as_chunks_mut::<ROWS>().0;
    for (pair, values) in values.iter_mut().enumerate() {
        for (r, value) in values.iter_mut().enumerate() {
            *value = words[r * ROW_WORDS + pair];
        }
    }
}

/// Attends from some panels of queries, words `[panels][width / 2][48]`, to all of `memory`; the queries are already
/// multiplied by log₂ e / √channels. Writes words `[panels][width / 2][48]`.
pub(super) fn attend(
    isa: Isa,
    heads: Heads,
    queries: &[u32],
    memory: Memory<u32>,
    output: &mut [u32],
    scratch: &mut Scratch,
) {
    let unit = Unit::of(isa);
    let (size, whole) = (heads.padded() / 2 * LANES, heads.width() / 2 * LANES);
    let panels = queries.len() / whole;
    let [scores, sums, most, attended] = scratch.single.pieces([
        KEY_PANELS * LANES * LANES,
        panels * LANES,
        panels * LANES,
        panels * 2 * size,
    ]);
    let [weights] = scratch.more_words.pieces([KEY_PANELS * LANES * ROW_WORDS]);
    for head in 0..heads.count {
        sums.fill(0.0);
        most.fill(NEVER);
        for (block, valid) in memory.valid.chunks(KEY_PANELS).enumerate() {
            let first = block * KEY_PANELS;
            let memory_at = |i: usize| {
                (first + i) * whole + head * size..(first + i) * whole + (head + 1) * size
            };
            let states = sums
                .as_chunks_mut::<LANES>()
                .0
                .iter_mut()
                .zip(most.as_chunks_mut::<LANES>().0)
                .zip(attended.chunks_mut(2 * size));
            for (panel, ((sums, most), attended)) in states.enumerate() {
                let query = &queries[panel * whole + head * size..][..size];
                let scores = &mut scores[..valid.len() * LANES * LANES];
                let parts = scores.chunks_mut(LANES * LANES).zip(valid).enumerate();
                for (i, (scores, valid)) in parts {
                    let keys = memory.keys[memory_at(i)].chunks(heads.padded() / 2 * ROWS);
                    for (scores, keys) in scores.as_chunks_mut::<TILE>().0.iter_mut().zip(keys) {
                        multiply_words(unit, &[WordSegment::new(keys, query)], scores, false);
                    }
                    scores[valid * LANES..].fill(NEVER);
                }
                let mut factors = [0.0; LANES];
                let changed = soften(isa, scores, most, sums, &mut factors);
                if changed && block > 0 {
                    scale_lanes(isa, attended, &factors);
                }
                let weights = &mut weights[..scores.len() / 2];
                pack_pairs(unit, scores, weights);
                for (part, output) in attended.as_chunks_mut::<TILE>().0.iter_mut().enumerate() {
                    let mut segments = [WordSegment::new(&[], &[]); KEY_PANELS];
                    for (i, weights) in weights.chunks(LANES * ROW_WORDS).enumerate() {
                        let values = &memory.values[memory_at(i)];
                        let values = &values[part * TILE_WORDS..][..TILE_WORDS];
                        segments[i] = WordSegment::new(values, weights);
                    }
                    multiply_words(unit, &segments[..valid.len()], output, block > 0);
                }
            }
        }
        let panels = sums.as_chunks::<LANES>().0.iter().zip(attended.chunks_mut(2 * size));
        for (panel, (sums, attended)) in panels.enumerate() {
            scale_lanes(isa, attended, &sums.map(|sum| 1.0 / sum));
            pack_pairs(unit, attended, &mut output[panel * whole + head * size..][..size]);
        }
    }
}
