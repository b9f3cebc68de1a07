//! The innermost product: eight rows of weights times 48 columns of values.
//!
//! Both operands lie in panels: weights `[k][8]`, values `[k][48]`, so that everything is read in
//! order. The tile is `[8][48]`. 48 columns are three vectors of AVX-512, and the 24 of them that
//! eight rows make are held in registers; each is used for one fused multiply-add a step, against
//! eleven loads. Other instruction sets have fewer or shorter registers and sum smaller blocks. The frames of the published network's spectrogram, 336, are seven times 48.
//!
//! Source: Van Zee, van de Geijn, "BLIS: A Framework for Rapidly Instantiating BLAS Functionality",
//! ACM TOMS 41 (2015), for the shape of such a kernel.
#![allow(unsafe_code)]

use super::dispatch::dispatched;
use super::isa::Isa;
use super::vector::{Portable, Vector};

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

    /// Whether the absolute value is above a limit.
    fn exceeds(self, limit: f32) -> bool;
}

macro_rules! element {
    ($t:ty, $multiply:ident) => {
        impl Element for $t {
            #[inline]
            fn multiply(isa: Isa, segments: &[Segment<$t>], tile: &mut [$t; TILE], add: bool) {
                $multiply(isa, segments, tile, add);
            }

            #[inline]
            fn from_f64(value: f64) -> $t {
                value as $t
            }

            #[inline]
            fn to_f64(self) -> f64 {
                self.into()
            }

            #[inline]
            fn exceeds(self, limit: f32) -> bool {
                self.abs() > limit.into()
            }
        }
    };
}

element!(f32, multiply_f32);
element!(f64, multiply_f64);

// With three vectors a row, AVX2 would keep sums in memory: it has sixteen registers.
dispatched! {
    /// [`Element::multiply`] for f32.
    multiply_f32 = multiply_blocks for {
        portable: [Portable<f32>, 2, 2],
        neon: [std::arch::aarch64::float32x4_t, 8, 3],
        avx2: [std::arch::x86_64::__m256, 4, 2],
        avx512: [std::arch::x86_64::__m512, 8, 3],
    } (segments: &[Segment<f32>], tile: &mut [f32; TILE], add: bool)
}

dispatched! {
    /// [`Element::multiply`] for f64.
    multiply_f64 = multiply_blocks for {
        portable: [Portable<f64>, 2, 2],
        neon: [std::arch::aarch64::float64x2_t, 8, 3],
        avx2: [std::arch::x86_64::__m256d, 4, 2],
        avx512: [std::arch::x86_64::__m512d, 8, 3],
    } (segments: &[Segment<f64>], tile: &mut [f64; TILE], add: bool)
}

/// Distance in bytes at which weights are fetched ahead: they are read once from start to end, often from
/// outside the second cache, and the machine itself stops at the end of each page.
const AHEAD: usize = 2048;

/// Sums blocks of `R` rows × `N` vectors in registers, one block after another until the tile is full.
#[inline(always)]
// The compiler keeps arrays in registers only in loops over indices of fixed length.
#[allow(clippy::needless_range_loop)]
fn multiply_blocks<V: Vector<Element: Default>, const R: usize, const N: usize>(
    segments: &[Segment<V::Element>],
    tile: &mut [V::Element; TILE],
    add: bool,
) {
    let zero = V::splat(V::Element::default());
    for row in (0..ROWS).step_by(R) {
        for lane in (0..LANES).step_by(N * V::WIDTH) {
            let mut sums = [[zero; N]; R];
            for segment in segments {
                let mut a = segment.weights.as_ptr().wrapping_add(row);
                let mut b = segment.values.as_ptr().wrapping_add(lane);
                for _ in 0..segment.depth() {
                    V::prefetch(a.wrapping_byte_add(AHEAD));
                    let mut values = [zero; N];
                    for v in 0..N {
                        // SAFETY: step k of `depth` reads values[48k + lane..][..N · WIDTH], which
                        // `Segment::new` has checked.
                        values[v] = unsafe { V::load(b.add(v * V::WIDTH)) };
                    }
                    for r in 0..R {
                        // SAFETY: step k of `depth` reads weights[8k + row..][..R], which `Segment::new`
                        // has checked.
                        let weight = V::splat(unsafe { *a.add(r) });
                        for v in 0..N {
                            sums[r][v] = weight.multiply_add(values[v], sums[r][v]);
                        }
                    }
                    a = a.wrapping_add(ROWS);
                    b = b.wrapping_add(LANES);
                }
            }
            for r in 0..R {
                for v in 0..N {
                    let at = (row + r) * LANES + lane + v * V::WIDTH;
                    let out = tile[at..at + V::WIDTH].as_mut_ptr();
                    // SAFETY: the slice just taken is as wide as the vector.
                    unsafe {
                        let sum = if add { V::load(out).add(sums[r][v]) } else { sums[r][v] };
                        sum.store(out);
                    }
                }
            }
        }
    }
}

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
