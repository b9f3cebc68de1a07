//! Conversion of the sample rate.

use std::fmt::Display;

use audioadapter_buffers::direct::SequentialSlice;
use rayon::prelude::*;
use rubato::audioadapter_buffers;
use rubato::{Fft, FixedSync, Resampler, WindowFunction};

use super::error::DecodeError;

/// Least length of the anti-aliasing filter in frames of the lower of both rates. The window's transition
/// then takes about 1.5 % of the band: from 48 to 44.1 kHz all below 21.7 kHz stays.
const FILTER_FRAMES: usize = 1024;

/// Frames that are gathered before all channels are converted, each on its own thread.
const GATHERED_FRAMES: usize = 1 << 16;

/// Channels on their way to another rate, block by block; the blocks do not change the result.
///
/// The result has round(frames · to / from) frames a channel, ties upward, and the filter's delay is taken
/// out: an event at t seconds stays at t seconds. Nothing is touched when the rates agree. Each channel is
/// computed independently in a fixed order, so the result does not depend on the number of threads.
///
/// Synchronous FFT resampling of `rubato`, Blackman-Harris² window, f64 within.
#[derive(Default)]
pub(super) struct Conversion {
    channels: usize,
    from_hz: u32,
    to_hz: u32,
    /// One for each channel; none where the rates agree.
    resamplers: Vec<ChannelResampler>,
    gathered: Vec<Vec<f32>>,
    converted: Vec<Vec<f32>>,
}

/// Receiver of converted blocks, `[channels][frames]` f32.
pub(super) type Receive<'a> = dyn FnMut(&[Vec<f32>]) -> Result<(), DecodeError> + 'a;

impl Conversion {
    /// Prepares the conversion of the first `channels` of the file `name`.
    pub fn new(name: &str, channels: usize, from_hz: u32, to_hz: u32) -> Result<Self, DecodeError> {
        let mut conversion = Conversion { channels, from_hz, to_hz, ..Conversion::default() };
        if from_hz != to_hz {
            let one = |_| ChannelResampler::new(name, from_hz, to_hz);
            conversion.resamplers = (0..channels).map(one).collect::<Result<_, _>>()?;
            conversion.gathered = vec![Vec::new(); channels];
            conversion.converted = vec![Vec::new(); channels];
        }
        Ok(conversion)
    }

    /// Frames that `frames` of the file become.
    pub fn frames_after(&self, frames: usize) -> usize {
        match frames {
            0 => 0,
            _ => rounded_length(frames, self.from_hz, self.to_hz),
        }
    }

    /// Takes the next frames, and gives those that are ready; channels beyond the first ones are ignored.
    pub fn push(
        &mut self,
        block: &[Vec<f32>],
        receive: &mut Receive<'_>,
    ) -> Result<(), DecodeError> {
        if self.resamplers.is_empty() {
            return receive(&block[..self.channels.min(block.len())]);
        }
        for (gathered, samples) in self.gathered.iter_mut().zip(block) {
            gathered.extend_from_slice(samples);
        }
        match self.gathered.first() {
            Some(first) if first.len() >= GATHERED_FRAMES => self.convert(receive),
            _ => Ok(()),
        }
    }

    /// Gives the rest.
    pub fn finish(mut self, receive: &mut Receive<'_>) -> Result<(), DecodeError> {
        if self.resamplers.is_empty() {
            return Ok(());
        }
        self.convert(receive)?;
        for (resampler, output) in self.resamplers.into_iter().zip(&mut self.converted) {
            output.clear();
            resampler.finish(output)?;
        }
        receive(&self.converted)
    }

    fn convert(&mut self, receive: &mut Receive<'_>) -> Result<(), DecodeError> {
        let channels = self.resamplers.par_iter_mut().zip(&mut self.gathered);
        channels.zip(&mut self.converted).try_for_each(|((resampler, input), output)| {
            output.clear();
            resampler.push(input, output)?;
            input.clear();
            Ok(())
        })?;
        receive(&self.converted)
    }
}

/// One channel on its way to another rate, piece by piece; the pieces do not change the result.
pub(super) struct ChannelResampler {
    /// Name of the file, for errors.
    name: String,
    resampler: Fft<f64>,
    from_hz: u32,
    to_hz: u32,
    /// The block that is being filled, and how much of it is.
    input: Vec<f64>,
    filled: usize,
    output: Vec<f64>,
    /// Frames of the filter's delay that are still to be dropped.
    to_skip: usize,
    /// Frames taken, and frames given.
    taken: usize,
    given: usize,
}

