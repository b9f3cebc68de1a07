//! The exact GELU of rows of 48 values.
//!
//! x Φ(x) is max(x, 0) − t Φ(−t) with t = |x|, so that neither small values nor those far below zero lose
//! digits. AVX-512 looks the coefficients of Φ(−t) up in registers, 32 intervals of them; other
//! instruction sets calculate it as 2^(t q(t) − 1).
#![allow(unsafe_code)]

use super::dispatch::dispatched;
use super::functions::{multiply_add, power_of_two};
use super::tile::LANES;

/// A way to activate a row.
trait Activation {
    /// `y = gelu(x · scale + shift)`.
    ///
    /// # Safety
    /// `x` must be valid for reads and `y` for writes of 48 numbers; they may be the same.
    unsafe fn row(x: *const f32, scale: f32, shift: f32, y: *mut f32);
}

dispatched! {
    /// `y = gelu(x + bias)`, one bias a row; `y` may have fewer rows than `x`.
    gelu = gelu_loop for {
        portable: [Formula<false>],
        neon: [Formula<true>],
        avx2: [Formula<true>],
        avx512: [Table],
    } (x: &[f32], bias: &[f32], y: &mut [f32])
}

#[inline(always)]
fn gelu_loop<A: Activation>(x: &[f32], bias: &[f32], y: &mut [f32]) {
    let x = x.as_chunks::<LANES>().0;
    for (r, y) in y.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        // SAFETY: both rows have 48 numbers.
        unsafe { A::row(x[r].as_ptr(), 1.0, bias[r], y.as_mut_ptr()) };
    }
}

dispatched! {
    /// `x = gelu(x · scale + shift)`, one scale and shift a row.
    scaled_gelu = scaled_gelu_loop for {
        portable: [Formula<false>],
        neon: [Formula<true>],
        avx2: [Formula<true>],
        avx512: [Table],
    } (x: &mut [f32], scale: &[f32], shift: &[f32])
}

#[inline(always)]
fn scaled_gelu_loop<A: Activation>(x: &mut [f32], scale: &[f32], shift: &[f32]) {
    for (r, x) in x.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let x = x.as_mut_ptr();
        // SAFETY: the row has 48 numbers.
        unsafe { A::row(x, scale[r], shift[r], x) };
    }
}

/// The GELU in operations that a compiler turns into vectors.
struct Formula<const FUSED: bool>;

impl<const FUSED: bool> Activation for Formula<FUSED> {
    #[inline(always)]
    unsafe fn row(x: *const f32, scale: f32, shift: f32, y: *mut f32) {
        // SAFETY: the caller's promise.
        let mut row = unsafe { x.cast::<[f32; LANES]>().read() };
        for x in &mut row {
            *x = gelu_of::<FUSED>(multiply_add::<FUSED>(*x, scale, shift));
        }
        // SAFETY: the caller's promise.
        unsafe { y.cast::<[f32; LANES]>().write(row) };
    }
}

/// The polynomial q is a weighted least-squares fit on [0, 6], reweighted until the error of t Φ(−t)
/// was level: 9e-9. So the error is hardly above that of rounding the exact value.
#[inline(always)]
fn gelu_of<const FUSED: bool>(x: f32) -> f32 {
    const Q: [f32; 8] = [
        -1.151_111,
        -0.459_162_15,
        -0.052_627_612,
        0.007_245_421_4,
        -0.000_272_075_76,
        -0.000_131_473_2,
        2.805_693_8e-5,
        -1.902_065_5e-6,
    ];
    let t = if x.abs() < 6.0 { x.abs() } else { 6.0 };
    let mut q = Q[7];
    let mut at = 7;
    while at > 0 {
        at -= 1;
        q = multiply_add::<FUSED>(q, t, Q[at]);
    }
    let above = if x < 0.0 { 0.0 } else { x };
    multiply_add::<FUSED>(-0.5 * t, power_of_two::<FUSED>(t * q), above)
}

/// The GELU from a table of coefficients in registers.
#[cfg(target_arch = "x86_64")]
struct Table;

#[cfg(target_arch = "x86_64")]
mod table {
    use std::arch::x86_64::*;

    use super::{Activation, LANES, Table};

    /// Intervals of the table a unit of t.
    const INTERVALS: f32 = 5.25;

    /// Width of an interval.
    const WIDTH: f32 = 1.0 / INTERVALS;

    /// 1.5 · 2²³: adding it rounds a small number to a whole one, in the lowest bits.
    const ROUNDER: f32 = 12_582_912.0;

