//! The functions for separating a mixture: open; input and output of each segment, or without a network each
//! step; each stem; close.

use std::sync::{LazyLock, Mutex};

use super::handles::{Handles, lock};
use super::memory::{slice, slice_mut, write};
use super::outcome::outcome;
use crate::error::Error;
use crate::hpss::{HpssSeparator, Wanted};
use crate::separation::{
    CHANNELS, Kept, MOST_OVERLAP, MonoStem, Passes, STEMS, SegmentInput, Separator, TakenMono,
};
use crate::stems16::{requantize, requantize_to_mono};

static SEPARATORS: LazyLock<Handles<Open>> = LazyLock::new(Handles::default);

/// A track, and the inputs of the segments that were not joined yet.
struct Open {
    separator: Mutex<Method>,
    inputs: Mutex<Vec<Option<SegmentInput>>>,
}

/// Method by which a track is separated.
enum Method {
    Network(Separator),
    Filters(HpssSeparator),
}

impl Method {
    fn network(&mut self) -> Result<&mut Separator, Error> {
        match self {
            Method::Network(separator) => Ok(separator),
            Method::Filters(_) => Err(Error::SeparationKind { opened: "without a network" }),
        }
    }

    fn filters(&mut self) -> Result<&mut HpssSeparator, Error> {
        match self {
            Method::Filters(separator) => Ok(separator),
            Method::Network(_) => Err(Error::SeparationKind { opened: "with a network" }),
        }
    }

    fn finished(&mut self) -> Option<&mut Kept> {
        match self {
            Method::Network(separator) => separator.finished(),
            Method::Filters(separator) => separator.finished(),
        }
    }
}

/// Returns the form in which stems are kept, and the number of samples wanted: the floats of all, or the first
/// `mono_samples` of mono stems as in [`Kept::mono`], with `divisors` where there are four.
fn kept(samples: usize, mono_samples: usize, divisors: &[f64]) -> (Kept, usize) {
    match mono_samples {
        0 => (Kept::floats(samples), samples),
        wanted => (Kept::mono(divisors.try_into().ok()), wanted),
    }
}

/// Splits `[2, samples]` into its channels.
fn channels(mixture: &[f32]) -> Result<[&[f32]; CHANNELS], Error> {
    let samples = mixture.len() / CHANNELS;
    if samples == 0 {
        return Err(Error::EmptyMixture);
    }
    Error::expect_length("mixture", CHANNELS * samples, mixture.len())?;
    Ok(mixture.split_at(samples).into())
}

/// Prepares the separation of `mixture`, `[2, samples]` f32 at 44.1 kHz, without a network. Stems are kept
/// as of [`tactus_separation_open`]. `numbers` receives `[handle, number of steps]`.
///
/// # Safety
/// `mixture` and `divisors` must be valid for reads, `numbers` for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_hpss_open(
    mixture: *const f32,
    mixture_length: usize,
    mono_samples: usize,
    divisors: *const f64,
    divisors_length: usize,
    numbers: *mut u64,
    numbers_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (mixture, divisors, numbers) = unsafe {
            (
                slice(mixture, mixture_length),
                slice(divisors, divisors_length),
                slice_mut(numbers, numbers_length),
            )
        };
        open_filters(mixture, mono_samples, divisors, Wanted::All, numbers)
    })
}

/// Prepares the separation of bass and drums, as [`tactus_hpss_open`] does. The other two stems cannot be taken.
///
/// # Safety
/// As [`tactus_hpss_open`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_hpss_open_rhythm(
    mixture: *const f32,
    mixture_length: usize,
    mono_samples: usize,
    divisors: *const f64,
    divisors_length: usize,
    numbers: *mut u64,
    numbers_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (mixture, divisors, numbers) = unsafe {
            (
                slice(mixture, mixture_length),
                slice(divisors, divisors_length),
                slice_mut(numbers, numbers_length),
            )
        };
        open_filters(mixture, mono_samples, divisors, Wanted::Rhythm, numbers)
    })
}

