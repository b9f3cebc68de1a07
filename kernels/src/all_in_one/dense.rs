//! Linear layers on panels.

use crate::linear::{Aligned, Element, Isa, LANES, ROWS, Segment, Tile, gelu, single_layer_norm};

use super::parameters::Parameters;
use super::rows;

/// The longest sum, products, that is rounded in one go; longer ones are sums of such sums.
const LONGEST_SUM: usize = 48;

/// A linear layer, packed.
#[derive(Debug)]
pub(super) struct Dense {
    /// `[panels][inputs][8]`: the weights of eight outputs lie together.
    weights: Aligned<f32>,
    /// Of whole panels.
    bias: Aligned<f32>,
    inputs: usize,
    outputs: usize,
}

impl Dense {
    /// Packs weights `[outputs][inputs]` and a bias, rounded to single precision.
    pub fn new(outputs: usize, inputs: usize, weights: &[f64], bias: &[f64]) -> Self {
        let padded = outputs.next_multiple_of(ROWS);
        let mut packed = Aligned::zeros(padded * inputs);
        let mut packed_bias = Aligned::zeros(padded);
        for output in 0..outputs {
            let (panel, row) = (output / ROWS, output % ROWS);
            for input in 0..inputs {
                packed[(panel * inputs + input) * ROWS + row] =
                    weights[output * inputs + input] as f32;
            }
            packed_bias[output] = bias[output] as f32;
        }
        Dense { weights: packed, bias: packed_bias, inputs, outputs }
    }

    /// The layer of upstream's name.
    pub fn of(parameters: &Parameters, name: &str) -> Self {
        let weights = parameters.double(&format!("{name}.weight"));
        let bias = parameters.double(&format!("{name}.bias"));
        Dense::new(bias.len(), weights.len() / bias.len().max(1), &weights, &bias)
    }

    /// Width of the output.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// `y = W x + b`: `x` `[inputs][48]`, `y` `[outputs][48]`.
    pub fn apply(&self, isa: Isa, x: &[f32], y: &mut [f32]) {
        self.each(isa, x, |at, tile, bias| {
            let end = y.len().min(at + tile.len());
            rows::add_bias(isa, tile, bias, &mut y[at..end]);
        });
    }

    /// `y = gelu(W x + b)`.
    pub fn apply_gelu(&self, isa: Isa, x: &[f32], y: &mut [f32]) {
        self.each(isa, x, |at, tile, bias| {
            let end = y.len().min(at + tile.len());
            gelu(isa, tile, bias, &mut y[at..end]);
        });
    }

    /// `y + rest = z + W x + b`: a shortcut around the layer, and what is rounded off when it is added.
    pub fn apply_with_shortcut(
        &self,
        isa: Isa,
        x: &[f32],
        z: &[f32],
        y: &mut [f32],
        rest: &mut [f32],
    ) {
        self.each(isa, x, |at, tile, bias| {
            let end = y.len().min(at + tile.len());
            let (y, rest) = (&mut y[at..end], &mut rest[at..end]);
            rows::add_bias_to(isa, tile, bias, &z[at..end], y, rest);
        });
    }

    /// `y = z + rest + W x + b`: a shortcut around the layer, with what was rounded off before.
    pub fn apply_with_exact_shortcut(
        &self,
        isa: Isa,
        x: &[f32],
        [z, rest]: [&[f32]; 2],
        y: &mut [f32],
    ) {
        self.each(isa, x, |at, tile, bias| {
            let end = y.len().min(at + tile.len());
            let (z, rest) = (&z[at..end], &rest[at..end]);
            rows::add_bias_and_rest_to(isa, tile, bias, z, rest, &mut y[at..end]);
        });
    }

    /// Passes on each tile of products, the index of its first row, and its biases.
    fn each(&self, isa: Isa, x: &[f32], mut take: impl FnMut(usize, &[f32], &[f32])) {
        let mut tile = Tile([0.0; ROWS * LANES]);
        let values = &x[..self.inputs * LANES];
        for (panel, bias) in self.bias.chunks(ROWS).enumerate() {
            let weights = &self.weights[panel * self.inputs * ROWS..][..self.inputs * ROWS];
            let parts = weights.chunks(LONGEST_SUM * ROWS).zip(values.chunks(LONGEST_SUM * LANES));
            for (part, (weights, values)) in parts.enumerate() {
                f32::multiply(isa, &[Segment::new(weights, values)], &mut tile.0, part > 0);
            }
            take(panel * ROWS * LANES, &tile.0, bias);
        }
    }
}

/// A layer norm.
#[derive(Debug)]
pub(super) struct Norm {
    gain: Vec<f32>,
    shift: Vec<f32>,
    epsilon: f64,
}

impl Norm {
    /// The norm of upstream's name.
    pub fn of(parameters: &Parameters, name: &str, epsilon: f64) -> Self {
        Norm {
            gain: parameters.get(&format!("{name}.weight")).to_vec(),
            shift: parameters.get(&format!("{name}.bias")).to_vec(),
            epsilon,
        }
    }

    /// Normalises each lane of `x` `[channels][48]`.
    pub fn apply(&self, isa: Isa, x: &[f32], y: &mut [f32]) {
        single_layer_norm(isa, x, &self.gain, &self.shift, self.epsilon as f32, y);
    }
}
