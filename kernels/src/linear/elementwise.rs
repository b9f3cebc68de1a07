//! Functions of rows of 48 values after a product: activations, gates, sums.

use std::ops::{Add, Mul};

use super::dispatch::dispatched;
use super::functions::{normal_distribution, sigmoid};
use super::isa::Isa;
use super::tile::{Element, LANES};

/// An element that loops can calculate with.
pub trait Real: Element + Add<Output = Self> + Mul<Output = Self> {
    /// From single precision.
    fn from_f32(value: f32) -> Self;

    /// Rounded to single precision.
    fn to_f32(self) -> f32;

    /// `self * b + c`, rounded once if `FUSED`.
    fn multiply_add<const FUSED: bool>(self, b: Self, c: Self) -> Self;

    /// Values rounded to single precision: themselves, or a copy in `space`.
    fn single<'a>(isa: Isa, values: &'a [Self], space: &'a mut [f32]) -> &'a [f32];
}

impl Real for f32 {
    #[inline(always)]
    fn from_f32(value: f32) -> f32 {
        value
    }

    #[inline(always)]
    fn to_f32(self) -> f32 {
        self
    }

    #[inline(always)]
    fn multiply_add<const FUSED: bool>(self, b: f32, c: f32) -> f32 {
        if FUSED { self.mul_add(b, c) } else { self * b + c }
    }

    fn single<'a>(_: Isa, values: &'a [f32], _: &'a mut [f32]) -> &'a [f32] {
        values
    }
}

impl Real for f64 {
    #[inline(always)]
    fn from_f32(value: f32) -> f64 {
        value.into()
    }

    #[inline(always)]
    fn to_f32(self) -> f32 {
        self as f32
    }

    #[inline(always)]
    fn multiply_add<const FUSED: bool>(self, b: f64, c: f64) -> f64 {
        if FUSED { self.mul_add(b, c) } else { self * b + c }
    }

    fn single<'a>(isa: Isa, values: &'a [f64], space: &'a mut [f32]) -> &'a [f32] {
        to_single(isa, values, space);
        &space[..values.len()]
    }
}

dispatched! {
    /// `x = x · scale + shift` with one scale and shift a row of 48.
    affine<T: Real> = affine_loop(x: &mut [T], scale: &[T], shift: &[T])
}

#[inline(always)]
fn affine_loop<T: Real, const FUSED: bool>(x: &mut [T], scale: &[T], shift: &[T]) {
    for (r, x) in x.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let (scale, shift) = (scale[r], shift[r]);
        for x in x {
            *x = x.multiply_add::<FUSED>(scale, shift);
        }
    }
}

dispatched! {
    /// `x = gelu(x · scale + shift)`, the exact GELU, with one scale and shift a row of 48.
    affine_gelu<T: Real> = affine_gelu_loop(x: &mut [T], scale: &[T], shift: &[T])
}

#[inline(always)]
fn affine_gelu_loop<T: Real, const FUSED: bool>(x: &mut [T], scale: &[T], shift: &[T]) {
    for (r, x) in x.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let (scale, shift) = (scale[r], shift[r]);
        for x in x {
            let y = x.multiply_add::<FUSED>(scale, shift);
            let (a, b) = normal_distribution::<FUSED>(y.to_f32());
            *x = y * (T::from_f32(a) + T::from_f32(b));
        }
    }
}

dispatched! {
    /// `x = (x · scale[0] + shift[0]) · sigmoid(gate · scale[1] + shift[1])`, one each a row of 48.
    gate<T: Real> = gate_loop(
        x: &mut [T],
        gates: &[f32],
        scale: [&[T]; 2],
        shift: [&[T]; 2],
    )
}

#[inline(always)]
fn gate_loop<T: Real, const FUSED: bool>(
    x: &mut [T],
    gates: &[f32],
    scale: [&[T]; 2],
    shift: [&[T]; 2],
) {
    let gates = gates.as_chunks::<LANES>().0;
    for (r, x) in x.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let [a, b] = [scale[0][r], shift[0][r]];
        let [c, d] = [scale[1][r].to_f32(), shift[1][r].to_f32()];
        let gates = &gates[r];
        for i in 0..LANES {
            let gate = sigmoid::<FUSED>(gates[i].multiply_add::<FUSED>(c, d));
            x[i] = x[i].multiply_add::<FUSED>(a, b) * T::from_f32(gate);
        }
    }
}

dispatched! {
    /// `x += y`.
    add<T: Real> = add_loop(x: &mut [T], y: &[T])
}

#[inline(always)]
fn add_loop<T: Real, const FUSED: bool>(x: &mut [T], y: &[T]) {
    for (x, y) in x.iter_mut().zip(y) {
        *x += *y;
    }
}

dispatched! {
    /// `x += y + shift`, one shift a row of 48.
    add_shifted<T: Real> = add_shifted_loop(x: &mut [T], y: &[T], shift: &[T])
}

#[inline(always)]
fn add_shifted_loop<T: Real, const FUSED: bool>(x: &mut [T], y: &[T], shift: &[T]) {
    let rows = x.as_chunks_mut::<LANES>().0.iter_mut().zip(y.as_chunks::<LANES>().0);
    for ((x, y), shift) in rows.zip(shift) {
        for lane in 0..LANES {
            x[lane] += y[lane] + *shift;
        }
    }
}

dispatched! {
    /// Rounds to single precision.
    to_single<T: Real> = to_single_loop(x: &[T], y: &mut [f32])
}

#[inline(always)]
fn to_single_loop<T: Real, const FUSED: bool>(x: &[T], y: &mut [f32]) {
    for (x, y) in x.iter().zip(y) {
        *y = x.to_f32();
    }
}

