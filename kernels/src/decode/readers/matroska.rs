//! Matroska and WebM (RFC 9559): the first audio track.
//!
//! Clusters and segments of unknown size are read as a flat row of elements. The start is cut by the track's
//! delay and the end by the last block's padding. Where an element is damaged, reading goes on at the next cluster; a
//! packet without data stands for what is missing, by the times of blocks.

mod ebml;
mod lacing;
mod track;

use std::collections::VecDeque;
use std::io::{Error as IoError, ErrorKind, Read, Seek, SeekFrom};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::errors::{
    Error, Result, SeekErrorKind, decode_error, seek_error, unsupported_error,
};
use symphonia::core::formats::well_known::FORMAT_ID_MKV;
use symphonia::core::formats::{
    FormatInfo, FormatReader, MediaInfo, SeekMode, SeekTo, SeekedTo, Track,
};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::{Metadata, MetadataLog};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use super::super::codecs::codecs;
use ebml::{Header, MAX_HEADER_BYTES, children, signed, unsigned};
use lacing::Block;
use track::{Audio, frames_of};

const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_a966;
const TRACKS: u32 = 0x1654_ae6b;
const CLUSTER: u32 = 0x1f43_b675;
const TIMESTAMP: u32 = 0xe7;
const SIMPLE_BLOCK: u32 = 0xa3;
const BLOCK_GROUP: u32 = 0xa0;
/// Elements next to clusters, and those within one, that are passed over.
const PASSED_OVER: [u32; 13] = [
    0x114d_9b74,
    0x1c53_bb6b,
    0x1043_a770,
    0x1254_c367,
    0x1941_a469,
    0x1a45_dfa3,
    0xec,
    0xbf,
    0xa7,
    0xab,
    0xaf,
    0x5854,
    0x1b53_8667,
];
/// Largest element that is read into memory: a key frame of a large picture has a few MB.
const MAX_BYTES: u64 = 1 << 26;
/// Longest hole that is filled, in seconds.
const MAX_HOLE_SECONDS: u64 = 3600;

static FORMAT: FormatInfo =
    FormatInfo { format: FORMAT_ID_MKV, short_name: "matroska", long_name: "Matroska / WebM" };

/// Reads the first audio track that can be decoded.
pub(super) struct MatroskaReader<'s> {
    stream: MediaSourceStream<'s>,
    length: u64,
    at: u64,
    tracks: Vec<Track>,
    media_info: MediaInfo,
    metadata: MetadataLog,
    audio: Option<Audio>,
    track_id: u32,
    /// Nanoseconds of a unit of time.
    scale_ns: u64,
    cluster_time: u64,
    ready: VecDeque<Packet>,
    /// Frames of all packets so far, where the codec's durations are known.
    position: u64,
    /// Time of the first block, in nanoseconds.
    first_ns: Option<i64>,
    /// Time of the last block, and that between it and the one before, in nanoseconds.
    last_ns: i64,
    step_ns: i64,
    is_torn: bool,
    /// Byte up to which segments and clusters go that tell their size.
    known_end: u64,
}

impl<'s> MatroskaReader<'s> {
    /// Reads the elements up to the first cluster after the tracks.
    pub fn try_new(stream: MediaSourceStream<'s>, length: u64) -> Result<Self> {
        let mut reader = MatroskaReader {
            stream,
            length,
            at: 0,
            tracks: Vec::new(),
            media_info: MediaInfo::default(),
            metadata: MetadataLog::default(),
            audio: None,
            track_id: 0,
            scale_ns: 1_000_000,
            cluster_time: 0,
            ready: VecDeque::new(),
            position: 0,
            first_ns: None,
            last_ns: 0,
            step_ns: 0,
            is_torn: false,
            known_end: 0,
        };
        let mut first_cluster = None;
        loop {
            let begin = reader.at;
            let Some(header) = reader.header()? else {
                return decode_error("the description of the tracks is missing or damaged");
            };
            match header.id {
                SEGMENT => reader.enter(header),
                INFO => {
                    for (id, body) in children(&reader.body(header)?) {
                        if id == 0x2a_d7b1 {
                            reader.scale_ns = unsigned(body).max(1);
                        }
                    }
                }
                TRACKS => {
                    let body = reader.body(header)?;
                    reader.take_tracks(&body);
                    if let Some(packed) = reader.audio.as_ref().and_then(|audio| audio.packed) {
                        return unsupported_error(packed);
                    }
                    break;
                }
                CLUSTER if header.size.is_none() => {
                    return decode_error("the tracks are described after the audio");
                }
                _ => {
                    if header.id == CLUSTER {
                        first_cluster.get_or_insert(begin);
                    }
                    reader.skip(header)?;
                }
            }
        }
        if let Some(begin) = first_cluster {
            reader.go_to(begin)?;
        }
        Ok(reader)
    }

