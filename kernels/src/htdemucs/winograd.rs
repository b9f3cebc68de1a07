//! The decoders' gated convolutions of 3 × 3 taps, two rows and two positions at a time with four ninths of
//! the products.
//!
//! In one dimension, two outputs of a convolution of three taps g of four inputs d are
//! m0 + m1 + m2 and m1 − m2 − m3, with m0 = (d0 − d2) g0, m1 = (d1 + d2) (g0 + g1 + g2) / 2,
//! m2 = (d2 − d1) (g0 − g1 + g2) / 2 and m3 = (d1 − d3) g2: four products instead of six. Here that is done
//! along the rows, and within it along the length: 16 products instead of 36. A strip has 24 pairs of
//! positions, so two strips of inputs become one panel a product.
//!
//! Source: Lavin, Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016, F(2 × 2, 3 × 3).

use super::context::Arena;
use super::gated::Affine;
use super::plane::{Plane, Row, clear_rest, valid};
use crate::linear::combinations::{combine_inputs, combine_outputs, join_pairs, split_pairs};
use crate::linear::elementwise::gate;
use crate::linear::{Isa, LANES, PAIRED_LINE, ROWS, TILE, Weights};

/// Products of one dimension, in the place of six.
const SIDE: usize = 4;

/// Products of both dimensions, in the place of 36; those of one along the length lie together.
const PRODUCTS: usize = SIDE * SIDE;

/// Panels of outputs whose tiles are kept until all their products are there.
const PANELS: usize = 2;

/// Panels of inputs that are multiplied together, so that weights are fetched once for all.
const COLUMNS: usize = 2;

/// Channels whose inputs are combined at a time, so that they stay in the first cache.
const CHANNELS: usize = 16;

/// A convolution of 3 × 3 taps followed by a GLU.
#[derive(Debug)]
pub(super) struct SquareGated {
    channels: usize,
    /// `[product][values, gates]`.
    weights: [[Weights<f32>; 2]; PRODUCTS],
    affine: Affine<f32>,
}

/// Two neighbouring strips of output, one above the other: the first of its two rows, and the strip.
type Item = (usize, usize);

/// Factors of three taps in each of four products.
const COMBINED: [[f64; 3]; SIDE] =
    [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]];

impl SquareGated {
    /// From the weights `[2 · channels][channels][3][3]` and biases, gates last.
    pub fn new(channels: usize, weight: &[f32], bias: &[f32]) -> Self {
        let pack = |product: usize, first: usize| {
            let (along, down) = (COMBINED[product / SIDE], COMBINED[product % SIDE]);
            Weights::pack_rows(channels, 1, channels, |o, _, i| {
                let taps = &weight[((first + o) * channels + i) * 9..][..9];
                taps.iter()
                    .enumerate()
                    .map(|(tap, weight)| down[tap / 3] * along[tap % 3] * f64::from(*weight))
                    .sum()
            })
        };
        SquareGated {
            channels,
            weights: std::array::from_fn(|product| [pack(product, 0), pack(product, channels)]),
            affine: Affine::new(channels, |o| (1.0, bias[o].into())),
        }
    }

