//! A stem as the spectrogram reads it: 16 bit, and of a long one the mean of both channels.
//!
//! An hour of stereo floats takes 1.3 GB a stem; what is kept here takes half of that, and a quarter where
//! the channels are averaged. Blocks are resampled, rounded and averaged as they are decoded.

use super::collect::Sink;
use super::error::DecodeError;
use super::finite::Finite;
use super::limits;
use super::resample::ChannelResampler;
use crate::spectrogram::mean_of_16_bit;
use crate::stems16::to_16_bit;

/// The part of a stem that is kept.
pub(super) struct StemSink<'a> {
    name: &'a str,
    to_hz: u32,
    most_stereo: usize,
    from_hz: u32,
    /// Channels of the file, and frames so far at its rate.
    channels: usize,
    frames: usize,
    finite: Finite,
    /// One for each of up to two channels; none where the rates agree.
    resamplers: Vec<ChannelResampler>,
    /// Output of the resamplers.
    resampled: Vec<Vec<f32>>,
    /// `[1 or 2][samples]`.
    planes: Vec<Vec<i16>>,
}

impl<'a> StemSink<'a> {
    /// Nothing yet; stems of more than `most_stereo` samples at `to_hz` become mono.
    pub fn new(name: &'a str, to_hz: u32, most_stereo: usize) -> Self {
        StemSink {
            name,
            to_hz,
            most_stereo,
            from_hz: to_hz,
            channels: 0,
            frames: 0,
            finite: Finite::default(),
            resamplers: Vec::new(),
            resampled: Vec::new(),
            planes: Vec::new(),
        }
    }

    /// `[channels][samples]` i16: two channels, or one of a file that has one or is long.
    pub fn finish(mut self) -> Result<Vec<Vec<i16>>, DecodeError> {
        self.finite.verdict(self.name)?;
        self.check_length()?;
        if !self.resamplers.is_empty() {
            let resamplers = std::mem::take(&mut self.resamplers);
            for (resampler, output) in resamplers.into_iter().zip(&mut self.resampled) {
                output.clear();
                resampler.finish(output)?;
            }
            keep(&mut self.planes, &self.resampled, self.most_stereo);
        }
        Ok(self.planes)
    }

    fn check_length(&self) -> Result<(), DecodeError> {
        limits::check_output(self.name, self.frames, self.channels, self.from_hz, self.to_hz)
    }
}

impl Sink for StemSink<'_> {
    fn begin(&mut self, rate_hz: u32, channels: usize, frames: usize) -> Result<(), DecodeError> {
        (self.from_hz, self.channels) = (rate_hz, channels);
        let kept = channels.min(2);
        if rate_hz != self.to_hz {
            for _ in 0..kept {
                self.resamplers.push(ChannelResampler::new(self.name, rate_hz, self.to_hz)?);
                self.resampled.push(Vec::new());
            }
        }
        let samples = frames as u128 * u128::from(self.to_hz) / u128::from(rate_hz);
        let samples = usize::try_from(samples).unwrap_or(0);
        self.planes = vec![Vec::with_capacity(samples)];
        if kept == 2 {
            self.planes.push(Vec::with_capacity(samples.min(self.most_stereo)));
        }
        Ok(())
    }

    fn append(&mut self, block: &[Vec<f32>]) -> Result<(), DecodeError> {
        self.frames += block.first().map_or(0, Vec::len);
        self.check_length()?;
        // A file with a sample that is no number is refused in the end; until then it is only counted.
        if !self.finite.look(block) {
            return Ok(());
        }
        if self.resamplers.is_empty() {
            keep(&mut self.planes, block, self.most_stereo);
            return Ok(());
        }
        let channels = self.resamplers.iter_mut().zip(&mut self.resampled).zip(block);
        for ((resampler, output), samples) in channels {
            output.clear();
            resampler.push(samples, output)?;
        }
        keep(&mut self.planes, &self.resampled, self.most_stereo);
        Ok(())
    }
}

