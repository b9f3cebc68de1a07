//! The functions for audio files: open, which decodes, then read, or compute a spectrogram, then close.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::json;

use super::handles::Handles;
use super::interruption::interruptible;
use super::memory::{slice, slice_mut, text, write, write_json};
use super::outcome::outcome;
use crate::decode::{
    DecodeError, Decoded, Part, StemOptions, decode_mix, decode_samples, decode_stem,
};
use crate::error::Error;
use crate::spectrogram::{BANDS, frame_count, mean_of_16_bit, spectrogram};

static AUDIO: LazyLock<Handles<Decoded<f32>>> = LazyLock::new(Handles::default);

static STEMS: LazyLock<Handles<Decoded<i16>>> = LazyLock::new(Handles::default);

/// Decodes samples `first` to before `end` of an audio file and keeps them until [`tactus_audio_close`].
///
/// Of more than two channels the first two are kept. `path` is UTF-8. `description` receives UTF-8 JSON, cut at
/// its length: `codec`, `decoder`, `sourceSampleRateHz`, `sourceBits` (null for lossy and float sources),
/// `trimmedSamples` (at the start, and after it, at the file's rate), `pcmSha256`, `levels` (`peak`, `rms`,
/// `monoRms`), `clippedSamples` and `warnings`. `numbers` receives `[handle, channels, samples, bytes of the description]`.
/// Where the file has sound that is not read here, the description is `unread`, the name of its format or
/// codec, followed by zeros.
///
/// # Safety
/// `path` must be valid for reads, `description` and `numbers` for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_audio_open(
    path: *const u8,
    path_length: usize,
    sample_rate_hz: u32,
    first: usize,
    end: usize,
    description: *mut u8,
    description_length: usize,
    numbers: *mut u64,
    numbers_length: usize,
    interruption: u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (path, description, numbers) = unsafe {
            (
                slice(path, path_length),
                slice_mut(description, description_length),
                slice_mut(numbers, numbers_length),
            )
        };
        let decode = |path: &Path| decode_mix(path, sample_rate_hz, Part { first, end });
        interruptible(interruption, || keep_open(&AUDIO, path, decode, description, numbers))
    })
}

/// Takes samples that are in memory as [`tactus_audio_open`] takes a file: `left` and `right` `[samples]` f32, full
/// scale 1.0, at `sample_rate_hz`; `right` is empty for a single channel. `name` is UTF-8 for messages. The arguments
/// from `target_rate_hz` on are those of [`tactus_audio_open`].
///
/// # Safety
/// `name`, `left` and `right` must be valid for reads, `description` and `numbers` for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_audio_take(
    name: *const u8,
    name_length: usize,
    left: *const f32,
    left_length: usize,
    right: *const f32,
    right_length: usize,
    sample_rate_hz: u32,
    target_rate_hz: u32,
    first: usize,
    end: usize,
    description: *mut u8,
    description_length: usize,
    numbers: *mut u64,
    numbers_length: usize,
    interruption: u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (name, left, right, description, numbers) = unsafe {
            (
                slice(name, name_length),
                slice(left, left_length),
                slice(right, right_length),
                slice_mut(description, description_length),
                slice_mut(numbers, numbers_length),
            )
        };
        let name = text("name", name)?;
        let channels = if right.is_empty() { vec![left] } else { vec![left, right] };
        if let [left, right] = channels[..] {
            Error::expect_length("right channel", left.len(), right.len())?;
        }
        interruptible(interruption, || {
            let audio = decode_samples(
                name,
                &channels,
                sample_rate_hz,
                target_rate_hz,
                Part { first, end },
            )?;
            keep(&AUDIO, audio, description, numbers)
        })
    })
}

/// Decodes samples `first` to before `end` of a stem to 16 bits and keeps them until [`tactus_stem_close`].
///
/// Two channels are kept; or one of a file that has no more; or one, the mean of both, where there are more
/// than `most_stereo` samples. All samples are multiplied by `gain` before they are rounded. The other arguments are those of [`tactus_audio_open`].
///
/// # Safety
/// As of [`tactus_audio_open`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_stem_open(
    path: *const u8,
    path_length: usize,
    sample_rate_hz: u32,
    first: usize,
    end: usize,
    most_stereo: usize,
    gain: f64,
    description: *mut u8,
    description_length: usize,
    numbers: *mut u64,
    numbers_length: usize,
    interruption: u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (path, description, numbers) = unsafe {
            (
                slice(path, path_length),
                slice_mut(description, description_length),
                slice_mut(numbers, numbers_length),
            )
        };
        let options = StemOptions { most_stereo, gain };
        let part = Part { first, end };
        let decode = |path: &Path| decode_stem(path, sample_rate_hz, options, part);
        interruptible(interruption, || keep_open(&STEMS, path, decode, description, numbers))
    })
}

/// Decodes the file at `path`, keeps it and describes it.
fn keep_open<Sample>(
    handles: &Handles<Decoded<Sample>>,
    path: &[u8],
    decode: impl FnOnce(&Path) -> Result<Decoded<Sample>, DecodeError>,
    description: &mut [u8],
    numbers: &mut [u64],
) -> Result<(), Error> {
    Error::expect_length("numbers", 4, numbers.len())?;
    let audio = decode(Path::new(text("path", path)?))
        .inspect_err(|error| describe_unread(error, description))?;
    keep(handles, audio, description, numbers)
}

