//! AAC in ADTS frames (ISO/IEC 13818-7).
//!
//! The rate and the channels may change between frames. A change is passed on as a new track, so that the decoder is
//! made anew; the length of the stream is not guessed.

use std::io::{Error as IoError, ErrorKind};

use symphonia::core::audio::{Channels, layouts};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_AAC;
use symphonia::core::errors::{Error, Result, SeekErrorKind};
use symphonia::core::formats::well_known::FORMAT_ID_ADTS;
use symphonia::core::formats::{
    FormatInfo, FormatReader, MediaInfo, SeekMode, SeekTo, SeekedTo, Track,
};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::{Metadata, MetadataLog};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, TimeBase, Timestamp};

use super::super::codecs::aac;
use super::super::frame_chain::adts_frame_bytes;
use super::super::tags;
use super::lookahead::Lookahead;

const INFO: FormatInfo =
    FormatInfo { format: FORMAT_ID_ADTS, short_name: "aac", long_name: "AAC in ADTS" };
/// Bytes of a header without checksum.
const HEADER_BYTES: usize = 7;
/// Bytes that are searched at a time for the next frame.
const SEARCH_BYTES: usize = 1 << 16;
/// Samples a channel of one block.
const BLOCK_SAMPLES: u64 = 1024;
const RATES_HZ: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

/// The fields of a header that stay the same in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Format {
    object_type: u8,
    rate_index: u8,
    channels: u8,
}

/// Header of a frame.
struct Header {
    format: Format,
    /// Bytes of the header, its checksum included, and of the frame.
    header_bytes: usize,
    frame_bytes: usize,
    /// Blocks of [`BLOCK_SAMPLES`] in the frame.
    blocks: u8,
}

impl Header {
    fn parse(bytes: &[u8]) -> Option<Header> {
        let frame_bytes = adts_frame_bytes(bytes)?;
        Some(Header {
            format: Format {
                object_type: (bytes[2] >> 6) + 1,
                rate_index: bytes[2] >> 2 & 15,
                channels: (bytes[2] & 1) << 2 | bytes[3] >> 6,
            },
            header_bytes: if bytes[1] & 1 == 0 { 9 } else { 7 },
            frame_bytes,
            blocks: (bytes[6] & 3) + 1,
        })
    }
}

/// Reader of ADTS frames.
pub(in super::super) struct AdtsReader<'s> {
    input: Lookahead<'s>,
    media_info: MediaInfo,
    tracks: Vec<Track>,
    metadata: MetadataLog,
    format: Format,
    position: u64,
}

fn track_of(format: Format) -> Track {
    let rate_hz = RATES_HZ.get(usize::from(format.rate_index)).copied().unwrap_or(0);
    let config = u16::from(format.object_type) << 11
        | u16::from(format.rate_index) << 7
        | u16::from(format.channels) << 3;
    let mut params = AudioCodecParameters::new();
    params
        .for_codec(CODEC_ID_AAC)
        .with_sample_rate(rate_hz)
        .with_extra_data(Box::new(config.to_be_bytes()));
    let channels: Option<Channels> = match format.channels {
        1 => Some(layouts::CHANNEL_LAYOUT_MONO),
        2 => Some(layouts::CHANNEL_LAYOUT_STEREO),
        _ => None,
    };
    if let Some(channels) = channels {
        params.with_channels(channels);
    }
    let mut track = Track::new(0);
    track.with_codec_params(CodecParameters::Audio(params));
    if let Some(time_base) = TimeBase::try_from_recip(rate_hz) {
        track.with_time_base(time_base);
    }
    track
}

/// Whether the raw data block `data` has an element of audio. Some encoders write a first block of their name
/// alone, which ffmpeg passes over.
fn has_sound(data: &[u8]) -> bool {
    let bits = |at: usize, count: usize| {
        (at..at + count).fold(0_usize, |value, at| {
            let byte = data.get(at / 8).copied().unwrap_or(0xff);
            value << 1 | usize::from(byte >> (7 - at % 8) & 1)
        })
    };
    let mut at = 0;
    loop {
        match bits(at, 3) {
            // Fill element: a count of bytes.
            6 => {
                let count = bits(at + 3, 4);
                let (header, count) = match count {
                    15 => (15, 14 + bits(at + 7, 8)),
                    count => (7, count),
                };
                at += header + 8 * count;
            }
            // The end.
            7 => return false,
            _ => return true,
        }
    }
}