/// Opens a separation without a network of the stems `wanted`; `numbers` receives `[handle, number of steps]`.
fn open_filters(
    mixture: &[f32],
    mono_samples: usize,
    divisors: &[f64],
    wanted: Wanted,
    numbers: &mut [u64],
) -> Result<(), Error> {
    let mixture = channels(mixture)?;
    let (kept, samples) = kept(mixture[0].len(), mono_samples, divisors);
    let separator = HpssSeparator::new(mixture, kept, samples, wanted);
    let steps = separator.steps() as u64;
    let handle = SEPARATORS.insert(Open {
        separator: Mutex::new(Method::Filters(separator)),
        inputs: Mutex::default(),
    });
    write("numbers", &[handle, steps], numbers)
}

/// Runs the next step of a separation without a network, of the mixture that it was opened with.
///
/// # Safety
/// `mixture` must be valid for reads of its length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_hpss_step(
    handle: u64,
    mixture: *const f32,
    mixture_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let mixture = channels(unsafe { slice(mixture, mixture_length) })?;
        SEPARATORS.with(handle, |open| {
            let mut separator = lock(&open.separator);
            separator.filters()?.step(mixture)
        })
    })
}

/// Prepares the separation of `mixture`, `[2, samples]` f32 at 44.1 kHz, in one pass for each of `shifts`, which are
/// below 0 for none, in segments that overlap by the share `overlap`. The network has one source for each of
/// `source_stems`, which tell the stem that the source is added to: 0 to 3 are bass, drums, other, vocals. Float stems are
/// kept, or where `mono_samples` is not 0 so many samples of mono stems as in [`Kept::mono`], with `divisors` where there
/// are four. `numbers` receives `[handle, number of segments]`.
///
/// # Safety
/// `mixture`, `shifts`, `source_stems` and `divisors` must be valid for reads, `numbers` for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_separation_open(
    mixture: *const f32,
    mixture_length: usize,
    shifts: *const i32,
    shifts_length: usize,
    overlap: f64,
    source_stems: *const u8,
    source_stems_length: usize,
    mono_samples: usize,
    divisors: *const f64,
    divisors_length: usize,
    numbers: *mut u64,
    numbers_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (mixture, shifts, source_stems, divisors, numbers) = unsafe {
            (
                slice(mixture, mixture_length),
                slice(shifts, shifts_length),
                slice(source_stems, source_stems_length),
                slice(divisors, divisors_length),
                slice_mut(numbers, numbers_length),
            )
        };
        let source_stems: Vec<usize> = source_stems.iter().map(|&stem| stem.into()).collect();
        let shifts: Vec<_> = shifts.iter().map(|&shift| usize::try_from(shift).ok()).collect();
        let passes = Passes { shifts: &shifts, overlap, source_stems: &source_stems };
        open_network(mixture, passes, (mono_samples, divisors), numbers)
    })
}

/// Opens a separation with a network; `numbers` receives `[handle, number of segments]`.
fn open_network(
    mixture: &[f32],
    passes: Passes,
    (mono_samples, divisors): (usize, &[f64]),
    numbers: &mut [u64],
) -> Result<(), Error> {
    let mixture = channels(mixture)?;
    let Passes { overlap, source_stems, .. } = passes;
    if !(0.0..=MOST_OVERLAP).contains(&overlap) {
        return Err(Error::Overlap { most: MOST_OVERLAP, found: overlap });
    }
    if !(0..STEMS).all(|stem| source_stems.contains(&stem))
        || source_stems.iter().any(|&stem| stem >= STEMS)
    {
        return Err(Error::SourceStems(source_stems.to_vec()));
    }
    let (kept, wanted) = kept(mixture[0].len(), mono_samples, divisors);
    let separator = Separator::new(mixture, passes, kept, wanted);
    let segments = separator.segments().count();
    let handle = SEPARATORS.insert(Open {
        separator: Mutex::new(Method::Network(separator)),
        inputs: Mutex::new(vec![None; segments]),
    });
    write("numbers", &[handle, segments as u64], numbers)
}

