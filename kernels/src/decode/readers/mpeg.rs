//! MPEG audio without a container: layers 1 to 3.
//!
//! The delay and the padding in the tag of the encoder are used as in ffmpeg: whatever the tag's checksum
//! says, for LAME and libavformat only, and only where the tag is in the very first frame. Joined files are
//! read to the end; the tag of a later one is silence, or passed over where an ID3 tag precedes it.

use std::io::{Error as IoError, ErrorKind};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::errors::{Error, Result, SeekErrorKind};
use symphonia::core::formats::MediaInfo;
use symphonia::core::formats::well_known::FORMAT_ID_MP3;
use symphonia::core::formats::{FormatInfo, FormatReader, SeekMode, SeekTo, SeekedTo, Track};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::{Metadata, MetadataLog};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, TimeBase, Timestamp};

use super::super::mpeg_header::{HEADER_BYTES, MpegHeader};
use super::super::tags;
use super::lookahead::Lookahead;

const INFO: FormatInfo =
    FormatInfo { format: FORMAT_ID_MP3, short_name: "mp3", long_name: "MPEG audio" };
/// Bytes that are searched at a time for the next frame.
const SEARCH_BYTES: usize = 1 << 16;
/// Delay of an MPEG layer 3 decoder in samples, which encoders do not count.
const DECODER_DELAY: u64 = 529;

/// Reader of MPEG audio frames.
pub(in super::super) struct MpegReader<'s> {
    input: Lookahead<'s>,
    media_info: MediaInfo,
    tracks: Vec<Track>,
    metadata: MetadataLog,
    /// Header of the last frame.
    last: MpegHeader,
    /// Samples so far, dropped or not.
    position: u64,
    /// Samples to drop at the start.
    delay: u64,
    /// Samples to drop later, from (inclusive) and to (exclusive).
    padding: (u64, u64),
    /// A tag or other bytes lie before the next frame.
    after_junk: bool,
    /// The file ended within the last frame.
    is_cut: bool,
}

/// Contents of the tag frame of an encoder: Xing, Info or VBRI.
#[derive(Debug, Default, PartialEq, Eq)]
struct EncoderTag {
    frames: u32,
    bytes: u32,
    /// Delay and padding in samples, as they are written.
    trim: Option<(u32, u32)>,
}

impl<'s> MpegReader<'s> {
    /// Reads the first header of `source`, which begins with a frame. `after_junk` tells that more than ID3
    /// tags lies before it in the file, `rest_bytes` how long the file is from there, tags at its end included.
    pub fn try_new(
        source: MediaSourceStream<'s>,
        after_junk: bool,
        rest_bytes: u64,
    ) -> Result<Self> {
        let mut input = Lookahead::new(source);
        let header = MpegHeader::parse(input.peek(HEADER_BYTES)?)
            .ok_or(Error::DecodeError("mpeg: no frame header"))?;
        let mut params = AudioCodecParameters::new();
        params.for_codec(header.codec()).with_sample_rate(header.rate_hz);
        let mut track = Track::new(0);
        track.with_codec_params(CodecParameters::Audio(params));
        if let Some(time_base) = TimeBase::try_from_recip(header.rate_hz) {
            track.with_time_base(time_base);
        }
        let mut reader = MpegReader {
            input,
            media_info: MediaInfo::from_track(&track),
            tracks: Vec::new(),
            metadata: MetadataLog::default(),
            last: header,
            position: 0,
            delay: 0,
            padding: (0, 0),
            after_junk: false,
            is_cut: false,
        };
        let tag = match after_junk {
            true => None,
            false => EncoderTag::parse(reader.input.peek(header.bytes.max(200))?, &header),
        };
        if let Some(tag) = tag {
            reader.take_tag(&tag, rest_bytes, &mut track)?;
        }
        reader.tracks.push(track);
        Ok(reader)
    }

