//! The functions for separating a mixture: open, then for each segment input and output, or without a
//! network each step, then each stem, then close.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::handles::Handles;
use super::outcome::outcome;
use super::{expect_length, slice, slice_mut};
use crate::hpss::HpssSeparator;
use crate::separation::{CHANNELS, Kept, MonoStem, SegmentInput, Separator, TakenMono};
use crate::stems16::requantize;

static SEPARATORS: LazyLock<Handles<Open>> = LazyLock::new(Handles::default);

const NO_AUDIO: &str = "There is no audio to separate";

const NOT_THERE: &str = "The stem is not finished, was taken before, or is not kept in this form";

/// A track and what was computed of the segments whose outputs have not come yet.
struct Open {
    separator: Mutex<Method>,
    inputs: Mutex<Vec<Option<SegmentInput>>>,
}

impl Open {
    fn separator(&self) -> MutexGuard<'_, Method> {
        self.separator.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn inputs(&self) -> MutexGuard<'_, Vec<Option<SegmentInput>>> {
        self.inputs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a track is separated.
enum Method {
    Network(Separator),
    Filters(HpssSeparator),
}

impl Method {
    fn network(&mut self) -> Result<&mut Separator, String> {
        match self {
            Method::Network(separator) => Ok(separator),
            Method::Filters(_) => Err("The mixture is separated without a network".into()),
        }
    }

    fn filters(&mut self) -> Result<&mut HpssSeparator, String> {
        match self {
            Method::Filters(separator) => Ok(separator),
            Method::Network(_) => Err("The mixture is separated by a network".into()),
        }
    }

    fn finished(&mut self) -> Option<&mut Kept> {
        match self {
            Method::Network(separator) => separator.finished(),
            Method::Filters(separator) => separator.finished(),
        }
    }
}

/// What of the stems is kept and how many samples are wanted: the floats of all, or the first `mono_samples` of
/// mono stems as in [`Kept::mono`], with `divisors` where there are four.
fn kept(samples: usize, mono_samples: usize, divisors: &[f64]) -> (Kept, usize) {
    match mono_samples {
        0 => (Kept::floats(samples), samples),
        wanted => (Kept::mono(divisors.try_into().ok()), wanted),
    }
}

/// Prepares the separation of `mixture`, `[2, samples]` f32 at 44.1 kHz, without a network. Stems are kept
/// as of [`tactus_separation_open`]. `numbers` receives `[handle, number of steps]`.
///
/// # Safety
/// `mixture` must be valid for reads of `2 * samples` f32, `divisors` for reads of `divisor_count` f64,
/// `numbers` for writes of two u64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_hpss_open(
    mixture: *const f32,
    samples: usize,
    mono_samples: usize,
    divisors: *const f64,
    divisor_count: usize,
    numbers: *mut u64,
) -> i32 {
    outcome(|| {
        if samples == 0 {
            return Err(NO_AUDIO.into());
        }
        // SAFETY: the caller's promise.
        let (mixture, divisors, numbers) = unsafe {
            (
                slice(mixture, CHANNELS * samples),
                slice(divisors, divisor_count),
                slice_mut(numbers, 2),
            )
        };
        let (kept, wanted) = kept(samples, mono_samples, divisors);
        let separator = HpssSeparator::new(mixture.split_at(samples).into(), kept, wanted);
        numbers[1] = separator.steps() as u64;
        numbers[0] = SEPARATORS.insert(Open {
            separator: Mutex::new(Method::Filters(separator)),
            inputs: Mutex::default(),
        });
        Ok(())
    })
}

/// Does the next step of a separation without a network, of the mixture that it was opened with.
///
/// # Safety
/// `mixture` must be valid for reads of `2 * samples` f32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_hpss_step(handle: u64, mixture: *const f32, samples: usize) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let mixture = unsafe { slice(mixture, CHANNELS * samples) };
        SEPARATORS.with(handle, |open| {
            let mut separator = open.separator();
            separator.filters()?.step(mixture.split_at(samples).into());
            Ok(())
        })
    })
}

