//! The decoders' gated convolutions of 3 × 3 taps, two rows at a time with two thirds of the products.
//!
//! Along the rows, two outputs of a convolution of three taps g of four inputs d are
//! m0 + m1 + m2 and m1 − m2 − m3, with m0 = (d0 − d2) g0, m1 = (d1 + d2) (g0 + g1 + g2) / 2,
//! m2 = (d2 − d1) (g0 − g1 + g2) / 2 and m3 = (d1 − d3) g2: four products instead of six. Along the length,
//! where that would move values from lane to lane, the taps stay as they are.
//!
//! Source: Lavin, Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016, F(2, 3).

use super::context::Arena;
use super::gated::Affine;
use super::parameters::REWRITE_KERNEL;
use super::plane::{Row, clear_rest, valid};
use crate::linear::elementwise::{combine_inputs, combine_outputs, gate};
use crate::linear::{Isa, LANES, ROWS, TILE, Weights};

/// Products in the place of six.
const PRODUCTS: usize = 4;

/// Panels of outputs whose tiles are kept until all their products are there.
const PANELS: usize = 4;

/// A convolution of 3 × 3 taps followed by a GLU.
#[derive(Debug)]
pub(super) struct VerticalGated {
    channels: usize,
    /// `[product][values, gates]`.
    weights: [[Weights<f32>; 2]; PRODUCTS],
    affine: Affine<f32>,
}

/// The weight of a product, of three taps.
fn combined(product: usize, [a, b, c]: [f64; 3]) -> f64 {
    match product {
        0 => a,
        1 => (a + b + c) / 2.0,
        2 => (a - b + c) / 2.0,
        _ => c,
    }
}

impl VerticalGated {
    /// From the weights `[2 · channels][channels][3][3]` and biases, gates last.
    pub fn new(channels: usize, weight: &[f32], bias: &[f32]) -> Self {
        let pack = |product: usize, first: usize| {
            Weights::pack_rows(channels, REWRITE_KERNEL, channels, |o, tap, i| {
                let taps = [0, 1, 2]
                    .map(|row| f64::from(weight[((first + o) * channels + i) * 9 + 3 * row + tap]));
                combined(product, taps)
            })
        };
        VerticalGated {
            channels,
            weights: std::array::from_fn(|product| [pack(product, 0), pack(product, channels)]),
            affine: Affine::new(channels, |o| (1.0, bias[o].into())),
        }
    }

    /// Computes one or two rows `[rows][strips][channels][48]` of `length`, which see `near`: the row before the
    /// first, the two, and the row after the second.
    pub fn run(
        &self,
        isa: Isa,
        near: [Option<Row<f32>>; 4],
        length: usize,
        output: &mut [f32],
        arena: &mut Arena<f32>,
    ) {
        let size = self.channels * LANES;
        let strips = length.div_ceil(LANES);
        let [zeros, moved, combined, tiles] = arena.pieces([
            size,
            near.len() * size,
            PRODUCTS * REWRITE_KERNEL * size,
            PANELS * PRODUCTS * 2 * TILE,
        ]);
        zeros.fill(0.0);
        let panels = self.channels.div_ceil(ROWS);
        for strip in 0..strips {
            for (tap, offset) in [-1, 0, 1].into_iter().enumerate() {
                let inputs = inputs(&near, strip, offset, zeros, moved);
                let mut outputs = combined[tap * size..].chunks_mut(REWRITE_KERNEL * size);
                let outputs = std::array::from_fn(|_| {
                    let chunk = outputs.next().unwrap_or_default();
                    &mut chunk[..size]
                });
                combine_inputs(isa, inputs, outputs);
            }
            for first in (0..panels).step_by(PANELS) {
                let count = PANELS.min(panels - first);
                let tiles = &mut tiles.as_chunks_mut::<TILE>().0[..count * PRODUCTS * 2];
                let products = combined.chunks(REWRITE_KERNEL * size).zip(&self.weights);
                for (product, (values, weights)) in products.enumerate() {
                    let column = [0, 1, 2].map(|tap| Some(&values[tap * size..(tap + 1) * size]));
                    for (index, tiles) in tiles.chunks_mut(PRODUCTS * 2).enumerate() {
                        for (half, weights) in weights.iter().enumerate() {
                            let tile = &mut tiles[half * PRODUCTS + product];
                            weights.tile(isa, first + index, &column, tile);
                        }
                    }
                }
                for (index, tiles) in tiles.chunks_mut(PRODUCTS * 2).enumerate() {
                    let channel = (first + index) * ROWS;
                    self.finish(isa, tiles, channel);
                    let count = (self.channels - channel).min(ROWS) * LANES;
                    let rows = output.chunks_mut(strips * size);
                    for (output, tile) in rows.zip(tiles) {
                        clear_rest(tile, valid(length, strip));
                        output[strip * size + channel * LANES..][..count]
                            .copy_from_slice(&tile[..count]);
                    }
                }
            }
        }
    }

    /// Turns the products of eight channels' values and gates into outputs, in the first two tiles.
    fn finish(&self, isa: Isa, tiles: &mut [[f32; TILE]], channel: usize) {
        let (values, gates) = tiles.split_at_mut(PRODUCTS);
        combine_outputs(isa, values.as_flattened_mut());
        combine_outputs(isa, gates.as_flattened_mut());
        let rows = channel..channel + ROWS;
        let Affine { scale, shift } = &self.affine;
        for (value, gates) in values.iter_mut().zip(gates).take(2) {
            gate(
                isa,
                value,
                gates,
                [&scale[0][rows.clone()], &scale[1][rows.clone()]],
                [&shift[0][rows.clone()], &shift[1][rows.clone()]],
            );
        }
    }
}

/// The panels of four rows at an offset from a strip; zeros where there is no row.
fn inputs<'a>(
    near: &[Option<Row<'a, f32>>; 4],
    strip: usize,
    offset: isize,
    zeros: &'a [f32],
    moved: &'a mut [f32],
) -> [&'a [f32]; 4] {
    let mut spaces = moved.chunks_mut(zeros.len());
    near.map(|row| match (row, spaces.next()) {
        (Some(row), _) if offset == 0 => row.panel(strip),
        (Some(row), Some(space)) => {
            row.shifted(strip, offset, space);
            space
        }
        _ => zeros,
    })
}

#[cfg(test)]
mod tests {
    use super::super::plane::Plane;
    use super::*;
    use crate::test_noise::numbers;

    fn noise(seed: u64, length: usize) -> Vec<f32> {
        numbers(seed).take(length).map(|n| (n >> 40) as f32 / (1 << 23) as f32 - 1.0).collect()
    }

    #[test]
    fn equals_a_plain_convolution_at_the_edges_and_for_an_odd_number_of_rows() {
        let (channels, rows, length) = (11, 3, 70);
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
        let layer = VerticalGated::new(channels, &weight, &bias);
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
            for (pair, output) in output.chunks_mut(2 * plane.row_size()).enumerate() {
                let near = [-1, 0, 1, 2].map(|offset| plane.row_near(2 * pair, offset));
                layer.run(isa, near, length, output, &mut Arena::default());
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