dispatched! {
    /// The sum of all values of rows of 48, and that of their squares, in double precision.
    sums<T: Real> = sums_loop(x: &[T]) -> [f64; 2]
}

#[inline(always)]
fn sums_loop<T: Real, const FUSED: bool>(x: &[T]) -> [f64; 2] {
    let mut sum = [0.0; LANES];
    let mut squares = [0.0; LANES];
    for x in x.as_chunks::<LANES>().0 {
        for lane in 0..LANES {
            let x = x[lane].to_f64();
            sum[lane] += x;
            squares[lane] += x * x;
        }
    }
    [sum.iter().sum(), squares.iter().sum()]
}

dispatched! {
    /// Adds the products of all pairs of rows i ≥ j of 48 values to `products` `[pair][8]`, pairs in
    /// the order (0, 0), (1, 0), (1, 1), (2, 0) …; the eight parts are still to be summed.
    add_pair_products = add_pair_products_loop(rows: &[f64], products: &mut [[f64; 8]])
}

#[inline(always)]
fn add_pair_products_loop<const FUSED: bool>(rows: &[f64], products: &mut [[f64; 8]]) {
    let rows = rows.as_chunks::<LANES>().0;
    let mut pairs = products.iter_mut();
    for (i, a) in rows.iter().enumerate() {
        for b in &rows[..=i] {
            let Some(product) = pairs.next() else { return };
            let mut sums = [0.0; 8];
            for part in 0..LANES / 8 {
                for lane in 0..8 {
                    sums[lane] += a[8 * part + lane] * b[8 * part + lane];
                }
            }
            for lane in 0..8 {
                product[lane] += sums[lane];
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::test_noise::numbers;

    pub fn noise<T: Real>(seed: u64, length: usize) -> Vec<T> {
        numbers(seed)
            .take(length)
            .map(|n| T::from_f64((n >> 40) as f64 / f64::from(1 << 21) - 4.0))
            .collect()
    }

    /// The exact GELU, for x up to about 6.
    pub fn gelu(x: f64) -> f64 {
        // The error function by its series, which converges everywhere.
        let z = x / 2f64.sqrt();
        let mut term = z;
        let mut sum = z;
        for n in 1..200 {
            term *= -z * z / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        x * (0.5 + sum / std::f64::consts::PI.sqrt())
    }

    pub fn near<T: Real>(found: &[T], tolerance: f64, expected: impl Fn(usize) -> f64) {
        for (index, found) in found.iter().enumerate() {
            let error = found.to_f64() - expected(index);
            assert!(error.abs() < tolerance, "{error} at {index}");
        }
    }

    fn check<T: Real>(tolerance: f64) {
        let x: Vec<T> = noise(1, 2 * LANES);
        let gates: Vec<f32> = noise(2, 2 * LANES);
        let (scale, shift): (Vec<T>, Vec<T>) = (noise(3, 4), noise(4, 4));
        let scaled =
            |i: usize| x[i].to_f64() * scale[i / LANES].to_f64() + shift[i / LANES].to_f64();
        for isa in Isa::available() {
            let mut y = x.clone();
            affine(isa, &mut y, &scale, &shift);
            near(&y, tolerance * 20.0, scaled);
            let mut y = x.clone();
            affine_gelu(isa, &mut y, &scale, &shift);
            near(&y, 5e-6, |i| {
                if scaled(i).abs() > 6.0 { scaled(i).max(0.0) } else { gelu(scaled(i)) }
            });
            let mut y = x.clone();
            gate(isa, &mut y, &gates, [&scale[..2], &scale[2..]], [&shift[..2], &shift[2..]]);
            near(&y, 5e-6, |i| {
                let (c, d) = (scale[2 + i / LANES].to_f64(), shift[2 + i / LANES].to_f64());
                scaled(i) / (1.0 + (-(f64::from(gates[i]) * c + d)).exp())
            });
            let mut y = x.clone();
            add(isa, &mut y, &x);
            near(&y, tolerance, |i| 2.0 * x[i].to_f64());
            let mut y = x.clone();
            add_shifted(isa, &mut y, &x, &shift[..2]);
            near(&y, 2.0 * tolerance, |i| 2.0 * x[i].to_f64() + shift[i / LANES].to_f64());
            let mut y = vec![0.0; x.len()];
            to_single(isa, &x, &mut y);
            near(&y, 1e-6, |i| x[i].to_f64());
            let found = sums(isa, &x);
            let expected: f64 = x.iter().map(|x| x.to_f64()).sum();
            let squares: f64 = x.iter().map(|x| x.to_f64().powi(2)).sum();
            assert!((found[0] - expected).abs() < 1e-11 && (found[1] - squares).abs() < 1e-11);
        }
    }

    #[test]
    fn equal_plain_formulas_on_every_instruction_set() {
        check::<f32>(1e-6);
        check::<f64>(1e-14);
    }

    #[test]
    fn pair_products_are_those_of_all_rows_with_earlier_ones() {
        let rows: Vec<f64> = noise(5, 3 * LANES);
        for isa in Isa::available() {
            let mut products = [[1.0; 8]; 6];
            add_pair_products(isa, &rows, &mut products);
            for (at, (i, j)) in [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)].iter().enumerate()
            {
                let dot: f64 = (0..LANES).map(|k| rows[i * LANES + k] * rows[j * LANES + k]).sum();
                let found: f64 = products[at].iter().sum();
                assert!((found - 8.0 - dot).abs() < 1e-11);
            }
        }
    }
}
