//! The stages of tactus that run natively.
//!
//! Each stage is a module. Pointers cross to the caller only in `ffi`, and only `ffi` and the SIMD modules of
//! `linear` are unsafe.

pub mod all_in_one;
pub mod counters;
pub mod decode;
mod error;
pub mod ffi;
pub mod flac;
pub mod hpss;
pub mod htdemucs;
pub mod interruption;
pub mod linear;
pub mod metrical;
pub mod mix;
pub mod observer;
pub mod parameters;
pub mod separation;
pub mod spectrogram;
pub mod stems16;
pub mod streamed;

pub use error::Error;
pub use observer::{Observer, Values};

#[cfg(test)]
mod test_noise;