/// Computes the network's inputs for segment `index` of the mixture that the separation was opened with:
/// `wave` `[2, 343980]` and `spectrum` `[4, 2048, 336]`, both f32.
///
/// # Safety
/// `mixture` must be valid for reads, `wave` and `spectrum` for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_separation_input(
    handle: u64,
    index: usize,
    mixture: *const f32,
    mixture_length: usize,
    wave: *mut f32,
    wave_length: usize,
    spectrum: *mut f32,
    spectrum_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (mixture, wave, spectrum) = unsafe {
            (
                slice(mixture, mixture_length),
                slice_mut(wave, wave_length),
                slice_mut(spectrum, spectrum_length),
            )
        };
        let mixture = channels(mixture)?;
        SEPARATORS.with(handle, |open| {
            let excerpt = {
                let mut separator = lock(&open.separator);
                let excerpt = separator.network()?.excerpt(mixture, index);
                excerpt.ok_or(Error::UnknownSegment(index))?
            };
            let input = excerpt.transform(wave, spectrum)?;
            lock(&open.inputs)[index] = Some(input);
            Ok(())
        })
    })
}

/// Joins the network's outputs for segment `index`, which must come in order: `wave`
/// `[sources, 2, 343980]`, `spectrum` `[sources, 4, 2048, 336]`, f32; of the published network drums, bass,
/// other, vocals.
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
            let input = lock(&open.inputs).get_mut(index).and_then(Option::take);
            let input = input.ok_or(Error::SegmentInput(index))?;
            let mut separator = lock(&open.separator);
            separator.network()?.output(index, input, wave, spectrum)
        })
    })
}

/// Takes a finished stem, after the outputs of all segments were joined, and frees it: 0 to 3 are
/// bass, drums, other, vocals. `rounded` receives `[2, samples]` i16 as [`requantize`] makes them;
/// `exact` the same many f32, or nothing when its length is 0.
///
/// # Safety
/// `rounded` and `exact` must be valid for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_separation_stem(
    handle: u64,
    stem: usize,
    rounded: *mut i16,
    rounded_length: usize,
    exact: *mut f32,
    exact_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (rounded, exact) =
            unsafe { (slice_mut(rounded, rounded_length), slice_mut(exact, exact_length)) };
        SEPARATORS.with(handle, |open| {
            let mut separator = lock(&open.separator);
            let samples = match separator.finished() {
                Some(Kept::Floats(stems)) => stems.get_mut(stem).map(std::mem::take),
                _ => None,
            };
            let samples = samples.filter(|samples| !samples.is_empty()).ok_or(Error::NoStem)?;
            Error::expect_length("rounded stem", samples.len(), rounded.len())?;
            requantize(&samples, rounded);
            if !exact.is_empty() {
                write("exact stem", &samples, exact)?;
            }
            Ok(())
        })
    })
}

/// Takes a finished mono stem, as [`tactus_separation_stem`] does: `mono` receives `[mono_samples]`
/// i16, `numbers` what the stem was divided by, and how many samples, from the first on, were not and
/// are to be separated again.
///
/// # Safety
/// `mono` and `numbers` must be valid for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_separation_mono(
    handle: u64,
    stem: usize,
    mono: *mut i16,
    mono_length: usize,
    numbers: *mut f64,
    numbers_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (mono, numbers) =
            unsafe { (slice_mut(mono, mono_length), slice_mut(numbers, numbers_length)) };
        SEPARATORS.with(handle, |open| {
            let mut separator = lock(&open.separator);
            let taken = match separator.finished() {
                Some(Kept::Mono(stems)) => stems.get_mut(stem).and_then(MonoStem::take),
                _ => None,
            };
            let TakenMono { samples, divisor, stale } = taken.ok_or(Error::NoStem)?;
            write("mono stem", &samples, mono)?;
            write("numbers", &[divisor, stale as f64], numbers)
        })
    })
}

/// Rounds a mixture, `[2, samples]` f32, as [`requantize`] rounds a stem: `rounded` receives `[2, samples]` i16, or
/// `[samples]` i16, the mean of both channels, if it has half the length.
///
/// # Safety
/// `mixture` must be valid for reads, `rounded` for writes of its length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_round_mixture(
    mixture: *const f32,
    mixture_length: usize,
    rounded: *mut i16,
    rounded_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (mixture, rounded) =
            unsafe { (slice(mixture, mixture_length), slice_mut(rounded, rounded_length)) };
        let channels = channels(mixture)?;
        if rounded.len() == channels[0].len() {
            requantize_to_mono(channels, rounded);
            return Ok(());
        }
        Error::expect_length("rounded mixture", mixture.len(), rounded.len())?;
        requantize(mixture, rounded);
        Ok(())
    })
}

/// Frees a separation; an unknown handle is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_separation_close(handle: u64) {
    SEPARATORS.remove(handle);
}
