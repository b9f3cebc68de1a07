//! Vectors of single precision numbers, one type for each instruction set.
#![allow(unsafe_code)]

/// A few neighbouring lanes of a row.
///
/// The functions may only be called, inlined, from a function that is compiled for the vector's
/// instruction set, on a machine that has it.
pub(super) trait Vector: Copy {
    /// Numbers in a vector; a divisor of 48.
    const WIDTH: usize;

    /// All lanes zero.
    fn zero() -> Self;

    /// # Safety
    /// `from` must be valid for reads of `WIDTH` f32.
    unsafe fn load(from: *const f32) -> Self;

    /// # Safety
    /// `to` must be valid for writes of `WIDTH` f32.
    unsafe fn store(self, to: *mut f32);

    /// `self + other`.
    fn add(self, other: Self) -> Self;

    /// `self · factor + addend`.
    fn multiply_add(self, factor: Self, addend: Self) -> Self;
}

/// The vector of the portable path, which compilers make do with what there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Portable([f32; 4]);

impl Vector for Portable {
    const WIDTH: usize = 4;

    #[inline(always)]
    fn zero() -> Self {
        Portable([0.0; 4])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's promise; an f32 array is aligned as an f32 is.
        Portable(unsafe { from.cast::<[f32; 4]>().read() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's promise; an f32 array is aligned as an f32 is.
        unsafe { to.cast::<[f32; 4]>().write(self.0) }
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
    ($vector:ty, $width:literal, $zero:expr, $load:ident, $store:ident, $add:ident, |$a:ident, $b:ident, $c:ident| $fma:expr) => {
        impl Vector for $vector {
            const WIDTH: usize = $width;

            #[inline(always)]
            fn zero() -> Self {
                // SAFETY: as the trait says, the machine has the instruction.
                unsafe { $zero }
            }

            #[inline(always)]
            unsafe fn load(from: *const f32) -> Self {
                // SAFETY: the caller's promise; as the trait says, the machine has the instruction.
                unsafe { $load(from) }
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut f32) {
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
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Vector;
    use std::arch::x86_64::*;

    vector!(
        __m512,
        16,
        _mm512_setzero_ps(),
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        _mm512_add_ps,
        |a, b, c| _mm512_fmadd_ps(a, b, c)
    );
    vector!(
        __m256,
        8,
        _mm256_setzero_ps(),
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        _mm256_add_ps,
        |a, b, c| _mm256_fmadd_ps(a, b, c)
    );
}

#[cfg(target_arch = "aarch64")]
mod aarch64 {
    use super::Vector;
    use std::arch::aarch64::*;

    vector!(
        float32x4_t,
        4,
        vdupq_n_f32(0.0),
        vld1q_f32,
        vst1q_f32,
        vaddq_f32,
        |a, b, c| vfmaq_f32(c, a, b)
    );
}
