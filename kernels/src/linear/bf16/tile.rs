//! The innermost product: eight rows of weights times 48 columns of values, two products in each word.
//!
//! The tile is that of single precision: its 24 sums of 16 lanes are held in registers, and a step of eleven loads is
//! 24 instructions of 32 products each. `vdpbf16ps` was measured at 530 GFLOP/s a core of Zen 5, twice the 265 of
//! `vfmadd231ps`, with the same latency, so that the same shape suits both.
#![allow(unsafe_code)]

use super::emulation::emulate;
use super::segment::WordSegment;
use super::unit::{Kind, Unit};
use crate::linear::tile::{LANES, ROWS, TILE};

/// Sums the segments' products, in order, and stores the sums or adds them to the tile.
#[inline]
pub fn multiply_words(unit: Unit, segments: &[WordSegment], tile: &mut [f32; TILE], add: bool) {
    match unit.0 {
        Kind::Emulated(isa) => emulate(isa, segments, tile, add),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a `Unit` of this kind exists only where its instructions were detected.
        Kind::Avx512 => unsafe { avx512::multiply(segments, tile, add) },
    }
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::{LANES, ROWS, TILE, WordSegment};
    use std::arch::x86_64::*;

    /// Vectors of a row of a tile.
    const VECTORS: usize = 3;

    /// Lanes of a vector.
    const WIDTH: usize = LANES / VECTORS;

    /// Distance in bytes at which weights are fetched ahead, as in single precision.
    const AHEAD: usize = 2048;

    #[target_feature(enable = "avx512f,avx512bf16")]
    // The compiler keeps arrays in registers only in loops over indices of fixed length.
    #[allow(clippy::needless_range_loop)]
    pub fn multiply(segments: &[WordSegment], tile: &mut [f32; TILE], add: bool) {
        let mut sums = [[_mm512_setzero_ps(); VECTORS]; ROWS];
        for segment in segments {
            let mut a = segment.weights().as_ptr();
            let mut b = segment.values().as_ptr();
            for _ in 0..segment.weights().len() / ROWS {
                // SAFETY: a prefetch never fails; step k of `depth` reads values[48k..][..48] and
                // weights[8k..][..8], which `WordSegment::new` has checked; the vector types are of one size.
                unsafe {
                    _mm_prefetch::<_MM_HINT_T0>(a.wrapping_byte_add(AHEAD).cast());
                    let mut values = [std::mem::zeroed::<__m512bh>(); VECTORS];
                    for v in 0..VECTORS {
                        let words = _mm512_loadu_si512(b.add(v * WIDTH).cast());
                        values[v] = std::mem::transmute::<__m512i, __m512bh>(words);
                    }
                    for r in 0..ROWS {
                        let word = _mm512_set1_epi32((*a.add(r)).cast_signed());
                        let weight = std::mem::transmute::<__m512i, __m512bh>(word);
                        for v in 0..VECTORS {
                            sums[r][v] = _mm512_dpbf16_ps(sums[r][v], weight, values[v]);
                        }
                    }
                }
                a = a.wrapping_add(ROWS);
                b = b.wrapping_add(LANES);
            }
        }
        for r in 0..ROWS {
            for v in 0..VECTORS {
                let at = r * LANES + v * WIDTH;
                let out = tile[at..at + WIDTH].as_mut_ptr();
                // SAFETY: the slice just taken is as wide as the vector.
                unsafe {
                    let before = _mm512_loadu_ps(out);
                    let sum = if add { _mm512_add_ps(before, sums[r][v]) } else { sums[r][v] };
                    _mm512_storeu_ps(out, sum);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::bf16::emulation::{high, low};
    use crate::test_noise::numbers;

    /// Words whose halves have exponents from `exponent` on, or any bits where `span` is 0.
    fn words(seed: u64, length: usize, exponent: u64, span: u64) -> Vec<u32> {
        let half = |n: u64| match span {
            0 => n >> 20 & 0xffff,
            _ => n >> 30 & 0x807f | (exponent + (n >> 50) % span) << 7,
        };
        let mut numbers = numbers(seed);
        let mut next = || half(numbers.next().unwrap());
        (0..length).map(|_| (next() | next() << 16) as u32).collect()
    }

    /// a · b + c of the standard library, which rounds once; 0 in the place of a result that is subnormal also with a
    /// larger exponent.
    fn fused(a: f32, b: f32, c: f32) -> f32 {
        let sum = a.mul_add(b, c);
        let large = 2f32.powi(64);
        let is_tiny = sum.abs() <= f32::MIN_POSITIVE
            && (a * large).mul_add(b, c * large).abs() < f32::MIN_POSITIVE * large;
        if is_tiny { 0f32.copysign(sum) } else { sum }
    }

    fn same(found: f32, expected: f32) -> bool {
        found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan()
    }

    /// Compares all units, bit for bit, with the definition of the instruction.
    fn check(weights: &[u32], values: &[u32], split: usize) {
        for unit in Unit::available() {
            for add in [false, true] {
                let mut tile = [0.25; TILE];
                let parts = [
                    WordSegment::new(&weights[..split * ROWS], &values[..split * LANES]),
                    WordSegment::new(&weights[split * ROWS..], &values[split * LANES..]),
                ];
                multiply_words(unit, &parts, &mut tile, add);
                for (at, found) in tile.iter().enumerate() {
                    let (row, lane) = (at / LANES, at % LANES);
                    let mut expected = 0.0;
                    for (w, v) in weights.chunks(ROWS).zip(values.chunks(LANES)) {
                        expected = fused(high(w[row]), high(v[lane]), expected);
                        expected = fused(low(w[row]), low(v[lane]), expected);
                    }
                    let expected = if add { 0.25 + expected } else { expected };
                    assert!(same(*found, expected), "{unit:?} {add}: {found:e} for {expected:e}");
                }
            }
        }
    }

    #[test]
    fn every_unit_returns_the_bits_of_the_instruction() {
        for (depth, split) in [(1, 0), (2, 1), (7, 3), (64, 64)] {
            // Of any size; of one size; about the smallest normal number, where products become subnormal.
            for (seed, exponent, span) in [(1, 0, 0), (2, 120, 12), (3, 61, 5), (4, 63, 1)] {
                let weights = words(seed, depth * ROWS, exponent, span);
                check(&weights, &words(seed + 9, depth * LANES, exponent, span), split);
            }
        }
    }

    #[test]
    fn sums_just_below_the_smallest_normal_number_become_zero_as_in_the_instruction() {
        // 2^-126, less n · 2^-158: below 2^-126 - 2^-151 the sum is rounded to a subnormal number.
        for n in [1u32, 64, 127, 128, 129, 130, 192, 255] {
            let bits = |value: f32| value.to_bits() >> 16;
            let weight = bits(2f32.powi(-63)) << 16 | bits(-(n as f32) * 2f32.powi(-79));
            let value = bits(2f32.powi(-63)) << 16 | bits(2f32.powi(-79));
            check(&[weight; ROWS], &[value; LANES], 1);
        }
    }
}
