//! Decoding of whole files. One test program, since each is linked and optimised with the whole crate.

mod bad_input;
mod formats;
mod fuzz;
mod matroska;
mod mp4;
mod mpeg;
mod ogg;
mod wave_family;
