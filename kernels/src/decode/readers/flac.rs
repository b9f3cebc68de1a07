//! Native FLAC.
//!
//! Only the STREAMINFO block is read; all others are passed over, so that damage in them costs nothing. Frames are
//! found by the checksums of their headers and of themselves. Time counts from the first frame, whatever its number.

use std::io::{Error as IoError, ErrorKind};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_FLAC;
use symphonia::core::errors::{Error, Result, SeekErrorKind};
use symphonia::core::formats::well_known::FORMAT_ID_FLAC;
use symphonia::core::formats::{
    FormatInfo, FormatReader, MediaInfo, SeekMode, SeekTo, SeekedTo, Track,
};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::{Metadata, MetadataLog};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, TimeBase, Timestamp};

use super::super::flac_header::{
    FlacFormat, FrameHeader, MAX_HEADER_BYTES, NO_FORMAT, STREAM_INFO_BYTES, StreamInfo, crc16,
};
use super::lookahead::Lookahead;

const INFO: FormatInfo =
    FormatInfo { format: FORMAT_ID_FLAC, short_name: "flac", long_name: "FLAC" };
/// Bytes that are searched at a time for the next frame.
const SEARCH_BYTES: usize = 1 << 16;
/// Bytes that are searched in vain for the ends of frames before such searches are cut short; more after so many
/// times the bytes of intact frames.
const MAX_SEARCHED_BYTES: u64 = 1 << 26;
const SEARCHED_PER_BYTE: u64 = 64;
/// Longest gap in the numbers of frames that counts as one, in seconds. A longer one is another stream.
const MAX_GAP_SECONDS: u64 = 30;

/// Reader of FLAC frames.
pub(in super::super) struct FlacReader<'s> {
    input: Lookahead<'s>,
    media_info: MediaInfo,
    tracks: Vec<Track>,
    metadata: MetadataLog,
    /// Format of the stream.
    format: FlacFormat,
    /// Samples of the first frame of the stream; 0 before it.
    block_samples: u64,
    /// Sample number of the stream at time 0; none before the first frame.
    origin: Option<i64>,
    /// Time of the next frame in samples.
    position: u64,
    /// Bytes that were searched in vain for the ends of frames.
    searched: u64,
    /// What is to be told of the beginning.
    notes: Vec<String>,
}

/// What a frame that begins here is.
enum Found {
    /// An intact frame of so many bytes.
    Frame(FrameHeader, usize),
    /// A frame that ends with the file, or in it, or before bytes that are no frame.
    Last(FrameHeader, usize),
    Nothing,
}

impl<'s> FlacReader<'s> {
    /// Reads the blocks before the first frame; a stream that begins with a frame has none. `after_junk` tells that
    /// other bytes lie before it.
    pub fn try_new(source: MediaSourceStream<'s>, after_junk: bool) -> Result<Self> {
        let mut input = Lookahead::new(source);
        let first = FrameHeader::parse(input.peek(MAX_HEADER_BYTES)?, NO_FORMAT);
        let mut notes = Vec::new();
        let bytes = match first {
            Some(first) => {
                if first.number > 0 {
                    notes.push(format!(
                        "the beginning of the file is missing: its first intact frame is {:.3} s after the start of the \
                         FLAC stream",
                        first.first_sample() as f64 / f64::from(first.format.rate_hz)
                    ));
                } else if after_junk {
                    notes.push("bytes before the first FLAC frame are passed over".to_string());
                }
                StreamInfo::of_any_block(first.format).to_vec()
            }
            None => read_blocks(&mut input)?
                .ok_or(Error::DecodeError("flac: no block of stream information"))?,
        };
        let info = StreamInfo::parse(&bytes).ok_or(Error::DecodeError("flac: no stream"))?;
        let format = info.format;
        let mut params = AudioCodecParameters::new();
        params
            .for_codec(CODEC_ID_FLAC)
            .with_extra_data(Box::from(&bytes[..]))
            .with_bits_per_sample(format.bits);
        if format.rate_hz > 0 {
            params.with_sample_rate(format.rate_hz);
        }
        let mut track = Track::new(0);
        track.with_codec_params(CodecParameters::Audio(params));
        if let Some(time_base) = TimeBase::try_from_recip(format.rate_hz) {
            track.with_time_base(time_base);
        }
        if info.samples > 0 {
            track.with_num_frames(info.samples);
        }
        Ok(FlacReader {
            input,
            media_info: MediaInfo::from_track(&track),
            tracks: vec![track],
            metadata: MetadataLog::default(),
            format,
            block_samples: 0,
            origin: None,
            position: 0,
            searched: 0,
            notes,
        })
    }

