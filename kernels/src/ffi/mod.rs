//! The functions that the TypeScript side calls.
//!
//! All pointers live here. Each function takes a pointer and a length for every array, writes only
//! into memory that the caller owns, and returns 0 or a *ticket*: a positive number for which
//! [`tactus_error_message`] gives the text once. A ticket instead of a message per thread, because
//! the calls run on threads of a pool and the next one may run on another. No panic crosses.
#![allow(unsafe_code)]

mod handles;
mod htdemucs;
mod network;
mod outcome;
mod separation;
mod stem;

use std::path::Path;

use crate::decode::{DecodeError, Decoded, decode};
use crate::metrical::{decode_beats, decoder_steps};
use crate::spectrogram::{BANDS, frame_count, spectrogram, spectrogram_steps};
use handles::{AUDIO, Handles};
use outcome::{outcome, take_message};

/// Changes whenever a function here changes; the binding refuses another number.
pub const ABI_VERSION: u32 = 11;

/// The version of these functions.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_abi_version() -> u32 {
    ABI_VERSION
}

/// Takes the message of a ticket: writes up to `length` bytes of UTF-8 and returns how many bytes
/// it wrote; 0 for a ticket that is unknown or was taken before.
///
/// # Safety
/// `message` must be valid for writes of `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_error_message(
    ticket: i32,
    message: *mut u8,
    length: usize,
) -> usize {
    // SAFETY: the caller's promise.
    let message = unsafe { slice_mut(message, length) };
    take_message(ticket, message)
}

/// Decodes an audio file and keeps it until [`tactus_audio_close`].
///
/// `path` is UTF-8. `description` receives UTF-8 JSON, cut at `description_length`, and
/// `numbers` receives `[handle, channels, samples, bytes of the description]`.
///
/// # Safety
/// `path` must be valid for reads of `path_length` bytes, `description` for writes of
/// `description_length` bytes, `numbers` for writes of four u64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_audio_open(
    path: *const u8,
    path_length: usize,
    sample_rate_hz: u32,
    description: *mut u8,
    description_length: usize,
    numbers: *mut u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (path, description, numbers) = unsafe {
            (
                slice(path, path_length),
                slice_mut(description, description_length),
                slice_mut(numbers, 4),
            )
        };
        keep_open(&AUDIO, path, |path| decode(path, sample_rate_hz), description, numbers)
    })
}

/// Decodes the file at `path`, keeps it and writes what is known of it.
fn keep_open<Sample>(
    handles: &Handles<Decoded<Sample>>,
    path: &[u8],
    decode: impl FnOnce(&Path) -> Result<Decoded<Sample>, DecodeError>,
    description: &mut [u8],
    numbers: &mut [u64],
) -> Result<(), String> {
    let path =
        std::str::from_utf8(path).map_err(|error| format!("The path is no UTF-8: {error}"))?;
    let audio = decode(Path::new(path)).map_err(|error| error.to_string())?;
    let text = handles::describe(&audio);
    let bytes = text.len().min(description.len());
    description[..bytes].copy_from_slice(&text.as_bytes()[..bytes]);
    numbers[1] = audio.channels.len() as u64;
    numbers[2] = audio.channels.first().map_or(0, Vec::len) as u64;
    numbers[3] = bytes as u64;
    numbers[0] = handles.insert(audio);
    Ok(())
}

/// Copies decoded audio as `[channels, samples]` f32, full scale 1.0.
///
/// # Safety
/// `output` must be valid for writes of `length` f32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_audio_read(handle: u64, output: *mut f32, length: usize) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let output = unsafe { slice_mut(output, length) };
        AUDIO.with(handle, |audio| {
            let samples = audio.channels.first().map_or(0, Vec::len);
            expect_length("samples", samples * audio.channels.len(), output.len())?;
            for (channel, output) in audio.channels.iter().zip(output.chunks_mut(samples.max(1))) {
                output.copy_from_slice(channel);
            }
            Ok(())
        })
    })
}

/// Frees decoded audio; an unknown handle is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_audio_close(handle: u64) {
    AUDIO.remove(handle);
}

/// Computes the spectrogram of one stem: `[channels, samples]` i16 to `[frames, 81]` f32.
///
/// # Safety
/// `stem` must be valid for reads of `channels * samples` i16, `output` for writes of `length` f32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_spectrogram(
    stem: *const i16,
    channels: usize,
    samples: usize,
    output: *mut f32,
    length: usize,
) -> i32 {
    outcome(|| {
        if channels == 0 || samples == 0 {
            return Err(format!(
                "A stem of {channels} channels and {samples} samples has no frame"
            ));
        }
        // SAFETY: the caller's promise.
        let (stem, output) =
            unsafe { (slice(stem, channels * samples), slice_mut(output, length)) };
        expect_length("values", frame_count(samples) * BANDS, output.len())?;
        spectrogram(&stem.chunks(samples).collect::<Vec<_>>(), output);
        Ok(())
    })
}

