//! The second half of a layer: norm, a hidden layer with GELU, and a shortcut around them.

use crate::linear::{Aligned, Isa, LANES};

use super::dense::{Dense, Norm};
use super::parameters::Parameters;

/// The perceptron of a layer.
#[derive(Debug)]
pub(super) struct Perceptron {
    norm: Norm,
    inward: Dense,
    outward: Dense,
}

/// Working memory of a perceptron.
#[derive(Debug)]
pub(super) struct Space {
    normed: Aligned<f32>,
    hidden: Aligned<f32>,
}

impl Space {
    /// Space for inputs of `joined` and hidden layers of `hidden` channels.
    pub fn new(joined: usize, hidden: usize) -> Self {
        Space { normed: Aligned::zeros(joined * LANES), hidden: Aligned::zeros(hidden * LANES) }
    }
}

impl Perceptron {
    /// The perceptron of the layer of upstream's name.
    pub fn of(parameters: &Parameters, name: &str, epsilon: f64) -> Self {
        Perceptron {
            norm: Norm::of(parameters, &format!("{name}.layernorm_after"), epsilon),
            inward: Dense::of(parameters, &format!("{name}.intermediate.dense")),
            outward: Dense::of(parameters, &format!("{name}.output.dense")),
        }
    }

    /// `y = shortcut + perceptron(x)`: `x` `[joined][48]`, `y` and both parts of `shortcut`, whose sum it is, `[width][48]`.
    pub fn apply(
        &self,
        isa: Isa,
        x: &[f32],
        shortcut: [&[f32]; 2],
        y: &mut [f32],
        space: &mut Space,
    ) {
        let normed = &mut space.normed[..x.len()];
        let hidden = &mut space.hidden[..self.inward.outputs() * LANES];
        self.norm.apply(isa, x, normed);
        self.inward.apply_gelu(isa, normed, hidden);
        self.outward.apply_with_exact_shortcut(isa, hidden, shortcut, y);
    }
}