    /// What is to be told of the beginning.
    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Looks for the end of the frame that begins here.
    fn find_frame(&mut self) -> Result<Found> {
        let stream = self.format;
        let Some(header) = FrameHeader::parse(self.input.peek(MAX_HEADER_BYTES)?, stream) else {
            return Ok(Found::Nothing);
        };
        // Less where much is damaged, so that it does not take for ever.
        let is_costly = self.searched > MAX_SEARCHED_BYTES;
        let most = header.most_bytes() >> if is_costly { 8 } else { 0 };
        let (mut crc, mut at, mut zero_at) = (0, 0, None);
        loop {
            let wanted = (at + SEARCH_BYTES).min(most);
            let bytes = self.input.peek(wanted + MAX_HEADER_BYTES)?;
            let is_end = bytes.len() < wanted + MAX_HEADER_BYTES;
            let to = if is_end { bytes.len() } else { wanted };
            while at < to {
                if at >= header.bytes + 2 && crc == 0 {
                    let rest = &bytes[at..];
                    let next = FrameHeader::parse(rest, stream);
                    if next.is_some() || rest.starts_with(b"fLaC") {
                        return Ok(Found::Frame(header, at));
                    }
                    zero_at.get_or_insert(at);
                }
                crc = crc16(crc, bytes[at]);
                at += 1;
            }
            if is_end && crc == 0 && at >= header.bytes + 2 {
                return Ok(Found::Frame(header, at));
            }
            if is_end || at >= most {
                break;
            }
        }
        self.searched = self.searched.saturating_add(at as u64);
        Ok(zero_at.map_or(Found::Nothing, |end| Found::Last(header, end)))
    }

    /// Goes on to the next frame header; `false` at the end of the file.
    fn resync(&mut self) -> Result<bool> {
        let stream = self.format;
        self.input.skip(1)?;
        loop {
            let bytes = self.input.peek(SEARCH_BYTES)?;
            if bytes.len() < 6 {
                return Ok(false);
            }
            let is_end = bytes.len() < SEARCH_BYTES;
            let most = if is_end { bytes.len() } else { bytes.len() - MAX_HEADER_BYTES };
            let found = (0..most).find(|at| {
                let rest = &bytes[*at..];
                match rest[0] {
                    0xff => FrameHeader::parse(rest, stream).is_some(),
                    b'f' => rest.starts_with(b"fLaC"),
                    _ => false,
                }
            });
            self.input.skip(found.unwrap_or(most))?;
            if found.is_some() {
                return Ok(true);
            }
        }
    }

    /// Reads the headers of another FLAC file that begins here.
    fn take_joined_stream(&mut self) -> Result<bool> {
        if !self.input.peek(4)?.starts_with(b"fLaC") {
            return Ok(false);
        }
        match read_blocks(&mut self.input)?.as_deref().and_then(StreamInfo::parse) {
            Some(info) => {
                self.format = info.format;
                self.block_samples = 0;
                self.origin = None;
            }
            // The four letters in damaged data.
            None => self.input.skip(4)?,
        }
        Ok(true)
    }

    /// Number of the first sample of a frame. Where frames are counted, each but the last is as long as the
    /// first one, whatever STREAMINFO says.
    fn first_sample(&mut self, header: &FrameHeader) -> i64 {
        if self.block_samples == 0 {
            self.block_samples = u64::from(header.samples);
        }
        let number = match header.counts_samples {
            true => header.number,
            false => header.number.saturating_mul(self.block_samples),
        };
        i64::try_from(number).unwrap_or(i64::MAX)
    }

