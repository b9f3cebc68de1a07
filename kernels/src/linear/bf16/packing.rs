//! Rounds panels of single precision to words of two bfloat16.
#![allow(unsafe_code)]

use super::unit::{Kind, Unit};
use crate::linear::dispatch::dispatched;
use crate::linear::tile::LANES;

/// Rounds to the nearest bfloat16, ties to even; subnormal numbers become zeros.
#[inline(always)]
pub fn round_to_bf16(value: f32) -> u32 {
    let bits = value.to_bits();
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
    let special = if value.is_nan() { bits >> 16 | 0x40 } else { rounded };
    if value.abs() < f32::MIN_POSITIVE { bits >> 16 & 0x8000 } else { special }
}

/// Packs `[rows][48]` as words `[rows / 2][48]` of an even row, low, and the odd one after it, high; a last row that is
/// even has zeros above it.
///
/// # Panics
/// If `words` has another number of rows.
pub fn pack_pairs(unit: Unit, rows: &[f32], words: &mut [u32]) {
    let (rows, words) = (rows.as_chunks::<LANES>().0, words.as_chunks_mut::<LANES>().0);
    assert_eq!(words.len(), rows.len().div_ceil(2));
    match unit.0 {
        Kind::Emulated(isa) => pack_pairs_emulated(isa, rows, words),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a `Unit` of this kind exists only where its instructions were detected.
        Kind::Avx512 => unsafe { avx512::pack_pairs(rows, words) },
    }
}

/// Packs `[rows][48]` as words `[rows][24]` of an even position, low, and the odd one after it, high.
///
/// # Panics
/// If `words` has another number of rows.
pub fn pack_along(unit: Unit, rows: &[f32], words: &mut [u32]) {
    let (rows, words) = (rows.as_chunks::<LANES>().0, words.as_chunks_mut::<{ LANES / 2 }>().0);
    assert_eq!(words.len(), rows.len());
    match unit.0 {
        Kind::Emulated(isa) => pack_along_emulated(isa, rows, words),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a `Unit` of this kind exists only where its instructions were detected.
        Kind::Avx512 => unsafe { avx512::pack_along(rows, words) },
    }
}

dispatched! {
    pack_pairs_emulated = pack_pairs_loop(rows: &[[f32; LANES]], words: &mut [[u32; LANES]])
}

#[inline(always)]
fn pack_pairs_loop<const FUSED: bool>(rows: &[[f32; LANES]], words: &mut [[u32; LANES]]) {
    for (pair, words) in rows.chunks(2).zip(words) {
        for lane in 0..LANES {
            words[lane] = round_to_bf16(pair[0][lane]);
        }
        if let Some(odd) = pair.get(1) {
            for lane in 0..LANES {
                words[lane] |= round_to_bf16(odd[lane]) << 16;
            }
        }
    }
}

dispatched! {
    pack_along_emulated = pack_along_loop(rows: &[[f32; LANES]], words: &mut [[u32; LANES / 2]])
}

