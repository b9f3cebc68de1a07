//! Decoded samples as they are.

use super::collect::Sink;
use super::error::DecodeError;
use super::finite::Finite;

/// One plane a channel.
#[derive(Default)]
pub(super) struct Floats {
    /// `[channels][frames]` f32, full scale 1.0.
    pub channels: Vec<Vec<f32>>,
    /// Whether all of them are numbers.
    pub finite: Finite,
}

impl Sink for Floats {
    fn begin(&mut self, _: u32, channels: usize, frames: usize) -> Result<(), DecodeError> {
        self.channels = (0..channels).map(|_| Vec::with_capacity(frames)).collect();
        Ok(())
    }

    fn append(&mut self, block: &[Vec<f32>]) -> Result<(), DecodeError> {
        self.finite.look(block);
        for (channel, samples) in self.channels.iter_mut().zip(block) {
            channel.extend(samples);
        }
        Ok(())
    }
}
