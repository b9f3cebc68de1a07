//! Pooling, bias and ELU after the embedding's convolutions.

use crate::linear::LANES;
use crate::linear::dispatch::dispatched;
use crate::linear::elementwise::Real;

/// 1.5 · 2⁵²: adding it rounds a small number to a whole one, in the lowest bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// `a * b + c`.
#[inline(always)]
fn multiply_add<const FUSED: bool>(a: f64, b: f64, c: f64) -> f64 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// e^x for x from −700 to 0; below, as for −700. Relative error below 1e-11.
#[inline(always)]
fn exponential<const FUSED: bool>(x: f64) -> f64 {
    /// The first digits of ln 2, so few that whole multiples are exact, and the rest.
    const LN_2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];
    let x = if x < -700.0 { -700.0 } else { x };
    let shifted = multiply_add::<FUSED>(x, std::f64::consts::LOG2_E, ROUNDER);
    let whole = shifted - ROUNDER;
    let scale = f64::from_bits((shifted.to_bits() << 52).wrapping_add(0x3ff0_0000_0000_0000));
    let rest = multiply_add::<FUSED>(whole, -LN_2[0], x);
    let rest = multiply_add::<FUSED>(whole, -LN_2[1], rest);
    // Taylor's series: 9 terms are enough for |rest| ≤ ln 2 / 2.
    let mut sum = 1.0 / 362_880.0;
    let mut at = 9;
    let factorials = [1.0, 1.0, 2.0, 6.0, 24.0, 120.0, 720.0, 5040.0, 40_320.0];
    while at > 0 {
        at -= 1;
        sum = multiply_add::<FUSED>(sum, rest, 1.0 / factorials[at]);
    }
    scale * sum
}

dispatched! {
    /// `y = elu(max(a, b, c) + bias)` in double precision, one bias a row; `y` may have fewer rows
    /// than the products a, b and c of three bands.
    ///
    /// Source: Clevert, Unterthiner, Hochreiter, "Fast and Accurate Deep Network Learning by
    /// Exponential Linear Units", ICLR 2016.
    pooled_elu<T: Real> = pooled_elu_loop(bands: [&[T]; 3], bias: &[f64], y: &mut [f64])
}

#[inline(always)]
fn pooled_elu_loop<T: Real, const FUSED: bool>(bands: [&[T]; 3], bias: &[f64], y: &mut [f64]) {
    let [a, b, c] = bands.map(|band| band.as_chunks::<LANES>().0);
    for (r, y) in y.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let (a, b, c, bias) = (&a[r], &b[r], &c[r], bias[r]);
        for lane in 0..LANES {
            let (a, b, c) = (a[lane].to_f64(), b[lane].to_f64(), c[lane].to_f64());
            let ab = if a > b { a } else { b };
            let x = if ab > c { ab } else { c } + bias;
            let below = exponential::<FUSED>(if x > 0.0 { 0.0 } else { x }) - 1.0;
            y[lane] = if x > 0.0 { x } else { below };
        }
    }
}

dispatched! {
    /// Normalises each lane of `x` `[channels][48]` over the channels, in double precision.
    double_norm = double_norm_loop(x: &mut [f64], gain: &[f64], shift: &[f64], epsilon: f64)
}

#[inline(always)]
fn double_norm_loop<const FUSED: bool>(x: &mut [f64], gain: &[f64], shift: &[f64], epsilon: f64) {
    let x = x.as_chunks_mut::<LANES>().0;
    let share = 1.0 / x.len() as f64;
    let mut means = [0.0; LANES];
    for row in x.iter() {
        for lane in 0..LANES {
            means[lane] += row[lane] * share;
        }
    }
    let mut scales = [0.0; LANES];
    for row in x.iter_mut() {
        for lane in 0..LANES {
            row[lane] -= means[lane];
            scales[lane] += row[lane] * row[lane];
        }
    }
    for scale in &mut scales {
        *scale = 1.0 / (*scale * share + epsilon).sqrt();
    }
    for (c, row) in x.iter_mut().enumerate() {
        let (gain, shift) = (gain[c], shift[c]);
        for lane in 0..LANES {
            row[lane] = row[lane] * scales[lane] * gain + shift;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::Isa;
    use crate::test_noise::numbers;

    fn noise(seed: u64, length: usize) -> Vec<f64> {
        numbers(seed).take(length).map(|n| (n >> 11) as f64 / (1u64 << 50) as f64 - 4.0).collect()
    }

    #[test]
    fn the_highest_of_three_bands_is_activated() {
        let bands = [1, 2, 3].map(|seed| noise(seed, 2 * LANES));
        let single = [0, 1, 2].map(|i| bands[i].iter().map(|x| *x as f32).collect::<Vec<_>>());
        let bias = [0.25, -2.0];
        let expected = |at: usize, values: [f64; 3]| {
            let x = values.into_iter().fold(f64::MIN, f64::max) + bias[at / LANES];
            if x > 0.0 { x } else { x.exp_m1() }
        };
        for isa in Isa::available() {
            let mut y = vec![0.0; 2 * LANES];
            pooled_elu(isa, [&bands[0], &bands[1], &bands[2]], &bias, &mut y);
            for (at, y) in y.iter().enumerate() {
                let expected = expected(at, [0, 1, 2].map(|i| bands[i][at]));
                assert!((y - expected).abs() < 2e-11, "{isa:?} {y} {expected}");
            }
            pooled_elu(isa, [&single[0], &single[1], &single[2]], &bias, &mut y);
            for (at, y) in y.iter().enumerate() {
                let expected = expected(at, [0, 1, 2].map(|i| single[i][at].into()));
                assert!((y - expected).abs() < 2e-11, "{isa:?} {y} {expected}");
            }
        }
    }

    #[test]
    fn far_below_zero_elu_is_minus_one() {
        let low = vec![-1e6; LANES];
        for isa in Isa::available() {
            let mut y = vec![0.0; LANES];
            pooled_elu(isa, [&low, &low, &low], &[0.0], &mut y);
            assert_eq!(y, vec![-1.0; LANES]);
        }
    }

    #[test]
    fn the_norm_has_the_mean_and_variance_of_each_lane() {
        let (x, gain, shift) = (noise(5, 5 * LANES), noise(6, 5), noise(7, 5));
        for isa in Isa::available() {
            let mut y = x.clone();
            double_norm(isa, &mut y, &gain, &shift, 0.5);
            for (at, y) in y.iter().enumerate() {
                let column = |c: usize| x[c * LANES + at % LANES];
                let mean = (0..5).map(column).sum::<f64>() / 5.0;
                let variance = (0..5).map(|c| (column(c) - mean).powi(2)).sum::<f64>() / 5.0;
                let expected =
                    (x[at] - mean) / (variance + 0.5).sqrt() * gain[at / LANES] + shift[at / LANES];
                assert!((y - expected).abs() < 1e-12, "{isa:?}");
            }
        }
    }
}
