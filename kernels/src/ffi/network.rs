//! The functions for the music structure network: open, add folds, run them on tracks, close.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::handles::Handles;
use super::outcome::outcome;
use super::{expect_length, slice, slice_mut};
use crate::all_in_one::{Configuration, Fold, Observer, Runner};

static NETWORKS: LazyLock<Handles<Mutex<Open>>> = LazyLock::new(Handles::default);

/// A network's threads and memory, the folds that share them, and the inner seams of the last run, if they
/// were asked for.
struct Open {
    configuration: Configuration,
    runner: Runner,
    folds: Vec<Fold>,
    seams: HashMap<String, Vec<f32>>,
}

/// Keeps the seams.
struct Keeper<'a>(Option<&'a mut HashMap<String, Vec<f32>>>);

impl Observer for Keeper<'_> {
    fn wants_seams(&self) -> bool {
        self.0.is_some()
    }

    fn seam(&mut self, name: &str, values: &[f32]) {
        if let Some(seams) = &mut self.0 {
            seams.insert(name.into(), values.to_vec());
        }
    }
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
        handle[0] = NETWORKS.insert(Mutex::new(Open {
            configuration,
            runner,
            folds: Vec::new(),
            seams: HashMap::new(),
        }));
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
/// `embeddings` `[instruments, frames, width]`; all f32. If `keep_seams` is not 0, [`tactus_network_seam`] can
/// be asked for the inner seams.
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
    keep_seams: u32,
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
            let Open { runner, folds, seams, .. } = &mut *open;
            seams.clear();
            let fold = folds.get(fold).ok_or_else(|| format!("There is no fold {fold}"))?;
            let mut keeper = Keeper((keep_seams != 0).then_some(seams));
            runner.run(fold, spectrogram, logits, embeddings, &mut keeper)
        })
    })
}

/// Copies an inner seam of the last run, f32; its name is UTF-8.
///
/// # Safety
/// `name` must be valid for reads of `name_length` bytes, `output` for writes of `length` f32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_network_seam(
    handle: u64,
    name: *const u8,
    name_length: usize,
    output: *mut f32,
    length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (name, output) = unsafe { (slice(name, name_length), slice_mut(output, length)) };
        let name = String::from_utf8_lossy(name);
        NETWORKS.with(handle, |open| {
            let open = open.lock().unwrap_or_else(PoisonError::into_inner);
            let seam = open
                .seams
                .get(name.as_ref())
                .ok_or_else(|| format!("The last run has kept no seam {name}"))?;
            expect_length("values", seam.len(), output.len())?;
            output.copy_from_slice(seam);
            Ok(())
        })
    })
}

/// Frees a network; an unknown handle is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_network_close(handle: u64) {
    NETWORKS.remove(handle);
}