    /// The end of the last interval is 6; beyond it t Φ(−t) counts as here, 6e-9.
    const LAST: f32 = 5.99;

    /// Coefficients of Φ(−t) in t less the middle of its interval, the constants first. Each polynomial
    /// interpolates at Chebyshev's nodes, within 5e-9.
    #[rustfmt::skip]
    #[allow(clippy::excessive_precision)]
    static COEFFICIENTS: [[f32; 32]; 5] = [
        [0.5, 0.424_468, 0.351_619_3, 0.283_854_57, 0.223_058_42, 0.170_451_91, 0.126_548_95, 0.091_211_215, 0.063_778_15, 0.043_238_13, 0.028_405_512, 0.018_074_915, 0.011_135_488, 0.006_639_634_7, 0.003_830_38, 0.002_137_366_7, 0.001_153_310_5, 6.016_53e-4, 3.033_833_6e-4, 1.478_445_8e-4, 6.961_733e-5, 3.167_123_2e-5, 1.391_847_7e-5, 5.908_082_6e-6, 2.422_051e-6, 9.588_705e-7, 3.665_543_6e-7, 1.352_956_2e-7, 4.821_300_7e-8, 1.658_634_5e-8, 5.508_285e-9, 1.765_780_9e-9],
        [-0.398_942_02, -0.391_770_24, -0.371_019_24, -0.338_847_85, -0.298_439_53, -0.253_484_43, -0.207_629_7, -0.164_010_23, -0.124_938_32, -0.091_783_285, -0.065_024_16, -0.044_425_17, -0.029_270_26, -0.018_598_04, -0.011_395_958, -0.006_734_068_5, -0.003_837_489_8, -0.002_108_919, -0.001_117_674_8, -5.712_337e-4, -2.815_496_4e-4, -1.338_255_1e-4, -6.134_307e-5, -2.711_656_5e-5, -1.155_969_5e-5, -4.752_264e-6, -1.884_070_6e-6, -7.203_376e-7, -2.655_933_7e-7, -9.443_663_6e-8, -3.238_216_5e-8, -1.070_812e-8],
        [1.257_038e-39, 0.037_311_435, 0.070_670_3, 0.096_813_61, 0.113_691_17, 0.120_706_77, 0.118_645_43, 0.109_340_04, 0.095_191_01, 0.078_671_32, 0.061_927_736, 0.046_540_648, 0.033_451_743, 0.023_026_178, 0.015_194_653, 0.009_620_141, 0.005_847_642, 0.003_414_471_9, 0.001_916_038, 0.001_033_678_2, 5.362_965e-4, 2.676_582_7e-4, 1.285_326_6e-4, 5.940_064_5e-5, 2.642_348_8e-5, 1.131_559_75e-5, 4.665_653e-6, 1.852_453_8e-6, 7.083_194e-7, 2.608_552_2e-7, 9.253_288_6e-8, 3.161_933_3e-8],
        [0.066_377_42, 0.062_823_17, 0.052_787_24, 0.037_997_227, 0.020_870_032, 0.003_966_472_6, -0.010_532_015, -0.021_190_817, -0.027_462_604, -0.029_605_854, -0.028_447_388, -0.025_083_274, -0.020_605_713, -0.015_912_708, -0.011_618_737, -0.008_052_819, -0.005_313_033, -0.003_343_943_7, -0.002_010_943_8, -0.001_156_956_3, -6.374_584e-4, -3.366_391_8e-4, -1.705_112_1e-4, -8.288_307_4e-5, -3.868_248e-5, -1.734_117_2e-5, -7.469_88e-6, -3.092_820_9e-6, -1.231_175_4e-6, -4.713_168_4e-7, -1.735_504_6e-7, -6.148_089e-8],
        [-1.533_340_4e-37, -0.009_197_878, -0.016_782_753, -0.021_532_97, -0.022_888_908, -0.021_027_332, -0.016_733_956, -0.011_135_156, -0.005_386_786_5, -4.156_143_4e-4, 0.003_225_674_2, 0.005_376_939, 0.006_190_604_5, 0.006_002_580_7, 0.005_202_916_5, 0.004_139_275_3, 0.003_065_698, 0.002_132_011_6, 0.001_400_078, 8.716_096_6e-4, 5.158_707_5e-4, 2.909_015_2e-4, 1.565_541_5e-4, 8.051_456e-5, 3.961_351_5e-5, 1.866_192_4e-5, 8.424_321e-6, 3.646_282e-6, 1.514_028_6e-6, 6.033_731e-7, 2.308_762_4e-7, 8.485_268e-8],
    ];

