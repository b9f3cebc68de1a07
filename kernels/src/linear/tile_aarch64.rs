//! The innermost product for NEON.
#![allow(unsafe_code)]

use std::arch::aarch64::*;

use super::tile::{LANES, ROWS, Segment, TILE};

/// Makes `multiply`: blocks of 8 × 3 vectors of `$width` elements are summed in registers.
macro_rules! multiply {
    (
        $name:ident, $t:ty, $width:literal, $load:ident, $store:ident, $set:ident, $fma:ident,
        $add:ident
    ) => {
        /// As `Element::multiply`.
        #[target_feature(enable = "neon")]
        pub(super) fn $name(segments: &[Segment<$t>], tile: &mut [$t; TILE], add: bool) {
            for lane in (0..LANES).step_by(3 * $width) {
                let mut sums = [[$set(0.0); 3]; ROWS];
                for segment in segments {
                    let mut a = segment.weights().as_ptr();
                    let mut b = segment.values().as_ptr().wrapping_add(lane);
                    for _ in 0..segment.depth() {
                        // SAFETY: step k of `depth` reads weights[8k..][..8] and
                        // values[48k + lane..][..3 * width], which `Segment::new` has checked.
                        unsafe {
                            let values = [$load(b), $load(b.add($width)), $load(b.add(2 * $width))];
                            for (r, sums) in sums.iter_mut().enumerate() {
                                let weight = $set(*a.add(r));
                                for (sum, value) in sums.iter_mut().zip(values) {
                                    *sum = $fma(*sum, weight, value);
                                }
                            }
                        }
                        a = a.wrapping_add(ROWS);
                        b = b.wrapping_add(LANES);
                    }
                }
                for (r, sums) in sums.iter().enumerate() {
                    for (v, sum) in sums.iter().enumerate() {
                        let at = r * LANES + lane + v * $width;
                        let out = tile[at..at + $width].as_mut_ptr();
                        // SAFETY: the slice just taken is as wide as the vector.
                        unsafe {
                            let sum = if add { $add($load(out), *sum) } else { *sum };
                            $store(out, sum);
                        }
                    }
                }
            }
        }
    };
}

multiply!(multiply_f32_neon, f32, 4, vld1q_f32, vst1q_f32, vdupq_n_f32, vfmaq_f32, vaddq_f32);
multiply!(multiply_f64_neon, f64, 2, vld1q_f64, vst1q_f64, vdupq_n_f64, vfmaq_f64, vaddq_f64);
