//! One layer of a residual branch: x + scale · GLU(norm2(W · GELU(norm1(conv(x))) + b)).
//!
//! Source: `demucs.demucs.DConv` (demucs 4.0.1).

use super::branch_norms::BranchNorms;
use super::context::Value;
use super::gated::{Affine, Gated};
use super::parameters::{BRANCH_KERNEL, Parameters};
use super::plane::{Row, clear_rest, valid};
use crate::linear::elementwise::add;
use crate::linear::{Isa, LANES, TILE, Weights};

/// One layer.
#[derive(Debug)]
pub(super) struct BranchLayer<T> {
    /// Channels of the input.
    channels: usize,
    /// Channels in the middle.
    hidden: usize,
    /// Distance of the first convolution's taps.
    dilation: isize,
    inner: Weights<T>,
    outer: Gated<T>,
    /// The norms between the products.
    pub norms: BranchNorms,
}

impl<T: Value> BranchLayer<T> {
    /// Layer `index` of the branch of a layer such as `encoder.0`.
    pub fn new(
        parameters: &Parameters,
        layer: &str,
        channels: usize,
        hidden: usize,
        index: usize,
    ) -> Self {
        let get = |part: &str| parameters.double(&format!("{layer}.dconv.layers.{index}.{part}"));
        let (inner, outer) = (get("0.weight"), get("3.weight"));
        BranchLayer {
            channels,
            hidden,
            dilation: 1 << index,
            inner: Weights::pack_rows(hidden, BRANCH_KERNEL, channels, |o, tap, i| {
                inner[(o * channels + i) * BRANCH_KERNEL + tap]
            }),
            outer: Gated::new(channels, 1, hidden, |o, _, i| outer[o * hidden + i]),
            norms: BranchNorms::new(parameters, layer, channels, hidden, index),
        }
    }

    /// Scratch elements that [`BranchLayer::inner`] needs.
    pub fn shift_size(&self) -> usize {
        2 * self.channels * LANES
    }

    /// Convolves one strip of a row into a panel of hidden channels `[hidden rows][48]`; returns the sums of
    /// [`BranchNorms::hidden_sums`].
    pub fn inner(
        &self,
        isa: Isa,
        row: &Row<T>,
        strip: usize,
        hidden: &mut [T],
        shifts: &mut [T],
    ) -> [f64; 2] {
        let (before, after) = shifts.split_at_mut(self.channels * LANES);
        row.shifted(strip, -self.dilation, before);
        row.shifted(strip, self.dilation, after);
        let column = [Some(&*before), Some(row.panel(strip)), Some(&*after)];
        self.inner.multiply(isa, &[column], |_, panel, tile| {
            clear_rest(tile, row.valid(strip));
            hidden[panel * TILE..(panel + 1) * TILE].copy_from_slice(tile);
        });
        self.norms.hidden_sums(isa, hidden, row.valid(strip))
    }

    /// Adds the gated outputs to panels of the input, the first of which is `first` of the row.
    pub fn outer(
        &self,
        isa: Isa,
        length: usize,
        first: usize,
        affine: &Affine<T>,
        (hidden, single): (&[T], &mut [f32]),
        output: &mut [T],
    ) {
        let size = self.channels * LANES;
        let used = self.hidden * LANES;
        let panels: Vec<&[T]> =
            hidden.chunks(self.norms.hidden_rows() * LANES).map(|panel| &panel[..used]).collect();
        let singles: Vec<&[f32]> = panels
            .iter()
            .zip(single.chunks_mut(used))
            .map(|(panel, space)| T::single(isa, panel, space))
            .collect();
        let columns: Vec<[_; 1]> = panels.iter().map(|panel| [Some(*panel)]).collect();
        let gates: Vec<[_; 1]> = singles.iter().map(|panel| [Some(*panel)]).collect();
        self.outer.multiply(isa, &columns, &gates, affine, |index, at, rows| {
            clear_rest(rows, valid(length, first + index));
            add(isa, &mut output[index * size + at..][..rows.len()], rows);
        });
    }

    /// Scratch elements in single precision that [`BranchLayer::outer`] needs for some panels.
    pub fn single_size(&self, panels: usize) -> usize {
        panels * self.hidden * LANES
    }
}
