//! The innermost product: eight rows of weights times 48 columns of values.
//!
//! Both operands lie in panels: weights `[k][8]`, values `[k][48]`, so that everything is read in
//! order. The tile is `[8][48]`. 48 columns are three vectors of AVX-512, and the 24 of them that
//! eight rows make are held in registers; each is used for one fused multiply-add a step, against
//! eleven loads. The frames of the published network's spectrogram, 336, are seven times 48.
//!
//! Source: Van Zee, van de Geijn, "BLIS: A Framework for Rapidly Instantiating BLAS Functionality",
//! ACM TOMS 41 (2015), for the shape of such a kernel.
#![allow(unsafe_code)]

use super::isa::{Isa, Level};
#[cfg(target_arch = "aarch64")]
use super::tile_aarch64;
use super::tile_portable;
#[cfg(target_arch = "x86_64")]
use super::tile_x86;

/// Rows of a tile, and of a panel of weights.
pub const ROWS: usize = 8;

/// Columns of a tile, and of a panel of values.
pub const LANES: usize = 48;

/// Elements of a tile.
pub const TILE: usize = ROWS * LANES;

/// Two panels of the same depth, whose product is a part of a tile.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a, T> {
    /// Weights `[depth][8]`.
    weights: &'a [T],
    /// Values `[depth][48]`.
    values: &'a [T],
}

impl<'a, T> Segment<'a, T> {
    /// # Panics
    /// If the depths differ.
    #[inline]
    pub fn new(weights: &'a [T], values: &'a [T]) -> Self {
        let depth = weights.len() / ROWS;
        assert!(weights.len() == depth * ROWS && values.len() == depth * LANES);
        Segment { weights, values }
    }

    /// Number of products in a sum.
    #[inline]
    pub fn depth(&self) -> usize {
        self.weights.len() / ROWS
    }

    /// Weights `[depth][8]`.
    #[inline]
    pub(super) fn weights(&self) -> &'a [T] {
        self.weights
    }

    /// Values `[depth][48]`.
    #[inline]
    pub(super) fn values(&self) -> &'a [T] {
        self.values
    }
}

/// f32 and f64.
pub trait Element:
    Copy + Default + Send + Sync + std::fmt::Debug + PartialEq + std::ops::AddAssign + 'static
{
    /// Sums the segments' products, in order, and stores the sums or adds them to the tile.
    fn multiply(isa: Isa, segments: &[Segment<Self>], tile: &mut [Self; TILE], add: bool);

    /// From double precision, rounded.
    fn from_f64(value: f64) -> Self;

    /// To double precision.
    fn to_f64(self) -> f64;
}

macro_rules! element {
    ($t:ty, $avx512:ident, $avx2:ident, $neon:ident) => {
        impl Element for $t {
            #[inline]
            fn multiply(isa: Isa, segments: &[Segment<$t>], tile: &mut [$t; TILE], add: bool) {
                match isa.0 {
                    Level::Portable => tile_portable::multiply(segments, tile, add),
                    // SAFETY: an `Isa` of this level exists only where it was detected.
                    #[cfg(target_arch = "aarch64")]
                    Level::Neon => unsafe { tile_aarch64::$neon(segments, tile, add) },
                    // SAFETY: an `Isa` of this level exists only where it was detected.
                    #[cfg(target_arch = "x86_64")]
                    Level::Avx2 => unsafe { tile_x86::$avx2(segments, tile, add) },
                    // SAFETY: an `Isa` of this level exists only where it was detected.
                    #[cfg(target_arch = "x86_64")]
                    Level::Avx512 => unsafe { tile_x86::$avx512(segments, tile, add) },
                }
            }

            #[inline]
            fn from_f64(value: f64) -> $t {
                value as $t
            }

            #[inline]
            fn to_f64(self) -> f64 {
                self.into()
            }
        }
    };
}

element!(f32, multiply_f32_avx512, multiply_f32_avx2, multiply_f32_neon);
element!(f64, multiply_f64_avx512, multiply_f64_avx2, multiply_f64_neon);

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::test_noise::numbers;

    /// Values from -1 to 1.
    pub fn noise<T: Element>(seed: u64, length: usize) -> Vec<T> {
        numbers(seed)
            .take(length)
            .map(|n| T::from_f64((n >> 40) as f64 / f64::from(1 << 23) - 1.0))
            .collect()
    }

    /// Compares with plain loops in double precision, on every instruction set of this machine.
    fn check<T: Element>(depths: &[usize], epsilon: f64) {
        let total: usize = depths.iter().sum();
        let weights: Vec<T> = noise(1, total * ROWS);
        let values: Vec<T> = noise(2, total * LANES);
        let before: Vec<T> = noise(3, TILE);
        for isa in Isa::available() {
            for add in [false, true] {
                let mut segments = Vec::new();
                let mut at = 0;
                for depth in depths {
                    segments.push(Segment::new(
                        &weights[at * ROWS..(at + depth) * ROWS],
                        &values[at * LANES..(at + depth) * LANES],
                    ));
                    at += depth;
                }
                let mut tile: [T; TILE] = before.clone().try_into().unwrap();
                T::multiply(isa, &segments, &mut tile, add);
                for (index, found) in tile.iter().enumerate() {
                    let (row, lane) = (index / LANES, index % LANES);
                    let start = if add { before[index].to_f64() } else { 0.0 };
                    let expected = (0..total).fold(start, |sum, k| {
                        sum + weights[k * ROWS + row].to_f64() * values[k * LANES + lane].to_f64()
                    });
                    let error = (found.to_f64() - expected).abs();
                    assert!(
                        error <= epsilon * (total + 1) as f64,
                        "{isa:?} {depths:?} add {add}: {error} at {row}, {lane}"
                    );
                }
            }
        }
    }

    #[test]
    fn equals_plain_loops_at_odd_depths_on_every_instruction_set() {
        for depths in [&[1][..], &[2], &[3], &[7], &[64], &[129], &[4, 1, 5], &[0, 3], &[]] {
            check::<f32>(depths, 1e-7);
            check::<f64>(depths, 1e-16);
        }
    }

    #[test]
    #[should_panic(expected = "weights.len()")]
    fn refuses_panels_of_different_depth() {
        Segment::new(&[0f32; 16], &[0f32; 48]);
    }
}
