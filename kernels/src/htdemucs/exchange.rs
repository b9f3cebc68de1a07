//! Between the planes and arrays in C order.

use rayon::prelude::*;

use super::plane::Plane;
use crate::linear::elementwise::Real;
use crate::linear::{Element, LANES};

/// Reads `[channels, rows, length]` into a plane.
pub(super) fn load<T: Real>(values: &[f32], plane: &mut Plane<T>) {
    let (channels, rows, length) = (plane.channels, plane.rows, plane.length);
    let (size, strips) = (plane.panel_size(), plane.strips());
    plane.values_mut().par_chunks_mut(size).enumerate().for_each(|(index, panel)| {
        let (row, start) = (index / strips, index % strips * LANES);
        let count = (length - start).min(LANES);
        for channel in 0..channels {
            let from = &values[(channel * rows + row) * length + start..][..count];
            for (to, from) in panel[channel * LANES..].iter_mut().zip(from) {
                *to = T::from_f32(*from);
            }
        }
    });
}

/// Writes a plane as `[channels, rows, length]`.
pub(super) fn store<T: Element>(plane: &Plane<T>, values: &mut [T]) {
    let (rows, length) = (plane.rows, plane.length);
    let (size, strips) = (plane.panel_size(), plane.strips());
    // A long row is cut so that several threads have some of it.
    let cut = if rows == 1 { 256 * LANES } else { length };
    let cuts = length.div_ceil(cut);
    let pieces = values.par_chunks_mut(length).enumerate().flat_map(|(line, values)| {
        values
            .par_chunks_mut(cut)
            .enumerate()
            .map(move |(piece, values)| (line * cuts + piece, values))
    });
    pieces.for_each(|(index, values)| {
        let (line, piece) = (index / cuts, index % cuts);
        let (channel, row) = (line / rows, line % rows);
        for (strip, values) in values.chunks_mut(LANES).enumerate() {
            let panel = row * strips + piece * cut / LANES + strip;
            let from = &plane.values()[panel * size + channel * LANES..][..values.len()];
            values.copy_from_slice(from);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_loaded_is_stored_again_and_the_rest_of_a_strip_is_zero() {
        for (channels, rows, length) in [(3, 5, 50), (2, 1, 30_000), (1, 1, 48)] {
            let values: Vec<f32> = (1..=channels * rows * length).map(|i| i as f32).collect();
            let mut plane = Plane::<f32>::zeros(channels, rows, length);
            load(&values, &mut plane);
            let used = plane.values().iter().filter(|value| **value != 0.0).count();
            assert_eq!(used, values.len());
            let second = plane.row(rows - 1).panel(plane.strips() - 1)[0];
            assert_eq!(second as usize, (rows - 1) * length + (plane.strips() - 1) * LANES + 1);
            let mut stored = vec![f32::NAN; values.len()];
            store(&plane, &mut stored);
            assert_eq!(stored, values);
        }
    }
}