    fn take_tracks(&mut self, body: &[u8]) {
        let entries = children(body).filter(|(id, _)| *id == 0xae);
        let mut all: Vec<Audio> = entries.filter_map(|(_, entry)| Audio::read(entry)).collect();
        for (id, audio) in (0..).zip(&all) {
            let mut track = Track::new(id);
            track.with_codec_params(CodecParameters::Audio(audio.params.clone()));
            track.with_delay(u32::try_from(audio.delay_frames).unwrap_or(0));
            self.tracks.push(track);
        }
        let is_read = |audio: &Audio| codecs().get_audio_decoder(audio.params.codec).is_some();
        let chosen = all.iter().position(is_read).unwrap_or(0);
        if chosen < all.len() {
            (self.audio, self.track_id) = (Some(all.swap_remove(chosen)), chosen as u32);
        }
    }

    fn go_to(&mut self, at: u64) -> Result<()> {
        self.stream.seek(SeekFrom::Start(at))?;
        self.at = at;
        Ok(())
    }

    /// The next header; `None` at the end of the file or where there is none.
    fn header(&mut self) -> Result<Option<Header>> {
        let mut bytes = [0; MAX_HEADER_BYTES];
        let most = self.length.saturating_sub(self.at).min(MAX_HEADER_BYTES as u64) as usize;
        self.stream.read_exact(&mut bytes[..most])?;
        let header = Header::read(&bytes[..most]);
        self.go_to(self.at + header.map_or(0, |header| header.bytes as u64))?;
        Ok(header)
    }

    /// The data of an element.
    fn body(&mut self, header: Header) -> Result<Vec<u8>> {
        let size = header.size.unwrap_or(u64::MAX);
        if self.length.saturating_sub(self.at) < size {
            return Err(Error::IoError(IoError::from(ErrorKind::UnexpectedEof)));
        }
        if size > MAX_BYTES {
            return decode_error("an element is too large");
        }
        let mut body = vec![0; size as usize];
        self.stream.read_exact(&mut body)?;
        self.at += size;
        Ok(body)
    }

    fn skip(&mut self, header: Header) -> Result<()> {
        let Some(size) = header.size.filter(|size| *size <= self.length - self.at.min(self.length))
        else {
            return Err(Error::IoError(IoError::from(ErrorKind::UnexpectedEof)));
        };
        self.go_to(self.at + size)
    }

    /// Notes the end of a segment or cluster that begins here.
    fn enter(&mut self, header: Header) {
        if let Some(size) = header.size {
            self.known_end = self.known_end.max(self.at.saturating_add(size));
        }
    }

    /// Goes on to the next cluster after damage; `false` if there is none.
    fn find_cluster(&mut self) -> Result<bool> {
        let id = CLUSTER.to_be_bytes();
        let mut begin = self.at;
        let mut bytes = Vec::new();
        loop {
            self.go_to(begin)?;
            bytes.clear();
            self.stream.by_ref().take(1 << 16).read_to_end(&mut bytes)?;
            if let Some(found) = bytes.windows(4).position(|bytes| bytes == id) {
                self.go_to(begin + found as u64)?;
                return Ok(true);
            }
            if bytes.len() < 4 {
                return Ok(false);
            }
            begin += bytes.len() as u64 - 3;
        }
    }

