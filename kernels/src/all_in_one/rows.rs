//! Functions of rows of 48 lanes before and after products: biases, GELU, softmax.

use crate::linear::LANES;
use crate::linear::dispatch::dispatched;
use crate::linear::functions::{multiply_add, power_of_two};

dispatched! {
    /// `y = x + bias`, one bias a row; `y` may have fewer rows than `x`.
    add_bias = add_bias_loop(x: &[f32], bias: &[f32], y: &mut [f32])
}

#[inline(always)]
fn add_bias_loop<const FUSED: bool>(x: &[f32], bias: &[f32], y: &mut [f32]) {
    let x = x.as_chunks::<LANES>().0;
    for (r, y) in y.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let (x, bias) = (&x[r], bias[r]);
        for lane in 0..LANES {
            y[lane] = x[lane] + bias;
        }
    }
}

dispatched! {
    /// `y = x + bias + z`, one bias a row; `y` may have fewer rows than `x`.
    add_bias_to = add_bias_to_loop(x: &[f32], bias: &[f32], z: &[f32], y: &mut [f32])
}

#[inline(always)]
fn add_bias_to_loop<const FUSED: bool>(x: &[f32], bias: &[f32], z: &[f32], y: &mut [f32]) {
    let (x, z) = (x.as_chunks::<LANES>().0, z.as_chunks::<LANES>().0);
    for (r, y) in y.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let (x, z, bias) = (&x[r], &z[r], bias[r]);
        for lane in 0..LANES {
            y[lane] = z[lane] + (x[lane] + bias);
        }
    }
}

dispatched! {
    /// `y = gelu(x + bias)`, the exact GELU, one bias a row; `y` may have fewer rows than `x`.
    gelu = gelu_loop(x: &[f32], bias: &[f32], y: &mut [f32])
}

#[inline(always)]
fn gelu_loop<const FUSED: bool>(x: &[f32], bias: &[f32], y: &mut [f32]) {
    let x = x.as_chunks::<LANES>().0;
    for (r, y) in y.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let (x, bias) = (&x[r], bias[r]);
        for lane in 0..LANES {
            y[lane] = gelu_of::<FUSED>(x[lane] + bias);
        }
    }
}

/// x Φ(x) as max(x, 0) − t Φ(−t) with t = |x|, where Φ(−t) is 2^(t q(t) − 1).
///
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
    let above = if x > 0.0 { x } else { 0.0 };
    multiply_add::<FUSED>(-0.5 * t, power_of_two::<FUSED>(t * q), above)
}

dispatched! {
    /// The mean of two: `y = (x + z) / 2`.
    mean = mean_loop(x: &[f32], z: &[f32], y: &mut [f32])
}

#[inline(always)]
fn mean_loop<const FUSED: bool>(x: &[f32], z: &[f32], y: &mut [f32]) {
    let (x, z) = (x.as_chunks::<LANES>().0, z.as_chunks::<LANES>().0);
    for (r, y) in y.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let (x, z) = (&x[r], &z[r]);
        for lane in 0..LANES {
            y[lane] = (x[lane] + z[lane]) * 0.5;
        }
    }
}

dispatched! {
    /// Copies 48 frames of all rows of `y` `[rows][48]`: from `lane` on those of the panel that starts at
    /// `first` in `values`, and then those of the one at `second`.
    ///
    /// All rows but the last one are read in whole strips of 16 lanes.
    copy_shifted = copy_shifted_loop(
        values: &[f32],
        first: usize,
        second: usize,
        lane: usize,
        y: &mut [f32],
    )
}

#[inline(always)]
fn copy_shifted_loop<const FUSED: bool>(
    values: &[f32],
    first: usize,
    second: usize,
    lane: usize,
    y: &mut [f32],
) {
    const STRIP: usize = 16;
    // Sources of a row's strips: those that lie in both panels come from the first one, and are
    // completed by the first lanes of the second one, which also fill lanes that are written later.
    let mut from = [0, 1, 2].map(|strip| first + lane + strip * STRIP);
    for from in from.iter_mut().filter(|from| **from >= first + LANES) {
        *from = *from - first - LANES + second;
    }
    let seam = LANES - lane;
    let last = y.len() - LANES;
    for at in (0..last).step_by(LANES) {
        for (strip, from) in from.iter().enumerate() {
            let to = at + strip * STRIP;
            if seam < (strip + 1) * STRIP && seam >= strip * STRIP {
                y[to..to + STRIP].copy_from_slice(&values[from + at..from + at + STRIP]);
                let after = &values[second + at..second + at + STRIP];
                y[at + seam..at + seam + STRIP].copy_from_slice(after);
            } else {
                y[to..to + STRIP].copy_from_slice(&values[from + at..from + at + STRIP]);
            }
        }
    }
    let (before, after) = (first + lane + last, second + last);
    y[last..last + seam].copy_from_slice(&values[before..before + seam]);
    y[last + seam..].copy_from_slice(&values[after..after + lane]);
}

