//! Encoding of 16-bit samples to FLAC.

use flacenc::component::BitRepr;
use flacenc::config;
use flacenc::error::{SourceError, Verify};
use flacenc::source::{Fill, Source};

use crate::error::Error;

const BITS: usize = 16;

/// Largest number of channels of the format.
const MOST_CHANNELS: usize = 8;

/// Encodes samples without loss, on all cores.
///
/// `samples` is `[channels, length]`; a decoder returns the same.
///
/// # Errors
/// [`Error::FlacShape`] if there are no samples, no or more than 8 channels, or channels of different lengths;
/// [`Error::FlacEncoder`] if the sample rate is not one of the format.
pub fn encode_flac(
    samples: &[i16],
    channels: usize,
    sample_rate_hz: u32,
) -> Result<Vec<u8>, Error> {
    if samples.is_empty()
        || !(1..=MOST_CHANNELS).contains(&channels)
        || !samples.len().is_multiple_of(channels)
    {
        return Err(Error::FlacShape { samples: samples.len(), channels });
    }
    let failed = |reason: &dyn std::fmt::Debug| Error::FlacEncoder(format!("{reason:?}"));
    let encoder =
        config::Encoder::default().into_verified().map_err(|(_, error)| failed(&error))?;
    let source = Planes { samples, channels, sample_rate_hz, done: 0, block: Vec::new() };
    let stream = flacenc::encode_with_fixed_block_size(&encoder, source, encoder.block_size)
        .map_err(|error| failed(&error))?;
    let mut sink = flacenc::bitsink::ByteSink::new();
    stream.write(&mut sink).map_err(|error| failed(&error))?;
    Ok(sink.into_inner())
}

/// Returns the number of bytes that no encoding of so many samples exceeds: where nothing is gained, a block holds its
/// samples as they are.
#[must_use]
pub fn most_bytes(samples: usize, channels: usize) -> usize {
    let blocks = samples / channels.max(1) / config::Encoder::default().block_size + 1;
    1024 + 2 * samples + blocks * (32 + 2 * channels)
}

/// Channels one after the other, which the encoder takes interleaved, a block at a time.
struct Planes<'a> {
    samples: &'a [i16],
    channels: usize,
    sample_rate_hz: u32,
    done: usize,
    block: Vec<i32>,
}

impl Source for Planes<'_> {
    fn channels(&self) -> usize {
        self.channels
    }

    fn bits_per_sample(&self) -> usize {
        BITS
    }

    fn sample_rate(&self) -> usize {
        self.sample_rate_hz as usize
    }

    fn read_samples<F: Fill>(
        &mut self,
        block_size: usize,
        dest: &mut F,
    ) -> Result<usize, SourceError> {
        let length = self.samples.len() / self.channels;
        let count = block_size.min(length - self.done);
        self.block.clear();
        for at in self.done..self.done + count {
            let frame = (0..self.channels).map(|channel| self.samples[channel * length + at]);
            self.block.extend(frame.map(i32::from));
        }
        dest.fill_interleaved(&self.block)?;
        self.done += count;
        Ok(count)
    }

    fn len_hint(&self) -> Option<usize> {
        Some(self.samples.len() / self.channels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode_bytes;

    const RATE: u32 = 44_100;

    /// A tone with noise, of full scale where `amplitude` is 65535.
    fn signal(length: usize, amplitude: f64) -> Vec<i16> {
        let mut state = 1_u32;
        (0..length)
            .map(|at| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let random = f64::from(state) / f64::from(u32::MAX) - 0.5;
                ((at as f64 * 0.05).sin() * 9000.0 + random * amplitude).round() as i16
            })
            .collect()
    }

    fn decoded(flac: Vec<u8>, rate: u32) -> Vec<i16> {
        let decoded = decode_bytes("test", flac, rate).unwrap();
        assert_eq!((decoded.source_sample_rate_hz, decoded.source_bits), (rate, Some(16)));
        assert_eq!(decoded.warnings, Vec::<String>::new());
        decoded.channels.concat().iter().map(|sample| (sample * 32768.0) as i16).collect()
    }

    #[test]
    fn decoded_samples_are_the_encoded_ones() {
        for length in [1, 2, 7, 15, 16, 17, 4095, 4096, 4097, 4100, 20_000] {
            for channels in [1, 2, 3, 8] {
                for amplitude in [0.0, 200.0, 65_535.0] {
                    let samples = signal(length * channels, amplitude);
                    let flac = encode_flac(&samples, channels, RATE).unwrap();
                    assert!(flac.len() <= most_bytes(samples.len(), channels));
                    assert_eq!(decoded(flac, RATE), samples, "{length} {channels} {amplitude}");
                }
            }
        }
    }

    #[test]
    fn extremes_and_silence_are_kept() {
        let square = [i16::MIN, i16::MAX].repeat(5000);
        for samples in [vec![i16::MIN; 10_000], vec![0; 10_000], square] {
            assert_eq!(decoded(encode_flac(&samples, 2, 48_000).unwrap(), 48_000), samples);
        }
    }

    #[test]
    fn a_tone_takes_less_than_half_of_its_samples() {
        let samples = signal(88_200, 50.0);
        assert!(encode_flac(&samples, 2, RATE).unwrap().len() < samples.len());
    }

    #[test]
    fn samples_without_shape_are_refused() {
        for (samples, channels) in [(0, 1), (4, 0), (5, 2), (9, 9)] {
            let error = encode_flac(&vec![0; samples], channels, RATE).unwrap_err();
            assert!(matches!(error, Error::FlacShape { .. }), "{error}");
        }
    }
}
