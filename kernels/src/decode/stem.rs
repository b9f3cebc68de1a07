//! A stem as the spectrogram reads it: 16 bit, and of a long one the mean of both channels.
//!
//! An hour of stereo floats takes 1.3 GB a stem; what is kept here takes half of that, and a quarter where
//! the channels are averaged. Blocks are resampled, rounded and averaged as they are decoded.

use super::collect::Sink;
use super::error::DecodeError;
use super::finite::Finite;
use super::limits::make_room;
use super::part::{Cutter, Part};
use super::pcm::Pcm;
use super::resample::Conversion;
use crate::spectrogram::mean_of_16_bit;
use crate::stems16::to_16_bit;

/// The part of a stem that is kept.
pub(super) struct StemSink<'a> {
    name: &'a str,
    to_hz: u32,
    options: StemOptions,
    part: Part,
    finite: Finite,
    conversion: Conversion,
    cutter: Cutter,
    pcm: Pcm,
    kept: Kept,
}

/// How a stem is kept.
#[derive(Clone, Copy, Debug)]
pub struct StemOptions {
    /// Length in samples above which only the mean of both channels is kept.
    pub most_stereo: usize,
    /// Factor of all samples before they are rounded; 1.0 changes nothing.
    pub gain: f64,
}

/// What is kept of a stem.
pub(super) struct Kept {
    /// `[1 or 2][samples]`.
    pub planes: Vec<Vec<i16>>,
    /// Samples that the gain moved beyond full scale.
    pub clipped: u64,
}

impl<'a> StemSink<'a> {
    /// Nothing yet.
    pub fn new(name: &'a str, to_hz: u32, options: StemOptions, part: Part) -> Self {
        StemSink {
            name,
            to_hz,
            options,
            part,
            finite: Finite::default(),
            conversion: Conversion::default(),
            cutter: Cutter::new(part),
            pcm: Pcm::new(to_hz),
            kept: Kept { planes: Vec::new(), clipped: 0 },
        }
    }

    /// `[channels][samples]` i16: two channels, or one of a file that has one or is long.
    pub fn finish(mut self) -> Result<(Kept, Pcm), DecodeError> {
        self.finite.verdict(self.name)?;
        let conversion = std::mem::take(&mut self.conversion);
        let (name, options, kept, pcm) = (self.name, self.options, &mut self.kept, &mut self.pcm);
        conversion.finish(&mut |block| {
            let block = self.cutter.cut(block);
            pcm.look(block);
            kept.append(name, block, options)
        })?;
        self.cutter.verdict(name, self.to_hz)?;
        Ok((self.kept, self.pcm))
    }
}

impl Sink for StemSink<'_> {
    fn begin(&mut self, rate_hz: u32, channels: usize, frames: usize) -> Result<(), DecodeError> {
        let kept = channels.min(2);
        self.conversion = Conversion::new(self.name, kept, rate_hz, self.to_hz)?;
        let samples = self.part.of(self.conversion.frames_after(frames));
        self.kept.planes = vec![Vec::new(); kept];
        for (channel, plane) in self.kept.planes.iter_mut().enumerate() {
            let most = if channel == 0 { samples } else { samples.min(self.options.most_stereo) };
            make_room(self.name, plane, most)?;
        }
        Ok(())
    }

    fn append(&mut self, block: &[Vec<f32>]) -> Result<(), DecodeError> {
        // A file with a sample that is no number is refused in the end; until then it is only counted.
        if !self.finite.look(block) {
            return Ok(());
        }
        let (name, options, kept, pcm) = (self.name, self.options, &mut self.kept, &mut self.pcm);
        let cutter = &mut self.cutter;
        self.conversion.push(block, &mut |block| {
            let block = cutter.cut(block);
            pcm.look(block);
            kept.append(name, block, options)
        })
    }

    fn is_done(&self) -> bool {
        self.cutter.is_done()
    }
}

impl Kept {
    /// Rounds `block` to the end of the planes, which become one when they are too long.
    fn append(
        &mut self,
        name: &str,
        block: &[Vec<f32>],
        StemOptions { most_stereo, gain }: StemOptions,
    ) -> Result<(), DecodeError> {
        for plane in &mut self.planes {
            make_room(name, plane, block.first().map_or(0, Vec::len))?;
        }
        if gain == 1.0 {
            keep(&mut self.planes, block, most_stereo);
            return Ok(());
        }
        let louder = |samples: &Vec<f32>| {
            samples.iter().map(|&v| (f64::from(v) * gain) as f32).collect::<Vec<f32>>()
        };
        let block: Vec<Vec<f32>> = block.iter().map(louder).collect();
        let beyond = |plane: &Vec<f32>| plane.iter().filter(|v| v.abs() > 1.0).count() as u64;
        self.clipped += block.iter().map(beyond).sum::<u64>();
        keep(&mut self.planes, &block, most_stereo);
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
    use super::super::{StemOptions, decode_bytes, decode_stem_bytes};
    use crate::stems16::to_16_bit;

    const SAMPLES: usize = 10_000;

    fn stereo_to(most_stereo: usize) -> StemOptions {
        StemOptions { most_stereo, gain: 1.0 }
    }

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
                    decode_stem_bytes("x", wav(channels, rate_hz), 44_100, stereo_to(usize::MAX))
                        .unwrap();
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
                let stem =
                    decode_stem_bytes("x", wav(2, rate_hz), 44_100, stereo_to(most)).unwrap();
                assert_eq!(stem.channels, std::slice::from_ref(&mono), "{most}");
            }
            let most = stereo[0].len();
            let stem = decode_stem_bytes("x", wav(2, rate_hz), 44_100, stereo_to(most)).unwrap();
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
        let stem = decode_stem_bytes("x", file, 44_100, stereo_to(0)).unwrap_err().to_string();
        assert_eq!(stem, floats);
        assert!(floats.contains("finite") || floats.contains("NaN"), "{floats}");
    }

    #[test]
    fn a_gain_multiplies_before_rounding_and_counts_what_it_clips() {
        let options = |gain| StemOptions { most_stereo: usize::MAX, gain };
        let decoded = decode_bytes("x", wav(2, 44_100), 44_100).unwrap();
        let planes = |gain: f32| -> Vec<Vec<i16>> {
            let scaled = |c: &Vec<f32>| c.iter().map(|&v| to_16_bit(v * gain)).collect();
            decoded.channels.iter().map(scaled).collect()
        };
        let one = decode_stem_bytes("x", wav(2, 44_100), 44_100, options(1.0)).unwrap();
        assert_eq!((&one.channels, one.clipped), (&planes(1.0), 0));
        let half = decode_stem_bytes("x", wav(2, 44_100), 44_100, options(0.5)).unwrap();
        assert_eq!((&half.channels, half.clipped), (&planes(0.5), 0));
        let twice = decode_stem_bytes("x", wav(2, 44_100), 44_100, options(2.0)).unwrap();
        let beyond = decoded.channels.iter().flatten().filter(|v| v.abs() > 0.5).count();
        assert_eq!((&twice.channels, twice.clipped), (&planes(2.0), beyond as u64));
        // What is noted of the file does not depend on the gain.
        assert_eq!((&twice.pcm_sha256, twice.levels), (&one.pcm_sha256, one.levels));
        assert_eq!((&one.pcm_sha256, one.levels), (&decoded.pcm_sha256, decoded.levels));
    }
}