    /// Takes the next element; `false` at the end of the file.
    fn advance(&mut self) -> Result<bool> {
        if self.at >= self.length {
            return Ok(false);
        }
        let begin = self.at;
        let header = self.header()?;
        let left = self.length - self.at;
        let is_known = header.is_some_and(|header| match header.id {
            SEGMENT | CLUSTER => true,
            TIMESTAMP => header.size.is_some_and(|size| size <= 8),
            SIMPLE_BLOCK | BLOCK_GROUP => header.size.is_some_and(|size| size <= MAX_BYTES),
            INFO | TRACKS => header.size.is_some(),
            id => header.size.is_some() && PASSED_OVER.contains(&id),
        });
        let Some(header) = header.filter(|_| is_known) else {
            // An unknown element within a cluster is passed over if another one that is known follows it.
            if let Some(Header { size: Some(size), .. }) = header
                && size < left.min(MAX_BYTES)
            {
                let after = self.at + size;
                self.go_to(after)?;
                let next = self.header()?.map(|next| next.id);
                let known = [CLUSTER, TIMESTAMP, SIMPLE_BLOCK, BLOCK_GROUP];
                if after == self.known_end
                    || next.is_some_and(|id| known.contains(&id) || PASSED_OVER.contains(&id))
                {
                    self.go_to(after)?;
                    return Ok(true);
                }
            }
            self.at = begin + 1;
            self.is_torn = true;
            if !self.find_cluster()? {
                self.at = self.length;
                if begin < self.known_end {
                    return Err(Error::IoError(IoError::from(ErrorKind::UnexpectedEof)));
                }
                // Bytes after the last element, such as a tag.
                return Ok(false);
            }
            return Ok(true);
        };
        match header.id {
            SEGMENT | CLUSTER => self.enter(header),
            TIMESTAMP => self.cluster_time = unsigned(&self.body(header)?),
            SIMPLE_BLOCK => {
                let block = self.body(header)?;
                self.take_block(&block, 0);
            }
            BLOCK_GROUP => {
                let group = self.body(header)?;
                let find = |wanted| children(&group).find(|(id, _)| *id == wanted);
                let padding_ns = find(0x75a2).map_or(0, |(_, body)| signed(body));
                if let Some((_, block)) = find(0xa1) {
                    self.take_block(block, padding_ns);
                }
            }
            _ => self.skip(header)?,
        }
        Ok(true)
    }

    fn take_block(&mut self, block: &[u8], padding_ns: i64) {
        let Some(block) = Block::read(block) else {
            self.is_torn = true;
            return;
        };
        let Some(audio) = self.audio.as_mut().filter(|audio| audio.number == block.track) else {
            return;
        };
        let time = i64::try_from(self.cluster_time).unwrap_or(i64::MAX);
        let time = time.saturating_add(i64::from(block.offset));
        let time_ns = time.saturating_mul(i64::try_from(self.scale_ns).unwrap_or(i64::MAX));
        let first_ns = *self.first_ns.get_or_insert(time_ns);
        let step_ns = match first_ns == time_ns {
            true => 0,
            false => time_ns.saturating_sub(self.last_ns),
        };
        if std::mem::take(&mut self.is_torn) {
            let missing = match &mut audio.mapping {
                Some(mapping) => {
                    mapping.reset();
                    let elapsed = u64::try_from(time_ns.saturating_sub(first_ns)).unwrap_or(0);
                    frames_of(elapsed, audio.rate_hz).saturating_sub(self.position)
                }
                // The last block was as long as the one before it, as nearly all are.
                None => {
                    let missing_ns = step_ns.saturating_sub(self.step_ns);
                    frames_of(u64::try_from(missing_ns).unwrap_or(0), audio.rate_hz)
                }
            };
            if missing <= MAX_HOLE_SECONDS * u64::from(audio.rate_hz) {
                self.ready.push_back(packet(self.track_id, self.position, missing, Vec::new()));
                self.position += missing;
            }
        } else {
            self.step_ns = step_ns;
        }
        self.last_ns = time_ns;
        let padding = frames_of(padding_ns.unsigned_abs(), audio.rate_hz);
        let last = block.frames.len() - 1;
        for (at, frame) in block.frames.into_iter().enumerate() {
            let data = [&audio.stripped[..], frame].concat();
            if data.is_empty() {
                continue;
            }
            let frames = audio.mapping.as_mut().map_or(0, |mapping| mapping.frames(&data));
            let mut packet = packet(self.track_id, self.position, frames, data);
            if padding_ns > 0 && at == last {
                packet.trim_end = Duration::new(padding);
            } else if padding_ns < 0 && at == 0 {
                packet.trim_start = Duration::new(padding);
            }
            self.position += frames;
            self.ready.push_back(packet);
        }
    }
}

fn packet(track: u32, position: u64, frames: u64, data: Vec<u8>) -> Packet {
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    Packet::new(track, Timestamp::new(position), Duration::new(frames), data)
}

impl FormatReader for MatroskaReader<'_> {
    fn format_info(&self) -> &FormatInfo {
        &FORMAT
    }

    fn media_info(&self) -> &MediaInfo {
        &self.media_info
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
        loop {
            if let Some(packet) = self.ready.pop_front() {
                return Ok(Some(packet));
            }
            if !self.advance()? {
                return Ok(None);
            }
        }
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        self.stream
    }
}
