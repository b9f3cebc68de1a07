//! Loops over samples and bins, compiled for each instruction set.

use rustfft::num_complex::Complex;

use crate::linear::dispatch::dispatched;

dispatched! {
    /// `output = values · weights`.
    multiply = multiply_loop(values: &[f32], weights: &[f32], output: &mut [f32])
}

#[inline(always)]
fn multiply_loop<const FUSED: bool>(values: &[f32], weights: &[f32], output: &mut [f32]) {
    for ((output, value), weight) in output.iter_mut().zip(values).zip(weights) {
        *output = value * weight;
    }
}

dispatched! {
    /// `energy = |left|² + |right|²`.
    add_energies = add_energies_loop(
        left: &[Complex<f32>],
        right: &[Complex<f32>],
        energy: &mut [f32],
    )
}

#[inline(always)]
fn add_energies_loop<const FUSED: bool>(
    left: &[Complex<f32>],
    right: &[Complex<f32>],
    energy: &mut [f32],
) {
    for ((energy, left), right) in energy.iter_mut().zip(left).zip(right) {
        *energy =
            (left.re * left.re + left.im * left.im) + (right.re * right.re + right.im * right.im);
    }
}

dispatched! {
    /// `output = bins · shares`.
    scale = scale_loop(bins: &[Complex<f32>], shares: &[f32], output: &mut [Complex<f32>])
}

#[inline(always)]
fn scale_loop<const FUSED: bool>(
    bins: &[Complex<f32>],
    shares: &[f32],
    output: &mut [Complex<f32>],
) {
    for ((output, bin), share) in output.iter_mut().zip(bins).zip(shares) {
        *output = Complex::new(bin.re * share, bin.im * share);
    }
}

dispatched! {
    /// `sum += samples · window`.
    add = add_loop(samples: &[f32], window: &[f32], sum: &mut [f32])
}

#[inline(always)]
fn add_loop<const FUSED: bool>(samples: &[f32], window: &[f32], sum: &mut [f32]) {
    for ((sum, sample), weight) in sum.iter_mut().zip(samples).zip(window) {
        *sum += sample * weight;
    }
}