    /// Passes over the frame of `tag` with `total` bytes from there on, and notes what it says.
    fn take_tag(&mut self, tag: &EncoderTag, total: u64, track: &mut Track) -> Result<()> {
        let (claimed, samples) = (u64::from(tag.bytes), u64::from(self.last.samples));
        // A file that is much longer than the tag says is several files; the tag is of the first.
        let is_joined = claimed > 0 && total > claimed && total - claimed > claimed >> 4;
        let frames = if is_joined { 0 } else { u64::from(tag.frames) };
        if let Some((delay, padding)) = tag.trim {
            self.delay = u64::from(delay) + DECODER_DELAY;
            if frames > 0 {
                let end = frames * samples;
                let from = (end + DECODER_DELAY).saturating_sub(u64::from(padding)).min(end);
                self.padding = (from, end);
                // One frame less: some encoders count the tag's own.
                track.with_num_frames((frames - 1) * samples).with_delay(0).with_padding(0);
            }
        }
        if tag.frames > 0 || tag.bytes > 0 {
            self.input.skip(self.last.bytes)?;
        }
        Ok(())
    }

    /// The header of the frame that begins here, if one does.
    fn header_here(&mut self) -> Result<Option<MpegHeader>> {
        let Some(header) = MpegHeader::parse(self.input.peek(HEADER_BYTES)?) else {
            return Ok(None);
        };
        if header.is_like(&self.last) {
            return Ok(Some(header));
        }
        // Another format: believed if another frame follows, or nothing.
        let bytes = self.input.peek(header.bytes + HEADER_BYTES)?;
        let follows = match bytes.get(header.bytes..) {
            Some([]) => true,
            Some(rest) => MpegHeader::parse(rest).is_some_and(|next| next.is_like(&header)),
            None => false,
        };
        Ok(follows.then_some(header))
    }

    /// Goes on to the next frame after bytes that are none; `false` if there is no other.
    fn resync(&mut self) -> Result<bool> {
        let mut is_silent = true;
        let mut tag_bytes = 0_u64;
        loop {
            let bytes = self.input.peek(SEARCH_BYTES)?;
            if bytes.is_empty() {
                return Ok(false);
            }
            if tag_bytes > 0 {
                let step = tag_bytes.min(bytes.len() as u64);
                self.input.skip(step as usize)?;
                tag_bytes -= step;
                self.after_junk = true;
                continue;
            }
            let tag = tags::id3v2_bytes(bytes).or_else(|| tags::trailing_kind_bytes(bytes));
            if let Some(length) = tag {
                tag_bytes = length;
                continue;
            }
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            if zeros > 0 {
                self.input.skip(zeros)?;
                if self.is_frame_here()? {
                    break;
                }
                continue;
            }
            if self.is_frame_here()? {
                break;
            }
            is_silent = false;
            self.after_junk = true;
            let bytes = self.input.peek(SEARCH_BYTES)?;
            let next =
                bytes.iter().skip(1).position(|byte| matches!(byte, 0xff | b'I' | b'T' | b'A'));
            let step = next.map_or(bytes.len(), |at| at + 1);
            self.input.skip(step)?;
        }
        // Before the first frame, ffmpeg passes over anything.
        if self.position == 0 {
            self.after_junk = false;
            return Ok(true);
        }
        // After a tag, the tag frame of another encoder is expected. Anything else is worth a warning: ffmpeg
        // drops the frame that follows.
        if self.after_junk && is_silent {
            let last = self.last;
            let frame = self.input.peek(HEADER_BYTES + 200)?;
            is_silent =
                EncoderTag::parse(frame, &MpegHeader::parse(frame).unwrap_or(last)).is_some();
        }
        match is_silent {
            true => Ok(true),
            false => Err(Error::DecodeError("tags or other bytes lie between frames")),
        }
    }

