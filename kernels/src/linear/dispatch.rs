//! Compiles a function for each instruction set.
//!
//! This is the only way in which the crate uses vector instructions. A loop is written once, as an
//! `#[inline(always)]` function, and [`dispatched!`] makes of it a function that takes an
//! [`Isa`](super::isa::Isa) first. The loop has type parameters that differ by instruction set: either
//! `const FUSED: bool`, whether the machine multiplies and adds in one instruction, for plain loops that the
//! compiler turns into vectors; or a [`Vector`](super::vector::Vector) and the size of a block, for loops whose
//! registers are laid out by hand.

/// Makes `pub fn $name(isa, …)` of an `#[inline(always)] fn $body<T, const FUSED: bool>(…)`, or of a function with
/// other type parameters, which are listed for each instruction set after `for`.
macro_rules! dispatched {
    (
        $(#[$meta:meta])*
        $name:ident $(<$t:ident: $bound:path>)? = $body:ident ($($arg:ident: $type:ty),* $(,)?)
        $(-> $result:ty)?
    ) => {
        $crate::linear::dispatch::dispatched! {
            $(#[$meta])*
            $name $(<$t: $bound>)? = $body for {
                portable: [$($t,)? false],
                neon: [$($t,)? true],
                avx2: [$($t,)? true],
                avx512: [$($t,)? true],
            } ($($arg: $type),*) $(-> $result)?
        }
    };
    (
        $(#[$meta:meta])*
        $name:ident $(<$t:ident: $bound:path>)? = $body:ident for {
            portable: [$($portable:tt)*],
            neon: [$($neon:tt)*],
            avx2: [$($avx2:tt)*],
            avx512: [$($avx512:tt)*],
        } ($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)?
    ) => {
        $(#[$meta])*
        // Unsafe only because a function for an instruction set is called, after that was detected.
        #[allow(clippy::too_many_arguments, unsafe_code)]
        pub fn $name $(<$t: $bound>)? (isa: $crate::linear::Isa, $($arg: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512dq,avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            fn avx512 $(<$t: $bound>)? ($($arg: $type),*) $(-> $result)? {
                $body::<$($avx512)*>($($arg),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            fn avx2 $(<$t: $bound>)? ($($arg: $type),*) $(-> $result)? {
                $body::<$($avx2)*>($($arg),*)
            }
            #[cfg(target_arch = "aarch64")]
            #[target_feature(enable = "neon")]
            #[allow(clippy::too_many_arguments)]
            fn neon $(<$t: $bound>)? ($($arg: $type),*) $(-> $result)? {
                $body::<$($neon)*>($($arg),*)
            }
            match isa.0 {
                $crate::linear::isa::Level::Portable => $body::<$($portable)*>($($arg),*),
                // SAFETY: an `Isa` of this level exists only where it was detected.
                #[cfg(target_arch = "aarch64")]
                $crate::linear::isa::Level::Neon => unsafe { neon($($arg),*) },
                // SAFETY: an `Isa` of this level exists only where it was detected.
                #[cfg(target_arch = "x86_64")]
                $crate::linear::isa::Level::Avx2 => unsafe { avx2($($arg),*) },
                // SAFETY: an `Isa` of this level exists only where it was detected.
                #[cfg(target_arch = "x86_64")]
                $crate::linear::isa::Level::Avx512 => unsafe { avx512($($arg),*) },
            }
        }
    };
}

pub(crate) use dispatched;
