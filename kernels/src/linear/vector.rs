//! Vectors of numbers, one type for each instruction set.
#![allow(unsafe_code)]

use std::ops::{Add, Mul};

use super::functions::{POWER_OF_TWO, ROUNDER, power_of_shifted};

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

/// Vectors in single precision, and what an exponential function takes.
pub(crate) trait Single: Vector<Element = f32> {
    /// Returns `self − other`.
    fn subtract(self, other: Self) -> Self;

    /// Returns `self · factor`.
    fn multiply(self, factor: Self) -> Self;

    /// Returns `self / divisor`.
    fn divide(self, divisor: Self) -> Self;

    /// Returns the larger of both.
    fn larger(self, other: Self) -> Self;

    /// Returns `self` · 2^`power`, where the power is a whole number from −126 to 127, of which
    /// `shifted` has been added to [`ROUNDER`].
    fn scale(self, power: Self, shifted: Self) -> Self;

    /// Returns 2^`self`, as `functions::power_of_two`.
    #[inline(always)]
    fn power_of_two(self) -> Self {
        let x = self.larger(Self::splat(-126.0));
        let shifted = x.add(Self::splat(ROUNDER));
        let whole = shifted.subtract(Self::splat(ROUNDER));
        let fraction = x.subtract(whole);
        let mut sum = Self::splat(POWER_OF_TWO[6]);
        for n in (0..6).rev() {
            sum = sum.multiply_add(fraction, Self::splat(POWER_OF_TWO[n]));
        }
        sum.scale(whole, shifted)
    }
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

impl Single for Portable<f32> {
    #[inline(always)]
    fn subtract(self, other: Self) -> Self {
        Portable(std::array::from_fn(|lane| self.0[lane] - other.0[lane]))
    }

    #[inline(always)]
    fn multiply(self, factor: Self) -> Self {
        Portable(std::array::from_fn(|lane| self.0[lane] * factor.0[lane]))
    }

    #[inline(always)]
    fn divide(self, divisor: Self) -> Self {
        Portable(std::array::from_fn(|lane| self.0[lane] / divisor.0[lane]))
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        Portable(std::array::from_fn(|lane| {
            if self.0[lane] > other.0[lane] { self.0[lane] } else { other.0[lane] }
        }))
    }

    #[inline(always)]
    fn scale(self, _: Self, shifted: Self) -> Self {
        self.multiply(Portable(shifted.0.map(power_of_shifted)))
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
    use crate::linear::vector::{Single, Vector};
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

    /// Implements [`Single`] with the machine's own functions.
    macro_rules! single_x86 {
        ($vector:ty, $subtract:ident, $multiply:ident, $divide:ident, $max:ident, |$x:ident, $power:ident, $shifted:ident| $scale:expr) => {
            impl Single for $vector {
                #[inline(always)]
                fn subtract(self, other: Self) -> Self {
                    // SAFETY: as the trait says, the machine has the instruction.
                    unsafe { $subtract(self, other) }
                }

                #[inline(always)]
                fn multiply(self, factor: Self) -> Self {
                    // SAFETY: as the trait says, the machine has the instruction.
                    unsafe { $multiply(self, factor) }
                }

                #[inline(always)]
                fn divide(self, divisor: Self) -> Self {
                    // SAFETY: as the trait says, the machine has the instruction.
                    unsafe { $divide(self, divisor) }
                }

                #[inline(always)]
                fn larger(self, other: Self) -> Self {
                    // SAFETY: as the trait says, the machine has the instruction.
                    unsafe { $max(self, other) }
                }

                #[inline(always)]
                fn scale(self, $power: Self, $shifted: Self) -> Self {
                    let $x = self;
                    // SAFETY: as the trait says, the machine has the instruction.
                    unsafe { $scale }
                }
            }
        };
    }

    single_x86!(
        __m512,
        _mm512_sub_ps,
        _mm512_mul_ps,
        _mm512_div_ps,
        _mm512_max_ps,
        |x, power, _shifted| _mm512_scalef_ps(x, power)
    );
    single_x86!(
        __m256,
        _mm256_sub_ps,
        _mm256_mul_ps,
        _mm256_div_ps,
        _mm256_max_ps,
        |x, _power, shifted| {
            let exponent = _mm256_slli_epi32::<23>(_mm256_castps_si256(shifted));
            let one = _mm256_castps_si256(_mm256_set1_ps(1.0));
            _mm256_mul_ps(x, _mm256_castsi256_ps(_mm256_add_epi32(exponent, one)))
        }
    );
}

#[cfg(target_arch = "aarch64")]
mod aarch64 {
    use crate::linear::vector::{Single, Vector};
    use std::arch::aarch64::*;

    vector!(float32x4_t, [f32; 4], vdupq_n_f32, vld1q_f32, vst1q_f32, vaddq_f32, |a, b, c| {
        vfmaq_f32(c, a, b)
    });
    vector!(float64x2_t, [f64; 2], vdupq_n_f64, vld1q_f64, vst1q_f64, vaddq_f64, |a, b, c| {
        vfmaq_f64(c, a, b)
    });

    impl Single for float32x4_t {
        #[inline(always)]
        fn subtract(self, other: Self) -> Self {
            // SAFETY: as the trait says, the machine has the instruction.
            unsafe { vsubq_f32(self, other) }
        }

        #[inline(always)]
        fn multiply(self, factor: Self) -> Self {
            // SAFETY: as the trait says, the machine has the instruction.
            unsafe { vmulq_f32(self, factor) }
        }

        #[inline(always)]
        fn divide(self, divisor: Self) -> Self {
            // SAFETY: as the trait says, the machine has the instruction.
            unsafe { vdivq_f32(self, divisor) }
        }

        #[inline(always)]
        fn larger(self, other: Self) -> Self {
            // SAFETY: as the trait says, the machine has the instruction.
            unsafe { vmaxq_f32(self, other) }
        }

        #[inline(always)]
        fn scale(self, _: Self, shifted: Self) -> Self {
            // SAFETY: as the trait says, the machine has the instruction.
            unsafe {
                let exponent = vshlq_n_s32::<23>(vreinterpretq_s32_f32(shifted));
                let one = vreinterpretq_s32_f32(vdupq_n_f32(1.0));
                vmulq_f32(self, vreinterpretq_f32_s32(vaddq_s32(exponent, one)))
            }
        }
    }
}
