//! The encoders of both branches: strided convolution, GELU, residual branch, gated convolution.
//!
//! Source: `demucs.hdemucs.HEncLayer` (demucs 4.0.1).

use rayon::prelude::*;

use super::gated::PackedGated;
use super::packing::pack_panels;
use super::residual_branch::PackedBranch;
use crate::htdemucs::configuration::{Configuration, KERNEL, STRIDE};
use crate::htdemucs::context::{Arena, Context, Value};
use crate::htdemucs::gated::Affine;
use crate::htdemucs::parameters::Parameters;
use crate::htdemucs::plane::{Plane, clear_rest, valid};
use crate::htdemucs::residual_branch::strips_at_once;
use crate::linear::bf16::{PackedWeights, Unit};
use crate::linear::elementwise::affine_gelu;
use crate::linear::{Column, Isa, LANES, ROWS};

/// One encoder.
#[derive(Debug)]
pub(super) struct PackedEncoder {
    channels: usize,
    convolution: PackedWeights,
    bias: Vec<f32>,
    branch: PackedBranch,
    rewrite: PackedGated,
    rewrite_affine: Affine<f32>,
}

/// An output in both forms.
pub(super) struct Output<'a> {
    /// As numbers, for the decoders.
    pub values: &'a mut Plane<f32>,
    /// As words, for the next encoder.
    pub words: &'a mut Plane<u32>,
}

impl PackedEncoder {
    /// The encoder of a name such as `tencoder.0`.
    pub fn new(
        parameters: &Parameters,
        configuration: &Configuration,
        name: &str,
        inputs: usize,
        channels: usize,
    ) -> Self {
        let get = |part: &str| parameters.get(&format!("{name}.{part}"));
        let (weight, rewrite) = (get("conv.weight"), get("rewrite.weight"));
        let rewrite_bias = get("rewrite.bias");
        let mut bias = get("conv.bias").to_vec();
        bias.resize(channels.next_multiple_of(ROWS), 0.0);
        PackedEncoder {
            channels,
            convolution: PackedWeights::pack_rows(channels, KERNEL, inputs, |o, tap, i| {
                weight[(o * inputs + i) * KERNEL + tap].into()
            }),
            bias,
            branch: PackedBranch::new(parameters, configuration, name, channels),
            rewrite: PackedGated::new(channels, 1, channels, |o, _, i| {
                rewrite[o * channels + i].into()
            }),
            rewrite_affine: Affine::new(channels, |o| (1.0, rewrite_bias[o].into())),
        }
    }

    /// Encodes a spectrogram along its frequencies: the output has a quarter of the rows. What
    /// `embedding(row, channel)` gives is added.
    pub fn run_rows(
        &self,
        context: &Context,
        input: &Plane<u32>,
        output: Output,
        embedding: Option<&(dyn Fn(usize, usize) -> f32 + Sync)>,
    ) {
        let isa = context.isa;
        let Output { values: output, words } = output;
        let (length, strips, size) = (output.length, output.strips(), output.row_size());
        let (panel, words_size) = (output.panel_size(), words.row_size());
        let at_once = self.convolution.columns_at_once(KERNEL);
        output
            .values_mut()
            .par_chunks_mut(size)
            .zip(words.values_mut().par_chunks_mut(words_size))
            .enumerate()
            .with_max_len(1)
            .for_each(|(row, (output, words))| {
                let mut columns: Vec<[Option<&[u32]>; KERNEL]> = vec![[None; KERNEL]; strips];
                for tap in 0..KERNEL {
                    let near = input.row_near(STRIDE * row, tap as isize - 2);
                    let Some(input) = near else { continue };
                    for (strip, column) in columns.iter_mut().enumerate() {
                        column[tap] = Some(input.panel(strip));
                    }
                }
                context.with_scratch(|scratch| {
                    let mut memory = f32::take_row(scratch, size);
                    let values = &mut memory[..size];
                    for (block, columns) in columns.chunks(at_once).enumerate() {
                        let first = block * at_once;
                        self.convolve(isa, columns, length, first, &mut values[first * panel..]);
                    }
                    self.branch.run_row(isa, values, length, scratch);
                    self.gate(isa, length, 0, values, output, &mut scratch.words);
                    *f32::row(scratch) = memory;
                });
                if let Some(embedding) = embedding {
                    for (strip, panel) in output.chunks_mut(panel).enumerate() {
                        let channels = panel.as_chunks_mut::<LANES>().0.iter_mut().enumerate();
                        for (channel, values) in channels {
                            let added = embedding(row, channel);
                            for value in &mut values[..valid(length, strip)] {
                                *value += added;
                            }
                        }
                    }
                }
                pack_panels(isa, self.channels, output, words);
            });
    }

