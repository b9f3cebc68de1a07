//! The innermost product without any particular instructions.

use std::ops::{AddAssign, Mul};

use super::tile::{LANES, ROWS, Segment, TILE};

/// Columns that are summed at a time.
const STRIP: usize = 8;

/// As `Element::multiply`, in blocks of 2 × 8 that fit sixteen registers of 128 bits.
#[inline]
pub(super) fn multiply<T>(segments: &[Segment<T>], tile: &mut [T; TILE], add: bool)
where
    T: Copy + Default + AddAssign + Mul<Output = T>,
{
    for row in (0..ROWS).step_by(2) {
        for lane in (0..LANES).step_by(STRIP) {
            let mut sums = [[T::default(); STRIP]; 2];
            for segment in segments {
                let weights = segment.weights().as_chunks::<ROWS>().0;
                for (a, b) in weights.iter().zip(segment.values().as_chunks::<LANES>().0) {
                    let b = &b.as_chunks::<STRIP>().0[lane / STRIP];
                    for (sums, a) in sums.iter_mut().zip([a[row], a[row + 1]]) {
                        for i in 0..STRIP {
                            sums[i] += a * b[i];
                        }
                    }
                }
            }
            for (r, sums) in sums.iter().enumerate() {
                let at = (row + r) * LANES + lane;
                for (out, sum) in tile[at..].iter_mut().zip(sums) {
                    if add {
                        *out += *sum;
                    } else {
                        *out = *sum;
                    }
                }
            }
        }
    }
}
