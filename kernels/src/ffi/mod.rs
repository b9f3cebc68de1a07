//! The functions that the TypeScript side calls.
//!
//! Pointers cross only here. Each array is a pointer and its number of elements, one after the other; a
//! function writes only into memory that the caller owns. Each function that can fail returns 0 or a
//! *ticket*: a positive number for which [`tactus_error_message`] gives the text once. A thread-local message
//! would not do: the calls run on threads of a pool, and the next call may run on another. No panic crosses.
//!
//! Files, separations, networks and recorders of inner seams stay open under a handle until they are closed.
#![allow(unsafe_code)]

mod all_in_one;
mod audio;
mod handles;
mod htdemucs;
mod metrical;
mod outcome;
mod seams;
mod separation;
mod spectrogram;

use crate::Error;
use outcome::take_message;

/// Version of the functions here; the binding refuses any other.
pub const ABI_VERSION: u32 = 12;

/// Returns the version of these functions.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_abi_version() -> u32 {
    ABI_VERSION
}

/// Takes the message of a ticket: writes up to `length` bytes of UTF-8 and returns the number of bytes
/// written, 0 for a ticket that is unknown or was taken before.
///
/// # Safety
/// `message` must be valid for writes of `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_error_message(
    ticket: i32,
    message: *mut u8,
    length: usize,
) -> usize {
    // SAFETY: the caller's promise.
    let message = unsafe { slice_mut(message, length) };
    take_message(ticket, message)
}

/// Reads UTF-8.
fn text<'a>(what: &'static str, bytes: &'a [u8]) -> Result<&'a str, Error> {
    std::str::from_utf8(bytes).map_err(|source| Error::NotUtf8 { what, source })
}

/// Writes `values` into an array of as many elements.
fn write<T: Copy>(what: &'static str, values: &[T], output: &mut [T]) -> Result<(), Error> {
    Error::expect_length(what, values.len(), output.len())?;
    output.copy_from_slice(values);
    Ok(())
}

/// Writes JSON, cut at the end of `output`, and returns the number of bytes written.
fn write_json(value: &serde_json::Value, output: &mut [u8]) -> u64 {
    let json = value.to_string();
    let bytes = json.len().min(output.len());
    output[..bytes].copy_from_slice(&json.as_bytes()[..bytes]);
    bytes as u64
}

/// # Safety
/// `pointer` must be valid for reads of `length` elements; it may be anything when `length` is 0.
unsafe fn slice<'a, T>(pointer: *const T, length: usize) -> &'a [T] {
    if length == 0 {
        return &[];
    }
    // SAFETY: the caller's promise; typed arrays are aligned to their elements.
    unsafe { std::slice::from_raw_parts(pointer, length) }
}

/// # Safety
/// As [`slice`], for writes, with no other reference to the memory.
unsafe fn slice_mut<'a, T>(pointer: *mut T, length: usize) -> &'a mut [T] {
    if length == 0 {
        return &mut [];
    }
    // SAFETY: the caller's promise; typed arrays are aligned to their elements.
    unsafe { std::slice::from_raw_parts_mut(pointer, length) }
}
