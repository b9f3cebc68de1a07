//! The instruction sets that the kernels are compiled for, and which of them this machine has.

use std::sync::OnceLock;

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
        static BEST: OnceLock<Isa> = OnceLock::new();
        *BEST.get_or_init(|| Isa::available().pop().unwrap_or(Isa(Level::Portable)))
    }

    /// The name of the code that is compiled for it.
    pub fn name(self) -> &'static str {
        match self.0 {
            Level::Portable => "portable",
            #[cfg(target_arch = "aarch64")]
            Level::Neon => "neon",
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => "avx512",
        }
    }
}

/// The features of this processor that bear on the speed of the kernels, those that they use and others.
pub fn processor_features() -> Vec<&'static str> {
    #[allow(unused_mut)]
    let mut found = Vec::new();
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    macro_rules! detect {
        ($detected:ident: $($feature:tt),*) => {
            $(if std::arch::$detected!($feature) { found.push($feature); })*
        };
    }
    #[cfg(target_arch = "x86_64")]
    detect!(is_x86_feature_detected: "sse4.2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512dq",
        "avx512bw", "avx512vl", "avx512vnni", "avx512bf16", "avx512fp16");
    #[cfg(target_arch = "aarch64")]
    detect!(is_aarch64_feature_detected: "neon", "fp16", "dotprod", "bf16", "i8mm", "sve", "sve2");
    found
}
