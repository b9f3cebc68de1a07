//! The residual branch of an encoder or decoder: layers with growing dilation.

use rayon::prelude::*;

use super::branch_layer::BranchLayer;
use super::branch_norms::PairProducts;
use super::configuration::Configuration;
use super::context::{Arena, Context, Value};
use super::parameters::Parameters;
use super::plane::{Plane, Row};
use crate::linear::{Isa, LANES};

/// All layers of a branch.
#[derive(Debug)]
pub(super) struct ResidualBranch<T> {
    layers: Vec<BranchLayer<T>>,
    channels: usize,
    hidden: usize,
}

impl<T: Value> ResidualBranch<T> {
    /// The branch of a layer such as `encoder.0`.
    pub fn new(
        parameters: &Parameters,
        configuration: &Configuration,
        layer: &str,
        channels: usize,
    ) -> Self {
        let hidden = channels / configuration.dconv_comp;
        let layers = (0..configuration.dconv_depth)
            .map(|i| BranchLayer::new(parameters, layer, channels, hidden, i))
            .collect();
        ResidualBranch { layers, channels, hidden }
    }

    /// Channels in the middle of a layer.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// Runs on one row `[strips][channels][48]`, in place, on this thread.
    pub fn run_row(
        &self,
        isa: Isa,
        values: &mut [T],
        length: usize,
        own: &mut Arena<T>,
        single: &mut Arena<f32>,
    ) {
        let strips = length.div_ceil(LANES);
        for layer in &self.layers {
            let panel = layer.norms.hidden_rows() * LANES;
            let [hidden, shifts] = own.pieces([strips * panel, layer.shift_size()]);
            let [singles] = single.pieces([layer.single_size(strips)]);
            let row = Row { values, channels: self.channels, length };
            let mut total = [0.0; 2];
            for (strip, hidden) in hidden.chunks_mut(panel).enumerate() {
                let [sum, squares] = layer.inner(isa, &row, strip, hidden, shifts);
                total = [total[0] + sum, total[1] + squares];
            }
            let mut products = layer.norms.no_products();
            layer.norms.middle(isa, length, total, 0, hidden, &mut products);
            let affine = layer.norms.outer_affine(length, &products);
            layer.outer(isa, length, 0, &affine, (hidden, singles), values);
        }
    }

    /// Runs on a plane of one long row, in place, on all threads. `hidden` is overwritten.
    pub fn run_long(&self, context: &Context, plane: &mut Plane<T>, hidden: &mut Plane<T>) {
        let (isa, length) = (context.isa, plane.length);
        let (strips, size) = (plane.strips(), plane.panel_size());
        let block = strips_at_once(strips);
        for layer in &self.layers {
            let panel = layer.norms.hidden_rows() * LANES;
            let hidden = &mut hidden.values_mut()[..strips * panel];
            let row = plane.row(0);
            let mut sums = vec![[0.0; 2]; strips];
            hidden
                .par_chunks_mut(block * panel)
                .zip(sums.par_chunks_mut(block))
                .enumerate()
                .with_max_len(1)
                .for_each(|(index, (hidden, sums))| {
                    context.with_scratch(|scratch| {
                        let [shifts] = T::arenas(scratch).0.pieces([layer.shift_size()]);
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
                    layer.norms.middle(isa, length, total, index * block, hidden, &mut products);
                    products
                })
                .collect();
            let mut all = layer.norms.no_products();
            for part in &products {
                for (all, part) in all.iter_mut().zip(part) {
                    for (all, part) in all.iter_mut().zip(part) {
                        *all += part;
                    }
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
                        let [single] = scratch.single.pieces([layer.single_size(block)]);
                        let first = index * block;
                        layer.outer(isa, length, first, &affine, (hidden, single), values);
                    });
                });
        }
    }
}

/// Strips of a long row that make one task: many enough to use the weights well, few enough that all
/// threads have some.
pub(super) fn strips_at_once(strips: usize) -> usize {
    (strips / 16).clamp(1, 8)
}
