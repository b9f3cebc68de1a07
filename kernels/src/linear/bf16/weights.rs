//! Products of packed weights and panels of words, tile by tile.

use rayon::prelude::*;

use super::packing::round_to_bf16;
use super::segment::WordSegment;
use super::tile::multiply_words;
use super::unit::Unit;
use crate::linear::aligned::Aligned;
use crate::linear::product::{Column, Tile};
use crate::linear::tile::{LANES, ROWS, TILE};

/// Taps of a panel at most.
const MOST_TAPS: usize = 16;

/// Bytes of values that should stay in the second cache while weights pass by.
const CACHED_BYTES: usize = 400_000;

/// Weights of a linear operation, packed once: for each panel of eight outputs the words `[tap][inputs / 2][8]` of the
/// taps that it takes.
#[derive(Debug)]
pub struct PackedWeights {
    words: Aligned<u32>,
    panels: Vec<Panel>,
    /// Pairs of inputs of a tap.
    pairs: usize,
}

#[derive(Debug)]
struct Panel {
    start: usize,
    taps: Vec<usize>,
}

impl PackedWeights {
    /// Rounds and packs weights.
    ///
    /// `panels` lists the taps of each panel of outputs; `weight(panel, row, tap, input)` is the weight of an output (0
    /// for rows that only fill up a panel).
    ///
    /// # Panics
    /// If a panel has more than 16 taps.
    pub fn pack(
        inputs: usize,
        panels: &[Vec<usize>],
        weight: impl Fn(usize, usize, usize, usize) -> f64 + Sync,
    ) -> Self {
        let pairs = inputs.div_ceil(2);
        let size = |taps: &Vec<usize>| taps.len() * pairs * ROWS;
        let mut words = Aligned::zeros(panels.iter().map(size).sum());
        let mut packed = Vec::with_capacity(panels.len());
        let mut parts = Vec::with_capacity(panels.len());
        let (mut start, mut rest) = (0, &mut words[..]);
        for taps in panels {
            assert!(taps.len() <= MOST_TAPS);
            packed.push(Panel { start, taps: taps.clone() });
            start += size(taps);
            let (part, behind) = rest.split_at_mut(size(taps));
            parts.push((taps, part));
            rest = behind;
        }
        parts.into_par_iter().enumerate().for_each(|(index, (taps, part))| {
            let places = taps.iter().flat_map(|&tap| (0..pairs).map(move |pair| (tap, pair)));
            for ((tap, pair), rows) in places.zip(part.chunks_mut(ROWS)) {
                for (row, word) in rows.iter_mut().enumerate() {
                    let half = |input: usize| match input < inputs {
                        true => round_to_bf16(weight(index, row, tap, input) as f32),
                        false => 0,
                    };
                    *word = half(2 * pair) | half(2 * pair + 1) << 16;
                }
            }
        });
        PackedWeights { words, panels: packed, pairs }
    }

    /// Packs a matrix `[outputs][taps][inputs]` given by `weight(output, tap, input)`.
    pub fn pack_rows(
        outputs: usize,
        taps: usize,
        inputs: usize,
        weight: impl Fn(usize, usize, usize) -> f64 + Sync,
    ) -> Self {
        let panels = vec![(0..taps).collect(); outputs.div_ceil(ROWS)];
        PackedWeights::pack(inputs, &panels, |panel, row, tap, input| {
            let output = panel * ROWS + row;
            if output < outputs { weight(output, tap, input) } else { 0.0 }
        })
    }

    /// Number of panels of outputs.
    pub fn panels(&self) -> usize {
        self.panels.len()
    }

    /// Pairs of inputs of a tap: rows of words in a panel of values.
    pub fn pairs(&self) -> usize {
        self.pairs
    }

    /// Columns of `taps` taps that are best computed together: weights are then fetched once for all of them, while
    /// their values stay in the second cache.
    pub fn columns_at_once(&self, taps: usize) -> usize {
        (CACHED_BYTES / (taps * self.pairs * LANES * size_of::<u32>()).max(1)).max(1)
    }

