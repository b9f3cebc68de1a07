//! Fourier transforms of real numbers, of which a transform of half as many complex ones does most of the work.
//!
//! They are those of the crate realfft bit for bit. Its loops over the factors that join both halves are compiled for the
//! build's target alone, where they take as long as the transform itself; here they are compiled for each instruction
//! set.
//!
//! ```
//! use tactus_kernels::linear::{Forward, Isa};
//! let forward = Forward::<f64>::new(4);
//! let (mut frame, mut spectrum) = (vec![1.0, 0.0, -1.0, 0.0], forward.spectrum());
//! forward.process(Isa::best(), &mut frame, &mut spectrum, &mut forward.scratch());
//! assert_eq!(spectrum.iter().map(|bin| bin.re).collect::<Vec<f64>>(), [0.0, 2.0, 0.0]);
//! ```
#![allow(unsafe_code)]

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::num_traits::Zero;
use rustfft::{Fft, FftNum, FftPlanner};

use super::dispatch::dispatched;
use super::isa::Isa;

/// A transform from real numbers to the lower half of their spectrum.
pub struct Forward<T: FftNum> {
    length: usize,
    twiddles: Vec<Complex<T>>,
    half: Arc<dyn Fft<T>>,
}

/// A transform from the lower half of a spectrum to real numbers, times their count.
pub struct Inverse<T: FftNum> {
    length: usize,
    twiddles: Vec<Complex<T>>,
    half: Arc<dyn Fft<T>>,
}

impl<T: FftNum> Forward<T> {
    /// Plans a transform of `length` numbers.
    ///
    /// # Panics
    /// If that is no multiple of four.
    pub fn new(length: usize) -> Self {
        let half = T::from_f64(0.5).expect("a float has one half");
        let twiddles = twiddles(length).map(|twiddle: Complex<T>| twiddle * half).collect();
        Forward { length, twiddles, half: FftPlanner::new().plan_fft_forward(length / 2) }
    }

    /// Zeros for the numbers: `[length]`.
    pub fn frame(&self) -> Vec<T> {
        vec![T::zero(); self.length]
    }

    /// Zeros for the spectrum: `[length / 2 + 1]`.
    pub fn spectrum(&self) -> Vec<Complex<T>> {
        vec![Complex::zero(); self.length / 2 + 1]
    }

    /// Working memory.
    pub fn scratch(&self) -> Vec<Complex<T>> {
        vec![Complex::zero(); self.half.get_outofplace_scratch_len()]
    }

    /// Transforms `frame`, `[length]`, which is used up, to `spectrum`, `[length / 2 + 1]`.
    ///
    /// # Panics
    /// If an array has another length, or `scratch` is shorter than [`Forward::scratch`].
    pub fn process(
        &self,
        isa: Isa,
        frame: &mut [T],
        spectrum: &mut [Complex<T>],
        scratch: &mut [Complex<T>],
    ) {
        let middle = self.length / 4;
        assert!(frame.len() == self.length && spectrum.len() == self.length / 2 + 1);
        let frame = pairs(frame);
        self.half.process_outofplace_with_scratch(frame, &mut spectrum[..2 * middle], scratch);
        let first = spectrum[0];
        spectrum[0] = Complex::new(first.re + first.im, T::zero());
        spectrum[2 * middle] = Complex::new(first.re - first.im, T::zero());
        spectrum[middle].im = -spectrum[middle].im;
        let (left, right) = spectrum.split_at_mut(middle);
        split(isa, &self.twiddles, &mut left[1..], &mut right[1..middle]);
    }
}

impl<T: FftNum> Inverse<T> {
    /// Plans a transform to `length` numbers.
    ///
    /// # Panics
    /// If that is no multiple of four.
    pub fn new(length: usize) -> Self {
        let twiddles = twiddles(length).map(|twiddle: Complex<T>| twiddle.conj()).collect();
        Inverse { length, twiddles, half: FftPlanner::new().plan_fft_inverse(length / 2) }
    }

    /// Zeros for the spectrum: `[length / 2 + 1]`.
    pub fn spectrum(&self) -> Vec<Complex<T>> {
        vec![Complex::zero(); self.length / 2 + 1]
    }

    /// Zeros for the numbers: `[length]`.
    pub fn frame(&self) -> Vec<T> {
        vec![T::zero(); self.length]
    }

    /// Working memory.
    pub fn scratch(&self) -> Vec<Complex<T>> {
        vec![Complex::zero(); self.half.get_outofplace_scratch_len()]
    }

    /// Transforms `spectrum`, `[length / 2 + 1]`, which is used up, to `frame`, `[length]`. Imaginary parts at 0 and at half
    /// the sample rate are ignored.
    ///
    /// # Panics
    /// If an array has another length, or `scratch` is shorter than [`Inverse::scratch`].
    pub fn process(
        &self,
        isa: Isa,
        spectrum: &mut [Complex<T>],
        frame: &mut [T],
        scratch: &mut [Complex<T>],
    ) {
        let middle = self.length / 4;
        assert!(frame.len() == self.length && spectrum.len() == self.length / 2 + 1);
        let (first, last) = (spectrum[0].re, spectrum[2 * middle].re);
        spectrum[0] = Complex::new(first + last, first - last);
        spectrum[middle] = (spectrum[middle] + spectrum[middle]).conj();
        let (left, right) = spectrum.split_at_mut(middle);
        join(isa, &self.twiddles, &mut left[1..], &mut right[1..middle]);
        let spectrum = &mut spectrum[..2 * middle];
        self.half.process_outofplace_with_scratch(spectrum, pairs(frame), scratch);
    }
}

