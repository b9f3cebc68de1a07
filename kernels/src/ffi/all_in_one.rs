//! The functions for the music structure network: open, add folds, run them on tracks, close.

use std::sync::{LazyLock, Mutex};

use super::handles::{Handles, lock};
use super::interruption::interruptible;
use super::memory::{slice, slice_mut, write};
use super::outcome::outcome;
use super::seams::observed;
use crate::all_in_one::{Configuration, Fold, Runner};
use crate::error::Error;

static NETWORKS: LazyLock<Handles<Mutex<Open>>> = LazyLock::new(Handles::default);

/// A network's threads and memory, and the folds that share them.
struct Open {
    configuration: Configuration,
    runner: Runner,
    folds: Vec<Fold>,
}

/// Opens a network without folds. `configuration` is UTF-8 JSON with exactly the fields of
/// [`Configuration`], in camel case. `handle` receives one u64.
///
/// # Safety
/// `configuration` must be valid for reads, `handle` for writes of its length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_network_open(
    configuration: *const u8,
    configuration_length: usize,
    threads: usize,
    handle: *mut u64,
    handle_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (configuration, handle) = unsafe {
            (slice(configuration, configuration_length), slice_mut(handle, handle_length))
        };
        let configuration = Configuration::from_json(configuration)?;
        let runner = Runner::new(&configuration, threads)?;
        let open = Open { configuration, runner, folds: Vec::new() };
        write("handle", &[NETWORKS.insert(Mutex::new(open))], handle)
    })
}

/// Adds a fold: its parameters, f32 in safetensors format, by the names of upstream's `state_dict`. `fold`
/// receives its number, one u64.
///
/// # Safety
/// `parameters` must be valid for reads, `fold` for writes of its length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_network_add_fold(
    handle: u64,
    parameters: *const u8,
    parameters_length: usize,
    fold: *mut u64,
    fold_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (parameters, fold) =
            unsafe { (slice(parameters, parameters_length), slice_mut(fold, fold_length)) };
        NETWORKS.with(handle, |open| {
            let mut open = lock(open);
            let packed = Fold::new(&open.configuration, parameters)?;
            write("fold", &[open.folds.len() as u64], fold)?;
            open.folds.push(packed);
            Ok(())
        })
    })
}

/// Runs a fold on a track: `spectrogram` `[instruments, frames, bands]` to `logits`
/// `[3 + labels, frames]`, rows beat, downbeat, section, functions, and, where its length is not 0,
/// `embeddings` `[instruments, frames, width]`; all f32. Inner seams: those of [`Runner::run`].
///
/// # Safety
/// `spectrogram` must be valid for reads, `logits` and `embeddings` for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_network_run(
    handle: u64,
    fold: usize,
    spectrogram: *const f32,
    spectrogram_length: usize,
    logits: *mut f32,
    logits_length: usize,
    embeddings: *mut f32,
    embeddings_length: usize,
    seams: u64,
    interruption: u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (spectrogram, logits, embeddings) = unsafe {
            (
                slice(spectrogram, spectrogram_length),
                slice_mut(logits, logits_length),
                slice_mut(embeddings, embeddings_length),
            )
        };
        NETWORKS.with(handle, |open| {
            let Open { runner, folds, .. } = &mut *lock(open);
            let fold = folds.get(fold).ok_or(Error::UnknownFold(fold))?;
            observed(seams, |observer| {
                interruptible(interruption, || {
                    runner.run(fold, spectrogram, logits, embeddings, observer)
                })
            })
        })
    })
}

/// Frees a network; an unknown handle is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_network_close(handle: u64) {
    NETWORKS.remove(handle);
}
