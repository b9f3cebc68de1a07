//! The part of a mix that is in memory.

use crate::decode::{Blocks, DecodeError};
use crate::separation::MixturePart;

/// Samples before the needed ones that are kept until they are worth the move of the others.
const SURPLUS: usize = 1 << 17;

/// Samples that follow one another, as many as are needed.
pub(super) struct Window {
    blocks: Blocks,
    gain: f64,
    channels: [Vec<f32>; 2],
    start: usize,
    is_end: bool,
}

impl Window {
    /// At the start of a mix, times `gain`.
    pub fn new(blocks: Blocks, gain: f64) -> Self {
        Window { blocks, gain, channels: Default::default(), start: 0, is_end: false }
    }

    /// Reads on up to before the sample `end`, or to the end of the mix.
    pub fn reach(&mut self, end: usize) -> Result<(), DecodeError> {
        while !self.is_end && self.part().end() < end {
            let Some(mut block) = self.blocks.next_block()? else {
                self.is_end = true;
                break;
            };
            multiply(&mut block, self.gain);
            for (samples, block) in self.channels.iter_mut().zip(&block) {
                samples.extend_from_slice(block);
            }
        }
        Ok(())
    }

    /// Lets go of the samples before `start`.
    pub fn drop_before(&mut self, start: usize) {
        let count = start.saturating_sub(self.start).min(self.channels[0].len());
        if count < SURPLUS {
            return;
        }
        for samples in &mut self.channels {
            samples.drain(..count);
        }
        self.start += count;
    }

    /// The samples in memory.
    pub fn part(&self) -> MixturePart<'_> {
        MixturePart { channels: self.channels.each_ref().map(Vec::as_slice), start: self.start }
    }

    /// Whether the mix ends with them.
    pub fn is_end(&self) -> bool {
        self.is_end
    }

    /// The decoding, however far it is.
    pub fn into_blocks(self) -> Blocks {
        self.blocks
    }
}

/// Multiplies samples; 1 changes nothing.
pub(super) fn multiply(block: &mut [Vec<f32>; 2], gain: f64) {
    if gain == 1.0 {
        return;
    }
    for sample in block.iter_mut().flatten() {
        *sample = (f64::from(*sample) * gain) as f32;
    }
}
