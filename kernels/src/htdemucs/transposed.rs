//! Transposed convolutions of eight taps in steps of four.
//!
//! Output n = 4q + s, without the two positions that are cropped, takes taps s + 2 of input q, s + 6
//! of input q − 1 (phases 0 and 1), and s − 2 of input q + 1 (phases 2 and 3). So each phase is an
//! ordinary product of two inputs.
//!
//! Source: `demucs.hdemucs.HDecLayer` (demucs 4.0.1), `conv_tr`.

use rayon::prelude::*;

use super::configuration::{KERNEL, STRIDE};
use super::context::Context;
use super::parameters::Parameters;
use super::plane::{Plane, clear_rest, valid};
use super::products::Products;
use crate::linear::elementwise::{add, affine, affine_gelu};
use crate::linear::{LANES, ROWS, TILE};

/// The inputs that an output is computed from: the one before, its own, the one after.
const NEIGHBOURS: usize = 3;

/// A transposed convolution along the rows of a plane, or along its length.
#[derive(Debug)]
pub(super) struct Transposed<W> {
    channels: usize,
    weights: W,
    /// Of each output channel, filled up to whole panels.
    bias: Vec<f32>,
    /// Whether a GELU follows and a sum with an encoder's output; not so for the last one.
    gelu: bool,
}

/// The tap of a phase at a neighbour, where there is one.
fn tap(phase: usize, neighbour: usize) -> Option<usize> {
    (phase + STRIDE + 2).checked_sub(STRIDE * neighbour).filter(|tap| *tap < KERNEL)
}

/// The neighbours that two phases, 0 and 1 or 2 and 3, have taps at.
fn neighbours(phase: usize) -> Vec<usize> {
    (0..NEIGHBOURS).filter(|neighbour| tap(phase, *neighbour).is_some()).collect()
}

impl<W: Products> Transposed<W> {
    /// The one of a decoder such as `decoder.0`; panels of outputs are for a phase each if it is along the
    /// rows, else for four channels and two phases.
    pub fn new(
        parameters: &Parameters,
        name: &str,
        inputs: usize,
        channels: usize,
        along_rows: bool,
        gelu: bool,
    ) -> Self {
        let weight = parameters.get(&format!("{name}.conv_tr.weight"));
        let value = |channel: usize, phase: usize, neighbour: usize, input: usize| match tap(
            phase, neighbour,
        ) {
            Some(tap) if channel < channels => {
                f64::from(weight[(input * channels + channel) * KERNEL + tap])
            }
            _ => 0.0,
        };
        let weights = if along_rows {
            let blocks = channels.div_ceil(ROWS);
            let panels: Vec<_> = (0..STRIDE * blocks).map(|p| neighbours(p / blocks)).collect();
            W::pack(inputs, &panels, |panel, row, neighbour, input| {
                value(panel % blocks * ROWS + row, panel / blocks, neighbour, input)
            })
        } else {
            let blocks = channels.div_ceil(4);
            let panels: Vec<_> = (0..2 * blocks).map(|p| neighbours(p % 2 * 2)).collect();
            let weight = |panel, row, neighbour, input| {
                value(panel / 2 * 4 + row / 2, panel % 2 * 2 + row % 2, neighbour, input)
            };
            W::pack(inputs, &panels, weight).exact_where_loud()
        };
        let mut bias = parameters.get(&format!("{name}.conv_tr.bias")).to_vec();
        bias.resize(channels.next_multiple_of(ROWS), 0.0);
        Transposed { channels, weights, bias, gelu }
    }