dispatched! {
    /// Turns scores `[slots][48]`, base 2, into probabilities that sum to one in each lane.
    softmax = softmax_loop(scores: &mut [f32])
}

#[inline(always)]
fn softmax_loop<const FUSED: bool>(scores: &mut [f32]) {
    let rows = scores.as_chunks_mut::<LANES>().0;
    let mut highest = [f32::NEG_INFINITY; LANES];
    for row in rows.iter() {
        for lane in 0..LANES {
            highest[lane] = if row[lane] > highest[lane] { row[lane] } else { highest[lane] };
        }
    }
    let mut sums = [0.0; LANES];
    for row in rows.iter_mut() {
        for lane in 0..LANES {
            row[lane] = power_of_two::<FUSED>(row[lane] - highest[lane]);
            sums[lane] += row[lane];
        }
    }
    for sum in &mut sums {
        *sum = 1.0 / *sum;
    }
    for row in rows.iter_mut() {
        for lane in 0..LANES {
            row[lane] *= sums[lane];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::Isa;
    use crate::test_noise::numbers;

    fn noise(seed: u64, length: usize) -> Vec<f32> {
        numbers(seed).take(length).map(|n| (n >> 40) as f32 / (1 << 21) as f32 - 4.0).collect()
    }

    fn near(found: &[f32], tolerance: f64, expected: impl Fn(usize) -> f64) {
        for (at, found) in found.iter().enumerate() {
            let error = f64::from(*found) - expected(at);
            assert!(error.abs() < tolerance, "{error} at {at}");
        }
    }

    #[test]
    fn biases_are_added_to_their_rows() {
        let (x, z, bias) = (noise(1, 3 * LANES), noise(2, 3 * LANES), noise(3, 3));
        let sum = |i: usize| f64::from(x[i]) + f64::from(bias[i / LANES]);
        for isa in Isa::available() {
            let mut y = vec![0.0; 2 * LANES];
            add_bias(isa, &x, &bias, &mut y);
            near(&y, 1e-6, sum);
            add_bias_to(isa, &x, &bias, &z, &mut y);
            near(&y, 2e-6, |i| sum(i) + f64::from(z[i]));
            mean(isa, &x, &z, &mut y);
            near(&y, 1e-6, |i| (f64::from(x[i]) + f64::from(z[i])) / 2.0);
        }
    }

    #[test]
    fn gelu_is_the_exact_one() {
        let (x, bias) = (noise(4, 2 * LANES), [0.5, -0.25]);
        for isa in Isa::available() {
            let mut y = vec![0.0; x.len()];
            gelu(isa, &x, &bias, &mut y);
            near(&y, 3e-7, |i| {
                let t = f64::from(x[i] + bias[i / LANES]);
                // The error function by its series, which converges everywhere.
                let z = t / 2f64.sqrt();
                let (mut term, mut sum) = (z, z);
                for n in 1..200 {
                    term *= -z * z / f64::from(n);
                    sum += term / f64::from(2 * n + 1);
                }
                t * (0.5 + sum / std::f64::consts::PI.sqrt())
            });
        }
    }

    #[test]
    fn gelu_is_nothing_far_below_zero_and_its_argument_far_above() {
        for isa in Isa::available() {
            let mut y = vec![0.0; LANES];
            gelu(isa, &[-1e30; LANES], &[0.0], &mut y);
            near(&y, 1e-8, |_| 0.0);
            gelu(isa, &[1e30; LANES], &[0.0], &mut y);
            assert_eq!(y, [1e30; LANES]);
        }
    }

    #[test]
    fn softmax_sums_to_one_in_each_lane() {
        let scores = noise(8, 6 * LANES);
        for isa in Isa::available() {
            let mut found = scores.clone();
            softmax(isa, &mut found);
            near(&found, 2e-7, |i| {
                let column = |k: usize| f64::from(scores[k * LANES + i % LANES]).exp2();
                column(i / LANES) / (0..6).map(column).sum::<f64>()
            });
        }
    }
}
