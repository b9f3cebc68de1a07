//! The residual branch of an encoder or decoder: layers with growing dilation.

use rayon::prelude::*;

use super::gated::PackedGated;
use super::packing::{pack_panels, pack_plane};
use crate::htdemucs::branch_norms::{BranchNorms, PairProducts};
use crate::htdemucs::configuration::Configuration;
use crate::htdemucs::context::{Context, Scratch};
use crate::htdemucs::gated::Affine;
use crate::htdemucs::parameters::{BRANCH_KERNEL, Parameters};
use crate::htdemucs::plane::{Plane, Row, clear_rest, valid};
use crate::htdemucs::residual_branch::strips_at_once;
use crate::linear::bf16::{PackedWeights, Unit};
use crate::linear::elementwise::add;
use crate::linear::{Isa, LANES, TILE};

/// All layers of a branch.
#[derive(Debug)]
pub(super) struct PackedBranch {
    layers: Vec<Layer>,
    channels: usize,
}

/// One layer.
#[derive(Debug)]
struct Layer {
    channels: usize,
    hidden: usize,
    /// Distance of the first convolution's taps.
    dilation: isize,
    inner: PackedWeights,
    outer: PackedGated,
    norms: BranchNorms,
}

impl PackedBranch {
    /// The branch of a layer such as `encoder.0`.
    pub fn new(
        parameters: &Parameters,
        configuration: &Configuration,
        layer: &str,
        channels: usize,
    ) -> Self {
        let hidden = channels / configuration.dconv_comp;
        let layers = (0..configuration.dconv_depth).map(|index| {
            let get =
                |part: &str| parameters.get(&format!("{layer}.dconv.layers.{index}.{part}.weight"));
            let (inner, outer) = (get("0"), get("3"));
            Layer {
                channels,
                hidden,
                dilation: 1 << index,
                inner: PackedWeights::pack_rows(hidden, BRANCH_KERNEL, channels, |o, tap, i| {
                    inner[(o * channels + i) * BRANCH_KERNEL + tap].into()
                }),
                outer: PackedGated::new(channels, 1, hidden, |o, _, i| {
                    outer[o * hidden + i].into()
                }),
                norms: BranchNorms::new(parameters, layer, channels, hidden, index),
            }
        });
        PackedBranch { layers: layers.collect(), channels }
    }

    /// Runs on one row `[strips][channels][48]`, in place, on this thread.
    pub fn run_row(&self, isa: Isa, values: &mut [f32], length: usize, scratch: &mut Scratch) {
        let (strips, pairs) = (length.div_ceil(LANES), self.channels.div_ceil(2));
        for layer in &self.layers {
            let panel = layer.norms.hidden_rows() * LANES;
            let [hidden] = scratch.single.pieces([strips * panel]);
            let [words, shifts] =
                scratch.more_words.pieces([strips * pairs * LANES, layer.shift_size()]);
            pack_panels(isa, self.channels, values, words);
            let row = Row { values: words, channels: pairs, length };
            let mut total = [0.0; 2];
            for (strip, hidden) in hidden.chunks_mut(panel).enumerate() {
                let [sum, squares] = layer.inner(isa, &row, strip, hidden, shifts);
                total = [total[0] + sum, total[1] + squares];
            }
            let mut products = layer.norms.no_products();
            layer.norms.middle(isa, length, total, 0, hidden, &mut products);
            let affine = layer.norms.outer_affine(length, &products);
            layer.outer(isa, length, 0, &affine, hidden, values, words);
        }
    }

