//! Samples that are in memory already, brought to the rate of the analysis.

use super::collect::Sink;
use super::error::DecodeError;
use super::limits;
use super::packets::Stream;
use crate::interruption;

/// Frames that are converted at a time.
const BLOCK_FRAMES: usize = 65_536;

/// Passes `channels`, one or two of equal length, f32, full scale 1.0, at `sample_rate_hz`, to `sink`. `name` stands
/// for them in messages.
pub(super) fn read(
    name: &str,
    channels: &[&[f32]],
    sample_rate_hz: u32,
    sink: &mut dyn Sink,
) -> Result<Stream, DecodeError> {
    let codec = "samples".to_string();
    limits::check_rate(name, sample_rate_hz)?;
    limits::check_channels(name, channels.len())?;
    let frames = channels.iter().map(|samples| samples.len()).min().unwrap_or(0);
    limits::check_length(name, frames as u64, sample_rate_hz)?;
    if frames == 0 {
        return Err(DecodeError::NoSamples { name: name.to_string(), codec });
    }
    sink.begin(sample_rate_hz, channels.len(), frames)?;
    let mut block = vec![Vec::new(); channels.len()];
    for first in (0..frames).step_by(BLOCK_FRAMES) {
        interruption::check().map_err(|_| DecodeError::Interrupted { name: name.to_string() })?;
        let last = frames.min(first + BLOCK_FRAMES);
        for (block, samples) in block.iter_mut().zip(channels) {
            block.clear();
            block.extend_from_slice(&samples[first..last]);
        }
        sink.append(&block)?;
    }
    Ok(Stream {
        sample_rate_hz,
        source_bits: None,
        codec,
        decoder: "none".to_string(),
        trimmed: (0, 0),
        warnings: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use crate::decode::{Part, decode_bytes, decode_samples};

    /// A WAV file of floats, with the channels interleaved.
    fn wav(channels: &[&[f32]], rate_hz: u32) -> Vec<u8> {
        let count = channels.len() as u32;
        let bytes = 4 * count * channels[0].len() as u32;
        let mut wav = Vec::new();
        let numbers = |wav: &mut Vec<u8>, values: &[u32]| {
            wav.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        };
        wav.extend(b"RIFF");
        numbers(&mut wav, &[bytes + 36]);
        wav.extend(b"WAVEfmt ");
        numbers(&mut wav, &[16, 3 | (count << 16), rate_hz, 4 * count * rate_hz]);
        numbers(&mut wav, &[(4 * count) | (32 << 16)]);
        wav.extend(b"data");
        numbers(&mut wav, &[bytes]);
        for frame in 0..channels[0].len() {
            wav.extend(channels.iter().flat_map(|channel| channel[frame].to_le_bytes()));
        }
        wav
    }

    #[test]
    fn samples_give_what_a_file_of_them_gives() {
        let sine = |length: usize, step: f32| -> Vec<f32> {
            (0..length).map(|at| (at as f32 * step).sin()).collect()
        };
        let (left, right) = (sine(150_000, 0.03), sine(150_000, 0.05));
        for (channels, rate_hz) in [(vec![&left[..], &right], 48_000), (vec![&left[..]], 44_100)] {
            let of_samples = decode_samples("x", &channels, rate_hz, 44_100, Part::WHOLE).unwrap();
            let of_file = decode_bytes("x", wav(&channels, rate_hz), 44_100).unwrap();
            assert_eq!(of_samples.channels, of_file.channels);
            assert_eq!(of_samples.pcm_sha256, of_file.pcm_sha256);
            // Sums of blocks of other lengths are rounded otherwise.
            let (levels, expected) = (of_samples.levels, of_file.levels);
            assert_eq!(levels.peak, expected.peak);
            assert!((levels.rms - expected.rms).abs() < 1e-9);
            assert!((levels.mono_rms - expected.mono_rms).abs() < 1e-9);
        }
    }

    #[test]
    fn samples_that_are_none_or_no_numbers_are_errors() {
        assert!(decode_samples("x", &[&[]], 44_100, 44_100, Part::WHOLE).is_err());
        assert!(decode_samples("x", &[&[f32::NAN]], 44_100, 44_100, Part::WHOLE).is_err());
        assert!(decode_samples("x", &[&[0.5]], 0, 44_100, Part::WHOLE).is_err());
    }
}
