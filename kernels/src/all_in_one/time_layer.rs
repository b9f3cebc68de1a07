//! The first layer of a block: two attentions along time, the second one at twice the dilation.
//!
//! Source: `DinatLayer1d` in `allin1.models.dinat` (allin1 1.1.0).

use crate::linear::keys::{Keys, STRIPS, Start};
use crate::linear::{Aligned, Isa, LANES};

use super::attention::{self, Attention};
use super::configuration::Configuration;
use super::dense::Norm;
use super::parameters::Parameters;
use super::perceptron::{self, Perceptron};
use super::plane::Plane;
use super::rows;
use super::windows::{Run, Windows};

/// The layer's weights.
#[derive(Debug)]
pub(super) struct TimeLayer {
    /// The norm before the attentions.
    pub norm: Norm,
    attentions: [Attention; 2],
    perceptron: Perceptron,
    dilation: usize,
    kernel: usize,
}

/// Working memory of the layer.
#[derive(Debug)]
pub(super) struct Space {
    runs: Vec<Run>,
    keys: Aligned<f32>,
    starts: Vec<Start>,
    attention: attention::Space,
    joined: Aligned<f32>,
    /// What was rounded off of `joined`.
    rests: Aligned<f32>,
    shortcut: Aligned<f32>,
    perceptron: perceptron::Space,
}

impl Space {
    /// Space for the time layers of a network.
    pub fn new(configuration: &Configuration) -> Self {
        let (width, kernel) = (configuration.dim_embed, configuration.kernel_size);
        Space {
            runs: Vec::new(),
            keys: Aligned::zeros(Plane::copied_size(kernel, width)),
            starts: vec![Start::default(); STRIPS * kernel],
            attention: attention::Space::new(configuration, kernel),
            joined: Aligned::zeros(2 * width * LANES),
            rests: Aligned::zeros(2 * width * LANES),
            shortcut: Aligned::zeros(width * LANES),
            perceptron: perceptron::Space::new(2 * width, configuration.hidden_width(2 * width)),
        }
    }
}

impl TimeLayer {
    /// The time layer of a block.
    pub fn of(parameters: &Parameters, block: usize, configuration: &Configuration) -> Self {
        let name = format!("encoder.layers.{block}.timelayer");
        let epsilon = configuration.layer_norm_eps;
        TimeLayer {
            norm: Norm::of(parameters, &format!("{name}.layernorm_before"), epsilon),
            attentions: ["attention", "attention2"]
                .map(|part| Attention::of(parameters, &format!("{name}.{part}"), configuration)),
            perceptron: Perceptron::of(parameters, &name, epsilon),
            dilation: configuration.dilation(block),
            kernel: configuration.kernel_size,
        }
    }

    /// The windows of both attentions on a track: zeros are appended where it is shorter than the
    /// larger of them.
    fn windows(&self, frames: usize) -> [Windows; 2] {
        [1, 2].map(|factor| Windows {
            padded_frames: frames.max(2 * self.kernel * self.dilation),
            dilation: factor * self.dilation,
            kernel: self.kernel,
        })
    }

    /// Computes one instrument's part of a tile: `x` `[width][48]` in place, from the normed rows of
    /// the whole track, whose lanes beyond `frames` are zero.
    #[allow(clippy::too_many_arguments)]
    pub fn apply(
        &self,
        isa: Isa,
        normed: &Plane,
        tile: usize,
        instrument: usize,
        frames: usize,
        x: &mut [f32],
        space: &mut Space,
    ) {
        let Space { runs, keys, starts, attention, joined, rests, shortcut, perceptron } = space;
        let size = normed.panel_size();
        let own = normed.panel(tile, instrument);
        let outputs = joined.chunks_mut(size).zip(rests.chunks_mut(size));
        for ((weights, windows), (joined, rest)) in
            self.attentions.iter().zip(self.windows(frames)).zip(outputs)
        {
            windows.runs(tile * LANES, runs);
            for run in runs.iter() {
                for key in 0..self.kernel {
                    let first = tile * LANES + run.lanes.start;
                    let place = [instrument, windows.key_frame(first, run.before, key), key];
                    if run.lanes.len() == LANES {
                        normed.find(isa, place, keys, starts);
                    } else {
                        normed.copy_frames(place, run.lanes.clone(), keys, starts);
                    }
                }
            }
            let scores = attention.scores.as_chunks_mut::<LANES>().0;
            for (row, scores) in scores.iter_mut().enumerate() {
                let (head, key) = (row / self.kernel, row % self.kernel);
                let biases = weights.biases(head);
                for run in runs.iter() {
                    let bias = biases[windows.first_bias(run.before) + key] as f32;
                    scores[run.lanes.clone()].fill(bias);
                }
            }
            let keys = Keys { sources: [normed.all(), keys], starts, width: normed.width };
            weights.apply(isa, own, &keys, self.kernel, x, [joined, rest], attention);
        }
        let (first, second) = joined.split_at(size);
        let (first_rest, rest) = rests.split_at_mut(size);
        rows::mean(isa, first, first_rest, second, shortcut, rest);
        self.perceptron.apply(isa, joined, [shortcut, rest], x, perceptron);
    }
}
