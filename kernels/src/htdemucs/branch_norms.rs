//! The norms of a layer of a residual branch, in double precision.
//!
//! Both norms are over a row's channels and positions together. The wide product before norm2 is
//! computed once, when its mean and variance are known: they follow from the few hidden channels g,
//! whose products are summed in double precision. With \[g, 1\] as a vector of a position, the
//! mean of the square of output o is \[W, b\]ₒ E\[g gᵀ\] \[W, b\]ₒᵀ.
//!
//! Source: `demucs.demucs.DConv` (demucs 4.0.1).

use super::context::Value;
use super::gated::Affine;
use super::parameters::Parameters;
use super::plane::{clear_rest, valid};
use crate::linear::elementwise::{add_pair_products, affine_gelu, sums};
use crate::linear::{Isa, LANES, ROWS};

/// Term that norms add to the variance.
const EPSILON: f64 = 1e-5;

/// Biases, norms and LayerScale of one layer.
#[derive(Debug)]
pub(super) struct BranchNorms {
    /// Channels of the input.
    channels: usize,
    /// Channels in the middle.
    hidden: usize,
    inner_bias: Vec<f64>,
    gains: Vec<f64>,
    shifts: Vec<f64>,
    outer_bias: Vec<f64>,
    outer_gains: Vec<f64>,
    outer_shifts: Vec<f64>,
    scales: Vec<f64>,
    /// Mean over the outputs of \[W, b\], `[hidden + 1]`.
    means: Vec<f64>,
    /// Mean over the outputs of the products of all pairs of \[W, b\], pairs as in
    /// `add_pair_products`, those of two different ones twice.
    squares: Vec<f64>,
}

/// Sums of products of pairs of hidden channels, of one strip or more.
pub(super) type PairProducts = Vec<[f64; 8]>;

impl BranchNorms {
    /// Of layer `index` of the branch of a layer such as `encoder.0`.
    pub fn new(
        parameters: &Parameters,
        layer: &str,
        channels: usize,
        hidden: usize,
        index: usize,
    ) -> Self {
        let get = |part: &str| parameters.double(&format!("{layer}.dconv.layers.{index}.{part}"));
        let (outer, outer_bias) = (get("3.weight"), get("3.bias"));
        let outputs = 2 * channels;
        let column = |o: usize, i: usize| {
            if i < hidden { outer[o * hidden + i] } else { outer_bias[o] }
        };
        let mean = |of: &dyn Fn(usize) -> f64| (0..outputs).map(of).sum::<f64>() / outputs as f64;
        let pairs = (0..=hidden).flat_map(|i| (0..=i).map(move |j| (i, j)));
        BranchNorms {
            channels,
            hidden,
            inner_bias: get("0.bias"),
            gains: get("1.weight"),
            shifts: get("1.bias"),
            outer_gains: get("4.weight"),
            outer_shifts: get("4.bias"),
            scales: get("6.scale"),
            means: (0..=hidden).map(|i| mean(&|o| column(o, i))).collect(),
            squares: pairs
                .map(|(i, j)| if i == j { 1.0 } else { 2.0 } * mean(&|o| column(o, i) * column(o, j)))
                .collect(),
            outer_bias,
        }
    }

    /// Rows of 48 in a panel of hidden channels.
    pub fn hidden_rows(&self) -> usize {
        self.hidden.next_multiple_of(ROWS)
    }

    /// Sums of products that are all zero.
    pub fn no_products(&self) -> PairProducts {
        vec![[0.0; 8]; self.squares.len()]
    }

    /// Returns the sum of a panel's values and of their squares, both with the bias, which the values are still
    /// without: in a quiet row it is much larger than what it is added to. `valid` of its positions are real.
    pub fn hidden_sums<T: Value>(&self, isa: Isa, hidden: &[T], valid: usize) -> [f64; 2] {
        let count = valid as f64;
        let channels = hidden.chunks(LANES).zip(&self.inner_bias);
        channels.fold([0.0; 2], |[sum, squares], (channel, bias)| {
            let [own, own_squares] = sums(isa, channel);
            [sum + own + count * bias, squares + own_squares + bias * (2.0 * own + count * bias)]
        })
    }

    /// Normalises panels of hidden channels, the first of which is `first` of the row, and adds the
    /// products of all pairs to `products`.
    ///
    /// `[sum, squares]` are those of the whole row's hidden values.
    pub fn middle<T: Value>(
        &self,
        isa: Isa,
        length: usize,
        [sum, squares]: [f64; 2],
        first: usize,
        hidden: &mut [T],
        products: &mut PairProducts,
    ) {
        let count = (self.hidden * length) as f64;
        let mean = sum / count;
        let inverse = 1.0 / (squares / count - mean * mean + EPSILON).sqrt();
        let scale: Vec<f64> = self.gains.iter().map(|gain| gain * inverse).collect();
        let shift: Vec<f64> = (0..self.hidden)
            .map(|i| self.shifts[i] + (self.inner_bias[i] - mean) * scale[i])
            .collect();
        let (scale, shift) = (whole_panels(&scale), whole_panels(&shift));
        let mut rows = vec![0.0; (self.hidden + 1) * LANES];
        for (index, panel) in hidden.chunks_mut(self.hidden_rows() * LANES).enumerate() {
            let valid = valid(length, first + index);
            affine_gelu(isa, panel, &scale, &shift);
            clear_rest(panel, valid);
            for (row, value) in rows.iter_mut().zip(&*panel) {
                *row = value.to_f64();
            }
            rows[self.hidden * LANES..].fill(0.0);
            rows[self.hidden * LANES..][..valid].fill(1.0);
            add_pair_products(isa, &rows, products);
        }
    }

    /// Factor and addend of norm2, the bias and the LayerScale for the wide product, given the whole row's products.
    pub fn outer_affine<T: Value>(&self, length: usize, products: &PairProducts) -> Affine<T> {
        let count = length as f64;
        let means = products.iter().map(|parts| parts.iter().sum::<f64>() / count);
        let means: Vec<f64> = means.collect();
        let ones = &means[means.len() - self.hidden - 1..];
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let mean = dot(&self.means, ones);
        let variance = dot(&self.squares, &means) - mean * mean;
        let inverse = 1.0 / (variance + EPSILON).sqrt();
        Affine::new(self.channels, |o| {
            let last = self.scales.get(o).copied().unwrap_or(1.0);
            let scale = self.outer_gains[o] * inverse;
            let shift = (self.outer_bias[o] - mean) * scale + self.outer_shifts[o];
            (scale * last, shift * last)
        })
    }
}

fn whole_panels<T: Value>(values: &[f64]) -> Vec<T> {
    let mut whole: Vec<T> = values.iter().map(|value| T::from_f64(*value)).collect();
    whole.resize(values.len().next_multiple_of(ROWS), T::default());
    whole
}
