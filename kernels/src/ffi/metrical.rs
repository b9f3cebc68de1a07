//! The function for decoding beats.

use super::memory::{slice, slice_mut, write};
use super::outcome::outcome;
use super::seams::observed;
use crate::error::Error;
use crate::metrical::{decode_beats, observe_decoder};

/// Decodes beats from `[frames, 2]` f32 activations into `times` (seconds) and `positions`
/// (1 = downbeat), and writes their number to `count`. Inner seams: those of [`observe_decoder`].
///
/// # Safety
/// `activations` must be valid for reads, `times`, `positions` and `count` for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_beats(
    activations: *const f32,
    activations_length: usize,
    threshold: f64,
    times: *mut f64,
    times_length: usize,
    positions: *mut i32,
    positions_length: usize,
    count: *mut u64,
    count_length: usize,
    seams: u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (activations, times, positions, count) = unsafe {
            (
                slice(activations, activations_length),
                slice_mut(times, times_length),
                slice_mut(positions, positions_length),
                slice_mut(count, count_length),
            )
        };
        let beats = decode_beats(activations, threshold);
        for (what, room) in [("times", times.len()), ("positions", positions.len())] {
            if room < beats.len() {
                return Err(Error::Length { what, expected: beats.len(), found: room });
            }
        }
        for (index, beat) in beats.iter().enumerate() {
            times[index] = beat.time_seconds;
            positions[index] = beat.position.into();
        }
        write("count", &[beats.len() as u64], count)?;
        observed(seams, |observer| {
            if observer.wants_seams() {
                observe_decoder(activations, threshold, observer);
            }
            Ok(())
        })
    })
}