/// Factors of the bins 1 to before a quarter of `length`.
fn twiddles<T: FftNum>(length: usize) -> impl Iterator<Item = Complex<T>> {
    assert!(length.is_multiple_of(4), "a transform has a multiple of four numbers");
    let angle_of_one = -2.0 * std::f64::consts::PI / length as f64;
    let of = |number| T::from_f64(number).expect("a float can be any number");
    (1..length / 4).map(move |index| {
        let angle = angle_of_one * index as f64;
        Complex::new(of(angle.cos()), of(angle.sin()))
    })
}

/// Takes two numbers each as a complex one.
fn pairs<T>(numbers: &mut [T]) -> &mut [Complex<T>] {
    // SAFETY: a complex number is laid out as an array of two numbers.
    unsafe { std::slice::from_raw_parts_mut(numbers.as_mut_ptr().cast(), numbers.len() / 2) }
}

dispatched! {
    /// Makes the spectrum of real numbers from that of pairs of them: `left` has the bins from the first on, `right` those
    /// up to the last.
    split<T: FftNum> = split_loop(
        twiddles: &[Complex<T>],
        left: &mut [Complex<T>],
        right: &mut [Complex<T>],
    )
}

#[inline(always)]
fn split_loop<T: FftNum, const FUSED: bool>(
    twiddles: &[Complex<T>],
    left: &mut [Complex<T>],
    right: &mut [Complex<T>],
) {
    let half = T::one() / (T::one() + T::one());
    let bins = left.iter_mut().zip(right.iter_mut().rev());
    for (twiddle, (left, right)) in twiddles.iter().zip(bins) {
        let (sum_re, difference_im, turned) = turn(*twiddle, *left, *right);
        let (half_re, half_im) = (half * sum_re, half * difference_im);
        *left = Complex::new(half_re + turned.re, half_im + turned.im);
        *right = Complex::new(half_re - turned.re, turned.im - half_im);
    }
}

dispatched! {
    /// The way back of `split`.
    join<T: FftNum> = join_loop(
        twiddles: &[Complex<T>],
        left: &mut [Complex<T>],
        right: &mut [Complex<T>],
    )
}

#[inline(always)]
fn join_loop<T: FftNum, const FUSED: bool>(
    twiddles: &[Complex<T>],
    left: &mut [Complex<T>],
    right: &mut [Complex<T>],
) {
    let bins = left.iter_mut().zip(right.iter_mut().rev());
    for (twiddle, (left, right)) in twiddles.iter().zip(bins) {
        let (sum_re, difference_im, turned) = turn(*twiddle, *left, *right);
        *left = Complex::new(sum_re - turned.re, difference_im - turned.im);
        *right = Complex::new(sum_re + turned.re, -turned.im - difference_im);
    }
}

/// For two opposite bins: the real part of their sum, the imaginary part of their difference, and the other two parts turned
/// by the factor of the bin.
#[inline(always)]
fn turn<T: FftNum>(twiddle: Complex<T>, left: Complex<T>, right: Complex<T>) -> (T, T, Complex<T>) {
    let (sum_im, difference_re) = (left.im + right.im, left.re - right.re);
    let re = sum_im * twiddle.re + difference_re * twiddle.im;
    let im = sum_im * twiddle.im - difference_re * twiddle.re;
    (left.re + right.re, left.im - right.im, Complex::new(re, im))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_noise::numbers;
    use realfft::RealFftPlanner;

    fn noise<T: FftNum>(length: usize) -> Vec<T> {
        let value = |n| (n >> 32) as f64 / f64::from(1 << 31) - 1.0;
        numbers(length as u64).map(|n| T::from_f64(value(n)).unwrap()).take(length).collect()
    }

    /// Both ways, on every instruction set, compared with realfft bit for bit.
    fn equals_realfft<T: FftNum>() {
        for length in [4, 8, 12, 40, 2048, 4096] {
            let (forward, inverse) = (Forward::<T>::new(length), Inverse::<T>::new(length));
            let mut planner = RealFftPlanner::<T>::new();
            let mut expected = forward.spectrum();
            let mut frame = noise(length);
            planner.plan_fft_forward(length).process(&mut frame, &mut expected).unwrap();
            let mut way_back = expected.clone();
            let mut expected_back = inverse.frame();
            planner.plan_fft_inverse(length).process(&mut way_back, &mut expected_back).unwrap();
            for isa in Isa::available() {
                let mut spectrum = forward.spectrum();
                forward.process(isa, &mut noise(length), &mut spectrum, &mut forward.scratch());
                assert!(spectrum == expected, "{isa:?} {length}");
                spectrum[0].im = T::one();
                spectrum[length / 2].im = T::one();
                let mut frame = inverse.frame();
                inverse.process(isa, &mut spectrum, &mut frame, &mut inverse.scratch());
                assert!(frame == expected_back, "{isa:?} {length}");
            }
        }
    }

    #[test]
    fn they_are_those_of_realfft_bit_for_bit() {
        equals_realfft::<f32>();
        equals_realfft::<f64>();
    }
}