impl ChannelResampler {
    /// Prepares the resampling of one channel of the file `name`.
    pub fn new(name: &str, from_hz: u32, to_hz: u32) -> Result<Self, DecodeError> {
        let divisor = greatest_common_divisor(from_hz as usize, to_hz as usize);
        let (unit_in, unit_out) = (from_hz as usize / divisor, to_hz as usize / divisor);
        // An even number of units: then both FFT sizes are even, and the filter's delay, half a block, is
        // a whole number of frames. An odd size would shift everything by half a frame.
        let units = FILTER_FRAMES.div_ceil(unit_in.min(unit_out)).next_multiple_of(2);
        let (block_in, block_out) = (units * unit_in, units * unit_out);
        let resampler = Fft::<f64>::new_custom(
            from_hz as usize,
            to_hz as usize,
            block_in,
            1,
            1,
            WindowFunction::BlackmanHarris2,
            FixedSync::Both,
        )
        .map_err(|error| failure(name, from_hz, to_hz, &error))?;
        let to_skip = resampler.output_delay();
        Ok(ChannelResampler {
            name: name.into(),
            resampler,
            from_hz,
            to_hz,
            input: vec![0.0; block_in],
            filled: 0,
            output: vec![0.0; block_out],
            to_skip,
            taken: 0,
            given: 0,
        })
    }

    /// Takes the next `samples` and appends what can be given by now to `result`.
    pub fn push(&mut self, mut samples: &[f32], result: &mut Vec<f32>) -> Result<(), DecodeError> {
        self.taken += samples.len();
        while !samples.is_empty() {
            let (now, later) = samples.split_at(samples.len().min(self.input.len() - self.filled));
            for (to, &from) in self.input[self.filled..].iter_mut().zip(now) {
                *to = f64::from(from);
            }
            self.filled += now.len();
            samples = later;
            if self.filled == self.input.len() {
                self.convert_block(usize::MAX, result)?;
            }
        }
        Ok(())
    }

    /// Appends the rest.
    pub fn finish(mut self, result: &mut Vec<f32>) -> Result<(), DecodeError> {
        let frames = rounded_length(self.taken, self.from_hz, self.to_hz);
        while self.given < frames {
            self.input[self.filled..].fill(0.0);
            self.convert_block(frames, result)?;
        }
        Ok(())
    }

    /// Converts the block; appends no more than `most` frames in all.
    fn convert_block(&mut self, most: usize, result: &mut Vec<f32>) -> Result<(), DecodeError> {
        let (block_in, block_out) = (self.input.len(), self.output.len());
        let source = SequentialSlice::new(&self.input, 1, block_in)
            .expect("the input is as long as a block");
        let mut target = SequentialSlice::new_mut(&mut self.output, 1, block_out)
            .expect("the output is as long as a block");
        self.resampler
            .process_into_buffer(&source, &mut target, None)
            .map_err(|error| failure(&self.name, self.from_hz, self.to_hz, &error))?;
        self.filled = 0;
        let skipped = self.to_skip.min(block_out);
        self.to_skip -= skipped;
        let wanted = (most - self.given).min(block_out - skipped);
        result.extend(self.output[skipped..skipped + wanted].iter().map(|v| *v as f32));
        self.given += wanted;
        Ok(())
    }
}

fn failure(name: &str, from_hz: u32, to_hz: u32, error: &dyn Display) -> DecodeError {
    DecodeError::Resample { name: name.into(), from_hz, to_hz, reason: error.to_string() }
}

/// round(frames · to / from), ties upward, and at least 1: a track does not vanish.
fn rounded_length(frames: usize, from_hz: u32, to_hz: u32) -> usize {
    let (frames, from, to) = (frames as u128, u128::from(from_hz), u128::from(to_hz));
    usize::try_from((2 * frames * to + from) / (2 * from)).unwrap_or(usize::MAX).max(1)
}

