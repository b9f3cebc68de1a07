//! The function for spectrograms of stems that are in the caller's memory.

use super::interruption::interruptible;
use super::memory::{slice, slice_mut};
use super::outcome::outcome;
use super::seams::observed;
use crate::error::Error;
use crate::spectrogram::{BANDS, frame_count, observe_spectrogram, spectrogram};

/// Computes the spectrogram of one stem: `[channels, samples]` i16 to `[frames, 81]` f32. Inner seams:
/// those of [`observe_spectrogram`].
///
/// # Safety
/// `stem` must be valid for reads, `output` for writes of its length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_spectrogram(
    stem: *const i16,
    stem_length: usize,
    channels: usize,
    output: *mut f32,
    output_length: usize,
    seams: u64,
    interruption: u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (stem, output) =
            unsafe { (slice(stem, stem_length), slice_mut(output, output_length)) };
        let samples = stem_length / channels.max(1);
        if samples == 0 {
            return Err(Error::EmptyStem { channels, samples });
        }
        Error::expect_length("stem", channels * samples, stem_length)?;
        Error::expect_length("spectrogram", frame_count(samples) * BANDS, output.len())?;
        let stem: Vec<&[i16]> = stem.chunks(samples).collect();
        interruptible(interruption, || Ok(spectrogram(&stem, output)?))?;
        observed(seams, |observer| {
            if observer.wants_seams() {
                observe_spectrogram(&stem, observer);
            }
            Ok(())
        })
    })
}
