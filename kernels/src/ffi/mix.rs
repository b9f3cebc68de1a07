//! The functions for a mix that is used up as it is decoded: open; measure; begin, then steps, or input and output of each
//! segment, and end; take each stem; close.

use std::path::Path;
use std::sync::{LazyLock, Mutex};

use serde_json::json;

use super::audio::{describe, describe_unread};
use super::handles::{Handles, lock};
use super::interruption::interruptible;
use super::memory::{slice, slice_mut, text, write, write_json};
use super::outcome::outcome;
use crate::decode::Part;
use crate::error::Error;
use crate::mix::{Kinds, Mix};
use crate::separation::SegmentInput;

static MIXES: LazyLock<Handles<Open>> = LazyLock::new(Handles::default);

/// A mix, and the inputs of the segments that were not joined yet.
struct Open {
    mix: Mutex<Mix>,
    inputs: Mutex<Vec<Option<SegmentInput>>>,
}

/// Opens samples `first` to before `end` of an audio file as `tactus_audio_open`, reads its headers, and starts to
/// decode it. `numbers` receives `[handle, samples that the headers make plausible]`, `description` the format of a
/// file that is not read here.
///
/// # Safety
/// `path` must be valid for reads, `description` and `numbers` for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_mix_open(
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
        let path = Path::new(text("path", path)?);
        Error::expect_length("numbers", 2, numbers.len())?;
        interruptible(interruption, || {
            let mix = Mix::open(path, sample_rate_hz, Part { first, end })
                .inspect_err(|error| describe_unread(error, description))?;
            let expected = mix.expected_samples() as u64;
            let open = Open { mix: Mutex::new(mix), inputs: Mutex::default() };
            write("numbers", &[MIXES.insert(open), expected], numbers)
        })
    })
}

/// Reads all of a mix, times `gain`. `kinds` is the sum of 1 for mean and deviation, 2 for the width, and 4 for the
/// SHA-256, which the description then has as `mixtureSha256`. `numbers` receives `[channels, samples, bytes of the
/// description]`.
///
/// # Safety
/// `description` and `numbers` must be valid for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_mix_measure(
    handle: u64,
    gain: f64,
    kinds: u32,
    description: *mut u8,
    description_length: usize,
    numbers: *mut u64,
    numbers_length: usize,
    interruption: u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (description, numbers) = unsafe {
            (slice_mut(description, description_length), slice_mut(numbers, numbers_length))
        };
        let [normalisation, width, sha256] = [1, 2, 4].map(|bit| kinds & bit != 0);
        MIXES.with(handle, |open| {
            let mut mix = lock(&open.mix);
            interruptible(interruption, || {
                let measured = mix.measure(gain, Kinds { normalisation, width, sha256 })?;
                let sha256 = measured.sha256.clone();
                write("numbers", &describe_mix(&mix, sha256, description)?, numbers)
            })
        })
    })
}

/// Writes the description of a mix that was read to its end; returns `[channels, samples, bytes]`.
fn describe_mix(
    mix: &Mix,
    sha256: Option<String>,
    description: &mut [u8],
) -> Result<[u64; 3], Error> {
    let passed = mix.passed().ok_or(Error::MixOrder("its description"))?;
    let mut described = describe(&passed.audio);
    described["mixtureSha256"] = json!(sha256);
    let bytes = write_json(&described, description);
    Ok([passed.channels as u64, passed.samples as u64, bytes])
}

/// Begins a separation of a mix: `settings` is the UTF-8 JSON of [`crate::mix::Settings`]. `numbers` receives the number of
/// segments of a network.
///
/// # Safety
/// `settings` must be valid for reads, `numbers` for writes of its length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_mix_begin(
    handle: u64,
    settings: *const u8,
    settings_length: usize,
    numbers: *mut u64,
    numbers_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (settings, numbers) =
            unsafe { (slice(settings, settings_length), slice_mut(numbers, numbers_length)) };
        let settings = serde_json::from_slice(settings).map_err(Error::MixSettings)?;
        MIXES.with(handle, |open| {
            let segments = lock(&open.mix).begin(settings)?;
            *lock(&open.inputs) = vec![None; segments];
            write("numbers", &[segments as u64], numbers)
        })
    })
}

