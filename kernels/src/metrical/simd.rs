//! Chooses the instruction set of the search when the program runs.
//!
//! The search is written once, as loops over sixteen lanes, and compiled for each instruction set.
//! No set may contract or reorder the additions, so all give the same bits.
#![allow(unsafe_code)]

use super::densities::LogDensities;
use super::search::{Trellis, search as search_all};
use super::state_space::BarModel;
use super::viterbi::initial_end;

/// An instruction set that the search is compiled for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Level {
    /// What the build's target guarantees: SSE2 on x86-64, NEON on AArch64.
    Baseline,
    /// Four doubles a vector.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Eight doubles a vector.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// The instruction sets that this machine has, the fastest last.
pub(super) fn levels() -> Vec<Level> {
    #[allow(unused_mut)]
    let mut levels = vec![Level::Baseline];
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx2") {
            levels.push(Level::Avx2);
        }
        if is_x86_feature_detected!("avx512f") {
            levels.push(Level::Avx512);
        }
    }
    levels
}

/// The fastest instruction set that this machine has.
pub(super) fn best_level() -> Level {
    levels().pop().unwrap_or(Level::Baseline)
}

/// [`super::search::search`] with the given instruction set.
///
/// # Panics
/// If this machine does not have it.
pub(super) fn search(level: Level, model: &BarModel, densities: &LogDensities) -> Trellis {
    assert!(levels().contains(&level), "{level:?} is not available on this machine");
    match level {
        Level::Baseline => plain(model, densities),
        // SAFETY: the assertion above has found the feature on this machine.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { search_avx2(model, densities) },
        // SAFETY: the assertion above has found the feature on this machine.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { search_avx512(model, densities) },
    }
}

#[inline(always)]
fn plain(model: &BarModel, densities: &LogDensities) -> Trellis {
    search_all(model, densities, |beat, tempo, frame| {
        initial_end(model, densities, (beat, tempo), frame)
    })
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn search_avx2(model: &BarModel, densities: &LogDensities) -> Trellis {
    plain(model, densities)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn search_avx512(model: &BarModel, densities: &LogDensities) -> Trellis {
    plain(model, densities)
}
