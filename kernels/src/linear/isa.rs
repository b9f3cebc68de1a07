//! The instruction sets that the kernels are compiled for, and which of them this machine has.

/// An instruction set that this machine is known to have.
///
/// Only [`Isa::available`] and [`Isa::best`] make values, after detection; a value is therefore proof that the
/// functions compiled for it may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Isa(pub(crate) Level);

/// Instruction sets that the kernels are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// Instructions that the build's target guarantees.
    Portable,
    /// Four f32 a vector, fused multiply and add.
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// Eight f32 a vector, fused multiply and add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Sixteen f32 a vector.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Isa {
    /// The instruction sets that this machine has, the fastest last.
    pub fn available() -> Vec<Isa> {
        #[allow(unused_mut)]
        let mut found = vec![Isa(Level::Portable)];
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("neon") {
            found.push(Isa(Level::Neon));
        }
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            found.push(Isa(Level::Avx2));
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq") {
                found.push(Isa(Level::Avx512));
            }
        }
        found
    }

    /// The fastest instruction set that this machine has.
    pub fn best() -> Isa {
        Isa::available().pop().unwrap_or(Isa(Level::Portable))
    }
}
