//! Gathering decoded blocks, block by block, without those parts that are to be dropped.
//!
//! The rate and the channels of the first block stand. Blocks of another format are brought to them.

use symphonia::core::audio::conv::{ConvertibleSample, FromSample};
use symphonia::core::audio::{Audio, AudioBuffer, GenericAudioBufferRef};

use super::conform::{Run, conform_channels};
use super::error::DecodeError;
use super::trim::Keep;

/// Destination of decoded samples.
pub(super) trait Sink {
    /// Told once, before the first block: the rate, the channels, and how many frames the headers make
    /// plausible.
    fn begin(&mut self, rate_hz: u32, channels: usize, frames: usize) -> Result<(), DecodeError>;

    /// Takes the next frames, `[channels][frames]` f32, full scale 1.0.
    fn append(&mut self, block: &[Vec<f32>]) -> Result<(), DecodeError>;

    /// Whether no more frames are needed.
    fn is_done(&self) -> bool {
        false
    }
}

/// Largest piece of silence that is passed on at a time, frames.
const SILENCE_FRAMES: usize = 65_536;

/// Samples collected so far.
pub(super) struct Collector<'a> {
    /// The file, for messages.
    name: &'a str,
    sink: &'a mut dyn Sink,
    /// Rate in Hz of the first block; 0 before it.
    pub rate_hz: u32,
    /// Channels of the first block; 0 before it.
    pub channels: usize,
    /// Frames decoded, kept or not, at the rate of the first block.
    pub position: u64,
    /// Frames that were cut before the first kept one, and after it.
    pub trimmed: (u64, u64),
    /// Frames passed on.
    handed_on: usize,
    /// Frames of silence that are passed on when something follows them, at the rate of the last block.
    silence: usize,
    /// The blocks of another rate that are being read.
    run: Option<Run>,
    /// The block that is being passed on.
    block: Vec<Vec<f32>>,
}

