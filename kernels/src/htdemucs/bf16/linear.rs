//! A product of panels of tokens.

use super::packing::pack_panels;
use crate::htdemucs::context::Arena;
use crate::linear::bf16::{PackedWeights, Unit};
use crate::linear::{Isa, LANES, ROWS, TILE};

/// A product and what is added to it.
#[derive(Debug)]
pub(super) struct PackedLinear {
    weights: PackedWeights,
    /// Filled up to whole panels.
    bias: Vec<f32>,
    inputs: usize,
    outputs: usize,
}

impl PackedLinear {
    /// From `weight(output, input)` and `bias(output)`, in double precision.
    pub fn new(
        outputs: usize,
        inputs: usize,
        weight: impl Fn(usize, usize) -> f64 + Sync,
        bias: impl Fn(usize) -> f64,
    ) -> Self {
        let whole = outputs.next_multiple_of(ROWS);
        PackedLinear {
            weights: PackedWeights::pack_rows(outputs, 1, inputs, |o, _, i| weight(o, i)),
            bias: (0..whole).map(|o| if o < outputs { bias(o) as f32 } else { 0.0 }).collect(),
            inputs,
            outputs,
        }
    }

    /// Computes all outputs for some panels of words `[inputs / 2][48]`, the bias not yet added, and hands them to
    /// `take(panel, first output, rows, bias)`.
    pub fn run(
        &self,
        isa: Isa,
        words: &[u32],
        mut take: impl FnMut(usize, usize, &mut [f32; TILE], &[f32]),
    ) {
        let panels = words.chunks(self.weights.pairs() * LANES);
        let columns: Vec<[Option<&[u32]>; 1]> = panels.map(|panel| [Some(panel)]).collect();
        self.weights.multiply(Unit::of(isa), &columns, |index, panel, tile| {
            take(index, panel * ROWS, tile, &self.bias[panel * ROWS..][..ROWS]);
        });
    }

    /// As [`PackedLinear::run`], from panels of numbers `[inputs][48]`.
    pub fn run_rounded(
        &self,
        isa: Isa,
        input: &[f32],
        arena: &mut Arena<u32>,
        take: impl FnMut(usize, usize, &mut [f32; TILE], &[f32]),
    ) {
        let panels = input.len() / (self.inputs * LANES);
        let [words] = arena.pieces([panels * self.weights.pairs() * LANES]);
        pack_panels(isa, self.inputs, input, words);
        self.run(isa, words, take);
    }

    /// Rows of a tile that are outputs, from the given one on.
    pub fn rows(&self, first: usize) -> usize {
        (self.outputs - first).min(ROWS)
    }
}