    fn packet(&mut self, header: &FrameHeader, data: Vec<u8>) -> Packet {
        let number = self.first_sample(header);
        let position = i64::try_from(self.position).unwrap_or(i64::MAX);
        let origin = *self.origin.get_or_insert(number.saturating_sub(position));
        let gap = number.saturating_sub(origin).saturating_sub(position);
        let most = (MAX_GAP_SECONDS * u64::from(header.format.rate_hz)) as i64;
        match gap {
            0 => {}
            1.. if gap <= most => self.position += gap as u64,
            _ => self.origin = Some(number.saturating_sub(position)),
        }
        let time = i64::try_from(self.position).unwrap_or(i64::MAX);
        let samples = u64::from(header.samples);
        self.position += samples;
        Packet::new(0, Timestamp::new(time), Duration::from(samples), data)
    }
}

/// Passes over the marker and the blocks that begin here; returns the first STREAMINFO block.
///
/// Where the lengths of the blocks do not lead to a frame, the search for frames begins after that block.
fn read_blocks(input: &mut Lookahead<'_>) -> Result<Option<Vec<u8>>> {
    let mut info: Option<(Vec<u8>, FlacFormat)> = None;
    let mut at = 4;
    let mut after_info = 4;
    let end = loop {
        let bytes = input.peek(at + MAX_HEADER_BYTES)?;
        let [kind, a, b, c, ..] = *bytes.get(at..).unwrap_or(&[]) else { break None };
        if kind == 0xff {
            break Some(at);
        }
        let body = at + 4;
        at = body + u32::from_be_bytes([0, a, b, c]) as usize;
        if kind & 0x7f == 0 && info.is_none() {
            let block = input.peek(body + STREAM_INFO_BYTES)?.get(body..).unwrap_or(&[]).to_vec();
            info = StreamInfo::parse(&block).map(|parsed| (block, parsed.format));
            after_info = body + STREAM_INFO_BYTES;
        }
        if kind >> 7 == 1 {
            break Some(at);
        }
    };
    let Some((block, format)) = info else { return Ok(None) };
    let leads_to_frame = match end {
        Some(end) => {
            let bytes = input.peek(end + MAX_HEADER_BYTES)?;
            let rest = bytes.get(end..);
            rest.is_some_and(|rest| FrameHeader::parse(rest, format).is_some())
        }
        None => false,
    };
    input.skip(end.filter(|_| leads_to_frame).unwrap_or(after_info))?;
    Ok(Some(block))
}

impl FormatReader for FlacReader<'_> {
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
        loop {
            if self.take_joined_stream()? {
                continue;
            }
            match self.find_frame()? {
                Found::Frame(header, length) => {
                    let paid = SEARCHED_PER_BYTE.saturating_mul(length as u64);
                    self.searched = self.searched.saturating_sub(paid);
                    let data = self.input.peek(length)?.to_vec();
                    self.input.skip(length)?;
                    return Ok(Some(self.packet(&header, data)));
                }
                Found::Last(header, length) => {
                    // The checksum may fit by chance before the end: the decoder takes as much as it needs.
                    let data = self.input.peek(length + SEARCH_BYTES)?.to_vec();
                    self.input.skip(length)?;
                    return Ok(Some(self.packet(&header, data)));
                }
                Found::Nothing => {
                    let begins =
                        FrameHeader::parse(self.input.peek(MAX_HEADER_BYTES)?, self.format);
                    if let (Some(header), None) = (&begins, self.origin) {
                        // The first frame is damaged: time counts from it.
                        let position = i64::try_from(self.position).unwrap_or(i64::MAX);
                        self.origin = Some(self.first_sample(header).saturating_sub(position));
                    }
                    if self.resync()? {
                        continue;
                    }
                    return match begins {
                        Some(_) => Err(Error::IoError(IoError::from(ErrorKind::UnexpectedEof))),
                        None => Ok(None),
                    };
                }
            }
        }
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        self.input.into_inner()
    }
}
