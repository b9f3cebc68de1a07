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
    /// `y = gelu(x + bias)`.
    ///
    /// # Safety
    /// `x` must be valid for reads and `y` for writes of 48 numbers.
    unsafe fn row(x: *const f32, bias: f32, y: *mut f32);
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
        unsafe { A::row(x[r].as_ptr(), bias[r], y.as_mut_ptr()) };
    }
}

/// The GELU in operations that a compiler turns into vectors.
struct Formula<const FUSED: bool>;

impl<const FUSED: bool> Activation for Formula<FUSED> {
    #[inline(always)]
    unsafe fn row(x: *const f32, bias: f32, y: *mut f32) {
        // SAFETY: the caller's promise.
        let mut row = unsafe { x.cast::<[f32; LANES]>().read() };
        for x in &mut row {
            *x = gelu_of::<FUSED>(*x + bias);
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

    /// 1.5 · 2²³: adding it rounds a small number to a whole one, in the lowest bits.
    const ROUNDER: f32 = 12_582_912.0;

    /// The end of the last interval is 6; beyond it t Φ(−t) counts as here, 6e-9.
    const LAST: f32 = 5.99;

    /// About the middle of each interval: where Φ(−t) is nearly a number in single precision, so that no interval
    /// has an error of its own.
    #[rustfmt::skip]
    #[allow(clippy::excessive_precision)]
    static CENTRES: [f32; 32] = [0.0, 0.190_586_31, 0.381_150_84, 0.571_546, 0.761_414_1, 0.951_777_16, 1.142_022_8, 1.333_679_6, 1.524_868_2, 1.713_607_3, 1.905_380_8, 2.094_064_7, 2.285_611, 2.475_192_3, 2.665_162_6, 2.858_545_5, 3.048_856_5, 3.236_387_5, 3.429_893_3, 3.616_594_6, 3.808_383, 4.001_891, 4.189_345_4, 4.382_950_3, 4.567_688, 4.758_766_7, 4.955_376_6, 5.139_789, 5.330_004_7, 5.522_345, 5.718_386_7, 5.906_193_7];

    /// Coefficients of Φ(−t) in t less the centre of its interval, the constants first. Each polynomial is
    /// within 6e-9. None is subnormal: some processors take a hundred times as long for such a number.
    #[rustfmt::skip]
    #[allow(clippy::excessive_precision)]
    static COEFFICIENTS: [[f32; 32]; 5] = [
        [0.5, 0.424_424_86, 0.351_545_66, 0.283_814_8, 0.223_204_88, 0.170_605, 0.126_722_26, 0.091_154_45, 0.063_645_98, 0.043_300_435, 0.028_365_292, 0.018_127_108, 0.011_138_516, 0.006_658_222_5, 0.003_847_555_7, 0.002_127_94, 0.001_148_570_9, 6.052_647e-4, 3.019_093_7e-4, 1.492_521_6e-4, 6.993_925_5e-5, 3.141_910_6e-5, 1.398_801_8e-5, 5.854_141_4e-6, 2.465_666_7e-6, 9.738_973e-7, 3.609_516e-7, 1.375_235e-7, 4.910_511_5e-8, 1.672_523_6e-8, 5.377_011e-9, 1.750_511_2e-9],
        [-0.398_942_02, -0.391_762_02, -0.370_991_2, -0.338_825_1, -0.298_551_08, -0.253_630_2, -0.207_827_69, -0.163_934_53, -0.124_736_85, -0.091_890_074, -0.064_947_54, -0.044_534_497, -0.029_277_18, -0.018_644_057, -0.011_441_747, -0.006_707_129, -0.003_823_042_6, -0.002_120_610_6, -0.001_112_620_1, -5.763_260_4e-4, -2.827_758_4e-4, -1.328_167_7e-4, -6.163_443e-5, -2.688_020_1e-5, -1.175_900_1e-5, -4.823_796_6e-6, -1.856_316_7e-6, -7.317_918e-7, -2.703_497_7e-7, -9.520_372_4e-8, -3.163_184_2e-8, -1.061_795_3e-8],
        [0.0, 0.037_332_2, 0.070_701_73, 0.096_827_01, 0.113_660_42, 0.120_699_555, 0.118_671_775, 0.109_318, 0.095_103_68, 0.078_731_61, 0.061_874_904, 0.046_629_01, 0.033_458_136, 0.023_073_86, 0.015_247_134_5, 0.009_586_323, 0.005_827_962_4, 0.003_431_624_7, 0.001_908_088_5, 0.001_042_211_4, 5.384_785e-4, 2.657_585_7e-4, 1.291_11e-4, 5.890_712e-5, 2.685_962_7e-5, 1.147_942_3e-5, 4.599_219_7e-6, 1.881_013_5e-6, 7.206_612e-7, 2.629_239_5e-7, 9.043_197e-8, 3.135_777_5e-8],
        [0.066_377_42, 0.062_819_116, 0.052_773_92, 0.037_987_113, 0.020_914_955, 0.004_017_263_7, -0.010_476_154, -0.021_206_234, -0.027_485_391, -0.029_604_718, -0.028_439_399, -0.025_108_503, -0.020_608_272, -0.015_936_678, -0.011_650_051, -0.008_029_605, -0.005_297_865_3, -0.003_358_518_2, -0.002_003_546, -0.001_165_519_9, -6.398_142e-4, -3.344_413e-4, -1.712_199_4e-4, -8.224_058e-5, -3.927_690_7e-5, -1.757_602_9e-5, -7.369_195_4e-6, -3.137_694e-6, -1.251_398_1e-6, -4.748_566_5e-7, -1.697_792_1e-7, -6.099_569_6e-8],
        [0.0, -0.009_198_9, -0.016_784_094, -0.021_533_322, -0.022_889_044, -0.021_029_374, -0.016_738_415, -0.011_133_003, -0.005_380_699, -4.187_243_2e-4, 0.003_227_550_3, 0.005_375_175_3, 0.006_190_578_5, 0.006_003_166, 0.005_204_469_4, 0.004_137_652, 0.003_064_372_3, 0.002_133_513_6, 0.001_399_208_4, 8.727_322e-4, 5.162_101_6e-4, 2.905_575_7e-4, 1.566_735_9e-4, 8.039_875e-5, 3.972_739_4e-5, 1.870_956_1e-5, 8.402_767e-6, 3.656_368_3e-6, 1.518_791_5e-6, 6.042_45e-7, 2.299_069_5e-7, 8.472_299e-8],
    ];

    impl Activation for Table {
        #[inline(always)]
        unsafe fn row(x: *const f32, bias: f32, y: *mut f32) {
            // SAFETY: the caller's promise; the function is compiled for machines with these instructions.
            unsafe {
                let look_up = |table: &[f32; 32], index: __m512i| {
                    let half = |at: usize| _mm512_loadu_ps(table[at..at + 16].as_ptr());
                    _mm512_permutex2var_ps(half(0), index, half(16))
                };
                let bias = _mm512_set1_ps(bias);
                for at in (0..LANES).step_by(16) {
                    let x = _mm512_add_ps(_mm512_loadu_ps(x.add(at)), bias);
                    let t = _mm512_min_ps(_mm512_abs_ps(x), _mm512_set1_ps(LAST));
                    // The lowest bits are the interval's number.
                    let shifted =
                        _mm512_fmadd_ps(t, _mm512_set1_ps(INTERVALS), _mm512_set1_ps(ROUNDER));
                    let index = _mm512_castps_si512(shifted);
                    let rest = _mm512_sub_ps(t, look_up(&CENTRES, index));
                    let mut tail = look_up(&COEFFICIENTS[4], index);
                    for n in (0..4).rev() {
                        tail = _mm512_fmadd_ps(tail, rest, look_up(&COEFFICIENTS[n], index));
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
    fn adds_a_bias_to_each_row() {
        let x: Vec<f32> = (0..2 * LANES).map(|i| i as f32 / 24.0 - 2.0).collect();
        let bias = [0.25, -1.0];
        for isa in Isa::available() {
            let mut y = vec![f32::NAN; x.len()];
            gelu(isa, &x, &bias, &mut y);
            for (i, y) in y.iter().enumerate() {
                let expected = expected_gelu(f64::from(x[i] + bias[i / LANES]));
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
