//! Vectors of numbers, one type for each instruction set.
#![allow(unsafe_code)]

use std::ops::{Add, Mul};

/// A few neighbouring numbers.
///
/// The functions may be called only inlined into a function that is compiled for the vector's instruction set, on
/// a machine that has it; [`dispatched!`](super::dispatch::dispatched) ensures both.
pub(crate) trait Vector: Copy {
    /// Type of each number.
    type Element: Copy;

    /// Numbers in a vector; a divisor of 48.
    const WIDTH: usize;

    /// Returns `value` in all lanes.
    fn splat(value: Self::Element) -> Self;

    /// Loads neighbouring numbers.
    ///
    /// # Safety
    /// `from` must be valid for reads of `WIDTH` numbers.
    unsafe fn load(from: *const Self::Element) -> Self;

    /// Stores neighbouring numbers.
    ///
    /// # Safety
    /// `to` must be valid for writes of `WIDTH` numbers.
    unsafe fn store(self, to: *mut Self::Element);

    /// Returns `self + other`.
    fn add(self, other: Self) -> Self;

    /// Returns `self · factor + addend`.
    fn multiply_add(self, factor: Self, addend: Self) -> Self;

    /// Asks for memory that will be read soon; any address will do.
    #[inline(always)]
    fn prefetch(_address: *const Self::Element) {}
}

/// The vector of the portable path, for which the compiler chooses the instructions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Portable<T>([T; 4]);

impl<T: Copy + Add<Output = T> + Mul<Output = T>> Vector for Portable<T> {
    type Element = T;

    const WIDTH: usize = 4;

    #[inline(always)]
    fn splat(value: T) -> Self {
        Portable([value; 4])
    }

    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: the caller's promise; an array is aligned as its elements are.
        Portable(unsafe { from.cast::<[T; 4]>().read() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: the caller's promise; an array is aligned as its elements are.
        unsafe { to.cast::<[T; 4]>().write(self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Portable(std::array::from_fn(|lane| self.0[lane] + other.0[lane]))
    }

    #[inline(always)]
    fn multiply_add(self, factor: Self, addend: Self) -> Self {
        Portable(std::array::from_fn(|lane| addend.0[lane] + self.0[lane] * factor.0[lane]))
    }
}

/// Implements [`Vector`] with the machine's own functions.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! vector {
    (
        $vector:ty, [$element:ty; $width:literal], $splat:ident, $load:ident, $store:ident, $add:ident,
        |$a:ident, $b:ident, $c:ident| $fma:expr $(, prefetch |$address:ident| $prefetch:expr)?
    ) => {
        impl Vector for $vector {
            type Element = $element;

            const WIDTH: usize = $width;

            #[inline(always)]
            fn splat(value: $element) -> Self {
                // SAFETY: as the trait says, the machine has the instruction.
                unsafe { $splat(value) }
            }

            #[inline(always)]
            unsafe fn load(from: *const $element) -> Self {
                // SAFETY: the caller's promise; as the trait says, the machine has the instruction.
                unsafe { $load(from) }
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut $element) {
                // SAFETY: the caller's promise; as the trait says, the machine has the instruction.
                unsafe { $store(to, self) }
            }

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                // SAFETY: as the trait says, the machine has the instruction.
                unsafe { $add(self, other) }
            }

            #[inline(always)]
            fn multiply_add(self, factor: Self, addend: Self) -> Self {
                let ($a, $b, $c) = (self, factor, addend);
                // SAFETY: as the trait says, the machine has the instruction.
                unsafe { $fma }
            }

            $(
                #[inline(always)]
                fn prefetch($address: *const $element) {
                    // SAFETY: a prefetch never fails, whatever the address.
                    unsafe { $prefetch }
                }
            )?
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use crate::linear::vector::Vector;
    use std::arch::x86_64::*;

    macro_rules! vector_x86 {
        ($vector:ty, [$element:ty; $width:literal], $set:ident, $load:ident, $store:ident, $add:ident, $fma:ident) => {
            vector!(
                $vector,
                [$element; $width],
                $set,
                $load,
                $store,
                $add,
                |a, b, c| $fma(a, b, c),
                prefetch | address | _mm_prefetch::<_MM_HINT_T0>(address.cast())
            );
        };
    }

    vector_x86!(
        __m512,
        [f32; 16],
        _mm512_set1_ps,
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        _mm512_add_ps,
        _mm512_fmadd_ps
    );
    vector_x86!(
        __m512d,
        [f64; 8],
        _mm512_set1_pd,
        _mm512_loadu_pd,
        _mm512_storeu_pd,
        _mm512_add_pd,
        _mm512_fmadd_pd
    );
    vector_x86!(
        __m256,
        [f32; 8],
        _mm256_set1_ps,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        _mm256_add_ps,
        _mm256_fmadd_ps
    );
    vector_x86!(
        __m256d,
        [f64; 4],
        _mm256_set1_pd,
        _mm256_loadu_pd,
        _mm256_storeu_pd,
        _mm256_add_pd,
        _mm256_fmadd_pd
    );
}

#[cfg(target_arch = "aarch64")]
mod aarch64 {
    use crate::linear::vector::Vector;
    use std::arch::aarch64::*;

    vector!(float32x4_t, [f32; 4], vdupq_n_f32, vld1q_f32, vst1q_f32, vaddq_f32, |a, b, c| {
        vfmaq_f32(c, a, b)
    });
    vector!(float64x2_t, [f64; 2], vdupq_n_f64, vld1q_f64, vst1q_f64, vaddq_f64, |a, b, c| {
        vfmaq_f64(c, a, b)
    });
}
