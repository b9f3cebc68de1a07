//! The embedding's first convolution, and the rows that a later one reads a frame apart.

use crate::linear::{Aligned, Isa, LANES, ROWS, TILE, Tile, Weights};

use super::activation::pooled_elu;
use super::configuration::{EMBEDDING_KERNELS, POOLED_BANDS};
use super::parameters::Parameters;

/// Frames and bands of the kernel.
const KERNEL: [usize; 2] = EMBEDDING_KERNELS[0];

/// The convolution of the spectrogram, in single precision, packed.
#[derive(Debug)]
pub(super) struct FirstConvolution {
    weights: Weights<f32>,
    bias: Vec<f64>,
}

impl FirstConvolution {
    /// The convolution of a network.
    pub fn of(parameters: &Parameters) -> Self {
        let [frames, bands] = KERNEL;
        let values = parameters.double("embeddings.conv0.weight");
        let bias = parameters.double("embeddings.conv0.bias");
        let weights = Weights::pack_rows(bias.len(), 1, frames * bands, |output, _, at| {
            let (band, frame) = (at / frames, at % frames);
            values[(output * frames + frame) * bands + band]
        });
        FirstConvolution { weights, bias }
    }

    /// Computes `output` `[pooled bands][outputs][48]`, pooled and activated in double precision, from
    /// `[bands][3 frames][48]`.
    pub fn apply(&self, isa: Isa, input: &[f32], output: &mut [f64]) {
        let [frames, bands] = KERNEL;
        let mut tiles = [0; POOLED_BANDS].map(|_| Tile([0.0; TILE]));
        for (pooled, output) in output.chunks_mut((self.bias.len() * LANES).max(1)).enumerate() {
            for (panel, output) in output.chunks_mut(TILE).enumerate() {
                for (band, tile) in tiles.iter_mut().enumerate() {
                    let start = (pooled * POOLED_BANDS + band) * frames * LANES;
                    let window = &input[start..start + frames * bands * LANES];
                    self.weights.tile(isa, panel, &[Some(window)], &mut tile.0);
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
