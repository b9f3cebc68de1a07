//! The functions for stems of which only the spectrogram is kept: stream, take, close.

use std::path::Path;
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use super::audio::{describe, describe_unread};
use super::handles::{Handles, lock};
use super::interruption::interruptible;
use super::memory::{slice, slice_mut, text, write, write_json};
use super::outcome::outcome;
use crate::decode::{MixFile, Part};
use crate::error::Error;
use crate::spectrogram::{BANDS, frame_count};
use crate::streamed::StreamedStem;

static STREAMS: LazyLock<Handles<Mutex<StreamedStem>>> = LazyLock::new(Handles::default);

/// Decodes a stem as `tactus_stem_open`, and computes its spectrogram meanwhile, which is kept until
/// [`tactus_stem_stream_close`]. `numbers` receives `[handle, channels, samples, bytes of the description, nanoseconds of the
/// decoder, nanoseconds of the spectrogram]`.
///
/// # Safety
/// `path` must be valid for reads, `description` and `numbers` for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_stem_stream_open(
    path: *const u8,
    path_length: usize,
    sample_rate_hz: u32,
    first: usize,
    end: usize,
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
        let path = Path::new(text("path", path)?);
        let part = Part { first, end };
        interruptible(interruption, || open(path, sample_rate_hz, part, gain, description, numbers))
    })
}

fn open(
    path: &Path,
    sample_rate_hz: u32,
    part: Part,
    gain: f64,
    description: &mut [u8],
    numbers: &mut [u64],
) -> Result<(), Error> {
    Error::expect_length("numbers", 6, numbers.len())?;
    let file = MixFile::open(path, sample_rate_hz, part);
    let blocks = file.and_then(|file| file.decode(true));
    let mut blocks = blocks.inspect_err(|error| describe_unread(error, description))?;
    let mut stem = StreamedStem::unscaled(blocks.expected_samples());
    let (mut clipped, mut busy) = (0, Duration::ZERO);
    while let Some(mut block) = blocks.next_block()? {
        let start = Instant::now();
        if gain != 1.0 {
            for sample in block.iter_mut().flatten() {
                *sample = (f64::from(*sample) * gain) as f32;
            }
            clipped += block.iter().flatten().filter(|sample| sample.abs() > 1.0).count() as u64;
        }
        stem.add(block.each_ref().map(Vec::as_slice))?;
        busy += start.elapsed();
    }
    let passed = blocks.into_passed().ok_or(Error::MixOrder("its description"))?;
    let mut audio = passed.audio;
    // A single channel came twice.
    audio.clipped = clipped * passed.channels as u64 / 2;
    let bytes = write_json(&describe(&audio), description);
    let nanoseconds = |time: Duration| time.as_nanos() as u64;
    let handle = STREAMS.insert(Mutex::new(stem));
    let counts = [passed.channels as u64, passed.samples as u64, bytes];
    let times = [passed.busy, busy].map(nanoseconds);
    write("numbers", &[&[handle][..], &counts, &times].concat(), numbers)
}

/// Takes the spectrogram of a stem that is followed by silence up to `samples`: `rows` receives `[frames, 81]` f32, `digest` 32
/// bytes, the SHA-256 of the mean of both channels in 16 bits, little-endian, with the silence. The memory is freed.
///
/// # Safety
/// `rows` and `digest` must be valid for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_stem_stream_take(
    handle: u64,
    samples: usize,
    rows: *mut f32,
    rows_length: usize,
    digest: *mut u8,
    digest_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (rows, digest) =
            unsafe { (slice_mut(rows, rows_length), slice_mut(digest, digest_length)) };
        STREAMS.with(handle, |stem| {
            let mut stem = lock(stem);
            let own = stem.samples();
            if samples < own {
                return Err(Error::TooManySamples { found: own, room: samples });
            }
            Error::expect_length("spectrogram", frame_count(samples) * BANDS, rows.len())?;
            stem.finish(samples)?;
            let finished = stem.take().ok_or(Error::NoStem)?;
            write("spectrogram", &finished.rows, rows)?;
            write("digest", &finished.digest, digest)
        })
    })
}

/// Frees a stem; an unknown handle is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_stem_stream_close(handle: u64) {
    STREAMS.remove(handle);
}
