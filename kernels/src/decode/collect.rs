//! Gathering decoded blocks, block by block, without those parts that are to be dropped.

use symphonia::core::audio::conv::{ConvertibleSample, FromSample};
use symphonia::core::audio::{Audio, AudioBuffer, GenericAudioBufferRef};

use super::error::DecodeError;
use super::trim::{Keep, Trim};

/// Destination of decoded samples.
pub(super) trait Sink {
    /// Told once, before the first block: the rate, the channels, and how many frames the headers make
    /// plausible.
    fn begin(&mut self, rate_hz: u32, channels: usize, frames: usize) -> Result<(), DecodeError>;

    /// Takes the next frames, `[channels][frames]` f32, full scale 1.0.
    fn append(&mut self, block: &[Vec<f32>]) -> Result<(), DecodeError>;
}

/// Largest piece of silence that is passed on at a time, frames.
const SILENCE_FRAMES: usize = 65_536;

/// Samples collected so far.
pub(super) struct Collector<'a> {
    sink: &'a mut dyn Sink,
    /// Rate in Hz of the first block; 0 before it.
    pub rate_hz: u32,
    /// Channels of the first block; 0 before it.
    pub channels: usize,
    /// Frames decoded, kept or not.
    pub position: u64,
    /// Frames passed on.
    handed_on: usize,
    /// Frames of silence that are passed on when something follows them.
    silence: usize,
    /// The block that is being passed on.
    block: Vec<Vec<f32>>,
}

impl<'a> Collector<'a> {
    /// Nothing yet.
    pub fn new(sink: &'a mut dyn Sink) -> Self {
        Collector {
            sink,
            rate_hz: 0,
            channels: 0,
            position: 0,
            handed_on: 0,
            silence: 0,
            block: Vec::new(),
        }
    }

    /// Whether `block` has the rate and the channels of what is already here.
    pub fn accepts(&self, block: &GenericAudioBufferRef<'_>) -> bool {
        self.channels == 0
            || (self.rate_hz == block.spec().rate() && self.channels == block.num_planes())
    }

    /// Takes the format of the first block; there may be `frames` of them.
    pub fn begin(
        &mut self,
        rate_hz: u32,
        channels: usize,
        frames: usize,
    ) -> Result<(), DecodeError> {
        (self.rate_hz, self.channels) = (rate_hz, channels);
        self.block = vec![Vec::new(); channels];
        self.sink.begin(rate_hz, channels, frames)
    }

    /// Frames kept.
    pub fn frames(&self) -> usize {
        self.handed_on + self.silence
    }

    /// Appends the parts `keep` of `block`.
    ///
    /// Integers of n bits are divided by 2^(n-1), as ffmpeg does; unsigned 8 bit is (x - 128) / 128. 32 bit
    /// integers and 64 bit floats are rounded to f32 once.
    pub fn append(
        &mut self,
        block: &GenericAudioBufferRef<'_>,
        keep: Keep,
    ) -> Result<(), DecodeError> {
        self.hand_on_silence()?;
        match block {
            GenericAudioBufferRef::U8(b) => self.convert(b, keep),
            GenericAudioBufferRef::U16(b) => self.convert(b, keep),
            GenericAudioBufferRef::U24(b) => self.convert(b, keep),
            GenericAudioBufferRef::U32(b) => self.convert(b, keep),
            GenericAudioBufferRef::S8(b) => self.convert(b, keep),
            GenericAudioBufferRef::S16(b) => self.convert(b, keep),
            GenericAudioBufferRef::S24(b) => self.convert(b, keep),
            GenericAudioBufferRef::S32(b) => self.convert(b, keep),
            GenericAudioBufferRef::F32(b) => self.convert(b, keep),
            GenericAudioBufferRef::F64(b) => self.convert(b, keep),
        }
        self.position += block.frames() as u64;
        self.hand_on()
    }

    fn convert<S: ConvertibleSample>(&mut self, block: &AudioBuffer<S>, keep: Keep)
    where
        f32: FromSample<S>,
    {
        for (channel, plane) in self.block.iter_mut().zip(block.iter_planes()) {
            channel.clear();
            for (from, to) in keep {
                channel.extend(plane[from..to].iter().map(|&sample| f32::from_sample(sample)));
            }
        }
    }

    /// Appends silence for `frames` that could not be decoded, but for those that `trim` drops anyway.
    pub fn append_silence(&mut self, frames: usize, trim: &Trim) {
        let keep = trim.keep_of(self.position, frames);
        self.silence += keep.iter().map(|(from, to)| to - from).sum::<usize>();
        self.position += frames as u64;
    }

    /// Takes back the silence after the last decoded block.
    pub fn drop_silence_at_end(&mut self) {
        self.silence = 0;
    }

    /// Hands on the silence that nothing followed.
    pub fn hand_on_silence(&mut self) -> Result<(), DecodeError> {
        while self.silence > 0 {
            let frames = self.silence.min(SILENCE_FRAMES);
            for channel in &mut self.block {
                channel.clear();
                channel.resize(frames, 0.0);
            }
            self.silence -= frames;
            self.hand_on()?;
        }
        Ok(())
    }

    fn hand_on(&mut self) -> Result<(), DecodeError> {
        let frames = self.block.first().map_or(0, Vec::len);
        if frames == 0 {
            return Ok(());
        }
        self.handed_on += frames;
        self.sink.append(&self.block)
    }
}
