//! Products of packed weights and two panels at a time, with seven eighths of the multiplications.
//!
//! Both are cut in quarters: the weights by halves of outputs and inputs, the values by halves of inputs and
//! by panel. Seven products of sums of quarters, those of the weights made beforehand, give what
//! eight of quarters would.
//!
//! Source: Strassen, "Gaussian elimination is not optimal", Numerische Mathematik 13 (1969).

use super::combinations::{combine_quarters, combine_sevenths};
use super::isa::Isa;
use super::product::Weights;
use super::tile::{LANES, ROWS, TILE};

/// Products in the place of eight.
const PARTS: usize = 7;

/// Factors of the weights' quarters in each product: `[first outputs: first inputs, second inputs,
/// second outputs: first inputs, second inputs]`.
const COMBINED: [[f64; 4]; PARTS] = [
    [1.0, 0.0, 0.0, 1.0],
    [0.0, 0.0, 1.0, 1.0],
    [1.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 1.0],
    [1.0, 1.0, 0.0, 0.0],
    [-1.0, 0.0, 1.0, 0.0],
    [0.0, 1.0, 0.0, -1.0],
];

/// Seven tiles at a cache line.
#[repr(align(64))]
struct Tiles([[f32; TILE]; PARTS]);

/// Weights of a linear operation, packed once.
#[derive(Debug)]
pub struct PairedWeights {
    /// For each panel of half the outputs one for each product.
    parts: Weights<f32>,
    panels: usize,
    inputs: usize,
}

impl PairedWeights {
    /// Packs a matrix `[outputs][inputs]` given by `weight(output, input)`.
    pub fn pack(
        outputs: usize,
        inputs: usize,
        weight: impl Fn(usize, usize) -> f64 + Sync,
    ) -> Self {
        let panels = outputs.div_ceil(ROWS);
        let (half, rows) = (inputs.div_ceil(2), panels.div_ceil(2) * ROWS);
        // The halves of an odd number of inputs share one, whose weight is in the first.
        let second = inputs - half;
        let quarter = |quarter: usize, o: usize, i: usize| {
            let o = o + quarter / 2 * rows;
            match quarter % 2 {
                _ if o >= outputs => 0.0,
                0 => weight(o, i),
                _ if second + i < half => 0.0,
                _ => weight(o, second + i),
            }
        };
        let order: Vec<Vec<usize>> =
            (0..rows / ROWS).flat_map(|_| (0..PARTS).map(|part| vec![part])).collect();
        let parts = Weights::pack(half, &order, |index, row, part, i| {
            let factors = COMBINED[part].iter().enumerate().filter(|(_, factor)| **factor != 0.0);
            let o = index / PARTS * ROWS + row;
            factors.map(|(index, factor)| factor * quarter(index, o, i)).sum()
        });
        PairedWeights { parts, panels, inputs }
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Scratch elements that [`PairedWeights::multiply`] needs.
    pub fn scratch_size(&self) -> usize {
        5 * self.parts.inputs() * LANES
    }

    /// Computes all outputs for two panels `[inputs][48]` and hands each tile to `take(column, panel, tile)`.
    ///
    /// # Panics
    /// If `scratch` is shorter than [`PairedWeights::scratch_size`] or a panel than that.
    pub fn multiply(
        &self,
        isa: Isa,
        columns: [&[f32]; 2],
        scratch: &mut [f32],
        mut take: impl FnMut(usize, usize, &mut [f32; TILE]),
    ) {
        let size = self.parts.inputs() * LANES;
        let second = self.inputs * LANES - size;
        let [[x11, x12], [x21, x22]] =
            [0, second].map(|start| columns.map(|panel| &panel[start..start + size]));
        let mut sums = scratch[..self.scratch_size()].chunks_exact_mut(size);
        let mut sums: [_; 5] = std::array::from_fn(|_| sums.next().unwrap_or_default());
        combine_quarters(isa, [x11, x12, x21, x22], sums.each_mut().map(|sum| &mut **sum));
        let [a, b, c, d, e] = sums.each_ref().map(|sum| &**sum);
        let operands = [a, x11, b, c, x22, d, e].map(Some);
        let half = self.parts.panels() / PARTS;
        let mut tiles = Tiles([[0.0; TILE]; PARTS]);
        for panel in 0..half {
            for (part, tile) in tiles.0.iter_mut().enumerate() {
                self.parts.tile(isa, panel * PARTS + part, &operands, tile);
            }
            combine_sevenths(isa, &mut tiles.0);
            for (quarter, tile) in tiles.0.iter_mut().enumerate().take(4) {
                let panel = panel + quarter / 2 * half;
                if panel < self.panels {
                    take(quarter % 2, panel, tile);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::tile::tests::noise;

    #[test]
    fn equal_plain_loops_for_odd_sizes_on_every_instruction_set() {
        for (outputs, inputs) in [(1, 1), (16, 2), (7, 5), (17, 31), (40, 300)] {
            let matrix: Vec<f32> = noise(1, outputs * inputs);
            let weight = |o: usize, i: usize| f64::from(matrix[o * inputs + i]);
            let weights = PairedWeights::pack(outputs, inputs, weight);
            let panels: [Vec<f32>; 2] = [2, 3].map(|seed| noise(seed, inputs * LANES));
            let mut scratch = vec![f32::NAN; weights.scratch_size()];
            for isa in Isa::available() {
                let mut seen = vec![0; 2 * outputs.div_ceil(ROWS)];
                let columns = panels.each_ref().map(Vec::as_slice);
                weights.multiply(isa, columns, &mut scratch, |column, panel, tile| {
                    seen[2 * panel + column] += 1;
                    for (index, found) in tile.iter().enumerate() {
                        let (output, lane) = (panel * ROWS + index / LANES, index % LANES);
                        let expected: f64 = (0..inputs)
                            .filter(|_| output < outputs)
                            .map(|i| {
                                weight(output, i) * f64::from(panels[column][i * LANES + lane])
                            })
                            .sum();
                        let error = (f64::from(*found) - expected).abs();
                        assert!(error <= 2e-7 * (inputs + 4) as f64, "{isa:?}: {error}");
                    }
                });
                assert!(seen.iter().all(|count| *count == 1));
            }
        }
    }
}
