//! The stages of tactus that are computed natively.
//!
//! One module a stage; `ffi` is the only place where pointers cross to the caller.

pub mod all_in_one;
pub mod decode;
pub mod ffi;
pub mod hpss;
pub mod htdemucs;
pub mod linear;
pub mod metrical;
mod parameters;
pub mod separation;
pub mod spectrogram;
pub mod stems16;

#[cfg(test)]
mod test_noise;
