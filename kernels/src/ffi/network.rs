//! The functions for the music structure network: open, add folds, run them on tracks, close.

use std::sync::{LazyLock, Mutex, PoisonError};

use super::handles::Handles;
use super::outcome::outcome;
use super::{slice, slice_mut};
use crate::all_in_one::{Configuration, Fold, Runner};

static NETWORKS: LazyLock<Handles<Mutex<Open>>> = LazyLock::new(Handles::default);

/// A network's threads and memory, and the folds that share them.
struct Open {
    configuration: Configuration,
    runner: Runner,
    folds: Vec<Fold>,
}

/// Makes a network of a configuration, the values of [`Configuration`]'s fields in their order.
/// `handle` receives one u64.
///
/// # Safety
/// `configuration` must be valid for reads of its length, `handle` for a write of one u64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_network_open(
    configuration: *const f64,
    configuration_length: usize,
    threads: usize,
    handle: *mut u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (numbers, handle) =
            unsafe { (slice(configuration, configuration_length), slice_mut(handle, 1)) };
        let configuration = Configuration::from_numbers(numbers)?;
        let runner = Runner::new(&configuration, threads)?;
        handle[0] = NETWORKS.insert(Mutex::new(Open { configuration, runner, folds: Vec::new() }));
        Ok(())
    })
}

/// Adds a fold: its parameters, f32, in the order of upstream's `state_dict`. `fold` receives one u64.
///
/// # Safety
/// `parameters` must be valid for reads of its length, `fold` for a write of one u64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_network_add_fold(
    handle: u64,
    parameters: *const f32,
    parameters_length: usize,
    fold: *mut u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (parameters, fold) =
            unsafe { (slice(parameters, parameters_length), slice_mut(fold, 1)) };
        NETWORKS.with(handle, |open| {
            let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
            let packed = Fold::new(&open.configuration, parameters)?;
            fold[0] = open.folds.len() as u64;
            open.folds.push(packed);
            Ok(())
        })
    })
}

/// Runs a fold on a track: `spectrogram` `[instruments, frames, bands]` to `logits`
/// `[3 + labels, frames]`, rows beat, downbeat, section, functions, and, where its length is not 0,
/// `embeddings` `[instruments, frames, width]`; all f32.
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
            let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
            let Open { runner, folds, .. } = &mut *open;
            let fold = folds.get(fold).ok_or_else(|| format!("There is no fold {fold}"))?;
            runner.run(fold, spectrogram, logits, embeddings)
        })
    })
}

/// Frees a network; an unknown handle is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_network_close(handle: u64) {
    NETWORKS.remove(handle);
}
