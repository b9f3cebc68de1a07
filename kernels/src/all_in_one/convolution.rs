//! A convolution of the embedding, with the pooling and the activation after it.

use crate::linear::elementwise::Real;
use crate::linear::{Aligned, Isa, LANES, ROWS, TILE, Tile, Weights};

use super::activation::pooled_elu;
use super::configuration::{EMBEDDING_KERNELS, POOLED_BANDS};
use super::parameters::Parameters;

/// A convolution, packed. Its input is one or more *views* `[bands][rows][48]`, which differ in the
/// frame that a lane stands for.
#[derive(Debug)]
pub(super) struct Convolution<T> {
    weights: Weights<T>,
    bias: Vec<f64>,
    views: usize,
    /// Bands that an output depends on.
    kernel_bands: usize,
    /// Rows of a band.
    rows: usize,
}

impl<T: Real> Convolution<T> {
    /// The `index`th convolution of `[outputs][inputs][frames][bands]`. Its frames are views, or, when
    /// `joined`, rows of a band: `[inputs][frames]`.
    pub fn of(parameters: &Parameters, index: usize, inputs: usize, joined: bool) -> Self {
        let [frames, kernel_bands] = EMBEDDING_KERNELS[index];
        let values = parameters.double(&format!("embeddings.conv{index}.weight"));
        let bias = parameters.double(&format!("embeddings.conv{index}.bias"));
        let (views, frames_in_rows) = if joined { (1, frames) } else { (frames, 1) };
        let rows = inputs * frames_in_rows;
        let weights =
            Weights::pack_rows(bias.len(), views, kernel_bands * rows, |output, view, at| {
                let (band, row) = (at / rows, at % rows);
                let (input, frame) = (row / frames_in_rows, view + row % frames_in_rows);
                values[((output * inputs + input) * frames + frame) * kernel_bands + band]
            });
        Convolution { weights, bias, views, kernel_bands, rows }
    }

    /// Rows of a band of the output.
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Computes `output` `[pooled bands][outputs][48]`, in double precision.
    pub fn apply(&self, isa: Isa, views: &[&[T]], output: &mut [f64]) {
        assert_eq!(views.len(), self.views);
        if self.outputs() == 0 {
            return;
        }
        let length = self.kernel_bands * self.rows * LANES;
        let mut tiles = [0; POOLED_BANDS].map(|_| Tile([T::default(); TILE]));
        for (pooled, output) in output.chunks_mut(self.outputs() * LANES).enumerate() {
            for (panel, output) in output.chunks_mut(TILE).enumerate() {
                for (band, tile) in tiles.iter_mut().enumerate() {
                    let start = (pooled * POOLED_BANDS + band) * self.rows * LANES;
                    let mut column = [None; 3];
                    for (column, view) in column.iter_mut().zip(views) {
                        *column = Some(&view[start..start + length]);
                    }
                    self.weights.tile(isa, panel, &column, &mut tile.0);
                }
                let [a, b, c] = &tiles;
                pooled_elu(isa, [&a.0, &b.0, &c.0], &self.bias[panel * ROWS..], output);
            }
        }
    }
}

/// Rows in double precision with a lane's margin at either end, so that they can be viewed a frame
/// earlier or later. In such a view, the first or last lane of a row is its neighbour's.
#[derive(Debug)]
pub(super) struct Margined {
    values: Aligned<f64>,
}

/// Numbers before the first row; more than one, so that rows start at a cache line.
const MARGIN: usize = 8;

impl Margined {
    /// Rows of zeros.
    pub fn zeros(rows: usize) -> Self {
        Margined { values: Aligned::zeros(rows * LANES + 2 * MARGIN) }
    }

    /// The rows.
    pub fn rows_mut(&mut self) -> &mut [f64] {
        let end = self.values.len() - MARGIN;
        &mut self.values[MARGIN..end]
    }

    /// The rows a frame earlier, as they are, and a frame later.
    pub fn views(&self) -> [&[f64]; 3] {
        let length = self.values.len() - 2 * MARGIN;
        [0, 1, 2].map(|tap| &self.values[MARGIN + tap - 1..][..length])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_are_a_frame_apart() {
        let mut rows = Margined::zeros(2);
        for (at, value) in rows.rows_mut().iter_mut().enumerate() {
            *value = at as f64;
        }
        let [earlier, same, later] = rows.views();
        assert_eq!((earlier[50], same[50], later[50]), (49.0, 50.0, 51.0));
        assert_eq!((earlier.len(), same.len(), later.len()), (96, 96, 96));
    }
}
