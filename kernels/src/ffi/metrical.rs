//! The function for decoding beats.

use super::memory::{slice, slice_mut, write};
use super::outcome::outcome;
use super::seams::observed;
use crate::error::Error;
use crate::metrical::{BeatDecoder, DecoderOptions};

/// Decodes beats from `[frames, 2]` f32 activations into `times` (seconds) and `positions`
/// (1 = downbeat). Inner seams: those of [`BeatDecoder::observe`].
///
/// `beats_per_bar` lists the lengths of bars that are tried. `found` receives `[number of beats, beats in a bar, bars,
/// disagreeing bars, confidence]`, of which the last four describe the metre and are 0 without one.
///
/// # Safety
/// `activations` and `beats_per_bar` must be valid for reads, `times`, `positions` and `found` for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_beats(
    activations: *const f32,
    activations_length: usize,
    threshold: f64,
    min_bpm: f64,
    max_bpm: f64,
    transition_lambda: f64,
    beats_per_bar: *const u32,
    beats_per_bar_length: usize,
    times: *mut f64,
    times_length: usize,
    positions: *mut i32,
    positions_length: usize,
    found: *mut f64,
    found_length: usize,
    seams: u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (activations, beats_per_bar, times, positions, found) = unsafe {
            (
                slice(activations, activations_length),
                slice(beats_per_bar, beats_per_bar_length),
                slice_mut(times, times_length),
                slice_mut(positions, positions_length),
                slice_mut(found, found_length),
            )
        };
        let decoder = BeatDecoder::new(&DecoderOptions {
            min_bpm,
            max_bpm,
            beats_per_bar: beats_per_bar.iter().map(|&beats| beats as usize).collect(),
            transition_lambda,
        })?;
        let decoded = decoder.decode(activations, threshold);
        let beats = decoded.beats;
        for (what, room) in [("times", times.len()), ("positions", positions.len())] {
            if room < beats.len() {
                return Err(Error::Length { what, expected: beats.len(), found: room });
            }
        }
        for (index, beat) in beats.iter().enumerate() {
            times[index] = beat.time_seconds;
            positions[index] = beat.position.into();
        }
        let metre = decoded.metre.map_or([0.0; 4], |metre| {
            let counts = [metre.beats_per_bar, metre.bars, metre.disagreeing];
            let [beats_per_bar, bars, disagreeing] = counts.map(|count| count as f64);
            [beats_per_bar, bars, disagreeing, metre.confidence]
        });
        write("found", &[&[beats.len() as f64][..], &metre].concat(), found)?;
        observed(seams, |observer| {
            if observer.wants_seams() {
                decoder.observe(activations, threshold, observer);
            }
            Ok(())
        })
    })
}
