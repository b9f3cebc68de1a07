//! What computes products in bfloat16 on this machine.

use crate::linear::isa::{Isa, Level};

/// A way of computing products in bfloat16 that this machine is known to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit(pub(super) Kind);

/// Ways of computing products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Single precision, rounded as the instruction rounds.
    Emulated(Isa),
    /// `vdpbf16ps` and the conversions that come with it.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Unit {
    /// The units of this machine, the fastest last.
    pub fn available() -> Vec<Unit> {
        let isas = Isa::available();
        let mut units: Vec<Unit> = isas.iter().map(|isa| Unit(Kind::Emulated(*isa))).collect();
        let fastest = Unit::of(Isa::best());
        if !units.contains(&fastest) {
            units.push(fastest);
        }
        units
    }

    /// The fastest unit for an instruction set.
    pub fn of(isa: Isa) -> Unit {
        match isa.0 {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512
                if is_x86_feature_detected!("avx512bf16")
                    && is_x86_feature_detected!("avx512bw") =>
            {
                Unit(Kind::Avx512)
            }
            Level::Portable => Unit(Kind::Emulated(isa)),
            #[allow(unreachable_patterns)]
            _ => Unit(Kind::Emulated(isa)),
        }
    }

    /// Whether the machine has instructions for bfloat16; otherwise the same sums are computed several times slower
    /// than in single precision.
    pub fn is_fast(self) -> bool {
        !matches!(self.0, Kind::Emulated(_))
    }
}
