//! The functions for separating a mixture: open, then for each segment input and output,
//! then each stem, then close.

use std::sync::{LazyLock, Mutex, PoisonError};

use super::handles::Handles;
use super::outcome::outcome;
use super::{expect_length, slice, slice_mut};
use crate::separation::{CHANNELS, SegmentInput, Separator};
use crate::stems16::requantize;

static SEPARATORS: LazyLock<Handles<Open>> = LazyLock::new(Handles::default);

/// A track and what was computed of the segments whose outputs have not come yet.
struct Open {
    separator: Mutex<Separator>,
    inputs: Mutex<Vec<Option<SegmentInput>>>,
}

/// Prepares the separation of `mixture`, `[2, samples]` f32 at 44.1 kHz, in one pass for each of
/// `shifts`, which are below 0 for none. `numbers` receives `[handle, number of segments]`.
///
/// # Safety
/// `mixture` must be valid for reads of `2 * samples` f32, `shifts` for reads of `passes` i32,
/// `numbers` for writes of two u64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_separation_open(
    mixture: *const f32,
    samples: usize,
    shifts: *const i32,
    passes: usize,
    numbers: *mut u64,
) -> i32 {
    outcome(|| {
        if samples == 0 {
            return Err("There is no audio to separate".into());
        }
        // SAFETY: the caller's promise.
        let (mixture, shifts, numbers) = unsafe {
            (slice(mixture, CHANNELS * samples), slice(shifts, passes), slice_mut(numbers, 2))
        };
        let shifts: Vec<_> = shifts.iter().map(|&shift| usize::try_from(shift).ok()).collect();
        let separator = Separator::new(mixture.split_at(samples).into(), &shifts);
        let segments = separator.segments().count();
        numbers[1] = segments as u64;
        numbers[0] = SEPARATORS.insert(Open {
            separator: Mutex::new(separator),
            inputs: Mutex::new(vec![None; segments]),
        });
        Ok(())
    })
}

/// Computes what the network is fed for segment `index` of the mixture that the separation was
/// opened for: `wave` `[2, 343980]` and `spectrum` `[4, 2048, 336]`, both f32.
///
/// # Safety
/// `mixture` must be valid for reads of `2 * samples` f32, `wave` and `spectrum` for writes of their
/// lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_separation_input(
    handle: u64,
    index: usize,
    mixture: *const f32,
    samples: usize,
    wave: *mut f32,
    wave_length: usize,
    spectrum: *mut f32,
    spectrum_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (mixture, wave, spectrum) = unsafe {
            (
                slice(mixture, CHANNELS * samples),
                slice_mut(wave, wave_length),
                slice_mut(spectrum, spectrum_length),
            )
        };
        SEPARATORS.with(handle, |open| {
            let excerpt = {
                let separator = open.separator.lock().unwrap_or_else(PoisonError::into_inner);
                let excerpt = separator.excerpt(mixture.split_at(samples).into(), index);
                excerpt.ok_or(format!("There is no segment {index}"))?
            };
            let input = excerpt.transform(wave, spectrum)?;
            open.inputs.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(input);
            Ok(())
        })
    })
}

/// Takes the network's outputs for segment `index`, which must come in order: `wave`
/// `[4, 2, 343980]`, `spectrum` `[4, 4, 2048, 336]`, f32; drums, bass, other, vocals.
///
/// # Safety
/// `wave` and `spectrum` must be valid for reads of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_separation_output(
    handle: u64,
    index: usize,
    wave: *const f32,
    wave_length: usize,
    spectrum: *const f32,
    spectrum_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (wave, spectrum) =
            unsafe { (slice(wave, wave_length), slice(spectrum, spectrum_length)) };
        SEPARATORS.with(handle, |open| {
            let input = open
                .inputs
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_mut(index)
                .and_then(Option::take)
                .ok_or(format!("The input of segment {index} was not asked for"))?;
            let mut separator = open.separator.lock().unwrap_or_else(PoisonError::into_inner);
            separator.output(index, input, wave, spectrum)
        })
    })
}

/// Takes a finished stem out, after the outputs of all segments have come, and frees it: 0 to 3 are
/// bass, drums, other, vocals. `rounded` receives `[2, samples]` i16 as [`requantize`] makes them;
/// `exact` the same many f32, or nothing when its length is 0.
///
/// # Safety
/// `rounded` must be valid for writes of `length` i16, `exact` for writes of `exact_length` f32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_separation_stem(
    handle: u64,
    stem: usize,
    rounded: *mut i16,
    length: usize,
    exact: *mut f32,
    exact_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (rounded, exact) =
            unsafe { (slice_mut(rounded, length), slice_mut(exact, exact_length)) };
        SEPARATORS.with(handle, |open| {
            let samples = open
                .separator
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take_stem(stem)
                .ok_or(format!("The stem {stem} is not finished or was taken before"))?;
            expect_length("samples", samples.len(), rounded.len())?;
            requantize(&samples, rounded);
            if !exact.is_empty() {
                expect_length("samples", samples.len(), exact.len())?;
                exact.copy_from_slice(&samples);
            }
            Ok(())
        })
    })
}

/// Frees a separation; an unknown handle is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_separation_close(handle: u64) {
    SEPARATORS.remove(handle);
}
