//! The products in single precision, rounded as `vdpbf16ps` rounds them.

use super::segment::WordSegment;
use crate::linear::dispatch::dispatched;
use crate::linear::tile::{LANES, ROWS, TILE};

/// Exact sums whose absolute value is below this become zero: they are below the smallest normal number also when
/// rounded with any exponent.
const SMALLEST: f64 = f32::MIN_POSITIVE as f64 - 1.0 / (1u128 << 100) as f64 / (1u64 << 51) as f64;

/// Returns the number in the high half of a word, 0 for a subnormal one.
#[inline(always)]
pub(super) fn high(word: u32) -> f32 {
    normal(f32::from_bits(word & 0xffff_0000))
}

/// Returns the number in the low half of a word, 0 for a subnormal one.
#[inline(always)]
pub(super) fn low(word: u32) -> f32 {
    normal(f32::from_bits(word << 16))
}

#[inline(always)]
fn normal(value: f32) -> f32 {
    if value.abs() < f32::MIN_POSITIVE { 0.0f32.copysign(value) } else { value }
}

/// Returns a · b + c, rounded once, 0 in the place of a subnormal number; a and b are in bfloat16, and nothing is
/// subnormal.
#[inline(always)]
fn exact(a: f32, b: f32, c: f32) -> f32 {
    // The product is exact; the sum is rounded to odd, so that rounding it again to f32 is rounding once.
    let (product, addend) = (f64::from(a) * f64::from(b), f64::from(c));
    let sum = product + addend;
    let virtual_addend = sum - product;
    let error = (product - (sum - virtual_addend)) + (addend - virtual_addend);
    let bits = sum.to_bits();
    let is_rounded = error.abs() > 0.0 && error.abs() < f64::INFINITY && bits & 1 == 0;
    let outwards = (error > 0.0) == (sum > 0.0);
    let odd = if outwards { bits.wrapping_add(1) } else { bits.wrapping_sub(1) };
    let sum = f64::from_bits(if is_rounded { odd } else { bits });
    let zero = 0.0f32.copysign(sum as f32);
    if sum.abs() < SMALLEST { zero } else { sum as f32 }
}

/// Adds one product to each of 48 sums.
#[inline(always)]
fn step<const FUSED: bool>(a: f32, values: &[f32; LANES], sums: &mut [f32; LANES]) {
    if !FUSED {
        for lane in 0..LANES {
            sums[lane] = exact(a, values[lane], sums[lane]);
        }
        return;
    }
    let before = *sums;
    // A fused sum at the smallest normal number may have been below it before it was rounded.
    let mut edges = 0;
    for lane in 0..LANES {
        let sum = a.mul_add(values[lane], before[lane]);
        edges |= u32::from(sum.abs() == f32::MIN_POSITIVE);
        sums[lane] = normal(sum);
    }
    if edges != 0 {
        for lane in 0..LANES {
            sums[lane] = exact(a, values[lane], before[lane]);
        }
    }
}

dispatched! {
    /// Sums the segments' products, in order, and stores the sums or adds them to the tile.
    emulate = emulate_loop(segments: &[WordSegment], tile: &mut [f32; TILE], add: bool)
}

#[inline(always)]
fn emulate_loop<const FUSED: bool>(segments: &[WordSegment], tile: &mut [f32; TILE], add: bool) {
    for (row, output) in tile.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let mut sums = [0.0; LANES];
        for segment in segments {
            let weights = segment.weights().as_chunks::<ROWS>().0;
            for (weights, words) in weights.iter().zip(segment.values().as_chunks::<LANES>().0) {
                let (mut odd, mut even) = ([0.0; LANES], [0.0; LANES]);
                for lane in 0..LANES {
                    odd[lane] = high(words[lane]);
                    even[lane] = low(words[lane]);
                }
                step::<FUSED>(high(weights[row]), &odd, &mut sums);
                step::<FUSED>(low(weights[row]), &even, &mut sums);
            }
        }
        for (output, sum) in output.iter_mut().zip(sums) {
            *output = if add { *output + sum } else { sum };
        }
    }
}