impl<'a> Collector<'a> {
    /// Nothing yet.
    pub fn new(name: &'a str, sink: &'a mut dyn Sink) -> Self {
        Collector {
            name,
            sink,
            rate_hz: 0,
            channels: 0,
            position: 0,
            trimmed: (0, 0),
            handed_on: 0,
            silence: 0,
            run: None,
            block: Vec::new(),
        }
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

    /// Whether the destination needs no more frames.
    pub fn is_done(&self) -> bool {
        self.sink.is_done()
    }

    /// Frames kept.
    pub fn frames(&self) -> usize {
        self.handed_on + self.silence
    }

    /// Appends the parts `keep` of `block`, at the rate and with the channels of the first block.
    ///
    /// Integers of n bits are divided by 2^(n-1), as ffmpeg does; unsigned 8 bit is (x - 128) / 128. 32 bit
    /// integers and 64 bit floats are rounded to f32 once.
    pub fn append(
        &mut self,
        block: &GenericAudioBufferRef<'_>,
        keep: Keep,
    ) -> Result<(), DecodeError> {
        self.hand_on_silence()?;
        self.follow_rate(block.spec().rate())?;
        self.block.resize_with(block.num_planes(), Vec::new);
        self.count_trimmed(keep, block.frames());
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
        self.advance(block.frames());
        if self.block.len() != self.channels {
            conform_channels(&mut self.block, self.channels);
        }
        self.hand_on()
    }

    /// Ends the run of blocks of another rate, and begins one, where the rate is no longer the last block's.
    fn follow_rate(&mut self, rate_hz: u32) -> Result<(), DecodeError> {
        if self.run.as_ref().map_or(self.rate_hz, Run::rate_hz) == rate_hz {
            return Ok(());
        }
        self.finish_run()?;
        self.run =
            (rate_hz != self.rate_hz).then(|| Run::new(rate_hz, self.rate_hz, self.position));
        Ok(())
    }

    fn finish_run(&mut self) -> Result<(), DecodeError> {
        let Some(run) = self.run.take() else { return Ok(()) };
        self.block.resize_with(self.channels, Vec::new);
        run.finish(&mut self.block)?;
        self.hand_on()
    }

    /// Counts frames of the last block's rate.
    fn advance(&mut self, frames: usize) {
        self.position = match &mut self.run {
            Some(run) => run.advance(frames as u64),
            None => self.position.saturating_add(frames as u64),
        };
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

    /// Appends silence for the parts `keep` of `frames` that could not be decoded.
    pub fn append_silence(&mut self, frames: usize, keep: Keep) {
        self.count_trimmed(keep, frames);
        self.silence += keep.iter().map(|(from, to)| to - from).sum::<usize>();
        self.advance(frames);
    }

    /// Counts the frames of the next block, or of silence, that are not kept.
    fn count_trimmed(&mut self, keep: Keep, frames: usize) {
        let cut = frames - keep.iter().map(|(from, to)| to - from).sum::<usize>();
        let before = match keep.iter().find(|(from, to)| to > from) {
            _ if self.frames() > 0 => 0,
            Some((from, _)) => *from,
            None => frames,
        };
        self.trimmed.0 += before as u64;
        self.trimmed.1 += (cut - before) as u64;
    }

    /// Takes back the silence after the last decoded block.
    pub fn drop_silence_at_end(&mut self) {
        self.silence = 0;
    }

    /// Hands on what nothing followed: silence, and the end of a run of blocks of another rate.
    pub fn finish(&mut self) -> Result<(), DecodeError> {
        self.hand_on_silence()?;
        self.finish_run()
    }

    fn hand_on_silence(&mut self) -> Result<(), DecodeError> {
        while self.silence > 0 {
            let frames = self.silence.min(SILENCE_FRAMES);
            self.block.resize_with(self.channels, Vec::new);
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
        if let Some(run) = &mut self.run {
            run.convert(self.name, &mut self.block)?;
        }
        let frames = self.block.first().map_or(0, Vec::len);
        if frames == 0 {
            return Ok(());
        }
        self.handed_on += frames;
        self.sink.append(&self.block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use symphonia::core::audio::{AsGenericAudioBufferRef, AudioMut, AudioSpec, layouts};

    #[derive(Default)]
    struct Samples(Vec<Vec<f32>>);

    impl Sink for Samples {
        fn begin(&mut self, _: u32, channels: usize, _: usize) -> Result<(), DecodeError> {
            self.0.resize(channels, Vec::new());
            Ok(())
        }

        fn append(&mut self, block: &[Vec<f32>]) -> Result<(), DecodeError> {
            assert_eq!(block.len(), self.0.len());
            for (all, samples) in self.0.iter_mut().zip(block) {
                all.extend(samples);
            }
            Ok(())
        }
    }

    /// A block with a value a channel.
    fn block(rate_hz: u32, values: &[f32], frames: usize) -> AudioBuffer<f32> {
        let channels = match values.len() {
            1 => layouts::CHANNEL_LAYOUT_MONO,
            _ => layouts::CHANNEL_LAYOUT_STEREO,
        };
        let mut buffer = AudioBuffer::new(AudioSpec::new(rate_hz, channels), frames);
        buffer.render_silence(Some(frames));
        for (channel, value) in values.iter().enumerate() {
            buffer.plane_mut(channel).unwrap().fill(*value);
        }
        buffer
    }

    #[test]
    fn blocks_of_another_format_are_brought_to_that_of_the_first() {
        let mut samples = Samples::default();
        let mut collected = Collector::new("x", &mut samples);
        collected.begin(44_100, 2, 0).unwrap();
        let all = |frames| [(0, frames), (frames, frames)];
        let append = |collected: &mut Collector<'_>, block: AudioBuffer<f32>, keep: Keep| {
            collected.append(&block.as_generic_audio_buffer_ref(), keep).unwrap();
        };
        append(&mut collected, block(44_100, &[0.5, 0.25], 4), all(4));
        append(&mut collected, block(44_100, &[0.75], 4), [(1, 2), (3, 4)]);
        for _ in 0..100 {
            append(&mut collected, block(22_050, &[0.125], 100), all(100));
        }
        collected.append_silence(50, all(50));
        assert_eq!(collected.position, 8 + 20_000 + 100);
        append(&mut collected, block(48_000, &[0.5, 0.25], 1), [(0, 0), (1, 1)]);
        append(&mut collected, block(44_100, &[0.5, 0.25], 1), all(1));
        collected.finish().unwrap();
        let frames = collected.frames();
        assert_eq!(samples.0[0].len(), frames);
        assert_eq!(frames, 4 + 2 + 20_000 + 100 + 1);
        assert_eq!(samples.0[1][..6], [0.25, 0.25, 0.25, 0.25, 0.75, 0.75]);
        assert!(samples.0[0][8_000..12_000].iter().all(|v| (v - 0.125).abs() < 1e-4));
        assert!(samples.0[0][20_080..20_100].iter().all(|v| v.abs() < 1e-2));
        assert_eq!((samples.0[0][frames - 1], samples.0[1][frames - 1]), (0.5, 0.25));
    }
}
