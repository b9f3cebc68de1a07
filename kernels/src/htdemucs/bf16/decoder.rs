//! The decoders of both branches: gated convolution, residual branch, transposed convolution.
//!
//! Source: `demucs.hdemucs.HDecLayer` (demucs 4.0.1).

use rayon::prelude::*;

use super::gated::PackedGated;
use super::packing::{pack_panels, pack_plane};
use super::residual_branch::PackedBranch;
use crate::htdemucs::configuration::Configuration;
use crate::htdemucs::context::{Context, Value};
use crate::htdemucs::gated::Affine;
use crate::htdemucs::parameters::{Parameters, REWRITE_KERNEL};
use crate::htdemucs::plane::{Plane, Row, clear_rest, valid};
use crate::htdemucs::residual_branch::strips_at_once;
use crate::htdemucs::transposed::Transposed;
use crate::linear::LANES;
use crate::linear::bf16::PackedWeights;

/// Taps of the gated convolution of a spectrogram.
const SQUARE: usize = REWRITE_KERNEL * REWRITE_KERNEL;

/// From how many rows on a task has four of them instead of two.
const MANY_ROWS: usize = 32;

/// Rows of a task, and those around them, at most.
const MOST_ROWS: usize = 6;

/// One decoder.
#[derive(Debug)]
pub(super) struct PackedDecoder {
    channels: usize,
    rewrite: PackedGated,
    affine: Affine<f32>,
    branch: PackedBranch,
    transposed: Transposed<PackedWeights>,
}

/// Working memory of a decoder, of its input's shape; all of it is overwritten.
pub(super) struct Work<'a> {
    /// Of the input, as words.
    pub words: &'a mut Plane<u32>,
    /// What the transposed convolution takes.
    pub middle: &'a mut Plane<u32>,
    /// For a wave, numbers between the convolutions, and those of the residual branch.
    pub long: Option<[&'a mut Plane<f32>; 2]>,
}

impl PackedDecoder {
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
        let taps = if along_rows { SQUARE } else { REWRITE_KERNEL };
        PackedDecoder {
            channels,
            rewrite: PackedGated::new(channels, taps, channels, |o, tap, i| {
                rewrite[(o * channels + i) * taps + tap].into()
            }),
            affine: Affine::new(channels, |o| (1.0, bias[o].into())),
            branch: PackedBranch::new(parameters, configuration, name, channels),
            transposed: Transposed::new(parameters, name, channels, outputs, along_rows, !last),
        }
    }

    /// Decodes a spectrogram; adds to `output`, which has four times the rows.
    pub fn run_rows(
        &self,
        context: &Context,
        input: &Plane<f32>,
        Work { words, middle, .. }: Work,
        output: &mut Plane<f32>,
    ) {
        let isa = context.isa;
        let (length, strips, size) = (input.length, input.strips(), input.row_size());
        let (panel, pairs, words_size) = (input.panel_size(), words.panel_size(), words.row_size());
        let at_once = if input.rows < MANY_ROWS { 2 } else { 4 };
        pack_plane(context, input, words);
        let words = &*words;
        middle
            .values_mut()
            .par_chunks_mut(at_once * words_size)
            .enumerate()
            .with_max_len(1)
            .for_each(|(index, middle)| {
                context.with_scratch(|scratch| {
                    let (first, rows) = (index * at_once, middle.len() / words_size);
                    let mut memory = f32::take_row(scratch, rows * size);
                    let values = &mut memory[..rows * size];
                    let near: Vec<Option<Row<u32>>> =
                        (0..rows + 2).map(|row| words.row_near(first + row, -1)).collect();
                    let [moved] = scratch.words.pieces([2 * MOST_ROWS * pairs]);
                    for strip in 0..strips {
                        let lines: Vec<[Option<&[u32]>; REWRITE_KERNEL]> = near
                            .iter()
                            .zip(moved.chunks_mut(2 * pairs))
                            .map(|(row, moved)| match row {
                                Some(row) => three_taps(row, strip, moved).map(Some),
                                None => [None; REWRITE_KERNEL],
                            })
                            .collect();
                        let columns: Vec<[Option<&[u32]>; SQUARE]> = lines
                            .windows(REWRITE_KERNEL)
                            .map(|lines| {
                                std::array::from_fn(|tap| {
                                    lines[tap / REWRITE_KERNEL][tap % REWRITE_KERNEL]
                                })
                            })
                            .collect();
                        self.rewrite.multiply(isa, &columns, &self.affine, |row, at, rows| {
                            clear_rest(rows, valid(length, strip));
                            values[row * size + strip * panel + at..][..rows.len()]
                                .copy_from_slice(rows);
                        });
                    }
                    let rows = values.chunks_mut(size).zip(middle.chunks_mut(words_size));
                    for (row, words) in rows {
                        self.branch.run_row(isa, row, length, scratch);
                        pack_panels(isa, self.channels, row, words);
                    }
                    *f32::row(scratch) = memory;
                });
            });
        self.transposed.run_rows(context, middle, output);
    }

    /// Decodes a wave; adds to `output`, which has the length that it is to have.
    ///
    /// # Panics
    /// If `work` has no memory for a wave.
    pub fn run_long(
        &self,
        context: &Context,
        input: &Plane<f32>,
        Work { words, middle, long }: Work,
        output: &mut Plane<f32>,
    ) {
        let isa = context.isa;
        let Some([values, hidden]) = long else { panic!("A wave's decoder needs its memory") };
        let (panel, pairs) = (input.panel_size(), words.panel_size());
        let block = strips_at_once(input.strips());
        pack_plane(context, input, words);
        let row = words.row(0);
        values.values_mut().par_chunks_mut(block * panel).enumerate().with_max_len(1).for_each(
            |(index, values)| {
                context.with_scratch(|scratch| {
                    let (first, count) = (index * block, values.len() / panel);
                    let [moved] = scratch.words.pieces([2 * count * pairs]);
                    let columns: Vec<[Option<&[u32]>; REWRITE_KERNEL]> = moved
                        .chunks_mut(2 * pairs)
                        .enumerate()
                        .map(|(index, moved)| three_taps(&row, first + index, moved).map(Some))
                        .collect();
                    self.rewrite.multiply(isa, &columns, &self.affine, |index, at, rows| {
                        clear_rest(rows, row.valid(first + index));
                        values[index * panel + at..][..rows.len()].copy_from_slice(rows);
                    });
                });
            },
        );
        self.branch.run_long(context, values, words, hidden);
        pack_plane(context, values, middle);
        self.transposed.run_long(context, middle, output);
    }
}

/// What three taps see of a row at a strip; `moved` receives what those beside the middle see.
fn three_taps<'a>(row: &Row<'a, u32>, strip: usize, moved: &'a mut [u32]) -> [&'a [u32]; 3] {
    let (before, after) = moved.split_at_mut(row.channels * LANES);
    row.shifted(strip, -1, before);
    row.shifted(strip, 1, after);
    [before, row.panel(strip), after]
}