    /// Computes some rows `[rows][strips][channels][48]`, the first of which, an even one, is `first` of the
    /// input's.
    pub fn run(
        &self,
        isa: Isa,
        input: &Plane<f32>,
        first: usize,
        output: &mut [f32],
        arena: &mut Arena<f32>,
    ) {
        let (strips, size) = (input.strips(), self.channels * LANES);
        let rows = output.len() / input.row_size();
        let items: Vec<Item> = (0..rows)
            .step_by(2)
            .flat_map(|row| (0..strips).map(move |strip| (row, strip)))
            .collect();
        let [lines, combined, values, tiles] = arena.pieces([
            SIDE * CHANNELS * PAIRED_LINE,
            SIDE * CHANNELS * PAIRED_LINE,
            COLUMNS * PRODUCTS * size,
            COLUMNS * PANELS * 2 * PRODUCTS * TILE,
        ]);
        let panels = self.channels.div_ceil(ROWS);
        for items in items.chunks(2 * COLUMNS) {
            for (index, (row, strip)) in items.iter().enumerate() {
                let near = [-1, 0, 1, 2].map(|offset| input.row_near(first + row, offset));
                let values = &mut values[index / 2 * PRODUCTS * size..][..PRODUCTS * size];
                self.combine(isa, near, *strip, [lines, combined], index % 2, values);
            }
            let columns = items.len().div_ceil(2);
            for panel in (0..panels).step_by(PANELS) {
                let count = PANELS.min(panels - panel);
                self.multiply(isa, [panel, count, columns], values, tiles);
                for (index, tiles) in
                    tiles.as_chunks_mut::<TILE>().0.chunks_mut(2 * PRODUCTS).enumerate()
                {
                    let (column, panel) = (index / PANELS, panel + index % PANELS);
                    if index % PANELS >= count || column >= columns {
                        continue;
                    }
                    self.finish(isa, tiles, panel * ROWS);
                    let items = &items[2 * column..items.len().min(2 * column + 2)];
                    self.put(isa, tiles, panel * ROWS, items, [input.length, strips], output);
                }
            }
        }
    }

    /// Combines the inputs of one strip, `near` from the row before the first output to the one after the
    /// second, in one half of the panels `[product][channels][48]`.
    fn combine(
        &self,
        isa: Isa,
        near: [Option<Row<f32>>; SIDE],
        strip: usize,
        [lines, combined]: [&mut [f32]; 2],
        half: usize,
        values: &mut [f32],
    ) {
        let mut products = values.chunks_mut(SIDE * self.channels * LANES);
        let mut products: [_; SIDE] = std::array::from_fn(|_| products.next().unwrap_or_default());
        for start in (0..self.channels).step_by(CHANNELS) {
            let channels = start..(start + CHANNELS).min(self.channels);
            let size = channels.len() * PAIRED_LINE;
            for (row, lines) in near.iter().zip(lines.chunks_mut(CHANNELS * PAIRED_LINE)) {
                match row {
                    Some(row) => row.lines(strip, channels.clone(), &mut lines[..size]),
                    None => lines[..size].fill(0.0),
                }
            }
            let mut inputs = lines.chunks(CHANNELS * PAIRED_LINE);
            let inputs = [0; SIDE].map(|_| &inputs.next().unwrap_or_default()[..size]);
            let mut outputs = combined.chunks_mut(CHANNELS * PAIRED_LINE);
            let outputs = [0; SIDE].map(|_| &mut outputs.next().unwrap_or_default()[..size]);
            combine_inputs(isa, inputs, outputs);
            for (down, lines) in combined.chunks(CHANNELS * PAIRED_LINE).enumerate() {
                let at = (down * self.channels + start) * LANES;
                let outputs =
                    products.each_mut().map(|along| &mut along[at..at + channels.len() * LANES]);
                split_pairs(isa, &lines[..size], half, outputs);
            }
        }
    }

    /// All products of some panels of outputs and columns, to `[COLUMNS][PANELS][values, gates][product]`.
    fn multiply(
        &self,
        isa: Isa,
        [panel, panels, columns]: [usize; 3],
        values: &[f32],
        tiles: &mut [f32],
    ) {
        let size = self.channels * LANES;
        let tiles = tiles.as_chunks_mut::<TILE>().0;
        for (product, weights) in self.weights.iter().enumerate() {
            for index in 0..panels {
                for (half, weights) in weights.iter().enumerate() {
                    for column in 0..columns {
                        let values = &values[(column * PRODUCTS + product) * size..][..size];
                        let at = ((column * PANELS + index) * 2 + half) * PRODUCTS + product;
                        weights.tile(isa, panel + index, &[Some(values)], &mut tiles[at]);
                    }
                }
            }
        }
    }