    /// Encodes a wave along its length: the output has a quarter of the length, rounded up. `middle` has the shape of the
    /// output, and `hidden` that of the residual branch; both are overwritten.
    pub fn run_long(
        &self,
        context: &Context,
        input: &Plane<u32>,
        [middle, hidden]: [&mut Plane<f32>; 2],
        output: Output,
    ) {
        let isa = context.isa;
        let Output { values: output, words } = output;
        let (length, strips, panel) = (output.length, output.strips(), output.panel_size());
        let (block, words_panel) = (strips_at_once(strips), words.panel_size());
        let row = input.row(0);
        let size = KERNEL * input.panel_size();
        let at_once = self.convolution.columns_at_once(KERNEL);
        middle.values_mut().par_chunks_mut(block * panel).enumerate().with_max_len(1).for_each(
            |(index, values)| {
                context.with_scratch(|scratch| {
                    let [spread] = scratch.words.pieces([at_once.min(block) * size]);
                    for (part, values) in values.chunks_mut(at_once * panel).enumerate() {
                        let first = index * block + part * at_once;
                        let count = values.len() / panel;
                        for (i, spread) in spread.chunks_mut(size).take(count).enumerate() {
                            row.spread(first + i, spread);
                        }
                        let columns: Vec<[Option<&[u32]>; KERNEL]> = spread
                            .chunks(size)
                            .take(count)
                            .map(|taps| {
                                let mut taps = taps.chunks(size / KERNEL);
                                std::array::from_fn(|_| taps.next())
                            })
                            .collect();
                        self.convolve(isa, &columns, length, first, values);
                    }
                });
            },
        );
        self.branch.run_long(context, middle, words, hidden);
        output
            .values_mut()
            .par_chunks_mut(block * panel)
            .zip(words.values_mut().par_chunks_mut(block * words_panel))
            .zip(middle.values().par_chunks(block * panel))
            .enumerate()
            .with_max_len(1)
            .for_each(|(index, ((output, words), values))| {
                context.with_scratch(|scratch| {
                    self.gate(isa, length, index * block, values, output, &mut scratch.words);
                });
                pack_panels(isa, self.channels, output, words);
            });
    }

    /// The strided convolution and its GELU, for some panels.
    fn convolve<'a, C: AsRef<Column<'a, u32>>>(
        &self,
        isa: Isa,
        columns: &[C],
        length: usize,
        first: usize,
        output: &mut [f32],
    ) {
        self.convolution.multiply(Unit::of(isa), columns, |index, panel, tile| {
            affine_gelu(isa, tile, &[1.0; ROWS], &self.bias[panel * ROWS..]);
            let rows = (self.channels - panel * ROWS).min(ROWS);
            clear_rest(tile, valid(length, first + index));
            output[(index * self.channels + panel * ROWS) * LANES..][..rows * LANES]
                .copy_from_slice(&tile[..rows * LANES]);
        });
    }

    /// The gated convolution, for some panels.
    fn gate(
        &self,
        isa: Isa,
        length: usize,
        first: usize,
        input: &[f32],
        output: &mut [f32],
        arena: &mut Arena<u32>,
    ) {
        let (size, pairs) = (self.channels * LANES, self.channels.div_ceil(2) * LANES);
        let [words] = arena.pieces([input.len() / size * pairs]);
        pack_panels(isa, self.channels, input, words);
        let columns: Vec<[Option<&[u32]>; 1]> =
            words.chunks(pairs).map(|panel| [Some(panel)]).collect();
        self.rewrite.multiply(isa, &columns, &self.rewrite_affine, |index, at, rows| {
            clear_rest(rows, valid(length, first + index));
            output[index * size + at..][..rows.len()].copy_from_slice(rows);
        });
    }
}
