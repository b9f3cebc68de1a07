//! A product of panels of tokens.

use super::context::Arena;
use crate::linear::{Isa, LANES, PairedWeights, ROWS, TILE};

/// A product and what is added to it.
#[derive(Debug)]
pub(super) struct Linear {
    weights: PairedWeights,
    /// Filled up to whole panels.
    bias: Vec<f32>,
    outputs: usize,
}

impl Linear {
    /// From `weight(output, input)` and `bias(output)`, in double precision.
    pub fn new(
        outputs: usize,
        inputs: usize,
        weight: impl Fn(usize, usize) -> f64 + Sync,
        bias: impl Fn(usize) -> f64,
    ) -> Self {
        let whole = outputs.next_multiple_of(ROWS);
        Linear {
            weights: PairedWeights::pack(outputs, inputs, weight),
            bias: (0..whole).map(|o| if o < outputs { bias(o) as f32 } else { 0.0 }).collect(),
            outputs,
        }
    }

    /// Computes all outputs for some panels `[inputs][48]`, the bias not yet added, and hands them to
    /// `take(panel, first output, rows, bias)`.
    pub fn run(
        &self,
        isa: Isa,
        input: &[f32],
        arena: &mut Arena<f32>,
        mut take: impl FnMut(usize, usize, &mut [f32; TILE], &[f32]),
    ) {
        let size = self.weights.inputs() * LANES;
        let [scratch] = arena.pieces([self.weights.scratch_size()]);
        for (pair, panels) in input.chunks(2 * size).enumerate() {
            // One that is left alone is its own neighbour.
            let (first, second) = panels.split_at(size);
            let second = if second.is_empty() { first } else { second };
            let count = panels.len() / size;
            self.weights.multiply(isa, [first, second], scratch, |column, panel, tile| {
                if column < count {
                    take(2 * pair + column, panel * ROWS, tile, &self.bias[panel * ROWS..][..ROWS]);
                }
            });
        }
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.weights.inputs()
    }

    /// The product alone.
    pub fn without_bias(mut self) -> Self {
        self.bias.fill(0.0);
        self
    }

    /// Rows of a tile that are outputs, from the given one on.
    pub fn rows(&self, first: usize) -> usize {
        (self.outputs - first).min(ROWS)
    }
}
