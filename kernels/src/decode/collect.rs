//! Gathering decoded blocks into one plane a channel.

use symphonia::core::audio::conv::{ConvertibleSample, FromSample};
use symphonia::core::audio::{Audio, AudioBuffer, GenericAudioBufferRef};

use super::trim::{Keep, Trim};

/// The frames gathered so far.
#[derive(Debug, Default)]
pub(super) struct Collector {
    /// `[channels][frames]` f32, full scale 1.0. Empty until the first block.
    pub channels: Vec<Vec<f32>>,
    /// Rate in Hz of the first block.
    pub rate_hz: u32,
    /// Frames decoded, kept or not.
    pub position: u64,
    /// Frames kept up to the end of the last decoded block.
    decoded_frames: usize,
}

impl Collector {
    /// Whether `block` has the rate and the channels of what is already here.
    pub fn accepts(&self, block: &GenericAudioBufferRef<'_>) -> bool {
        self.channels.is_empty()
            || (self.rate_hz == block.spec().rate() && self.channels.len() == block.num_planes())
    }

    /// Makes the planes, with room for `frames` each.
    pub fn begin(&mut self, rate_hz: u32, channels: usize, frames: usize) {
        self.rate_hz = rate_hz;
        self.channels = (0..channels).map(|_| Vec::with_capacity(frames)).collect();
    }

    /// Frames kept.
    pub fn frames(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// Appends the parts `keep` of `block`.
    ///
    /// Integers of n bits are divided by 2^(n-1), as ffmpeg does; unsigned 8 bit is (x - 128) / 128. 32 bit
    /// integers and 64 bit floats are rounded to f32 once.
    pub fn append(&mut self, block: &GenericAudioBufferRef<'_>, keep: Keep) {
        match block {
            GenericAudioBufferRef::U8(b) => self.append_planes(b, keep),
            GenericAudioBufferRef::U16(b) => self.append_planes(b, keep),
            GenericAudioBufferRef::U24(b) => self.append_planes(b, keep),
            GenericAudioBufferRef::U32(b) => self.append_planes(b, keep),
            GenericAudioBufferRef::S8(b) => self.append_planes(b, keep),
            GenericAudioBufferRef::S16(b) => self.append_planes(b, keep),
            GenericAudioBufferRef::S24(b) => self.append_planes(b, keep),
            GenericAudioBufferRef::S32(b) => self.append_planes(b, keep),
            GenericAudioBufferRef::F32(b) => self.append_planes(b, keep),
            GenericAudioBufferRef::F64(b) => self.append_planes(b, keep),
        }
        self.position += block.frames() as u64;
        self.decoded_frames = self.frames();
    }

    fn append_planes<S: ConvertibleSample>(&mut self, block: &AudioBuffer<S>, keep: Keep)
    where
        f32: FromSample<S>,
    {
        for (channel, plane) in self.channels.iter_mut().zip(block.iter_planes()) {
            for (from, to) in keep {
                channel.extend(plane[from..to].iter().map(|&sample| f32::from_sample(sample)));
            }
        }
    }

    /// Appends silence for `frames` that could not be decoded, but for those that `trim` drops anyway.
    pub fn append_silence(&mut self, frames: usize, trim: &Trim) {
        let keep = trim.keep_of(self.position, frames);
        let kept: usize = keep.iter().map(|(from, to)| to - from).sum();
        for channel in &mut self.channels {
            channel.resize(channel.len() + kept, 0.0);
        }
        self.position += frames as u64;
    }

    /// Takes back the silence after the last decoded block.
    pub fn drop_silence_at_end(&mut self) {
        for channel in &mut self.channels {
            channel.truncate(self.decoded_frames);
        }
    }
}
