//! A linear operation followed by a GLU.

use crate::linear::elementwise::{Real, gate};
use crate::linear::{Column, Isa, LANES, ROWS, TILE, Tile, Weights};

/// Weights of both halves. The gates are always in single precision: they only scale what passes.
#[derive(Debug)]
pub(super) struct Gated<T> {
    values: Weights<T>,
    gates: Weights<f32>,
    channels: usize,
}

/// Factor and addend of a product before the gate, a number each channel, filled up
/// to whole panels: `[values, gates]`.
#[derive(Debug)]
pub(super) struct Affine<T> {
    pub scale: [Vec<T>; 2],
    pub shift: [Vec<T>; 2],
}

impl<T: Real> Affine<T> {
    /// From `(scale, shift)` of all `2 · channels` outputs.
    pub fn new(channels: usize, of: impl Fn(usize) -> (f64, f64)) -> Self {
        let whole = channels.next_multiple_of(ROWS);
        let list = |first: usize, pick: fn((f64, f64)) -> f64| {
            let number = |c| T::from_f64(if c < channels { pick(of(first + c)) } else { 0.0 });
            (0..whole).map(number).collect()
        };
        Affine {
            scale: [list(0, |(scale, _)| scale), list(channels, |(scale, _)| scale)],
            shift: [list(0, |(_, shift)| shift), list(channels, |(_, shift)| shift)],
        }
    }
}

impl<T: Real> Gated<T> {
    /// Packs `weight(output, tap, input)` of `2 · channels` outputs, gates last.
    pub fn new(
        channels: usize,
        taps: usize,
        inputs: usize,
        weight: impl Fn(usize, usize, usize) -> f64 + Sync,
    ) -> Self {
        Gated {
            values: Weights::pack_rows(channels, taps, inputs, &weight),
            gates: Weights::pack_rows(channels, taps, inputs, |o, t, i| weight(channels + o, t, i)),
            channels,
        }
    }

    /// Sums columns with a loud value in double precision, and rounds once.
    pub fn exact_where_loud(self) -> Self {
        let Gated { values, gates, channels } = self;
        Gated { values, gates: gates.exact_where_loud(), channels }
    }

    /// Computes all channels for several columns, given in both precisions, and hands them to
    /// `take(column, first element of the panel, rows)`, a few rows of 48 at a time.
    pub fn multiply<'a, C: AsRef<Column<'a, T>>, D: AsRef<Column<'a, f32>>>(
        &self,
        isa: Isa,
        columns: &[C],
        single: &[D],
        affine: &Affine<T>,
        mut take: impl FnMut(usize, usize, &mut [T]),
    ) where
        T: 'a,
    {
        let mut values = Tile([T::default(); TILE]);
        let mut gates = Tile([0.0; TILE]);
        let exact: Vec<bool> =
            single.iter().map(|taps| self.gates.is_exact(taps.as_ref())).collect();
        for panel in 0..self.values.panels() {
            let rows = panel * ROWS..(panel + 1) * ROWS;
            for (column, (taps, single)) in columns.iter().zip(single).enumerate() {
                let exact = exact[column];
                self.values.tile_as(isa, panel, taps.as_ref(), exact, &mut values.0);
                self.gates.tile_as(isa, panel, single.as_ref(), exact, &mut gates.0);
                gate(
                    isa,
                    &mut values.0,
                    &gates.0,
                    [&affine.scale[0][rows.clone()], &affine.scale[1][rows.clone()]],
                    [&affine.shift[0][rows.clone()], &affine.shift[1][rows.clone()]],
                );
                let count = (self.channels - rows.start).min(ROWS);
                take(column, rows.start * LANES, &mut values.0[..count * LANES]);
            }
        }
    }
}
