//! The innermost product for AVX-512 and for AVX2 with FMA.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::tile::{LANES, ROWS, Segment, TILE};

/// How far ahead weights are fetched, in bytes: they are read once from start to end, often from outside
/// the second cache, and the machine itself stops at the end of each page.
const AHEAD: usize = 2048;

/// Makes `multiply` for one instruction set: blocks of `$rows` × `$vectors` vectors of `$width`
/// elements are summed in registers, one block after another until the tile is full.
macro_rules! multiply {
    (
        $(#[$meta:meta])* $name:ident, $t:ty, $features:literal, $rows:literal, $vectors:literal,
        $width:literal, $zero:ident, $load:ident, $store:ident, $set:ident, $fma:ident, $add:ident
    ) => {
        $(#[$meta])*
        #[target_feature(enable = $features)]
        pub(super) fn $name(segments: &[Segment<$t>], tile: &mut [$t; TILE], add: bool) {
            const STRIP: usize = $vectors * $width;
            for row in (0..ROWS).step_by($rows) {
                for lane in (0..LANES).step_by(STRIP) {
                    let mut sums = [[$zero(); $vectors]; $rows];
                    for segment in segments {
                        let mut a = segment.weights().as_ptr().wrapping_add(row);
                        let mut b = segment.values().as_ptr().wrapping_add(lane);
                        for _ in 0..segment.depth() {
                            // SAFETY: step k of `depth` reads weights[8k + row..][..rows] and
                            // values[48k + lane..][..STRIP], which `Segment::new` has checked.
                            // Fetching ahead never fails.
                            unsafe {
                                _mm_prefetch::<_MM_HINT_T0>(a.cast::<i8>().wrapping_add(AHEAD));
                                let mut values = [$zero(); $vectors];
                                for (v, value) in values.iter_mut().enumerate() {
                                    *value = $load(b.add(v * $width));
                                }
                                for (r, sums) in sums.iter_mut().enumerate() {
                                    let weight = $set(*a.add(r));
                                    for (sum, value) in sums.iter_mut().zip(values) {
                                        *sum = $fma(weight, value, *sum);
                                    }
                                }
                            }
                            a = a.wrapping_add(ROWS);
                            b = b.wrapping_add(LANES);
                        }
                    }
                    for (r, sums) in sums.iter().enumerate() {
                        for (v, sum) in sums.iter().enumerate() {
                            let at = (row + r) * LANES + lane + v * $width;
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
        }
    };
}

multiply!(
    /// All of the tile at once.
    multiply_f32_avx512, f32, "avx512f", 8, 3, 16, _mm512_setzero_ps, _mm512_loadu_ps,
    _mm512_storeu_ps, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_add_ps
);
multiply!(
    /// Half of the tile at a time.
    multiply_f64_avx512, f64, "avx512f", 8, 3, 8, _mm512_setzero_pd, _mm512_loadu_pd,
    _mm512_storeu_pd, _mm512_set1_pd, _mm512_fmadd_pd, _mm512_add_pd
);
multiply!(
    /// A sixth of the tile at a time: with three vectors a row, sums would go to memory and back.
    multiply_f32_avx2, f32, "avx2,fma", 4, 2, 8, _mm256_setzero_ps, _mm256_loadu_ps,
    _mm256_storeu_ps, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_add_ps
);
multiply!(
    /// A twelfth of the tile at a time.
    multiply_f64_avx2, f64, "avx2,fma", 4, 2, 4, _mm256_setzero_pd, _mm256_loadu_pd,
    _mm256_storeu_pd, _mm256_set1_pd, _mm256_fmadd_pd, _mm256_add_pd
);