    /// Convolves along the rows: `output` has four times as many. Adds to
    /// it, unless this is the last one.
    pub fn run_rows(&self, context: &Context, input: &Plane<W::Value>, output: &mut Plane<f32>) {
        let (length, strips, size) = (output.length, output.strips(), output.row_size());
        let panel_size = output.panel_size();
        let at_once = self.weights.columns_at_once(NEIGHBOURS);
        let blocks = self.channels.div_ceil(ROWS);
        output.values_mut().par_chunks_mut(STRIDE * size).enumerate().with_max_len(1).for_each(
            |(row, output)| {
                let near = [-1, 0, 1].map(|offset| input.row_near(row, offset));
                let columns: Vec<[Option<&[W::Value]>; NEIGHBOURS]> =
                    (0..strips).map(|s| near.map(|row| row.map(|row| row.panel(s)))).collect();
                for (block, columns) in columns.chunks(at_once).enumerate() {
                    self.weights.multiply(context.isa, columns, |index, panel, tile| {
                        let strip = block * at_once + index;
                        let (phase, channel) = (panel / blocks, panel % blocks * ROWS);
                        self.finish(context, tile, &self.bias[channel..]);
                        clear_rest(tile, valid(length, strip));
                        let rows = (self.channels - channel).min(ROWS);
                        let at = phase * size + strip * panel_size + channel * LANES;
                        self.put(context, &mut output[at..][..rows * LANES], tile);
                    });
                }
            },
        );
    }

    /// Convolves along the only row: `output` has the length that it is to have. Adds
    /// to it, unless this is the last one.
    pub fn run_long(&self, context: &Context, input: &Plane<W::Value>, output: &mut Plane<f32>) {
        let (length, panel_size) = (output.length, output.panel_size());
        let row = input.row(0);
        output
            .values_mut()
            .par_chunks_mut(STRIDE * panel_size)
            .enumerate()
            .with_max_len(1)
            .for_each(|(strip, output)| {
                context.with_scratch(|scratch| {
                    let size = input.panel_size();
                    let [before, after] = W::arena(scratch).pieces([size, size]);
                    row.shifted(strip, -1, before);
                    row.shifted(strip, 1, after);
                    let column = [Some(&*before), Some(row.panel(strip)), Some(&*after)];
                    let mut lines = [[0.0; STRIDE * LANES]; 4];
                    self.weights.multiply(context.isa, &[column], |_, panel, tile| {
                        interleave(tile, panel % 2 * 2, &mut lines);
                        if panel % 2 == 1 {
                            self.finish_lines(context, panel / 2 * 4, &mut lines, |part, line| {
                                let strip = strip * STRIDE + part;
                                let Some(left) = length.checked_sub(strip * LANES) else { return };
                                let (channel, line) = line;
                                let at = part * panel_size + channel * LANES;
                                if let Some(output) = output.get_mut(at..at + LANES) {
                                    let count = left.min(LANES);
                                    self.put(context, &mut output[..count], &line[..count]);
                                }
                            });
                        }
                    });
                });
            });
    }

    /// Bias and GELU of four channels' interleaved phases, which go to `take(part, (channel, values))` in
    /// parts of 48.
    fn finish_lines(
        &self,
        context: &Context,
        first: usize,
        lines: &mut [[f32; STRIDE * LANES]; 4],
        mut take: impl FnMut(usize, (usize, &[f32])),
    ) {
        for (index, line) in lines.iter_mut().enumerate().take(self.channels - first) {
            let channel = first + index;
            self.finish(context, line, &[self.bias[channel]; STRIDE]);
            for (part, line) in line.chunks(LANES).enumerate() {
                take(part, (channel, line));
            }
        }
    }

    fn put(&self, context: &Context, output: &mut [f32], values: &[f32]) {
        if self.gelu {
            add(context.isa, output, values);
        } else {
            output.copy_from_slice(&values[..output.len()]);
        }
    }

    fn finish(&self, context: &Context, values: &mut [f32], bias: &[f32]) {
        let ones = [1.0; ROWS];
        if self.gelu {
            affine_gelu(context.isa, values, &ones, bias);
        } else {
            affine(context.isa, values, &ones, bias);
        }
    }
}

/// Spreads a tile of four channels and two phases over the channels' lines.
fn interleave(tile: &[f32; TILE], phase: usize, lines: &mut [[f32; STRIDE * LANES]; 4]) {
    for (line, rows) in lines.iter_mut().zip(tile.as_chunks::<{ 2 * LANES }>().0) {
        let (even, odd) = rows.split_at(LANES);
        for ((out, even), odd) in line.as_chunks_mut::<STRIDE>().0.iter_mut().zip(even).zip(odd) {
            out[phase] = *even;
            out[phase + 1] = *odd;
        }
    }
}
