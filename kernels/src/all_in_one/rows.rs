//! Functions of rows of 48 lanes before and after products: biases, means, copies.

use crate::linear::LANES;
use crate::linear::dispatch::dispatched;
use crate::linear::keys::STRIP;

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

/// The sum of two, rounded, and what was rounded off (Knuth's TwoSum).
#[inline(always)]
fn sum_and_rest(a: f32, b: f32) -> (f32, f32) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
}

dispatched! {
    /// `y + rest = x + bias + z`, one bias a row: `rest` is what is rounded off when `z` is added. `y` may have fewer
    /// rows than `x`.
    add_bias_to = add_bias_to_loop(
        x: &[f32],
        bias: &[f32],
        z: &[f32],
        y: &mut [f32],
        rest: &mut [f32],
    )
}

#[inline(always)]
fn add_bias_to_loop<const FUSED: bool>(
    x: &[f32],
    bias: &[f32],
    z: &[f32],
    y: &mut [f32],
    rest: &mut [f32],
) {
    let (x, z) = (x.as_chunks::<LANES>().0, z.as_chunks::<LANES>().0);
    let rest = rest.as_chunks_mut::<LANES>().0;
    for (r, y) in y.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let (x, z, rest, bias) = (&x[r], &z[r], &mut rest[r], bias[r]);
        for lane in 0..LANES {
            (y[lane], rest[lane]) = sum_and_rest(z[lane], x[lane] + bias);
        }
    }
}

dispatched! {
    /// `y = x + bias + rest + z`, one bias a row, rounded once at the size of `z`; `y` may have fewer rows than `x`.
    add_bias_and_rest_to = add_bias_and_rest_to_loop(
        x: &[f32],
        bias: &[f32],
        z: &[f32],
        rest: &[f32],
        y: &mut [f32],
    )
}

#[inline(always)]
fn add_bias_and_rest_to_loop<const FUSED: bool>(
    x: &[f32],
    bias: &[f32],
    z: &[f32],
    rest: &[f32],
    y: &mut [f32],
) {
    let (x, z) = (x.as_chunks::<LANES>().0, z.as_chunks::<LANES>().0);
    let rest = rest.as_chunks::<LANES>().0;
    for (r, y) in y.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let (x, z, rest, bias) = (&x[r], &z[r], &rest[r], bias[r]);
        for lane in 0..LANES {
            y[lane] = z[lane] + (x[lane] + bias + rest[lane]);
        }
    }
}

dispatched! {
    /// The mean of two with their rests: `y + rest = (x + x_rest + z + rest) / 2`.
    mean = mean_loop(x: &[f32], x_rest: &[f32], z: &[f32], y: &mut [f32], rest: &mut [f32])
}

#[inline(always)]
fn mean_loop<const FUSED: bool>(
    x: &[f32],
    x_rest: &[f32],
    z: &[f32],
    y: &mut [f32],
    rest: &mut [f32],
) {
    let (x, z) = (x.as_chunks::<LANES>().0, z.as_chunks::<LANES>().0);
    let (x_rest, rest) = (x_rest.as_chunks::<LANES>().0, rest.as_chunks_mut::<LANES>().0);
    for (r, y) in y.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let (x, x_rest, z, rest) = (&x[r], &x_rest[r], &z[r], &mut rest[r]);
        for lane in 0..LANES {
            let (sum, left) = sum_and_rest(x[lane], z[lane]);
            y[lane] = sum * 0.5;
            rest[lane] = (left + (x_rest[lane] + rest[lane])) * 0.5;
        }
    }
}

dispatched! {
    /// Copies a strip of 16 lanes of all rows of `y` `[rows + 1][48]` but the last, from lane `to` on: the lanes
    /// before `seam` from the first source in `values` on, the others from the second.
    ///
    /// Rows are read and written in whole strips, so further lanes are overwritten, also of the spare row.
    copy_strip = copy_strip_loop(
        values: &[f32],
        sources: [usize; 2],
        seam: usize,
        to: usize,
        y: &mut [f32],
    )
}

#[inline(always)]
fn copy_strip_loop<const FUSED: bool>(
    values: &[f32],
    [first, second]: [usize; 2],
    seam: usize,
    to: usize,
    y: &mut [f32],
) {
    let rows = y.len() / LANES - 1;
    let length = (rows - 1) * LANES + STRIP;
    let (before, after) = (&values[first..first + length], &values[second..second + length]);
    let y = &mut y[to..to + length + seam];
    for at in (0..rows * LANES).step_by(LANES) {
        y[at..at + STRIP].copy_from_slice(&before[at..at + STRIP]);
        y[at + seam..at + seam + STRIP].copy_from_slice(&after[at..at + STRIP]);
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
            let mut rest = vec![0.0; 2 * LANES];
            add_bias_to(isa, &x, &bias, &z, &mut y, &mut rest);
            near(&y, 2e-6, |i| sum(i) + f64::from(z[i]));
            // Only the addition of the bias is rounded.
            let rounded = |i: usize| f64::from(x[i] + bias[i / LANES]) + f64::from(z[i]);
            for (i, (y, rest)) in y.iter().zip(&rest).enumerate() {
                assert_eq!(f64::from(*y) + f64::from(*rest), rounded(i), "{i}");
            }
            let (large, rests) = (vec![1e5; 2 * LANES], vec![0.003; 2 * LANES]);
            add_bias_and_rest_to(isa, &x, &bias, &large, &rests, &mut y);
            near(&y, 4e-3, |i| sum(i) + 1e5 + f64::from(0.003_f32));
            rest.copy_from_slice(&rests);
            mean(isa, &x, &rests, &z, &mut y, &mut rest);
            for (i, (y, rest)) in y.iter().zip(&rest).enumerate() {
                let expected = (f64::from(x[i]) + f64::from(z[i])) / 2.0 + f64::from(0.003_f32);
                assert!((f64::from(*y) + f64::from(*rest) - expected).abs() < 1e-9, "{i}");
            }
        }
    }
}
