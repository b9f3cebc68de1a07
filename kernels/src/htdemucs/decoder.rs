//! The decoders of both branches: gated convolution, residual branch, transposed convolution.
//!
//! Source: `demucs.hdemucs.HDecLayer` (demucs 4.0.1).

use rayon::prelude::*;

use super::configuration::Configuration;
use super::context::{Context, Value};
use super::gated::{Affine, Gated};
use super::parameters::{Parameters, REWRITE_KERNEL};
use super::plane::{Plane, clear_rest};
use super::residual_branch::{ResidualBranch, strips_at_once};
use super::transposed::Transposed;
use super::winograd::SquareGated;
use crate::linear::Weights;

/// From how many rows on a task has four of them, which fills panels better, instead of two.
const MANY_ROWS: usize = 32;

/// The gated convolution that a decoder starts with.
#[derive(Debug)]
enum Rewrite {
    /// Of a spectrogram, 3 × 3 taps.
    Rows(Box<SquareGated>),
    /// Of a wave, three taps.
    Long(Box<Gated<f32>>, Affine<f32>),
}

/// One decoder.
#[derive(Debug)]
pub(super) struct Decoder {
    rewrite: Rewrite,
    branch: ResidualBranch<f32>,
    transposed: Transposed<Weights<f32>>,
}

impl Decoder {
    /// The decoder of a name such as `tdecoder.0`, of a branch with frequencies or of the wave's.
    pub fn new(
        parameters: &Parameters,
        configuration: &Configuration,
        name: &str,
        [channels, outputs]: [usize; 2],
        [along_rows, last]: [bool; 2],
    ) -> Self {
        let rewrite = parameters.get(&format!("{name}.rewrite.weight"));
        let bias = parameters.get(&format!("{name}.rewrite.bias"));
        let rewrite = if along_rows {
            Rewrite::Rows(Box::new(SquareGated::new(channels, rewrite, bias)))
        } else {
            let weight = |o: usize, tap: usize, i: usize| {
                f64::from(rewrite[(o * channels + i) * REWRITE_KERNEL + tap])
            };
            Rewrite::Long(
                Box::new(Gated::new(channels, REWRITE_KERNEL, channels, weight).exact_where_loud()),
                Affine::new(channels, |o| (1.0, bias[o].into())),
            )
        };
        Decoder {
            rewrite,
            branch: ResidualBranch::new(parameters, configuration, name, channels),
            transposed: Transposed::new(parameters, name, channels, outputs, along_rows, !last),
        }
    }

    /// Channels in the middle of the residual branch.
    pub fn hidden(&self) -> usize {
        self.branch.hidden()
    }

    /// Decodes a spectrogram; adds to `output`, which has four times the rows. `middle` has the input's
    /// shape and is overwritten.
    pub fn run_rows(
        &self,
        context: &Context,
        input: &Plane<f32>,
        middle: &mut Plane<f32>,
        output: &mut Plane<f32>,
    ) {
        let (length, size) = (input.length, input.row_size());
        let Rewrite::Rows(rewrite) = &self.rewrite else { panic!("This decoder is of a wave") };
        let at_once = if input.rows < MANY_ROWS { 2 } else { 4 };
        middle.values_mut().par_chunks_mut(at_once * size).enumerate().with_max_len(1).for_each(
            |(index, values)| {
                context.with_scratch(|scratch| {
                    let first = index * at_once;
                    rewrite.run(context.isa, input, first, values, &mut scratch.single);
                    let (own, single) = f32::arenas(scratch);
                    for row in values.chunks_mut(size) {
                        self.branch.run_row(context.isa, row, length, own, single);
                    }
                });
            },
        );
        self.transposed.run_rows(context, middle, output);
    }

    /// Decodes a wave; adds to `output`, which has the length that it is to have. `middle` has the input's
    /// shape and `hidden` that of the residual branch; both are overwritten.
    pub fn run_long(
        &self,
        context: &Context,
        input: &Plane<f32>,
        [middle, hidden]: [&mut Plane<f32>; 2],
        output: &mut Plane<f32>,
    ) {
        let panel = input.panel_size();
        let block = strips_at_once(input.strips());
        let Rewrite::Long(rewrite, affine) = &self.rewrite else {
            panic!("This decoder is of a spectrogram")
        };
        let row = input.row(0);
        middle.values_mut().par_chunks_mut(block * panel).enumerate().with_max_len(1).for_each(
            |(index, values)| {
                context.with_scratch(|scratch| {
                    let first = index * block;
                    let [moved] = scratch.single.pieces([2 * values.len()]);
                    let columns: Vec<[_; REWRITE_KERNEL]> = moved
                        .chunks_mut(2 * panel)
                        .enumerate()
                        .map(|(index, moved)| {
                            let (before, after) = moved.split_at_mut(panel);
                            row.shifted(first + index, -1, before);
                            row.shifted(first + index, 1, after);
                            [Some(&*before), Some(row.panel(first + index)), Some(&*after)]
                        })
                        .collect();
                    rewrite.multiply(context.isa, &columns, &columns, affine, |index, at, rows| {
                        clear_rest(rows, row.valid(first + index));
                        values[index * panel + at..][..rows.len()].copy_from_slice(rows);
                    });
                });
            },
        );
        self.branch.run_long(context, middle, hidden);
        self.transposed.run_long(context, middle, output);
    }
}
