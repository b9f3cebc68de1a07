//! The embedding's second and third convolution, in double precision, with fewer products.
//!
//! Three neighbouring bands, which a pooling joins anyway, and three taps need five products instead of
//! nine: sums of the bands, times sums of the taps, are the values of a polynomial product at 0, 1, −1, 2
//! and infinity, and sums of those are the three outputs. Twelve taps are four such groups, whose
//! products are added before the last step. The sums have factors of up to 4, which in double
//! precision leave errors far below what single precision would make anywhere else.
//!
//! Source: Lavin, Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016: F(3, 3).

use crate::linear::dispatch::dispatched;
use crate::linear::{Isa, LANES, ROWS, TILE, Tile, Weights};

use super::activation::pooled_elu;
use super::configuration::{EMBEDDING_KERNELS, POOLED_BANDS};
use super::parameters::Parameters;

/// Products of a group, and bands that it takes.
pub(super) const POINTS: usize = 5;

/// Taps of a group.
const GROUP_TAPS: usize = 3;

/// A convolution, packed.
#[derive(Debug)]
pub(super) struct BandConvolution {
    /// For each point the weights `[outputs][views][group, input]`.
    weights: [Weights<f64>; POINTS],
    bias: Vec<f64>,
    inputs: usize,
    groups: usize,
}

impl BandConvolution {
    /// The `index`th convolution of `inputs` channels.
    pub fn of(parameters: &Parameters, index: usize, inputs: usize) -> Self {
        let [frames, bands] = EMBEDDING_KERNELS[index];
        let values = parameters.double(&format!("embeddings.conv{index}.weight"));
        let bias = parameters.double(&format!("embeddings.conv{index}.bias"));
        let groups = bands / GROUP_TAPS;
        let weights = std::array::from_fn(|point| {
            Weights::pack_rows(bias.len(), frames, groups * inputs, |output, frame, at| {
                let (group, input) = (at / inputs, at % inputs);
                let start = ((output * inputs + input) * frames + frame) * bands;
                weight_at(&values[start + group * GROUP_TAPS..][..GROUP_TAPS], point)
            })
        });
        BandConvolution { weights, bias, inputs, groups }
    }

    /// Windows of five bands that the `index`th convolution makes `pooled` bands of.
    pub fn windows(index: usize, pooled: usize) -> usize {
        pooled + EMBEDDING_KERNELS[index][1] / GROUP_TAPS - 1
    }

    /// Sums up the bands `[bands][inputs][48]` for each point: `[points][windows][inputs][48]`.
    pub fn prepare(&self, isa: Isa, bands: &[f64], prepared: &mut [f64]) {
        let window_size = self.inputs * LANES;
        if window_size == 0 {
            return;
        }
        let windows = prepared.len() / (POINTS * window_size);
        for window in 0..windows {
            let bands = &bands[window * POOLED_BANDS * window_size..][..POINTS * window_size];
            values_at_points(isa, bands, prepared, window * window_size, windows * window_size);
        }
    }

    /// Computes `output` `[pooled bands][outputs][48]` from what was prepared; the views differ in the
    /// frame that a lane stands for.
    pub fn apply(&self, isa: Isa, views: &[&[f64]], output: &mut [f64]) {
        let window_size = self.inputs * LANES;
        let windows = output.len() / (self.bias.len() * LANES) + self.groups - 1;
        let mut tiles = [0; POINTS].map(|_| Tile([0.0; TILE]));
        for (pooled, output) in output.chunks_mut(self.bias.len() * LANES).enumerate() {
            for (panel, output) in output.chunks_mut(TILE).enumerate() {
                for (point, tile) in tiles.iter_mut().enumerate() {
                    let start = (point * windows + pooled) * window_size;
                    let mut column = [None; 3];
                    for (column, view) in column.iter_mut().zip(views) {
                        *column = Some(&view[start..start + self.groups * window_size]);
                    }
                    self.weights[point].tile(isa, panel, &column, &mut tile.0);
                }
                bands_of_points(isa, &mut tiles);
                let [a, b, c, ..] = &tiles;
                pooled_elu(isa, [&a.0, &b.0, &c.0], &self.bias[panel * ROWS..], output);
            }
        }
    }
}

