//! A linear operation followed by a GLU.

use crate::htdemucs::gated::Affine;
use crate::linear::bf16::{PackedWeights, Unit};
use crate::linear::elementwise::gate;
use crate::linear::{Column, Isa, LANES, ROWS, TILE, Tile};

/// Weights of both halves.
#[derive(Debug)]
pub(super) struct PackedGated {
    values: PackedWeights,
    gates: PackedWeights,
    channels: usize,
}

impl PackedGated {
    /// Packs `weight(output, tap, input)` of `2 · channels` outputs, gates last.
    pub fn new(
        channels: usize,
        taps: usize,
        inputs: usize,
        weight: impl Fn(usize, usize, usize) -> f64 + Sync,
    ) -> Self {
        let pack = |first: usize| {
            PackedWeights::pack_rows(channels, taps, inputs, |o, t, i| weight(first + o, t, i))
        };
        PackedGated { values: pack(0), gates: pack(channels), channels }
    }

    /// Computes all channels for several columns and hands them to `take(column, first element of the panel, rows)`, a
    /// few rows of 48 at a time.
    pub fn multiply<'a, C: AsRef<Column<'a, u32>>>(
        &self,
        isa: Isa,
        columns: &[C],
        affine: &Affine<f32>,
        mut take: impl FnMut(usize, usize, &mut [f32]),
    ) {
        let unit = Unit::of(isa);
        let [mut values, mut gates] = [Tile([0.0; TILE]), Tile([0.0; TILE])];
        for panel in 0..self.values.panels() {
            let rows = panel * ROWS..(panel + 1) * ROWS;
            let count = (self.channels - rows.start).min(ROWS);
            for (column, taps) in columns.iter().enumerate() {
                self.values.tile(unit, panel, taps.as_ref(), &mut values.0);
                self.gates.tile(unit, panel, taps.as_ref(), &mut gates.0);
                gate(
                    isa,
                    &mut values.0,
                    &gates.0,
                    [&affine.scale[0][rows.clone()], &affine.scale[1][rows.clone()]],
                    [&affine.shift[0][rows.clone()], &affine.shift[1][rows.clone()]],
                );
                take(column, rows.start * LANES, &mut values.0[..count * LANES]);
            }
        }
    }
}