impl<'s> AdtsReader<'s> {
    /// Reads the header of the first frame, with which `source` begins.
    pub fn try_new(source: MediaSourceStream<'s>) -> Result<Self> {
        let mut input = Lookahead::new(source);
        let header = Header::parse(input.peek(HEADER_BYTES)?)
            .ok_or(Error::DecodeError("adts: no frame header"))?;
        let mut track = track_of(header.format);
        // This encoder's first block is passed over by ffmpeg.
        let first = input.peek(header.frame_bytes)?;
        if aac::is_of_libfaac(first) {
            track.with_delay(aac::LIBFAAC_DELAY as u32);
        }
        Ok(AdtsReader {
            input,
            media_info: MediaInfo::from_track(&track),
            tracks: vec![track],
            metadata: MetadataLog::default(),
            format: header.format,
            position: 0,
        })
    }

    /// Goes on to the next frame after bytes that are none; `false` if there is no other.
    fn resync(&mut self) -> Result<bool> {
        let mut is_tag = true;
        loop {
            let bytes = self.input.peek(SEARCH_BYTES)?;
            if bytes.len() < HEADER_BYTES {
                return Ok(false);
            }
            if let Some(length) =
                tags::id3v2_bytes(bytes).or_else(|| tags::trailing_kind_bytes(bytes))
            {
                self.input.skip(usize::try_from(length).unwrap_or(usize::MAX))?;
            } else if self.is_frame_here()? {
                break;
            } else {
                is_tag &= self.input.peek(1)?.first() == Some(&0);
                let bytes = self.input.peek(SEARCH_BYTES)?;
                let next =
                    bytes.iter().skip(1).position(|byte| matches!(byte, 0xff | b'I' | b'T' | b'A'));
                let step = next.map_or(bytes.len(), |at| at + 1);
                self.input.skip(step)?;
            }
        }
        match is_tag {
            true => Ok(true),
            false => Err(Error::DecodeError("other bytes lie between frames")),
        }
    }

    /// Whether a frame begins here, with another one behind it or the end.
    fn is_frame_here(&mut self) -> Result<bool> {
        let Some(header) = Header::parse(self.input.peek(HEADER_BYTES)?) else {
            return Ok(false);
        };
        let bytes = self.input.peek(header.frame_bytes + HEADER_BYTES)?;
        let Some(rest) = bytes.get(header.frame_bytes..) else { return Ok(false) };
        Ok(match Header::parse(rest) {
            Some(next) => next.format == header.format,
            None => rest.is_empty() && header.format == self.format,
        })
    }
}

impl FormatReader for AdtsReader<'_> {
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
            let header = Header::parse(self.input.peek(HEADER_BYTES)?);
            // Another format is believed if another frame of it follows.
            let header = match header {
                Some(header) if header.format == self.format => Some(header),
                Some(header) if self.is_frame_here()? => Some(header),
                _ => None,
            };
            let Some(header) = header else {
                if self.resync()? {
                    continue;
                }
                return Ok(None);
            };
            if header.format != self.format {
                self.format = header.format;
                self.tracks[0] = track_of(header.format);
                return Err(Error::ResetRequired);
            }
            let bytes = self.input.peek(header.frame_bytes)?;
            if bytes.len() < header.frame_bytes {
                let length = bytes.len();
                self.input.skip(length)?;
                return Err(Error::IoError(IoError::from(ErrorKind::UnexpectedEof)));
            }
            let data = bytes[header.header_bytes..].to_vec();
            self.input.skip(header.frame_bytes)?;
            if header.blocks == 1 && !has_sound(&data) {
                continue;
            }
            let time = i64::try_from(self.position).unwrap_or(i64::MAX);
            self.position += BLOCK_SAMPLES;
            if header.blocks > 1 {
                return Err(Error::DecodeError("adts: several blocks in a frame"));
            }
            return Ok(Some(Packet::new(
                0,
                Timestamp::new(time),
                Duration::from(BLOCK_SAMPLES),
                data,
            )));
        }
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        self.input.into_inner()
    }
}