    /// Whether a frame begins here that is like the last, with another one behind it or the end.
    fn is_frame_here(&mut self) -> Result<bool> {
        let last = self.last;
        let Some(header) = MpegHeader::parse(self.input.peek(HEADER_BYTES)?) else {
            return Ok(false);
        };
        let bytes = self.input.peek(header.bytes + HEADER_BYTES)?;
        let is_plausible = header.is_plausible(bytes);
        let next = bytes.get(header.bytes..).and_then(MpegHeader::parse);
        Ok(match next {
            Some(next) => next.is_like(&header) && is_plausible,
            None => bytes.len() == header.bytes && header.is_like(&last) && is_plausible,
        })
    }
}

impl FormatReader for MpegReader<'_> {
    fn format_info(&self) -> &FormatInfo {
        &INFO
    }

    fn media_info(&self) -> &MediaInfo {
        &self.media_info
    }

    fn metadata(&mut self) -> Metadata<'_> {
        self.metadata.metadata()
    }

    fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    fn seek(&mut self, _: SeekMode, _: SeekTo) -> Result<SeekedTo> {
        Err(Error::SeekError(SeekErrorKind::Unseekable))
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        if self.is_cut {
            return Err(Error::IoError(IoError::from(ErrorKind::UnexpectedEof)));
        }
        loop {
            let Some(header) = self.header_here()? else {
                if self.resync()? {
                    continue;
                }
                return Ok(None);
            };
            let mut data = self.input.peek(header.bytes)?.to_vec();
            self.input.skip(header.bytes)?;
            if data.len() < header.bytes {
                // As in ffmpeg, the last frame is decoded as far as it goes.
                self.is_cut = true;
                data.resize(header.bytes, 0);
            }
            self.last = header;
            if std::mem::take(&mut self.after_junk) && EncoderTag::parse(&data, &header).is_some() {
                continue;
            }
            let samples = u64::from(header.samples);
            let end = self.position + samples;
            let within = |at: u64| at.clamp(self.position, end) - self.position;
            let (from, to) = self.padding;
            let mut packet = Packet::new(
                0,
                Timestamp::new(i64::try_from(self.position).unwrap_or(i64::MAX)),
                Duration::from(samples),
                data,
            );
            packet.trim_start = Duration::from(within(self.delay));
            // The padding ends with a frame.
            packet.trim_end = Duration::from(within(to) - within(from));
            self.position = end;
            return Ok(Some(packet));
        }
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        self.input.into_inner()
    }
}

impl EncoderTag {
    /// The tag in `frame`, which begins with `header`; fields beyond its end are 0.
    fn parse(frame: &[u8], header: &MpegHeader) -> Option<EncoderTag> {
        let bytes = |at: usize, count: usize| {
            (at..at + count).fold(0_u32, |value, at| {
                value << 8 | u32::from(frame.get(at).copied().unwrap_or(0))
            })
        };
        if header.layer != 3 {
            return None;
        }
        // A checksum before the side information is not counted.
        let at = HEADER_BYTES + header.side_info_bytes();
        let name = frame.get(at..at + 4)?;
        if name == b"Xing" || name == b"Info" {
            let flags = bytes(at + 4, 4);
            let mut next = at + 8;
            let mut field = |flag: u32, size: usize| {
                if flags & flag == 0 {
                    return 0;
                }
                next += size;
                bytes(next - size, size)
            };
            let mut tag = EncoderTag { frames: field(1, 4), bytes: field(2, 4), trim: None };
            field(4, 100);
            field(8, 4);
            let encoder = frame.get(next..next + 4).unwrap_or(b"");
            if [b"LAME", b"Lavf", b"Lavc"].iter().any(|name| encoder == &name[..]) {
                let trim = bytes(next + 21, 3);
                tag.trim = Some((trim >> 12, trim & 0xfff));
            }
            return Some(tag);
        }
        let at = HEADER_BYTES + 32;
        let is_vbri = frame.get(at..at + 4)? == b"VBRI" && bytes(at + 4, 2) == 1;
        is_vbri.then(|| EncoderTag {
            frames: bytes(at + 14, 4),
            bytes: bytes(at + 10, 4),
            trim: None,
        })
    }
}
