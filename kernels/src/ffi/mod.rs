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
mod counters;
mod flac;
mod handles;
mod htdemucs;
mod interruption;
mod memory;
mod metrical;
mod mix;
mod outcome;
mod processor;
mod seams;
mod separation;
mod spectrogram;
mod stem_stream;

use memory::slice_mut;
use outcome::take_message;

/// Version of the functions here; the binding refuses any other.
pub const ABI_VERSION: u32 = 19;

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
