//! Rounds planes to words of two channels.

use rayon::prelude::*;

use crate::htdemucs::context::Context;
use crate::htdemucs::plane::Plane;
use crate::linear::bf16::{Unit, pack_pairs};
use crate::linear::{Isa, LANES};

/// Packs panels `[panels][channels][48]` as words `[panels][channels / 2][48]`.
pub(super) fn pack_panels(isa: Isa, channels: usize, panels: &[f32], words: &mut [u32]) {
    let unit = Unit::of(isa);
    if channels.is_multiple_of(2) {
        pack_pairs(unit, panels, words);
        return;
    }
    let size = channels.div_ceil(2) * LANES;
    for (panel, words) in panels.chunks(channels * LANES).zip(words.chunks_mut(size)) {
        pack_pairs(unit, panel, words);
    }
}

/// Packs a plane on all threads.
pub(super) fn pack_plane(context: &Context, plane: &Plane<f32>, words: &mut Plane<u32>) {
    /// Panels of a task.
    const PANELS: usize = 8;
    let (from, to) = (PANELS * plane.panel_size(), PANELS * words.panel_size());
    words
        .values_mut()
        .par_chunks_mut(to)
        .zip(plane.values().par_chunks(from))
        .for_each(|(words, panels)| pack_panels(context.isa, plane.channels, panels, words));
}