fn greatest_common_divisor(mut a: usize, mut b: usize) -> usize {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    /// Converts whole channels, in blocks of `block_frames`.
    fn resample_in_blocks(
        channels: &[Vec<f32>],
        from_hz: u32,
        to_hz: u32,
        block_frames: usize,
    ) -> Vec<Vec<f32>> {
        let mut result = vec![Vec::new(); channels.len()];
        let mut receive = |block: &[Vec<f32>]| {
            result.iter_mut().zip(block).for_each(|(all, part)| all.extend(part));
            Ok(())
        };
        let mut conversion = Conversion::new("x", channels.len(), from_hz, to_hz).unwrap();
        for at in (0..channels[0].len()).step_by(block_frames) {
            let end = (at + block_frames).min(channels[0].len());
            let block: Vec<_> = channels.iter().map(|c| c[at..end].to_vec()).collect();
            conversion.push(&block, &mut receive).unwrap();
        }
        conversion.finish(&mut receive).unwrap();
        result
    }

    fn resample(
        _: &str,
        channels: Vec<Vec<f32>>,
        from_hz: u32,
        to_hz: u32,
    ) -> Result<Vec<Vec<f32>>, DecodeError> {
        Ok(resample_in_blocks(&channels, from_hz, to_hz, 4096))
    }

    fn sine(hz: f64, rate_hz: u32, frames: usize) -> Vec<f32> {
        (0..frames)
            .map(|n| (0.5 * (TAU * hz * n as f64 / f64::from(rate_hz)).sin()) as f32)
            .collect()
    }

    /// Signal to noise in dB of `samples` against 1 kHz at 44.1 kHz, without 0.1 s at either end, where the
    /// filter meets the silence outside the file.
    fn snr_db(samples: &[f32]) -> f64 {
        let ideal = sine(1000.0, 44_100, samples.len());
        let inner = 4410..samples.len() - 4410;
        let power = |f: &dyn Fn(usize) -> f64| inner.clone().map(|n| f(n).powi(2)).sum::<f64>();
        let signal = power(&|n| f64::from(ideal[n]));
        let noise = power(&|n| f64::from(samples[n]) - f64::from(ideal[n]));
        10.0 * (signal / noise).log10()
    }

    #[test]
    fn resampling_keeps_a_sine_in_place_and_clean() {
        for rate_hz in [8_000, 22_050, 48_000, 96_000, 192_000, 44_101] {
            let source = sine(1000.0, rate_hz, rate_hz as usize / 2);
            let result = resample("x", vec![source], rate_hz, 44_100).unwrap();
            let snr = snr_db(&result[0]);
            assert!(snr > 110.0, "{rate_hz} Hz: {snr:.1} dB");
        }
    }

    #[test]
    fn resampling_does_not_move_an_impulse() {
        for (rate_hz, at, moved) in
            [(48_000, 16_000, 14_700), (8_000, 800, 4_410), (192_000, 64_000, 14_700)]
        {
            let mut source = vec![0.0; rate_hz as usize / 2];
            source[at] = 1.0;
            let result = resample("x", vec![source], rate_hz, 44_100).unwrap().remove(0);
            let peak = (0..result.len()).max_by(|a, b| result[*a].total_cmp(&result[*b])).unwrap();
            assert_eq!(peak, moved, "{rate_hz} Hz");
            for k in 1..200 {
                let (before, after) = (result[peak - k], result[peak + k]);
                assert!(
                    (before - after).abs() < 1e-6,
                    "{rate_hz} Hz: not symmetric {k} frames off"
                );
            }
        }
    }

    #[test]
    fn resampling_gives_the_rounded_length() {
        for (frames, from_hz, to_hz, expected) in [
            (48_000, 48_000, 44_100, 44_100),
            (1, 44_100, 48_000, 1),
            (1, 192_000, 44_100, 1),
            (100, 8_000, 44_100, 551),
            (101, 8_000, 44_100, 557),
            (99_999, 44_101, 44_100, 99_997),
            (160, 48_000, 44_100, 147),
        ] {
            let result = resample("x", vec![vec![0.1; frames]; 2], from_hz, to_hz).unwrap();
            assert!(result.iter().all(|c| c.len() == expected), "{frames} {from_hz} {to_hz}");
        }
    }

    #[test]
    fn resampling_to_the_same_rate_touches_nothing() {
        let source = vec![vec![0.1, -0.7, f32::MIN_POSITIVE]];
        let result = resample("x", source.clone(), 44_100, 44_100).unwrap();
        assert_eq!(result, source);
    }

    #[test]
    fn resampling_is_the_same_every_time_and_for_every_channel() {
        let channel = sine(997.0, 48_000, 20_000);
        let one = resample("x", vec![channel.clone(); 5], 48_000, 44_100).unwrap();
        let two = resample("x", vec![channel], 48_000, 44_100).unwrap();
        assert!(one.iter().all(|c| *c == two[0]));
    }

    #[test]
    fn resampling_in_other_blocks_gives_the_same() {
        let channels = vec![sine(997.0, 48_000, 200_000), sine(440.0, 48_000, 200_000)];
        let whole = resample_in_blocks(&channels, 48_000, 44_100, usize::MAX / 2);
        for block_frames in [1152, 65_536, 70_001] {
            assert_eq!(resample_in_blocks(&channels, 48_000, 44_100, block_frames), whole);
        }
        assert_ne!(whole[0], whole[1]);
    }
}