    /// Runs on a plane of one long row, in place, on all threads. `words`, of the plane's shape, and `hidden` are
    /// overwritten.
    pub fn run_long(
        &self,
        context: &Context,
        plane: &mut Plane<f32>,
        words: &mut Plane<u32>,
        hidden: &mut Plane<f32>,
    ) {
        let (isa, length) = (context.isa, plane.length);
        let (strips, size) = (plane.strips(), plane.panel_size());
        let block = strips_at_once(strips);
        for layer in &self.layers {
            let panel = layer.norms.hidden_rows() * LANES;
            let hidden = &mut hidden.values_mut()[..strips * panel];
            pack_plane(context, plane, words);
            let row = words.row(0);
            let mut sums = vec![[0.0; 2]; strips];
            hidden
                .par_chunks_mut(block * panel)
                .zip(sums.par_chunks_mut(block))
                .enumerate()
                .with_max_len(1)
                .for_each(|(index, (hidden, sums))| {
                    context.with_scratch(|scratch| {
                        let [shifts] = scratch.more_words.pieces([layer.shift_size()]);
                        let panels = hidden.chunks_mut(panel).zip(sums).enumerate();
                        for (i, (hidden, sums)) in panels {
                            *sums = layer.inner(isa, &row, index * block + i, hidden, shifts);
                        }
                    });
                });
            let total = sums.iter().fold([0.0; 2], |a, b| [a[0] + b[0], a[1] + b[1]]);
            let products: Vec<PairProducts> = hidden
                .par_chunks_mut(block * panel)
                .enumerate()
                .with_max_len(1)
                .map(|(index, hidden)| {
                    let mut products = layer.norms.no_products();
                    let first = index * block;
                    layer.norms.middle(isa, length, total, first, hidden, &mut products);
                    products
                })
                .collect();
            let mut all = layer.norms.no_products();
            for part in &products {
                for (all, part) in all.iter_mut().flatten().zip(part.iter().flatten()) {
                    *all += part;
                }
            }
            let affine = layer.norms.outer_affine(length, &all);
            plane
                .values_mut()
                .par_chunks_mut(block * size)
                .zip(hidden.par_chunks(block * panel))
                .enumerate()
                .with_max_len(1)
                .for_each(|(index, (values, hidden))| {
                    context.with_scratch(|scratch| {
                        let [words] = scratch.more_words.pieces([block * layer.hidden_words()]);
                        let first = index * block;
                        layer.outer(isa, length, first, &affine, hidden, values, words);
                    });
                });
        }
    }
}

impl Layer {
    /// Scratch words that [`Layer::inner`] needs.
    fn shift_size(&self) -> usize {
        2 * self.channels.div_ceil(2) * LANES
    }

    /// Words of a panel of hidden channels.
    fn hidden_words(&self) -> usize {
        self.hidden.div_ceil(2) * LANES
    }

    /// Convolves one strip of a row into a panel of hidden channels `[hidden rows][48]`; returns the sums of
    /// [`BranchNorms::hidden_sums`].
    fn inner(
        &self,
        isa: Isa,
        row: &Row<u32>,
        strip: usize,
        hidden: &mut [f32],
        shifts: &mut [u32],
    ) -> [f64; 2] {
        let (before, after) = shifts.split_at_mut(row.channels * LANES);
        row.shifted(strip, -self.dilation, before);
        row.shifted(strip, self.dilation, after);
        let column = [Some(&*before), Some(row.panel(strip)), Some(&*after)];
        self.inner.multiply(Unit::of(isa), &[column], |_, panel, tile| {
            clear_rest(tile, row.valid(strip));
            hidden[panel * TILE..(panel + 1) * TILE].copy_from_slice(tile);
        });
        self.norms.hidden_sums(isa, hidden, row.valid(strip))
    }

    /// Adds the gated outputs to panels of the input, the first of which is `first` of the row; `words` is overwritten.
    #[allow(clippy::too_many_arguments)]
    fn outer(
        &self,
        isa: Isa,
        length: usize,
        first: usize,
        affine: &Affine<f32>,
        hidden: &[f32],
        output: &mut [f32],
        words: &mut [u32],
    ) {
        let (size, used) = (self.channels * LANES, self.hidden * LANES);
        let panels = hidden.chunks(self.norms.hidden_rows() * LANES);
        let columns: Vec<[Option<&[u32]>; 1]> = panels
            .zip(words.chunks_mut(self.hidden_words()))
            .map(|(panel, words)| {
                pack_panels(isa, self.hidden, &panel[..used], words);
                [Some(&*words)]
            })
            .collect();
        self.outer.multiply(isa, &columns, affine, |index, at, rows| {
            clear_rest(rows, valid(length, first + index));
            add(isa, &mut output[index * size + at..][..rows.len()], rows);
        });
    }
}