    impl Activation for Table {
        #[inline(always)]
        unsafe fn row(x: *const f32, scale: f32, shift: f32, y: *mut f32) {
            // SAFETY: the caller's promise; the function is compiled for machines with these instructions.
            unsafe {
                let coefficient = |n: usize, index: __m512i| {
                    let half = |at: usize| _mm512_loadu_ps(COEFFICIENTS[n][at..at + 16].as_ptr());
                    _mm512_permutex2var_ps(half(0), index, half(16))
                };
                let (scale, shift) = (_mm512_set1_ps(scale), _mm512_set1_ps(shift));
                for at in (0..LANES).step_by(16) {
                    let x = _mm512_fmadd_ps(_mm512_loadu_ps(x.add(at)), scale, shift);
                    let t = _mm512_min_ps(_mm512_abs_ps(x), _mm512_set1_ps(LAST));
                    let rounder = _mm512_set1_ps(ROUNDER);
                    let shifted = _mm512_fmadd_ps(t, _mm512_set1_ps(INTERVALS), rounder);
                    let whole = _mm512_sub_ps(shifted, rounder);
                    let rest = _mm512_fnmadd_ps(whole, _mm512_set1_ps(WIDTH), t);
                    let index = _mm512_castps_si512(shifted);
                    let mut tail = coefficient(4, index);
                    for n in (0..4).rev() {
                        tail = _mm512_fmadd_ps(tail, rest, coefficient(n, index));
                    }
                    // NaN is the second operand, which the instruction returns then.
                    let above = _mm512_max_ps(_mm512_setzero_ps(), x);
                    _mm512_storeu_ps(y.add(at), _mm512_fnmadd_ps(t, tail, above));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::elementwise::tests::gelu as expected_gelu;
    use crate::linear::isa::Isa;

    #[test]
    fn is_the_exact_one_between_minus_six_and_six() {
        let x: Vec<f32> = (0..250 * LANES).map(|i| i as f32 / 1000.0 - 6.0).collect();
        let rows = x.len() / LANES;
        for isa in Isa::available() {
            let mut y = vec![f32::NAN; x.len()];
            gelu(isa, &x, &vec![0.0; rows], &mut y);
            for (x, y) in x.iter().zip(&y) {
                let expected = expected_gelu(f64::from(*x));
                let error = (f64::from(*y) - expected).abs();
                let most = 2e-8 + 6e-8 * f64::from(x.abs()).min(1.0) + 6e-8 * expected.abs();
                assert!(error < most, "{isa:?}: {error} at {x}");
            }
        }
    }

    #[test]
    fn scales_and_shifts_each_row() {
        let x: Vec<f32> = (0..2 * LANES).map(|i| i as f32 / 24.0 - 2.0).collect();
        let (scale, shift) = ([0.5, -1.5], [0.25, 1.0]);
        for isa in Isa::available() {
            let mut y = x.clone();
            scaled_gelu(isa, &mut y, &scale, &shift);
            for (i, y) in y.iter().enumerate() {
                let row = i / LANES;
                let expected = expected_gelu(f64::from(x[i] * scale[row] + shift[row]));
                assert!((f64::from(*y) - expected).abs() < 3e-7, "{isa:?}: {i}");
            }
        }
    }

    #[test]
    fn small_values_keep_their_digits() {
        let x: Vec<f32> = (0..LANES).map(|i| (i as f32 - 23.5) * 1e-6).collect();
        for isa in Isa::available() {
            let mut y = vec![f32::NAN; LANES];
            gelu(isa, &x, &[0.0], &mut y);
            for (x, y) in x.iter().zip(&y) {
                let expected = expected_gelu(f64::from(*x));
                assert!((f64::from(*y) / expected - 1.0).abs() < 2e-7, "{isa:?}: {x}");
            }
        }
    }

    #[test]
    fn is_nothing_far_below_zero_its_argument_far_above_and_nan_where_that_is() {
        for isa in Isa::available() {
            let mut y = vec![0.0; LANES];
            for low in [-7.0, -1e30, f32::NEG_INFINITY] {
                gelu(isa, &[low; LANES], &[0.0], &mut y);
                assert!(y.iter().all(|y| y.abs() < 1e-8), "{isa:?}");
            }
            gelu(isa, &[1e30; LANES], &[0.0], &mut y);
            assert_eq!(y, [1e30; LANES]);
            gelu(isa, &[f32::NAN; LANES], &[0.0], &mut y);
            assert!(y.iter().all(|y| y.is_nan()), "{isa:?}");
        }
    }
}
