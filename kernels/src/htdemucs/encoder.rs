//! The encoders of both branches: strided convolution, GELU, residual branch, gated convolution.
//!
//! Source: `demucs.hdemucs.HEncLayer` (demucs 4.0.1).

use rayon::prelude::*;

use super::configuration::{Configuration, KERNEL, STRIDE};
use super::context::{Context, Value};
use super::gated::{Affine, Gated};
use super::parameters::Parameters;
use super::plane::{Plane, clear_rest, valid};
use super::residual_branch::{ResidualBranch, strips_at_once};
use crate::linear::elementwise::{affine_gelu, to_single};
use crate::linear::{Column, Isa, LANES, ROWS, Weights};

/// One encoder.
#[derive(Debug)]
pub(super) struct Encoder<T> {
    channels: usize,
    convolution: Weights<T>,
    bias: Vec<T>,
    branch: ResidualBranch<T>,
    rewrite: Gated<T>,
    rewrite_affine: Affine<T>,
}

impl<T: Value> Encoder<T> {
    /// The encoder of a name such as `tencoder.0`.
    pub fn new(
        parameters: &Parameters,
        configuration: &Configuration,
        name: &str,
        inputs: usize,
        channels: usize,
    ) -> Self {
        let weight = parameters.get(&format!("{name}.conv.weight"));
        let rewrite = parameters.get(&format!("{name}.rewrite.weight"));
        let rewrite_bias = parameters.get(&format!("{name}.rewrite.bias"));
        let mut bias: Vec<T> = parameters
            .get(&format!("{name}.conv.bias"))
            .iter()
            .map(|bias| T::from_f32(*bias))
            .collect();
        bias.resize(channels.next_multiple_of(ROWS), T::default());
        let convolution = Weights::pack_rows(channels, KERNEL, inputs, |o, tap, i| {
            weight[(o * inputs + i) * KERNEL + tap].into()
        });
        let rewrite = Gated::new(channels, 1, channels, |o, _, i| rewrite[o * channels + i].into());
        let (convolution, rewrite) = if name.starts_with('t') {
            (convolution.exact_where_loud(), rewrite.exact_where_loud())
        } else {
            (convolution, rewrite)
        };
        Encoder {
            channels,
            convolution,
            bias,
            branch: ResidualBranch::new(parameters, configuration, name, channels),
            rewrite,
            rewrite_affine: Affine::new(channels, |o| (1.0, rewrite_bias[o].into())),
        }
    }

    /// Channels in the middle of the residual branch.
    pub fn hidden(&self) -> usize {
        self.branch.hidden()
    }

    /// Encodes a spectrogram along its frequencies: `output` has a quarter of the rows. What
    /// `embedding(row, channel)` gives is added.
    pub fn run_rows(
        &self,
        context: &Context,
        input: &Plane<T>,
        output: &mut Plane<T>,
        embedding: Option<&(dyn Fn(usize, usize) -> T + Sync)>,
    ) {
        let isa = context.isa;
        let (length, strips, size) = (output.length, output.strips(), output.row_size());
        let panel = output.panel_size();
        let at_once = self.convolution.columns_at_once(KERNEL);
        output.values_mut().par_chunks_mut(size).enumerate().with_max_len(1).for_each(
            |(row, output)| {
                let mut columns: Vec<[Option<&[T]>; KERNEL]> = vec![[None; KERNEL]; strips];
                for tap in 0..KERNEL {
                    let Some(input) = input.row_near(STRIDE * row, tap as isize - 2) else {
                        continue;
                    };
                    for (strip, column) in columns.iter_mut().enumerate() {
                        column[tap] = Some(input.panel(strip));
                    }
                }
                context.with_scratch(|scratch| {
                    let mut values = T::take_row(scratch, size);
                    for (block, columns) in columns.chunks(at_once).enumerate() {
                        let first = block * at_once;
                        let values = &mut values[first * panel..];
                        self.convolve(isa, columns, length, first, values);
                    }
                    let (own, single) = T::arenas(scratch);
                    self.branch.run_row(isa, &mut values[..size], length, own, single);
                    let [single] = scratch.single.pieces([size]);
                    self.gate(isa, length, 0, &values[..size], single, output);
                    *T::row(scratch) = values;
                });
                if let Some(embedding) = embedding {
                    for (strip, panel) in output.chunks_mut(panel).enumerate() {
                        for (channel, values) in
                            panel.as_chunks_mut::<LANES>().0.iter_mut().enumerate()
                        {
                            let added = embedding(row, channel);
                            for value in &mut values[..valid(length, strip)] {
                                *value += added;
                            }
                        }
                    }
                }
            },
        );
    }