/// Describes a file whose sound is not read here.
pub(super) fn describe_unread(error: &DecodeError, description: &mut [u8]) {
    if let Some(format) = error.unread_format() {
        write_json(&json!({ "unread": format }), description);
    }
}

/// Keeps decoded audio and describes it.
fn keep<Sample>(
    handles: &Handles<Decoded<Sample>>,
    audio: Decoded<Sample>,
    description: &mut [u8],
    numbers: &mut [u64],
) -> Result<(), Error> {
    Error::expect_length("numbers", 4, numbers.len())?;
    let channels = audio.channels.len() as u64;
    let samples = audio.channels.first().map_or(0, Vec::len) as u64;
    let bytes = write_json(&describe(&audio), description);
    write("numbers", &[handles.insert(audio), channels, samples, bytes], numbers)
}

pub(super) fn describe<Sample>(audio: &Decoded<Sample>) -> serde_json::Value {
    json!({
        "codec": audio.codec,
        "decoder": audio.decoder,
        "sourceSampleRateHz": audio.source_sample_rate_hz,
        "sourceBits": audio.source_bits,
        "trimmedSamples": [audio.trimmed.0, audio.trimmed.1],
        "pcmSha256": audio.pcm_sha256,
        "levels": {
            "peak": audio.levels.peak,
            "rms": audio.levels.rms,
            "monoRms": audio.levels.mono_rms,
            "soundSeconds": audio.levels.sound_seconds,
            "cancelledSeconds": audio.levels.cancelled_seconds,
        },
        "clippedSamples": audio.clipped,
        "warnings": audio.warnings,
    })
}

/// Copies decoded audio times `gain` as `[channels, samples]` f32, full scale 1.0.
///
/// # Safety
/// `output` must be valid for writes of its length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_audio_read(
    handle: u64,
    gain: f64,
    output: *mut f32,
    output_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let output = unsafe { slice_mut(output, output_length) };
        AUDIO.with(handle, |audio| {
            let samples = audio.channels.first().map_or(0, Vec::len);
            Error::expect_length("output", samples * audio.channels.len(), output.len())?;
            for (channel, output) in audio.channels.iter().zip(output.chunks_mut(samples.max(1))) {
                for (output, &sample) in output.iter_mut().zip(channel) {
                    // Exactly the sample where the gain is 1.
                    *output = (f64::from(sample) * gain) as f32;
                }
            }
            Ok(())
        })
    })
}

/// Copies `[channels, count]` i16 from sample `first` on, with silence past the end. A single channel goes
/// to both of two, and two are averaged to one.
///
/// # Safety
/// `output` must be valid for writes of its length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_stem_read(
    handle: u64,
    first: usize,
    channels: usize,
    output: *mut i16,
    output_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let output = unsafe { slice_mut(output, output_length) };
        let count = output_length / channels.max(1);
        Error::expect_length("output", channels * count, output_length)?;
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
                _ => return Err(Error::StemChannels(channels)),
            }
            Ok(())
        })
    })
}

/// Computes the spectrogram of a stem that is followed by silence up to `samples`: `[frames, 81]` f32.
///
/// # Safety
/// `output` must be valid for writes of its length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_stem_spectrogram(
    handle: u64,
    samples: usize,
    output: *mut f32,
    output_length: usize,
    interruption: u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let output = unsafe { slice_mut(output, output_length) };
        STEMS.with(handle, |stem| {
            let own = stem.channels.first().map_or(0, Vec::len);
            if samples < own {
                return Err(Error::TooManySamples { found: own, room: samples });
            }
            Error::expect_length("spectrogram", frame_count(samples) * BANDS, output.len())?;
            let channels: Vec<_> = stem.channels.iter().map(Vec::as_slice).collect();
            interruptible(interruption, || Ok(spectrogram(&channels, output)?))
        })
    })
}

/// Frees decoded audio; an unknown handle is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_audio_close(handle: u64) {
    AUDIO.remove(handle);
}

/// Frees a stem; an unknown handle is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_stem_close(handle: u64) {
    STEMS.remove(handle);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Levels;

    #[test]
    fn a_description_has_the_names_that_the_binding_reads() {
        let audio = Decoded {
            channels: vec![vec![0.0]],
            sample_rate_hz: 44_100,
            source_sample_rate_hz: 8000,
            source_bits: None,
            codec: "mp3".into(),
            decoder: "symphonia 0.6.1".into(),
            trimmed: (1105, 2),
            pcm_sha256: "ab".into(),
            levels: Levels {
                peak: 1.0,
                rms: 0.5,
                mono_rms: 0.25,
                sound_seconds: 9,
                cancelled_seconds: 4,
            },
            clipped: 3,
            warnings: vec!["a \"quoted\"\nline".into()],
        };
        let mut output = [0; 500];
        let bytes = write_json(&describe(&audio), &mut output) as usize;
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&output[..bytes]).unwrap(),
            json!({
                "codec": "mp3",
                "decoder": "symphonia 0.6.1",
                "sourceSampleRateHz": 8000,
                "sourceBits": null,
                "trimmedSamples": [1105, 2],
                "pcmSha256": "ab",
                "levels": {
                    "peak": 1.0,
                    "rms": 0.5,
                    "monoRms": 0.25,
                    "soundSeconds": 9,
                    "cancelledSeconds": 4,
                },
                "clippedSamples": 3,
                "warnings": ["a \"quoted\"\nline"],
            })
        );
    }
}