#[inline(always)]
fn pack_along_loop<const FUSED: bool>(rows: &[[f32; LANES]], words: &mut [[u32; LANES / 2]]) {
    for (row, words) in rows.iter().zip(words) {
        for (word, [even, odd]) in words.iter_mut().zip(row.as_chunks::<2>().0) {
            *word = round_to_bf16(*even) | round_to_bf16(*odd) << 16;
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::LANES;
    use std::arch::x86_64::*;

    /// Lanes of a vector.
    const WIDTH: usize = 16;

    /// Takes the halves of two vectors by turns: 0, 16, 1, 17, …
    const TURNS: [u16; 2 * WIDTH] = {
        let mut turns = [0; 2 * WIDTH];
        let mut at = 0;
        while at < WIDTH {
            turns[2 * at] = at as u16;
            turns[2 * at + 1] = (WIDTH + at) as u16;
            at += 1;
        }
        turns
    };

    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    pub fn pack_pairs(rows: &[[f32; LANES]], words: &mut [[u32; LANES]]) {
        const ZEROS: [f32; LANES] = [0.0; LANES];
        // SAFETY: the array is as large as a vector.
        let turns = unsafe { _mm512_loadu_si512(TURNS.as_ptr().cast()) };
        for (pair, words) in rows.chunks(2).zip(words) {
            let (even, odd) = (&pair[0], pair.get(1).unwrap_or(&ZEROS));
            for at in (0..LANES).step_by(WIDTH) {
                // SAFETY: three vectors are as long as the arrays; the vector types are of one size.
                unsafe {
                    let even = _mm512_loadu_ps(even.as_ptr().add(at));
                    let odd = _mm512_loadu_ps(odd.as_ptr().add(at));
                    let halves = _mm512_cvtne2ps_pbh(odd, even);
                    let halves = std::mem::transmute::<__m512bh, __m512i>(halves);
                    let turned = _mm512_permutexvar_epi16(turns, halves);
                    _mm512_storeu_si512(words.as_mut_ptr().add(at).cast(), turned);
                }
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    pub fn pack_along(rows: &[[f32; LANES]], words: &mut [[u32; LANES / 2]]) {
        for (row, words) in rows.iter().zip(words) {
            for at in (0..LANES).step_by(WIDTH) {
                // SAFETY: three vectors are as long as the arrays; the vector types are of one size.
                unsafe {
                    let halves = _mm512_cvtneps_pbh(_mm512_loadu_ps(row.as_ptr().add(at)));
                    let halves = std::mem::transmute::<__m256bh, __m256i>(halves);
                    _mm256_storeu_si256(words.as_mut_ptr().add(at / 2).cast(), halves);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_noise::numbers;

    /// Any bits, halfway cases, and special numbers.
    fn values(length: usize) -> Vec<f32> {
        let special = [0.0, -0.0, 1e-39, -1e-39, f32::INFINITY, f32::NAN, f32::MAX, -f32::MAX];
        let any = numbers(5).map(|n| {
            let bits = (n >> 32) as u32;
            f32::from_bits(if n % 4 == 0 { bits & 0xffff_0000 | 0x8000 } else { bits })
        });
        special.into_iter().chain(any).take(length).collect()
    }

    /// The nearest of the two bfloat16 around a number, by comparing.
    fn nearest(value: f32) -> u32 {
        if value.is_nan() {
            return value.to_bits() >> 16 | 0x40;
        }
        let below = value.to_bits() & 0xffff_0000;
        let above = below + 0x1_0000;
        if value.is_subnormal() {
            return below >> 16 & 0x8000;
        }
        let number = |bits: u32| match f32::from_bits(bits) {
            infinite if infinite.is_infinite() => 2f64.powi(128).copysign(infinite.into()),
            finite => f64::from(finite),
        };
        if !value.is_finite() {
            return below >> 16;
        }
        let distance = |bits: u32| (number(bits) - f64::from(value)).abs();
        let nearer_above = distance(above) < distance(below)
            || distance(above) == distance(below) && below >> 16 & 1 == 1;
        if nearer_above { above >> 16 } else { below >> 16 }
    }

    #[test]
    fn every_unit_rounds_pairs_of_rows_to_the_nearest_and_fills_up_an_odd_one() {
        for rows in [1, 2, 5, 64] {
            let values = values(rows * LANES);
            for unit in Unit::available() {
                let mut words = vec![9; rows.div_ceil(2) * LANES];
                pack_pairs(unit, &values, &mut words);
                for (at, word) in words.iter().enumerate() {
                    let (pair, lane) = (at / LANES, at % LANES);
                    let half = |row: usize| match values.get(row * LANES + lane) {
                        Some(value) => nearest(*value),
                        None => 0,
                    };
                    assert_eq!(*word, half(2 * pair) | half(2 * pair + 1) << 16, "{unit:?}");
                }
            }
        }
    }

    #[test]
    fn every_unit_rounds_pairs_of_positions_to_the_nearest() {
        let values = values(3 * LANES);
        for unit in Unit::available() {
            let mut words = vec![9; values.len() / 2];
            pack_along(unit, &values, &mut words);
            for (word, pair) in words.iter().zip(values.chunks(2)) {
                assert_eq!(*word, nearest(pair[0]) | nearest(pair[1]) << 16, "{unit:?}");
            }
        }
    }
}