    /// Encodes a wave along its length: `output` has a quarter of the length, rounded up. `middle` has the
    /// shape of the output, and `hidden` that of the residual branch; both are overwritten. The output
    /// also goes to `single`, if there is such a plane.
    pub fn run_long(
        &self,
        context: &Context,
        input: &Plane<T>,
        [middle, hidden, output]: [&mut Plane<T>; 3],
        single: Option<&mut Plane<f32>>,
    ) {
        let isa = context.isa;
        let (length, strips, panel) = (output.length, output.strips(), output.panel_size());
        let block = strips_at_once(strips);
        let row = input.row(0);
        let size = KERNEL * input.channels * LANES;
        let at_once = self.convolution.columns_at_once(KERNEL);
        middle.values_mut().par_chunks_mut(block * panel).enumerate().with_max_len(1).for_each(
            |(index, values)| {
                context.with_scratch(|scratch| {
                    let [spread] = T::arenas(scratch).0.pieces([at_once.min(block) * size]);
                    for (part, values) in values.chunks_mut(at_once * panel).enumerate() {
                        let first = index * block + part * at_once;
                        let count = values.len() / panel;
                        for (i, spread) in spread.chunks_mut(size).take(count).enumerate() {
                            row.spread(first + i, spread);
                        }
                        let columns: Vec<[Option<&[T]>; KERNEL]> = spread
                            .chunks(size)
                            .take(count)
                            .map(|taps| {
                                std::array::from_fn(|tap| {
                                    Some(&taps[tap * size / KERNEL..][..size / KERNEL])
                                })
                            })
                            .collect();
                        self.convolve(isa, &columns, length, first, values);
                    }
                });
            },
        );
        self.branch.run_long(context, middle, hidden);
        let singles =
            single.into_iter().flat_map(|plane| plane.values_mut().chunks_mut(block * panel));
        let mut singles: Vec<_> = singles.map(Some).collect();
        singles.resize_with(strips.div_ceil(block), || None);
        output
            .values_mut()
            .par_chunks_mut(block * panel)
            .zip(&mut singles)
            .zip(middle.values().par_chunks(block * panel))
            .enumerate()
            .with_max_len(1)
            .for_each(|(index, ((output, single), values))| {
                context.with_scratch(|scratch| {
                    let [space] = scratch.single.pieces([values.len()]);
                    self.gate(isa, length, index * block, values, space, output);
                });
                if let Some(single) = single {
                    to_single(isa, output, single);
                }
            });
    }

    /// The strided convolution and its GELU, for some panels.
    fn convolve<'a, C: AsRef<Column<'a, T>>>(
        &self,
        isa: Isa,
        columns: &[C],
        length: usize,
        first: usize,
        output: &mut [T],
    ) {
        let ones = [T::from_f32(1.0); ROWS];
        self.convolution.multiply(isa, columns, |index, panel, tile| {
            affine_gelu(isa, tile, &ones, &self.bias[panel * ROWS..]);
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
        input: &[T],
        space: &mut [f32],
        output: &mut [T],
    ) {
        let size = self.channels * LANES;
        let singles: Vec<[Option<&[f32]>; 1]> = input
            .chunks(size)
            .zip(space.chunks_mut(size))
            .map(|(panel, space)| [Some(T::single(isa, panel, space))])
            .collect();
        let columns: Vec<[Option<&[T]>; 1]> =
            input.chunks(size).map(|panel| [Some(panel)]).collect();
        self.rewrite.multiply(isa, &columns, &singles, &self.rewrite_affine, |index, at, rows| {
            clear_rest(rows, valid(length, first + index));
            output[index * size + at..][..rows.len()].copy_from_slice(rows);
        });
    }
}
