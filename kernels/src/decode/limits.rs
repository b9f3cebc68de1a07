//! Limits on headers, checked before memory or time is spent.

use super::error::DecodeError;

/// Channels: more than any music has; 7.1.4 has 12, third-order ambisonics 16.
const CHANNELS: (u64, u64) = (1, 64);
/// Sample rates in Hz, of the file and of the target.
const RATE_HZ: (u64, u64) = (1_000, 768_000);
/// Samples over all channels: 4 GiB as f32, more than three hours of stereo at 44.1 kHz. Silence packs so
/// well that a file of some kilobytes could fill any memory.
const SAMPLES: (u64, u64) = (1, 1 << 30);

fn check(
    name: &str,
    what: &'static str,
    value: u64,
    (min, max): (u64, u64),
) -> Result<(), DecodeError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(DecodeError::Limit { name: name.to_string(), what, value, min, max })
}

/// Checks the rate that the caller asks for.
pub(super) fn check_target_rate(name: &str, rate_hz: u32) -> Result<(), DecodeError> {
    check(name, "target sample rate in Hz", u64::from(rate_hz), RATE_HZ)
}

/// Checks the rate of the file.
pub(super) fn check_rate(name: &str, rate_hz: u32) -> Result<(), DecodeError> {
    check(name, "sample rate in Hz", u64::from(rate_hz), RATE_HZ)
}

/// Checks the number of channels, before a decoder makes its buffers for them.
pub(super) fn check_channels(name: &str, channels: usize) -> Result<(), DecodeError> {
    check(name, "channels", channels as u64, CHANNELS)
}

/// Checks how many samples there are to hold, over all channels.
pub(super) fn check_samples(name: &str, frames: u64, channels: usize) -> Result<(), DecodeError> {
    check(name, "samples over all channels", frames.saturating_mul(channels as u64), SAMPLES)
}

/// Checks how many samples there will be after resampling.
pub(super) fn check_output(
    name: &str,
    frames: usize,
    channels: usize,
    from_hz: u32,
    to_hz: u32,
) -> Result<(), DecodeError> {
    let resampled = frames as u128 * u128::from(to_hz) / u128::from(from_hz);
    check_samples(name, u64::try_from(resampled).unwrap_or(u64::MAX).max(1), channels)
}
