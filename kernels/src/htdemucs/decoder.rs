//! The decoders of both branches: gated convolution, residual branch, transposed convolution.
//!
//! Source: `demucs.hdemucs.HDecLayer` (demucs 4.0.1).

use rayon::prelude::*;

use super::configuration::Configuration;
use super::context::Context;
use super::gated::{Affine, Gated};
use super::parameters::{Parameters, REWRITE_KERNEL};
use super::plane::{Plane, Row, clear_rest, valid};
use super::residual_branch::{ResidualBranch, strips_at_once};
use super::transposed::Transposed;
use crate::linear::LANES;

/// One decoder.
#[derive(Debug)]
pub(super) struct Decoder {
    channels: usize,
    rewrite: Gated<f32>,
    rewrite_affine: Affine<f32>,
    branch: ResidualBranch<f32>,
    transposed: Transposed,
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
        let taps = if along_rows { REWRITE_KERNEL * REWRITE_KERNEL } else { REWRITE_KERNEL };
        Decoder {
            channels,
            rewrite: Gated::new(channels, taps, channels, |o, tap, i| {
                rewrite[(o * channels + i) * taps + tap].into()
            }),
            rewrite_affine: Affine::new(channels, |o| (1.0, bias[o].into())),
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
        let (length, strips, size) = (input.length, input.strips(), input.row_size());
        middle.values_mut().par_chunks_mut(size).enumerate().for_each(|(index, values)| {
            let near = [-1, 0, 1].map(|offset| input.row_near(index, offset));
            context.with_scratch(|scratch| {
                self.rewrite_strips::<9>(context, &near, 0, values, &mut scratch.single);
                let (own, single) = super::context::Value::arenas(scratch);
                self.branch.run_row(context.isa, values, length, own, single);
            });
            debug_assert_eq!(values.len(), strips * self.channels * LANES);
        });
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
        let near = [Some(input.row(0))];
        middle.values_mut().par_chunks_mut(block * panel).enumerate().for_each(|(index, values)| {
            context.with_scratch(|scratch| {
                let first = index * block;
                self.rewrite_strips::<3>(context, &near, first, values, &mut scratch.single);
            });
        });
        self.branch.run_long(context, middle, hidden);
        self.transposed.run_long(context, middle, output);
    }

    /// The gated convolution for some strips; `near` are the rows that it sees, and `TAPS` is three times
    /// their number.
    fn rewrite_strips<const TAPS: usize>(
        &self,
        context: &Context,
        near: &[Option<Row<f32>>],
        first: usize,
        output: &mut [f32],
        arena: &mut super::context::Arena<f32>,
    ) {
        let isa = context.isa;
        let size = self.channels * LANES;
        let length = near.iter().flatten().map(|row| row.length).next().unwrap_or(0);
        let at_once = self.rewrite.columns_at_once(TAPS).min(output.len() / size);
        let space = 2 * near.len() * size;
        let [shifts] = arena.pieces([at_once * space]);
        for (block, output) in output.chunks_mut(at_once * size).enumerate() {
            let start = first + block * at_once;
            let mut columns: Vec<[Option<&[f32]>; TAPS]> = Vec::with_capacity(at_once);
            for (index, shifts) in shifts.chunks_mut(space).take(output.len() / size).enumerate() {
                let mut column = [None; TAPS];
                let pairs = shifts.chunks_mut(2 * size).zip(near).enumerate();
                for (at, (shifts, row)) in pairs {
                    let Some(row) = row else { continue };
                    let (before, after) = shifts.split_at_mut(size);
                    row.shifted(start + index, -1, before);
                    row.shifted(start + index, 1, after);
                    column[3 * at] = Some(&*before);
                    column[3 * at + 1] = Some(row.panel(start + index));
                    column[3 * at + 2] = Some(&*after);
                }
                columns.push(column);
            }
            self.rewrite.multiply(isa, &columns, &columns, &self.rewrite_affine, |index, at, rows| {
                clear_rest(rows, valid(length, start + index));
                output[index * size + at..][..rows.len()].copy_from_slice(rows);
            });
        }
    }
}