/// Computes the steps of the spectrogram of one stem: `mono` `[samples]` i16, and f64 `windowed`
/// `[frames, 2048]`, `magnitudes` `[frames, 1024]` and `filtered` `[frames, 81]`.
///
/// # Safety
/// `stem` must be valid for reads of `channels * samples` i16, the others for writes of their lengths, `mono` of
/// `samples`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_spectrogram_steps(
    stem: *const i16,
    channels: usize,
    samples: usize,
    mono: *mut i16,
    windowed: *mut f64,
    windowed_length: usize,
    magnitudes: *mut f64,
    magnitudes_length: usize,
    filtered: *mut f64,
    filtered_length: usize,
) -> i32 {
    outcome(|| {
        if channels == 0 || samples == 0 {
            return Err(format!(
                "A stem of {channels} channels and {samples} samples has no frame"
            ));
        }
        // SAFETY: the caller's promise.
        let (stem, mono, outputs) = unsafe {
            (
                slice(stem, channels * samples),
                slice_mut(mono, samples),
                [
                    slice_mut(windowed, windowed_length),
                    slice_mut(magnitudes, magnitudes_length),
                    slice_mut(filtered, filtered_length),
                ],
            )
        };
        let steps = spectrogram_steps(&stem.chunks(samples).collect::<Vec<_>>());
        mono.copy_from_slice(&steps.mono);
        let found = [steps.windowed, steps.magnitudes, steps.filtered];
        for (output, found) in outputs.into_iter().zip(&found) {
            expect_length("values", found.len(), output.len())?;
            output.copy_from_slice(found);
        }
        Ok(())
    })
}

/// Computes the steps of the decoder from `[frames, 2]` f32 activations: `densities` `[frames, 3]` f64, of which as
/// many rows are written as frames take part, and `scores` `[2]` f64. `range` receives the first frame that takes
/// part, and how many do; where none does, nothing else is written.
///
/// # Safety
/// `activations` must be valid for reads of `2 * frames` f32, `densities` for writes of `3 * frames` f64, `scores`
/// and `range` for writes of two elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_beats_steps(
    activations: *const f32,
    frames: usize,
    threshold: f64,
    densities: *mut f64,
    scores: *mut f64,
    range: *mut u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (activations, densities, scores, range) = unsafe {
            (
                slice(activations, 2 * frames),
                slice_mut(densities, 3 * frames),
                slice_mut(scores, 2),
                slice_mut(range, 2),
            )
        };
        range.fill(0);
        if let Some(steps) = decoder_steps(activations, threshold) {
            range[0] = steps.first as u64;
            range[1] = (steps.log_densities.len() / 3) as u64;
            densities[..steps.log_densities.len()].copy_from_slice(&steps.log_densities);
            scores.copy_from_slice(&steps.scores);
        }
        Ok(())
    })
}

/// Decodes beats from `[frames, 2]` f32 activations into `times` (seconds) and `positions`
/// (1 = downbeat), each of `capacity` elements, and writes their number to `count`.
///
/// # Safety
/// `activations` must be valid for reads of `2 * frames` f32, `times` and `positions` for writes of
/// `capacity` elements, `count` for a write of one u64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_beats(
    activations: *const f32,
    frames: usize,
    threshold: f64,
    times: *mut f64,
    positions: *mut i32,
    capacity: usize,
    count: *mut u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (activations, times, positions, count) = unsafe {
            (
                slice(activations, 2 * frames),
                slice_mut(times, capacity),
                slice_mut(positions, capacity),
                slice_mut(count, 1),
            )
        };
        let beats = decode_beats(activations, threshold);
        if beats.len() > capacity {
            return Err(format!("{} beats do not fit into {capacity}", beats.len()));
        }
        for (index, beat) in beats.iter().enumerate() {
            times[index] = beat.time_seconds;
            positions[index] = beat.position.into();
        }
        count[0] = beats.len() as u64;
        Ok(())
    })
}

fn expect_length(what: &str, expected: usize, actual: usize) -> Result<(), String> {
    if expected == actual {
        return Ok(());
    }
    Err(format!("The output must have {expected} {what}, but has {actual}"))
}

/// # Safety
/// `pointer` must be valid for reads of `length` elements; it may be anything when `length` is 0.
unsafe fn slice<'a, T>(pointer: *const T, length: usize) -> &'a [T] {
    if length == 0 {
        return &[];
    }
    // SAFETY: the caller's promise; typed arrays are aligned to their elements.
    unsafe { std::slice::from_raw_parts(pointer, length) }
}

/// # Safety
/// As [`slice`], for writes, with no other reference to the memory.
unsafe fn slice_mut<'a, T>(pointer: *mut T, length: usize) -> &'a mut [T] {
    if length == 0 {
        return &mut [];
    }
    // SAFETY: the caller's promise; typed arrays are aligned to their elements.
    unsafe { std::slice::from_raw_parts_mut(pointer, length) }
}