/// The sum of three taps for a point.
fn weight_at(taps: &[f64], point: usize) -> f64 {
    let [a, b, c] = [taps[0], taps[1], taps[2]];
    match point {
        0 => a / 2.0,
        1 => -(a + b + c) / 2.0,
        2 => (b - a - c) / 6.0,
        3 => (a + 2.0 * b + 4.0 * c) / 6.0,
        _ => c,
    }
}

dispatched! {
    /// The sums of five bands `[5][rows][48]` for each point: point p's at `start + p · distance`.
    values_at_points = values_at_points_loop(
        bands: &[f64],
        values: &mut [f64],
        start: usize,
        distance: usize,
    )
}

#[inline(always)]
fn values_at_points_loop<const FUSED: bool>(
    bands: &[f64],
    values: &mut [f64],
    start: usize,
    distance: usize,
) {
    let rows = bands.len() / POINTS / LANES;
    let bands = bands.as_chunks::<LANES>().0;
    for row in 0..rows {
        let [a, b, c, d, e] = std::array::from_fn(|band| &bands[band * rows + row]);
        let mut points = [[0.0; LANES]; POINTS];
        for lane in 0..LANES {
            let [a, b, c, d, e] = [a[lane], b[lane], c[lane], d[lane], e[lane]];
            let (db, dc) = (d - b, d - c);
            points[0][lane] = 2.0 * (a - c) + db;
            points[1][lane] = dc - 2.0 * b;
            points[2][lane] = dc - 2.0 * (c - b);
            points[3][lane] = db;
            points[4][lane] = (e - c) - 2.0 * db;
        }
        for (point, values_of) in points.iter().enumerate() {
            let at = start + point * distance + row * LANES;
            values[at..at + LANES].copy_from_slice(values_of);
        }
    }
}

dispatched! {
    /// Turns the products for the five points into three bands, the first tiles.
    bands_of_points = bands_of_points_loop(tiles: &mut [Tile<f64>; POINTS])
}

#[inline(always)]
fn bands_of_points_loop<const FUSED: bool>(tiles: &mut [Tile<f64>; POINTS]) {
    let [a, b, c, d, e] = tiles;
    for i in 0..TILE {
        let (sum, difference) = (b.0[i] + c.0[i], b.0[i] - c.0[i]);
        let d = d.0[i];
        a.0[i] += sum + d;
        b.0[i] = difference + 2.0 * d;
        c.0[i] = sum + 4.0 * d + e.0[i];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_noise::numbers;

    #[test]
    fn five_products_are_three_taps_on_three_bands() {
        let noise: Vec<f64> =
            numbers(3).take(8).map(|n| (n >> 40) as f64 / f64::from(1 << 23) - 1.0).collect();
        let (taps, bands) = noise.split_at(GROUP_TAPS);
        let rows: Vec<f64> = bands.iter().flat_map(|band| [*band; LANES]).collect();
        for isa in Isa::available() {
            let mut values = vec![0.0; POINTS * LANES];
            values_at_points(isa, &rows, &mut values, 0, LANES);
            let mut tiles = [0; POINTS].map(|_| Tile([0.0; TILE]));
            for (point, tile) in tiles.iter_mut().enumerate() {
                tile.0.fill(values[point * LANES + 7] * weight_at(taps, point));
            }
            bands_of_points(isa, &mut tiles);
            for (band, tile) in tiles[..POOLED_BANDS].iter().enumerate() {
                let expected: f64 = (0..3).map(|tap| taps[tap] * bands[band + tap]).sum();
                assert!((tile.0[5] - expected).abs() < 1e-14, "{} {expected}", tile.0[5]);
            }
        }
    }
}
