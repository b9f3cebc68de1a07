//! Packed weights of either precision, for the layers whose work around the products is the same.

use super::context::{Arena, Scratch};
use crate::linear::bf16::{PackedWeights, Unit};
use crate::linear::{Column, Isa, TILE, Weights};

/// Packed weights, and the panels of values that they are multiplied with.
pub(super) trait Products: std::fmt::Debug + Sized + Send + Sync {
    /// Element of a panel of values: a number, or a word of two.
    type Value: Copy + Default + Send + Sync + 'static;

    /// As [`Weights::pack`].
    fn pack(
        inputs: usize,
        panels: &[Vec<usize>],
        weight: impl Fn(usize, usize, usize, usize) -> f64 + Sync,
    ) -> Self;

    /// As [`Weights::exact_where_loud`]; bfloat16 stays as it is.
    fn exact_where_loud(self) -> Self {
        self
    }

    /// As [`Weights::columns_at_once`].
    fn columns_at_once(&self, taps: usize) -> usize;

    /// As [`Weights::multiply`].
    fn multiply<'a, C: AsRef<Column<'a, Self::Value>>>(
        &self,
        isa: Isa,
        columns: &[C],
        take: impl FnMut(usize, usize, &mut [f32; TILE]),
    );

    /// Scratch memory for panels of values.
    fn arena(scratch: &mut Scratch) -> &mut Arena<Self::Value>;
}

impl Products for Weights<f32> {
    type Value = f32;

    fn pack(
        inputs: usize,
        panels: &[Vec<usize>],
        weight: impl Fn(usize, usize, usize, usize) -> f64 + Sync,
    ) -> Self {
        Weights::pack(inputs, panels, weight)
    }

    fn exact_where_loud(self) -> Self {
        Weights::exact_where_loud(self)
    }

    fn columns_at_once(&self, taps: usize) -> usize {
        Weights::columns_at_once(self, taps)
    }

    fn multiply<'a, C: AsRef<Column<'a, f32>>>(
        &self,
        isa: Isa,
        columns: &[C],
        take: impl FnMut(usize, usize, &mut [f32; TILE]),
    ) {
        Weights::multiply(self, isa, columns, take);
    }

    fn arena(scratch: &mut Scratch) -> &mut Arena<f32> {
        &mut scratch.single
    }
}

impl Products for PackedWeights {
    type Value = u32;

    fn pack(
        inputs: usize,
        panels: &[Vec<usize>],
        weight: impl Fn(usize, usize, usize, usize) -> f64 + Sync,
    ) -> Self {
        PackedWeights::pack(inputs, panels, weight)
    }

    fn columns_at_once(&self, taps: usize) -> usize {
        PackedWeights::columns_at_once(self, taps)
    }

    fn multiply<'a, C: AsRef<Column<'a, u32>>>(
        &self,
        isa: Isa,
        columns: &[C],
        take: impl FnMut(usize, usize, &mut [f32; TILE]),
    ) {
        PackedWeights::multiply(self, Unit::of(isa), columns, take);
    }

    fn arena(scratch: &mut Scratch) -> &mut Arena<u32> {
        &mut scratch.words
    }
}
