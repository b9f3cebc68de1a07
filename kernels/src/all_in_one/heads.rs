//! The last norm and the four heads, in double precision from norm to logit.
//!
//! A head sums 96 products of up to ten that cancel to about zero where there is a downbeat: in single
//! precision that alone costs 2e-6, which is more than all layers before it.
//!
//! Source: `AllInOne` and `Head` in `allin1.models.allinone` (allin1 1.1.0).

use crate::linear::{Aligned, Isa, LANES, ROWS, TILE, Tile, Weights};

use super::activation::double_norm;
use super::configuration::Configuration;
use super::parameters::Parameters;

/// The weights of the norm and the heads.
#[derive(Debug)]
pub(super) struct Heads {
    gain: Vec<f64>,
    shift: Vec<f64>,
    epsilon: f64,
    weights: Weights<f64>,
    bias: Vec<f64>,
}

/// Working memory of the heads.
#[derive(Debug)]
pub(super) struct Space {
    normed: Aligned<f64>,
}

impl Space {
    /// Space for the heads of a network.
    pub fn new(configuration: &Configuration) -> Self {
        let rows = configuration.num_instruments * configuration.dim_embed;
        Space { normed: Aligned::zeros(rows * LANES) }
    }
}

impl Heads {
    /// The norm and the heads of a network.
    pub fn of(parameters: &Parameters, configuration: &Configuration) -> Self {
        let joined = configuration.num_instruments * configuration.dim_embed;
        let (mut weights, mut bias) = (Vec::new(), Vec::new());
        for head in ["beat", "downbeat", "section", "function"] {
            weights.extend(parameters.double(&format!("{head}_classifier.classifier.weight")));
            bias.extend(parameters.double(&format!("{head}_classifier.classifier.bias")));
        }
        Heads {
            gain: parameters.double("norm.weight"),
            shift: parameters.double("norm.bias"),
            epsilon: configuration.layer_norm_eps,
            weights: Weights::pack_rows(bias.len(), 1, joined, |o, _, i| weights[o * joined + i]),
            bias,
        }
    }

    /// Norms one or more instruments' rows `x` `[instruments][width][48]` and returns them.
    pub fn norm<'a>(&self, isa: Isa, x: &[f32], space: &'a mut Space) -> &'a [f64] {
        let normed = &mut space.normed[..x.len()];
        for (normed, x) in normed.iter_mut().zip(x) {
            *normed = f64::from(*x);
        }
        for panel in normed.chunks_mut(self.gain.len() * LANES) {
            double_norm(isa, panel, &self.gain, &self.shift, self.epsilon);
        }
        normed
    }

    /// Computes a tile's logits, `[logits][48]`, from all instruments' rows.
    pub fn apply(&self, isa: Isa, x: &[f32], logits: &mut [f32], space: &mut Space) {
        let normed = self.norm(isa, x, space);
        let mut tile = Tile([0.0; TILE]);
        for (panel, logits) in logits.chunks_mut(TILE).enumerate() {
            self.weights.tile(isa, panel, &[Some(normed)], &mut tile.0);
            for (at, logit) in logits.iter_mut().enumerate() {
                *logit = (tile.0[at] + self.bias[panel * ROWS + at / LANES]) as f32;
            }
        }
    }
}
