//! The functions for FLAC files: the room that one needs, and its encoding.

use super::memory::{slice, slice_mut, write};
use super::outcome::outcome;
use crate::error::Error;
use crate::flac::{encode_flac, most_bytes};

/// Encodes samples as a FLAC file of 16 bits: `samples` `[channels, length]` to the first bytes of `output`, whose
/// length must be at least that of [`most_bytes`]. `size` receives the number of bytes, one u64.
///
/// # Safety
/// `samples` must be valid for reads, `output` and `size` for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_flac_encode(
    samples: *const i16,
    samples_length: usize,
    channels: usize,
    sample_rate_hz: u32,
    output: *mut u8,
    output_length: usize,
    size: *mut u64,
    size_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (samples, output, size) = unsafe {
            (
                slice(samples, samples_length),
                slice_mut(output, output_length),
                slice_mut(size, size_length),
            )
        };
        let flac = encode_flac(samples, channels, sample_rate_hz)?;
        if flac.len() > output.len() {
            let expected = most_bytes(samples.len(), channels);
            Error::expect_length("output", expected, output.len())?;
        }
        output[..flac.len()].copy_from_slice(&flac);
        write("size", &[flac.len() as u64], size)
    })
}
