//! The functions for separating a mixture: open, then for each segment input and output, then close.

use std::sync::{LazyLock, Mutex, PoisonError};

use super::handles::Handles;
use super::outcome::outcome;
use super::{slice, slice_mut};
use crate::separation::{CHANNELS, SOURCES, SegmentInput, Separator};

static SEPARATORS: LazyLock<Handles<Open>> = LazyLock::new(Handles::default);

/// A track and what was computed of the segments whose outputs have not come yet.
struct Open {
    separator: Mutex<Separator>,
    inputs: Mutex<Vec<Option<SegmentInput>>>,
}

/// Prepares the separation of `[2, samples]` f32 at 44.1 kHz; `shift` is below 0 for none. `numbers`
/// receives `[handle, number of segments]`.
///
/// # Safety
/// `mixture` must be valid for reads of `2 * samples` f32, `numbers` for writes of two u64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_separation_open(
    mixture: *const f32,
    samples: usize,
    shift: i32,
    numbers: *mut u64,
) -> i32 {
    outcome(|| {
        if samples == 0 {
            return Err("There is no audio to separate".into());
        }
        // SAFETY: the caller's promise.
        let (mixture, numbers) =
            unsafe { (slice(mixture, CHANNELS * samples), slice_mut(numbers, 2)) };
        let (left, right) = mixture.split_at(samples);
        let separator =
            Separator::new([left.to_vec(), right.to_vec()], usize::try_from(shift).ok());
        let segments = separator.segments().len();
        numbers[1] = segments as u64;
        numbers[0] = SEPARATORS.insert(Open {
            separator: Mutex::new(separator),
            inputs: Mutex::new(vec![None; segments]),
        });
        Ok(())
    })
}

/// Computes what the network is fed for segment `index`: `wave` `[2, 343980]` and `spectrum`
/// `[4, 2048, 336]`, both f32.
///
/// # Safety
/// `wave` and `spectrum` must be valid for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_separation_input(
    handle: u64,
    index: usize,
    wave: *mut f32,
    wave_length: usize,
    spectrum: *mut f32,
    spectrum_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (wave, spectrum) =
            unsafe { (slice_mut(wave, wave_length), slice_mut(spectrum, spectrum_length)) };
        SEPARATORS.with(handle, |open| {
            let excerpt = {
                let separator = open.separator.lock().unwrap_or_else(PoisonError::into_inner);
                separator.excerpt(index).ok_or(format!("There is no segment {index}"))?
            };
            let input = excerpt.transform(wave, spectrum)?;
            open.inputs.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(input);
            Ok(())
        })
    })
}

/// Takes the network's outputs for segment `index`, which must come in order: `wave`
/// `[4, 2, 343980]`, `spectrum` `[4, 4, 2048, 336]`, f32; drums, bass, other, vocals. Writes the
/// finished samples of the stems bass, drums, other, vocals into `stems` `[4, 2, samples]` f32 of
/// the whole track, and `[first finished sample, number of samples]` into `numbers`.
///
/// # Safety
/// `wave` and `spectrum` must be valid for reads and `stems` for writes of their lengths, `numbers`
/// for writes of two u64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_separation_output(
    handle: u64,
    index: usize,
    wave: *const f32,
    wave_length: usize,
    spectrum: *const f32,
    spectrum_length: usize,
    stems: *mut f32,
    stems_length: usize,
    numbers: *mut u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (wave, spectrum, stems, numbers) = unsafe {
            (
                slice(wave, wave_length),
                slice(spectrum, spectrum_length),
                slice_mut(stems, stems_length),
                slice_mut(numbers, 2),
            )
        };
        SEPARATORS.with(handle, |open| {
            let input = open
                .inputs
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_mut(index)
                .and_then(Option::take)
                .ok_or(format!("The input of segment {index} was not asked for"))?;
            let mut separator = open.separator.lock().unwrap_or_else(PoisonError::into_inner);
            let block = separator.output(index, input, wave, spectrum)?;
            let samples = stems.len() / (SOURCES * CHANNELS);
            for (row, finished) in stems.chunks_mut(samples.max(1)).zip(&block.stems) {
                row[block.start..block.start + finished.len()].copy_from_slice(finished);
            }
            numbers[0] = block.start as u64;
            numbers[1] = block.stems[0].len() as u64;
            Ok(())
        })
    })
}

/// Frees a separation; an unknown handle is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_separation_close(handle: u64) {
    SEPARATORS.remove(handle);
}
