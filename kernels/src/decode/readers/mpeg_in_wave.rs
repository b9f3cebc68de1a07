//! MPEG audio inside a WAV file: frames without a container of their own.
//!
//! As for ffmpeg, an encoder's delay is not cut here, and a frame of LAME's or Xing's notes is a frame.

use std::io::SeekFrom;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::errors::{Result, SeekErrorKind, decode_error, seek_error};
use symphonia::core::formats::{
    FormatInfo, FormatReader, MediaInfo, SeekMode, SeekTo, SeekedTo, Track,
};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::{Metadata, MetadataLog};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use super::super::mpeg_header::MpegHeader;
use super::blocks::read_up_to;

/// Bytes that are held at a time; more than a frame.
const BUFFER_BYTES: usize = 1 << 16;
/// Bytes before the first frame that are passed over.
const MOST_JUNK_BYTES: u64 = 1 << 20;

/// Reads frame after frame.
pub(super) struct MpegInWave {
    source: Box<dyn MediaSource>,
    format: FormatInfo,
    tracks: Vec<Track>,
    media: MediaInfo,
    metadata: MetadataLog,
    /// Bytes of the chunk that were not read yet.
    left: u64,
    /// Bytes that were read; those before `at` are used.
    buffer: Vec<u8>,
    at: usize,
    frames: u64,
}

/// Opens the frames from `begin` to `end` of `source`.
pub(super) fn open(
    mut source: Box<dyn MediaSource>,
    begin: u64,
    end: u64,
    format: FormatInfo,
) -> Result<Box<dyn FormatReader>> {
    source.seek(SeekFrom::Start(begin))?;
    let mut reader = MpegInWave {
        source,
        format,
        tracks: Vec::new(),
        media: MediaInfo::default(),
        metadata: MetadataLog::default(),
        left: end.saturating_sub(begin),
        buffer: Vec::new(),
        at: 0,
        frames: 0,
    };
    let Some(first) = reader.find_frame(MOST_JUNK_BYTES)? else {
        return decode_error("no frame of the MPEG audio that the format chunk tells of");
    };
    let mut params = AudioCodecParameters::new();
    params.for_codec(first.codec());
    params.with_sample_rate(first.rate_hz);
    params.channels = Some(Channels::Discrete(first.channels as u16));
    let mut track = Track::new(0);
    track.with_codec_params(CodecParameters::Audio(params));
    reader.media = MediaInfo::from_track(&track);
    reader.tracks.push(track);
    Ok(Box::new(reader))
}

impl MpegInWave {
    /// Reads on until a whole frame or the rest of the file is in the buffer.
    fn fill(&mut self) -> Result<()> {
        if self.buffer.len() - self.at >= BUFFER_BYTES / 2 || self.left == 0 {
            return Ok(());
        }
        self.buffer.drain(..self.at);
        self.at = 0;
        let held = self.buffer.len();
        let most = (BUFFER_BYTES - held).min(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.buffer.resize(held + most, 0);
        let count = read_up_to(self.source.as_mut(), &mut self.buffer[held..])?;
        self.buffer.truncate(held + count);
        self.left = if count < most { 0 } else { self.left - count as u64 };
        Ok(())
    }

    /// Goes to the next frame, over at most `most` other bytes. It is followed by another one or by the end,
    /// unless it is where it is expected.
    fn find_frame(&mut self, most: u64) -> Result<Option<MpegHeader>> {
        for skipped in 0..=most {
            self.fill()?;
            let bytes = &self.buffer[self.at..];
            if bytes.len() < 4 {
                return Ok(None);
            }
            if let Some(frame) = MpegHeader::parse(bytes) {
                let rest = bytes.get(frame.bytes..).unwrap_or_default();
                let next = MpegHeader::parse(rest);
                if skipped == 0 && self.frames > 0
                    || frame.is_plausible(bytes)
                        && (rest.len() < 4 || next.is_some_and(|next| next.is_like(&frame)))
                {
                    return Ok(Some(frame));
                }
            }
            self.at += 1;
        }
        Ok(None)
    }
}

impl FormatReader for MpegInWave {
    fn format_info(&self) -> &FormatInfo {
        &self.format
    }

    fn media_info(&self) -> &MediaInfo {
        &self.media
    }

    fn metadata(&mut self) -> Metadata<'_> {
        self.metadata.metadata()
    }

    fn seek(&mut self, _: SeekMode, _: SeekTo) -> Result<SeekedTo> {
        seek_error(SeekErrorKind::Unseekable)
    }

    fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let Some(frame) = self.find_frame(u64::MAX)? else { return Ok(None) };
        let end = (self.at + frame.bytes).min(self.buffer.len());
        let data = self.buffer[self.at..end].to_vec();
        self.at = end;
        let begin = Timestamp::new(i64::try_from(self.frames).unwrap_or(i64::MAX));
        self.frames += u64::from(frame.samples);
        Ok(Some(Packet::new(0, begin, Duration::new(frame.samples.into()), data)))
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        MediaSourceStream::new(self.source, Default::default())
    }
}