/// Rounds the first channels of `block` to the end of `planes`, which become one when they are too long.
fn keep(planes: &mut Vec<Vec<i16>>, block: &[Vec<f32>], most_stereo: usize) {
    if let ([mono], [left, right, ..]) = (&mut planes[..], block) {
        let both = left.iter().zip(right);
        mono.extend(both.map(|(&left, &right)| mean_of_16_bit(to_16_bit(left), to_16_bit(right))));
        return;
    }
    for (plane, samples) in planes.iter_mut().zip(block) {
        plane.extend(samples.iter().map(|&sample| to_16_bit(sample)));
    }
    if let [left, right] = &mut planes[..]
        && left.len() > most_stereo
    {
        for (left, &right) in left.iter_mut().zip(right.iter()) {
            *left = mean_of_16_bit(*left, right);
        }
        planes.truncate(1);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{decode_bytes, decode_stem_bytes};
    use crate::stems16::to_16_bit;

    const SAMPLES: usize = 10_000;

    /// A WAV file of 16 bits whose channels are noise.
    fn wav(channels: usize, rate_hz: u32) -> Vec<u8> {
        let data = (2 * channels * SAMPLES) as u32;
        let mut bytes = b"RIFF".to_vec();
        bytes.extend((36 + data).to_le_bytes());
        bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0");
        bytes.extend((channels as u16).to_le_bytes());
        bytes.extend(rate_hz.to_le_bytes());
        bytes.extend((rate_hz * 2 * channels as u32).to_le_bytes());
        bytes.extend((2 * channels as u16).to_le_bytes());
        bytes.extend(b"\x10\0data");
        bytes.extend(data.to_le_bytes());
        let noise = |i: usize| (i.wrapping_mul(0x9E37_79B9) >> 13) as i16;
        bytes.extend((0..channels * SAMPLES).flat_map(|i| noise(i).to_le_bytes()));
        bytes
    }

    /// The same by way of the floats of the whole file.
    fn expected(file: Vec<u8>) -> Vec<Vec<i16>> {
        let decoded = decode_bytes("x", file, 44_100).unwrap();
        let rounded = |plane: &Vec<f32>| plane.iter().map(|&v| to_16_bit(v)).collect();
        decoded.channels.iter().take(2).map(rounded).collect()
    }

    #[test]
    fn a_stem_is_what_the_floats_of_its_first_two_channels_round_to() {
        for channels in [1, 2, 3] {
            for rate_hz in [44_100, 48_000, 8_000] {
                let stem =
                    decode_stem_bytes("x", wav(channels, rate_hz), 44_100, usize::MAX).unwrap();
                assert_eq!(stem.channels, expected(wav(channels, rate_hz)), "{channels} {rate_hz}");
                assert_eq!(stem.source_sample_rate_hz, rate_hz);
            }
        }
    }

    #[test]
    fn a_long_stem_is_the_mean_of_two_channels_wherever_it_becomes_long() {
        for rate_hz in [44_100, 48_000] {
            let stereo = expected(wav(2, rate_hz));
            let mean = |i: usize| ((i32::from(stereo[0][i]) + i32::from(stereo[1][i])) / 2) as i16;
            let mono: Vec<i16> = (0..stereo[0].len()).map(mean).collect();
            for most in [0, 1, 5_000, stereo[0].len() - 1] {
                let stem = decode_stem_bytes("x", wav(2, rate_hz), 44_100, most).unwrap();
                assert_eq!(stem.channels, std::slice::from_ref(&mono), "{most}");
            }
            let most = stereo[0].len();
            let stem = decode_stem_bytes("x", wav(2, rate_hz), 44_100, most).unwrap();
            assert_eq!(stem.channels, stereo);
        }
    }

    #[test]
    fn a_stem_refuses_what_the_floats_refuse() {
        let mut file = wav(2, 44_100);
        // Format 3 is float: of 32 bits, so that half as many samples are left, some of which are no numbers.
        (file[20], file[34]) = (3, 32);
        file[28..32].copy_from_slice(&(44_100_u32 * 8).to_le_bytes());
        file[32] = 8;
        let floats = decode_bytes("x", file.clone(), 44_100).unwrap_err().to_string();
        let stem = decode_stem_bytes("x", file, 44_100, 0).unwrap_err().to_string();
        assert_eq!(stem, floats);
        assert!(floats.contains("finite") || floats.contains("NaN"), "{floats}");
    }
}