/// Prepares the separation of `mixture`, `[2, samples]` f32 at 44.1 kHz, in one pass for each of
/// `shifts`, which are below 0 for none. Float stems are kept, or where `mono_samples` is not 0 so many
/// samples of mono stems as in [`Kept::mono`], with `divisors` where there are four. `numbers` receives
/// `[handle, number of segments]`.
///
/// # Safety
/// `mixture` must be valid for reads of `2 * samples` f32, `shifts` for reads of `passes` i32,
/// `divisors` for reads of `divisor_count` f64, `numbers` for writes of two u64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_separation_open(
    mixture: *const f32,
    samples: usize,
    shifts: *const i32,
    passes: usize,
    mono_samples: usize,
    divisors: *const f64,
    divisor_count: usize,
    numbers: *mut u64,
) -> i32 {
    outcome(|| {
        if samples == 0 {
            return Err(NO_AUDIO.into());
        }
        // SAFETY: the caller's promise.
        let (mixture, shifts, divisors, numbers) = unsafe {
            (
                slice(mixture, CHANNELS * samples),
                slice(shifts, passes),
                slice(divisors, divisor_count),
                slice_mut(numbers, 2),
            )
        };
        let shifts: Vec<_> = shifts.iter().map(|&shift| usize::try_from(shift).ok()).collect();
        let (kept, wanted) = kept(samples, mono_samples, divisors);
        let separator = Separator::new(mixture.split_at(samples).into(), &shifts, kept, wanted);
        let segments = separator.segments().count();
        numbers[1] = segments as u64;
        numbers[0] = SEPARATORS.insert(Open {
            separator: Mutex::new(Method::Network(separator)),
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
                let mut separator = open.separator();
                let mixture = mixture.split_at(samples).into();
                let excerpt = separator.network()?.excerpt(mixture, index);
                excerpt.ok_or(format!("There is no segment {index}"))?
            };
            let input = excerpt.transform(wave, spectrum)?;
            open.inputs()[index] = Some(input);
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
                .inputs()
                .get_mut(index)
                .and_then(Option::take)
                .ok_or(format!("The input of segment {index} was not asked for"))?;
            let mut separator = open.separator();
            separator.network()?.output(index, input, wave, spectrum)
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
            let mut separator = open.separator();
            let samples = match separator.finished() {
                Some(Kept::Floats(stems)) => stems.get_mut(stem).map(std::mem::take),
                _ => None,
            };
            let samples = samples.filter(|samples| !samples.is_empty()).ok_or(NOT_THERE)?;
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

/// Takes a finished mono stem out, as [`tactus_separation_stem`] does: `mono` receives `[mono_samples]`
/// i16, `numbers` what the stem was divided by, and how many samples, from the first on, were not and
/// are to be separated again.
///
/// # Safety
/// `mono` must be valid for writes of `length` i16, `numbers` for writes of two f64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_separation_mono(
    handle: u64,
    stem: usize,
    mono: *mut i16,
    length: usize,
    numbers: *mut f64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (mono, numbers) = unsafe { (slice_mut(mono, length), slice_mut(numbers, 2)) };
        SEPARATORS.with(handle, |open| {
            let mut separator = open.separator();
            let taken = match separator.finished() {
                Some(Kept::Mono(stems)) => stems.get_mut(stem).and_then(MonoStem::take),
                _ => None,
            };
            let TakenMono { samples, divisor, stale } = taken.ok_or(NOT_THERE)?;
            expect_length("samples", samples.len(), mono.len())?;
            mono.copy_from_slice(&samples);
            numbers.copy_from_slice(&[divisor, stale as f64]);
            Ok(())
        })
    })
}

/// Frees a separation; an unknown handle is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_separation_close(handle: u64) {
    SEPARATORS.remove(handle);
}