    /// Computes all outputs for several columns and hands each tile to `take(column, panel, tile)`.
    pub fn multiply<'a, C: AsRef<Column<'a, u32>>>(
        &self,
        unit: Unit,
        columns: &[C],
        mut take: impl FnMut(usize, usize, &mut [f32; TILE]),
    ) {
        let mut tile = Tile([0.0; TILE]);
        for panel in 0..self.panels() {
            for (column, taps) in columns.iter().enumerate() {
                self.tile(unit, panel, taps.as_ref(), &mut tile.0);
                take(column, panel, &mut tile.0);
            }
        }
    }

    /// Computes panel `index` of the outputs, a tile `[8][48]`, from the panels of its taps.
    pub fn tile(&self, unit: Unit, index: usize, taps: &Column<u32>, tile: &mut [f32; TILE]) {
        let panel = &self.panels[index];
        if let [tap] = panel.taps[..]
            && let Some(values) = taps[tap]
        {
            let weights = &self.words[panel.start..panel.start + self.pairs * ROWS];
            multiply_words(unit, &[WordSegment::new(weights, values)], tile, false);
            return;
        }
        let mut segments = [WordSegment::new(&[], &[]); MOST_TAPS];
        let mut count = 0;
        for (index, tap) in panel.taps.iter().enumerate() {
            let Some(values) = taps[*tap] else { continue };
            let start = panel.start + index * self.pairs * ROWS;
            let weights = &self.words[start..start + self.pairs * ROWS];
            segments[count] = WordSegment::new(weights, values);
            count += 1;
        }
        multiply_words(unit, &segments[..count], tile, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::bf16::packing::pack_pairs;
    use crate::linear::tile::tests::noise;

    #[test]
    fn equal_plain_loops_of_rounded_numbers_for_odd_sizes_on_every_unit() {
        let rounded = |value: f32| f64::from(f32::from_bits(round_to_bf16(value) << 16));
        for (outputs, taps, inputs) in [(1, 1, 1), (7, 3, 5), (17, 2, 130), (9, 16, 3)] {
            let matrix: Vec<f32> = noise(1, outputs * taps * inputs);
            let at = |o: usize, tap: usize, i: usize| matrix[(o * taps + tap) * inputs + i];
            let weights =
                PackedWeights::pack_rows(outputs, taps, inputs, |o, tap, i| at(o, tap, i).into());
            assert_eq!(weights.pairs(), inputs.div_ceil(2));
            let panels: Vec<Vec<f32>> =
                (0..taps).map(|seed| noise(2 + seed as u64, inputs * LANES)).collect();
            for unit in Unit::available() {
                let mut words = vec![vec![0; weights.pairs() * LANES]; taps];
                for (panel, words) in panels.iter().zip(&mut words) {
                    pack_pairs(unit, panel, words);
                }
                // The second column has no first tap.
                let whole: Vec<Option<&[u32]>> =
                    words.iter().map(|words| Some(&words[..])).collect();
                let mut part = whole.clone();
                part[0] = None;
                let mut seen = 0;
                weights.multiply(unit, &[whole, part], |column, panel, tile| {
                    for (index, found) in tile.iter().enumerate() {
                        let (output, lane) = (panel * ROWS + index / LANES, index % LANES);
                        let mut expected = 0.0;
                        for (tap, values) in panels.iter().enumerate().skip(column) {
                            for i in (0..inputs).filter(|_| output < outputs) {
                                let value = rounded(values[i * LANES + lane]);
                                expected += rounded(at(output, tap, i)) * value;
                            }
                        }
                        let error = (f64::from(*found) - expected).abs();
                        assert!(error <= 1e-6 * (inputs * taps) as f64, "{unit:?}: {error}");
                        seen += 1;
                    }
                });
                assert_eq!(seen, 2 * weights.panels() * TILE);
            }
        }
    }
}