/// Goes on with a separation without a network. `numbers` receives `[1 at the end of the pass or 0, samples so far]`.
///
/// # Safety
/// `numbers` must be valid for writes of its length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_mix_step(
    handle: u64,
    numbers: *mut u64,
    numbers_length: usize,
    interruption: u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let numbers = unsafe { slice_mut(numbers, numbers_length) };
        MIXES.with(handle, |open| {
            let mut mix = lock(&open.mix);
            let (is_end, samples) = interruptible(interruption, || mix.step())?;
            write("numbers", &[u64::from(is_end), samples as u64], numbers)
        })
    })
}

/// Computes the network's inputs for segment `index`, as `tactus_separation_input`; segments come in order.
///
/// # Safety
/// `wave` and `spectrum` must be valid for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_mix_input(
    handle: u64,
    index: usize,
    wave: *mut f32,
    wave_length: usize,
    spectrum: *mut f32,
    spectrum_length: usize,
    interruption: u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (wave, spectrum) =
            unsafe { (slice_mut(wave, wave_length), slice_mut(spectrum, spectrum_length)) };
        MIXES.with(handle, |open| {
            let excerpt = {
                let mut mix = lock(&open.mix);
                interruptible(interruption, || mix.excerpt(index))?
            };
            let input = excerpt.transform(wave, spectrum)?;
            *lock(&open.inputs).get_mut(index).ok_or(Error::UnknownSegment(index))? = Some(input);
            Ok(())
        })
    })
}

/// Joins the network's outputs for segment `index`, as `tactus_separation_output`.
///
/// # Safety
/// `wave` and `spectrum` must be valid for reads of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_mix_output(
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
        MIXES.with(handle, |open| {
            let input = lock(&open.inputs).get_mut(index).and_then(Option::take);
            let input = input.ok_or(Error::SegmentInput(index))?;
            lock(&open.mix).output(index, input, wave, spectrum)
        })
    })
}

/// Ends a pass. `numbers` receives `[1 if another pass must follow or 0, its segments, channels, samples, bytes of the
/// description, nanoseconds of the decoder, of the separation without a network's, and of the spectrograms]`.
///
/// # Safety
/// `description` and `numbers` must be valid for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_mix_end(
    handle: u64,
    description: *mut u8,
    description_length: usize,
    numbers: *mut u64,
    numbers_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (description, numbers) = unsafe {
            (slice_mut(description, description_length), slice_mut(numbers, numbers_length))
        };
        MIXES.with(handle, |open| {
            let mut mix = lock(&open.mix);
            let again = mix.end()?;
            *lock(&open.inputs) = vec![None; again.unwrap_or(0)];
            let described = describe_mix(&mix, None, description)?;
            let busy = mix.busy();
            let times = [busy.decode, busy.demix, busy.spectrogram];
            let next = [u64::from(again.is_some()), again.unwrap_or(0) as u64];
            let times = times.map(|time| time.as_nanos() as u64);
            write("numbers", &[&next[..], &described, &times].concat(), numbers)
        })
    })
}

/// Takes the spectrogram of a stem, 0 to 3, or of the mix, 4: `rows` receives `[frames, 81]` f32, `digest` the 32 bytes of
/// the SHA-256 of the mean of both channels in 16 bits, little-endian. The memory is freed.
///
/// # Safety
/// `rows` and `digest` must be valid for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_mix_take(
    handle: u64,
    stem: usize,
    rows: *mut f32,
    rows_length: usize,
    digest: *mut u8,
    digest_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (rows, digest) =
            unsafe { (slice_mut(rows, rows_length), slice_mut(digest, digest_length)) };
        MIXES.with(handle, |open| {
            let finished = lock(&open.mix).take(stem).ok_or(Error::NoStem)?;
            write("spectrogram", &finished.rows, rows)?;
            write("digest", &finished.digest, digest)
        })
    })
}

/// Frees a mix; an unknown handle is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_mix_close(handle: u64) {
    MIXES.remove(handle);
}
