//! The functions for inner seams: open a recorder, run any function that takes one, describe and take
//! what it recorded, close.
//!
//! Functions with inner seams have a last argument `seams`: the handle of a recorder, or 0 for none.

use std::sync::{LazyLock, Mutex};

use serde_json::json;

use super::handles::{Handles, lock};
use super::memory::{slice_mut, write, write_json};
use super::outcome::outcome;
use crate::error::Error;
use crate::observer::{Observer, Recorder, Seam};

static RECORDERS: LazyLock<Handles<Mutex<Vec<Option<Seam>>>>> = LazyLock::new(Handles::default);

/// Runs `work` with the observer of a recorder's handle, or with one that observes nothing for 0.
pub(super) fn observed(
    recorder: u64,
    work: impl FnOnce(&mut dyn Observer) -> Result<(), Error>,
) -> Result<(), Error> {
    if recorder == 0 {
        return work(&mut ());
    }
    RECORDERS.with(recorder, |seams| {
        let mut recorder = Recorder::default();
        work(&mut recorder)?;
        lock(seams).extend(recorder.0.into_iter().map(Some));
        Ok(())
    })
}

/// Opens a recorder; `handle` receives one u64.
///
/// # Safety
/// `handle` must be valid for writes of its length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_seams_open(handle: *mut u64, length: usize) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let handle = unsafe { slice_mut(handle, length) };
        write("handle", &[RECORDERS.insert(Mutex::default())], handle)
    })
}

/// Describes the recorded seams in UTF-8 JSON: a list of `name`, `dtype` (`i16`, `f32`, `f64`) and
/// `shape`. `written` receives the number of bytes, one u64.
///
/// # Safety
/// `description` and `written` must be valid for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_seams_describe(
    handle: u64,
    description: *mut u8,
    description_length: usize,
    written: *mut u64,
    written_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (description, written) = unsafe {
            (slice_mut(description, description_length), slice_mut(written, written_length))
        };
        let seams = RECORDERS.with(handle, |seams| {
            let describe = |Seam { name, dtype, shape, .. }: &Seam| {
                json!({ "name": name, "dtype": dtype, "shape": shape })
            };
            Ok(lock(seams).iter().flatten().map(describe).collect())
        })?;
        write("bytes", &[write_json(&seams, description)], written)
    })
}

/// Copies the bytes of the recorded seam `index` and frees it.
///
/// # Safety
/// `output` must be valid for writes of its length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_seams_take(
    handle: u64,
    index: usize,
    output: *mut u8,
    output_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let output = unsafe { slice_mut(output, output_length) };
        let seam = RECORDERS.with(handle, |seams| {
            let seam = lock(seams).get_mut(index).and_then(Option::take);
            seam.ok_or(Error::UnknownSeam(index))
        })?;
        write("bytes of the seam", &seam.bytes, output)
    })
}

/// Frees a recorder; an unknown handle is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_seams_close(handle: u64) {
    RECORDERS.remove(handle);
}