    /// Turns the products of eight channels' values and gates into outputs, in tiles 0 and 1, even positions
    /// of both rows, and 4 and 5, odd ones.
    fn finish(&self, isa: Isa, tiles: &mut [[f32; TILE]], channel: usize) {
        for tiles in tiles.chunks_mut(PRODUCTS) {
            combine_outputs(isa, tiles.as_flattened_mut());
            for tiles in tiles.chunks_mut(SIDE).take(2) {
                combine_outputs(isa, tiles.as_flattened_mut());
            }
        }
        let (values, gates) = tiles.split_at_mut(PRODUCTS);
        let rows = channel..channel + ROWS;
        let Affine { scale, shift } = &self.affine;
        for at in [0, 1, SIDE, SIDE + 1] {
            gate(
                isa,
                &mut values[at],
                &gates[at],
                [&scale[0][rows.clone()], &scale[1][rows.clone()]],
                [&shift[0][rows.clone()], &shift[1][rows.clone()]],
            );
        }
    }

    /// Stores what [`SquareGated::finish`] made, of one or two items.
    fn put(
        &self,
        isa: Isa,
        tiles: &[[f32; TILE]],
        channel: usize,
        items: &[Item],
        [length, strips]: [usize; 2],
        output: &mut [f32],
    ) {
        let size = self.channels * LANES;
        let count = (self.channels - channel).min(ROWS) * LANES;
        for (half, (row, strip)) in items.iter().enumerate() {
            for down in 0..2 {
                let panel = (row + down) * strips + strip;
                let at = panel * size + channel * LANES;
                let Some(output) = output.get_mut(at..at + count) else { continue };
                join_pairs(isa, [&tiles[down], &tiles[SIDE + down]], half, output);
                clear_rest(output, valid(length, *strip));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_noise::numbers;

    fn noise(seed: u64, length: usize) -> Vec<f32> {
        numbers(seed).take(length).map(|n| (n >> 40) as f32 / (1 << 23) as f32 - 1.0).collect()
    }

    #[test]
    fn equals_a_plain_convolution_at_the_edges_and_for_odd_numbers_of_rows_and_strips() {
        for (channels, rows, length, at_once) in [(11, 3, 70, 2), (19, 6, 130, 4), (8, 2, 48, 4)] {
            check(channels, rows, length, at_once);
        }
    }

    fn check(channels: usize, rows: usize, length: usize, at_once: usize) {
        let weight = noise(1, 2 * channels * channels * 9);
        let bias = noise(2, 2 * channels);
        let mut plane = Plane::<f32>::zeros(channels, rows, length);
        let values = noise(3, channels * rows * length);
        let at = |channel: usize, row: isize, position: isize| {
            let inside =
                (0..rows as isize).contains(&row) && (0..length as isize).contains(&position);
            if !inside {
                return 0.0;
            }
            values[(channel * rows + row as usize) * length + position as usize]
        };
        let (strips, size) = (plane.strips(), plane.panel_size());
        for (index, value) in plane.values_mut().iter_mut().enumerate() {
            let (panel, channel, lane) = (index / size, index % size / LANES, index % LANES);
            let position = panel % strips * LANES + lane;
            *value = at(channel, (panel / strips) as isize, position as isize);
        }
        let layer = SquareGated::new(channels, &weight, &bias);
        let plain = |o: usize, row: usize, position: usize| {
            let mut sum = f64::from(bias[o]);
            for i in 0..channels {
                for (tap, weight) in weight[(o * channels + i) * 9..][..9].iter().enumerate() {
                    let row = row as isize + (tap / 3) as isize - 1;
                    let position = position as isize + (tap % 3) as isize - 1;
                    sum += f64::from(*weight) * f64::from(at(i, row, position));
                }
            }
            sum
        };
        for isa in Isa::available() {
            let mut output = vec![f32::NAN; plane.values().len()];
            for (index, output) in output.chunks_mut(at_once * plane.row_size()).enumerate() {
                layer.run(isa, &plane, index * at_once, output, &mut Arena::default());
            }
            for (index, found) in output.iter().enumerate() {
                let (panel, channel, lane) = (index / size, index % size / LANES, index % LANES);
                let (row, position) = (panel / strips, panel % strips * LANES + lane);
                if position >= length {
                    assert_eq!(*found, 0.0);
                    continue;
                }
                let gate = plain(channels + channel, row, position);
                let expected = plain(channel, row, position) / (1.0 + (-gate).exp());
                let error = (f64::from(*found) - expected).abs();
                assert!(error < 1e-5, "{isa:?}: {error} at {row}, {position}");
            }
        }
    }
}
