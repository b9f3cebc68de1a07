//! Stems: decoded to 16 bits, read or turned into spectrograms, freed.
#![allow(unsafe_code)]

use std::path::Path;

use super::handles::STEMS;
use super::outcome::outcome;
use super::{expect_length, keep_open, slice, slice_mut};
use crate::decode::decode_stem;
use crate::spectrogram::{BANDS, frame_count, mean_of_16_bit, spectrogram};

/// Decodes a stem to 16 bits and keeps it until [`tactus_stem_close`].
///
/// `path` is UTF-8. Two channels are kept, or one of a file that has no more, or one, their mean, where
/// there are more than `most_stereo` samples. `description` receives UTF-8 JSON, cut at
/// `description_length`, and `numbers` receives `[handle, channels, samples, bytes of the description]`.
///
/// # Safety
/// `path` must be valid for reads of `path_length` bytes, `description` for writes of
/// `description_length` bytes, `numbers` for writes of four u64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_stem_open(
    path: *const u8,
    path_length: usize,
    sample_rate_hz: u32,
    most_stereo: usize,
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
        let decode = |path: &Path| decode_stem(path, sample_rate_hz, most_stereo);
        keep_open(&STEMS, path, decode, description, numbers)
    })
}

/// Copies `[channels, count]` i16 from sample `first` on; what lies past the end is silence. A single
/// channel goes to both of two, and two are averaged to one.
///
/// # Safety
/// `output` must be valid for writes of `channels * count` i16.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_stem_read(
    handle: u64,
    first: usize,
    channels: usize,
    output: *mut i16,
    count: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let output = unsafe { slice_mut(output, channels * count) };
        STEMS.with(handle, |stem| {
            let part = |plane: &'_ [i16]| {
                let (from, to) = (first.min(plane.len()), (first + count).min(plane.len()));
                from..to
            };
            output.fill(0);
            match (&stem.channels[..], channels) {
                ([left, right], 1) => {
                    let range = part(left);
                    let both = left[range.clone()].iter().zip(&right[range]);
                    for (mean, (&left, &right)) in output.iter_mut().zip(both) {
                        *mean = mean_of_16_bit(left, right);
                    }
                }
                (planes, 1 | 2) => {
                    for (channel, output) in output.chunks_mut(count.max(1)).enumerate() {
                        let plane = planes.get(channel).unwrap_or(&planes[0]);
                        let range = part(plane);
                        output[..range.len()].copy_from_slice(&plane[range]);
                    }
                }
                _ => return Err(format!("A stem is read as 1 or 2 channels, not {channels}")),
            }
            Ok(())
        })
    })
}

/// Computes the spectrogram of a stem that is followed by silence up to `samples`: `[frames, 81]` f32.
///
/// # Safety
/// `output` must be valid for writes of `length` f32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_stem_spectrogram(
    handle: u64,
    samples: usize,
    output: *mut f32,
    length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let output = unsafe { slice_mut(output, length) };
        STEMS.with(handle, |stem| {
            let own = stem.channels.first().map_or(0, Vec::len);
            if samples < own {
                return Err(format!("{own} samples do not fit into {samples}"));
            }
            expect_length("values", frame_count(samples) * BANDS, output.len())?;
            spectrogram(&stem.channels.iter().map(Vec::as_slice).collect::<Vec<_>>(), output);
            Ok(())
        })
    })
}

/// Frees a stem; an unknown handle is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_stem_close(handle: u64) {
    STEMS.remove(handle);
}
