//! Blocks of another rate or number of channels, brought to those of the first block.

use super::error::DecodeError;
use super::resample::ChannelResampler;

/// Brings the channels of `block` (`[channels][frames]` f32) to `count`.
///
/// Mono goes to the first two channels, and several channels become mono as the mean of the first two: the
/// levels of ffmpeg. Otherwise the first channels stand; those that are missing are silent.
pub(super) fn conform_channels(block: &mut Vec<Vec<f32>>, count: usize) {
    match (&mut block[..], count) {
        ([left, right, ..], 1) => {
            for (left, right) in left.iter_mut().zip(right) {
                *left = f32::midpoint(*left, *right);
            }
        }
        ([mono], 2..) => {
            let copy = mono.clone();
            block.push(copy);
        }
        _ => {}
    }
    let frames = block.first().map_or(0, Vec::len);
    block.resize(count, vec![0.0; frames]);
}

/// A run of blocks of one rate on its way to another.
pub(super) struct Run {
    from_hz: u32,
    to_hz: u32,
    /// Frames before the run, at `to_hz`.
    begin: u64,
    /// Frames of the run, kept or not, at `from_hz`.
    frames: u64,
    /// One a channel; none before frames were kept.
    resamplers: Vec<ChannelResampler>,
}

impl Run {
    /// Begins a run of blocks at `from_hz` after `begin` frames at `to_hz`.
    pub fn new(from_hz: u32, to_hz: u32, begin: u64) -> Self {
        Run { from_hz, to_hz, begin, frames: 0, resamplers: Vec::new() }
    }

    /// Rate of the blocks in Hz.
    pub fn rate_hz(&self) -> u32 {
        self.from_hz
    }

    /// Counts `frames` more, kept or not, and returns the frames at the rate of the result so far.
    pub fn advance(&mut self, frames: u64) -> u64 {
        self.frames = self.frames.saturating_add(frames);
        let (from, to) = (u128::from(self.from_hz.max(1)), u128::from(self.to_hz));
        let run = (2 * u128::from(self.frames) * to + from) / (2 * from);
        self.begin.saturating_add(u64::try_from(run).unwrap_or(u64::MAX))
    }

    /// Converts `block` (`[channels][frames]` f32) to as much as can be given by now. `name` is the file.
    pub fn convert(&mut self, name: &str, block: &mut [Vec<f32>]) -> Result<(), DecodeError> {
        if self.resamplers.is_empty() && block.iter().any(|channel| !channel.is_empty()) {
            for _ in 0..block.len() {
                let resampler = ChannelResampler::new(name, self.from_hz, self.to_hz)?;
                self.resamplers.push(resampler);
            }
        }
        for (resampler, channel) in self.resamplers.iter_mut().zip(block) {
            let samples = std::mem::take(channel);
            resampler.push(&samples, channel)?;
        }
        Ok(())
    }

    /// Puts the rest of the run into `block`.
    pub fn finish(self, block: &mut [Vec<f32>]) -> Result<(), DecodeError> {
        block.iter_mut().for_each(Vec::clear);
        for (resampler, channel) in self.resamplers.into_iter().zip(block) {
            resampler.finish(channel)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conformed(block: &[&[f32]], count: usize) -> Vec<Vec<f32>> {
        let mut block = block.iter().map(|channel| channel.to_vec()).collect();
        conform_channels(&mut block, count);
        block
    }

    #[test]
    fn channels_are_copied_averaged_dropped_or_silent() {
        assert_eq!(conformed(&[&[0.5]], 2), [[0.5], [0.5]]);
        assert_eq!(conformed(&[&[0.5]], 4), [[0.5], [0.5], [0.0], [0.0]]);
        assert_eq!(conformed(&[&[0.5], &[-0.25]], 1), [[0.125]]);
        assert_eq!(conformed(&[&[0.1], &[0.2], &[0.3]], 2), [[0.1], [0.2]]);
        assert_eq!(conformed(&[&[0.1], &[0.2]], 3), [[0.1], [0.2], [0.0]]);
        assert_eq!(conformed(&[&[0.5], &[0.5], &[0.9]], 1), [[0.5]]);
    }

    #[test]
    fn a_run_of_another_rate_keeps_its_length_and_its_events() {
        let mut run = Run::new(22_050, 44_100, 1_000);
        let mut result = Vec::new();
        for block in 0..20 {
            let mut samples = vec![0.0_f32; 576];
            if block == 10 {
                samples[100] = 1.0;
            }
            assert_eq!(run.advance(576), 1_000 + 2 * 576 * (block + 1));
            let mut block = [samples];
            run.convert("x", &mut block).unwrap();
            result.extend_from_slice(&block[0]);
        }
        let mut rest = [Vec::new()];
        run.finish(&mut rest).unwrap();
        result.extend_from_slice(&rest[0]);
        assert_eq!(result.len(), 2 * 576 * 20);
        let peak = (0..result.len()).max_by(|a, b| result[*a].total_cmp(&result[*b])).unwrap();
        assert_eq!(peak, 2 * (5_760 + 100));
    }
}
