//! Compiles a loop over numbers for each instruction set.
//!
//! What is written once, as plain loops whose functions are all inlined, becomes a function that
//! takes an [`Isa`](super::Isa) first. `FUSED` is a constant of the loops' type parameters.

/// Makes `pub fn $name(isa, …)` of an `#[inline(always)] fn $body<T, const FUSED: bool>(…)`.
macro_rules! dispatched {
    (
        $(#[$meta:meta])*
        $name:ident $(<$t:ident: $bound:path>)? = $body:ident ($($arg:ident: $type:ty),* $(,)?)
        $(-> $result:ty)?
    ) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        pub fn $name $(<$t: $bound>)? (isa: $crate::linear::Isa, $($arg: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512dq,avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            fn avx512 $(<$t: $bound>)? ($($arg: $type),*) $(-> $result)? {
                $body::<$($t,)? true>($($arg),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            fn avx2 $(<$t: $bound>)? ($($arg: $type),*) $(-> $result)? {
                $body::<$($t,)? true>($($arg),*)
            }
            #[cfg(target_arch = "aarch64")]
            #[target_feature(enable = "neon")]
            #[allow(clippy::too_many_arguments)]
            fn neon $(<$t: $bound>)? ($($arg: $type),*) $(-> $result)? {
                $body::<$($t,)? true>($($arg),*)
            }
            match isa.0 {
                $crate::linear::isa::Level::Portable => $body::<$($t,)? false>($($arg),*),
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
