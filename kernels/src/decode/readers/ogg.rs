//! Ogg (RFC 3533): the audio of each link of a chain, in time also where pages are missing.
//!
//! The positions of pages are used as libvorbis and opusfile do: the first page with audio may cut the start, the
//! last one the end. In between they only tell how much is missing where pages are missing. A
//! packet without data stands for such a hole; its duration is that of the hole. Pages that are there twice or in
//! the wrong order are put right by their numbers.

pub(super) mod mapping;
mod order;
mod pages;

use std::collections::VecDeque;
use std::io::{Error as IoError, ErrorKind};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::errors::{Error, Result, SeekErrorKind, decode_error, seek_error};
use symphonia::core::formats::well_known::FORMAT_ID_OGG;
use symphonia::core::formats::{
    FormatInfo, FormatReader, MediaInfo, SeekMode, SeekTo, SeekedTo, Track,
};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::{Metadata, MetadataLog};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use super::super::damage::{MayBeCut, Notice};
use mapping::{Mapping, Meaning};
use order::{Numbers, Order};
use pages::Page;

/// Longest packet; a longer one is damage, or a picture in a comment.
const MAX_PACKET_BYTES: usize = 1 << 26;
/// Packets that may wait for a page with a position.
const MAX_WAITING: usize = 1 << 14;
/// Longest hole that is filled, in seconds.
const MAX_HOLE_SECONDS: u64 = 3600;
/// Most pages that may be missing before the first audio for silence to take their place. More: the
/// recording of a running stream, which begins somewhere.
const MAX_PAGES_MISSING_AT_START: u32 = 64;

static INFO: FormatInfo = FormatInfo { format: FORMAT_ID_OGG, short_name: "ogg", long_name: "Ogg" };

/// The audio stream that is read of the present link.
struct Link {
    /// Identifier of its track.
    track_id: u32,
    numbers: Numbers,
    /// All streams of the link.
    serials: Vec<u32>,
    mapping: Mapping,
    rate_hz: u64,
    /// The beginning of a packet that goes on on the next page.
    partial: Option<Vec<u8>>,
    /// Whether anything is missing since the last position.
    is_torn: bool,
    /// Pages that are missing at the start, where that is known.
    missing_pages: u32,
    /// Packets without a position yet.
    waiting: Vec<Vec<u8>>,
    /// Position after the last packet.
    clock: Option<u64>,
    /// Frames still to drop at the start.
    pre_skip: u64,
    /// Whether a page had a negative position, as of a faulty encoder: then no position cuts the start.
    has_negative_granule: bool,
    /// Whether the page that ends the stream was seen.
    has_ended: bool,
}

/// Reads the first audio stream of each link.
pub(super) struct OggReader<'s> {
    pages: Order<MediaSourceStream<'s>>,
    tracks: Vec<Track>,
    media_info: MediaInfo,
    metadata: MetadataLog,
    link: Option<Link>,
    /// Packets, and changes to another link.
    ready: VecDeque<Packet>,
    next_link: Option<(Link, Vec<Track>)>,
    /// Frames of all packets so far.
    position: u64,
    /// Serial numbers of streams without a beginning that were told.
    unknown: Vec<u32>,
    has_ended: bool,
    /// Damage that costs nothing more, to be told.
    notes: Vec<String>,
}

impl<'s> OggReader<'s> {
    /// Reads the headers of the first link.
    pub fn try_new(stream: MediaSourceStream<'s>) -> Result<Self> {
        let mut reader = OggReader {
            pages: Order::new(stream),
            tracks: Vec::new(),
            media_info: MediaInfo::default(),
            metadata: MetadataLog::default(),
            link: None,
            ready: VecDeque::new(),
            next_link: None,
            position: 0,
            unknown: Vec::new(),
            has_ended: false,
            notes: Vec::new(),
        };
        let Some(page) = reader.pages.first(begins_stream)? else {
            return decode_error("ogg: no page that begins a stream is intact");
        };
        if let Some((link, tracks)) = reader.open_link(page)? {
            (reader.link, reader.tracks) = (Some(link), tracks);
        }
        Ok(reader)
    }

    fn note(&mut self, text: &str) {
        if self.notes.iter().all(|note| note != text) {
            self.notes.push(text.to_string());
        }
    }

    /// Damage of the first headers, which were used all the same.
    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Reads the headers of the link whose first page is given; `None` where it has no sound.
    fn open_link(&mut self, first: Page) -> Result<Option<(Link, Vec<Track>)>> {
        let mut streams = Vec::new();
        let mut serials = Vec::new();
        let mut page = first;
        loop {
            if serials.contains(&page.serial) {
                self.pages.note_first_again();
            } else if let Some(mapping) = page.first_packet().and_then(Mapping::of) {
                if page.is_mended {
                    self.note("the first page has a wrong byte, which its checksum tells");
                } else if !page.is_intact {
                    self.note("the first page is damaged; the sample rate may be wrong");
                }
                streams.push((Numbers::of(&page), mapping));
            }
            serials.push(page.serial);
            match self.pages.next()? {
                Some(next) if next.is_first() => page = next,
                next => {
                    next.into_iter().for_each(|page| self.pages.put_back(page));
                    break;
                }
            }
        }
        let mut tracks: Vec<Track> = Vec::new();
        for (id, (.., mapping)) in (0..).zip(&streams) {
            let mut track = Track::new(id);
            track.with_codec_params(CodecParameters::Audio(mapping.params()));
            tracks.push(track);
        }
        let chosen = streams.iter().position(|(.., mapping)| mapping.is_read()).unwrap_or(0);
        if streams.is_empty() {
            return Ok(None);
        }
        let (numbers, mapping) = streams.swap_remove(chosen);
        let mut link = Link {
            track_id: chosen as u32,
            numbers,
            serials,
            rate_hz: 0,
            partial: None,
            is_torn: false,
            missing_pages: 0,
            waiting: Vec::new(),
            clock: None,
            pre_skip: mapping.pre_skip(),
            has_negative_granule: false,
            mapping,
            has_ended: false,
        };
        while !link.mapping.is_ready() {
            match self.pages.next()? {
                Some(page) if page.is_first() => {
                    if !self.pages.is_first_again(&link.numbers, &page)? {
                        self.pages.put_back(page);
                        break;
                    }
                }
                // Headers are used even with a wrong checksum: there is no other copy of them.
                Some(page) if page.serial == link.numbers.serial => {
                    let page = self.pages.in_order(&link.numbers, page)?;
                    if !page.is_intact {
                        self.note("a page of headers is damaged");
                    } else if self.pages.is_superfluous(&mut link.numbers, &page, None) {
                        continue;
                    }
                    link.take_page(&page);
                }
                Some(_) => {}
                None => break,
            }
        }
        // Damage of headers is no hole in the audio.
        link.is_torn = link.missing_pages > 0;
        self.tell_of_order();
        let params = link.mapping.params();
        link.rate_hz = u64::from(params.sample_rate.unwrap_or(1).max(1));
        tracks[chosen].with_codec_params(CodecParameters::Audio(params));
        Ok(Some((link, tracks)))
    }

    /// Takes the next page; `false` at the end of the file.
    fn advance(&mut self) -> Result<bool> {
        let Some(page) = self.pages.next()? else {
            self.has_ended = true;
            if let Some(link) = &mut self.link {
                link.place(None, false, &mut self.ready, &mut self.position);
            }
            return Ok(false);
        };
        if begins_stream(&page) {
            if let Some(link) = &mut self.link {
                if !link.has_ended && self.pages.is_first_again(&link.numbers, &page)? {
                    self.tell_of_order();
                    return Ok(true);
                }
                link.place(None, false, &mut self.ready, &mut self.position);
            }
            self.next_link = self.open_link(page)?;
            if self.next_link.is_none() {
                self.link = None;
            }
            return Ok(true);
        }
        let Some(link) = &mut self.link else { return Ok(true) };
        if page.serial != link.numbers.serial {
            if page.is_intact && !link.serials.contains(&page.serial) {
                return self.tell_of_unknown(page.serial);
            }
            return Ok(true);
        }
        if !page.is_intact {
            // The next page's number tells of it.
            return Ok(true);
        }
        let page = self.pages.in_order(&link.numbers, page)?;
        if self.pages.is_superfluous(&mut link.numbers, &page, link.clock) {
            self.tell_of_order();
            return Ok(true);
        }
        link.take_page(&page);
        let ends_packet = page.parts().any(|(_, ends)| ends);
        if page.granule.is_some() && ends_packet || link.waiting.len() > MAX_WAITING {
            link.place(page.granule, page.is_last(), &mut self.ready, &mut self.position);
        }
        link.has_ended = page.is_last();
        if page.has_negative_granule && !std::mem::replace(&mut link.has_negative_granule, true) {
            self.note("an Ogg page has a negative position, as of a faulty encoder");
        }
        self.tell_of_order();
        Ok(true)
    }

    /// Tells of pages that are not where they should be.
    fn tell_of_order(&mut self) {
        let rate_hz = self.link.as_ref().map_or(1, |link| link.rate_hz);
        let seconds = self.position as f64 / rate_hz as f64;
        for what in self.pages.take_found() {
            self.notes.push(format!("{what}, the first at {seconds:.3} s"));
        }
    }

    fn tell_of_unknown(&mut self, serial: u32) -> Result<bool> {
        if self.unknown.contains(&serial) || self.unknown.len() > 16 {
            return Ok(true);
        }
        self.unknown.push(serial);
        decode_error("ogg: pages of a stream whose first page is missing or damaged")
    }
}

impl Link {
    /// Puts packets together.
    fn take_page(&mut self, page: &Page) {
        let missing = self.numbers.take(page);
        if missing != 0 {
            self.is_torn = true;
            if self.clock.is_none() {
                self.missing_pages = self.missing_pages.saturating_add(missing);
            }
            self.partial = None;
        }
        if !page.is_continued() && self.partial.take().is_some() {
            self.is_torn = true;
        }
        for (index, (part, ends)) in page.parts().enumerate() {
            let is_rest = index == 0 && page.is_continued();
            let packet = match self.partial.take() {
                Some(begin) if begin.len() + part.len() <= MAX_PACKET_BYTES => {
                    [&begin[..], part].concat()
                }
                None if !is_rest => part.to_vec(),
                _ => {
                    // The rest of a packet whose beginning is missing.
                    self.is_torn |= self.mapping.is_ready();
                    continue;
                }
            };
            if !ends {
                self.partial = Some(packet);
            } else if matches!(self.mapping.take(&packet), Meaning::Audio) {
                self.waiting.push(packet);
            }
        }
    }

    /// Gives the waiting packets their place; `granule` is the position after the last one.
    fn place(
        &mut self,
        granule: Option<u64>,
        is_last: bool,
        ready: &mut VecDeque<Packet>,
        position: &mut u64,
    ) {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return;
        }
        let state = self.mapping.state();
        let mut frames: Vec<u64> =
            waiting.iter().map(|packet| self.mapping.frames(packet)).collect();
        let mut total: u64 = frames.iter().sum();
        let begin = self.clock;
        let mut hole = None;
        if std::mem::take(&mut self.is_torn) {
            let fits = begin.zip(granule).is_some_and(|(begin, end)| begin + total == end);
            if !fits && (begin.is_some() || self.missing_pages <= MAX_PAGES_MISSING_AT_START) {
                self.mapping.restore(state);
                self.mapping.reset();
                frames = waiting.iter().map(|packet| self.mapping.frames(packet)).collect();
                total = frames.iter().sum();
                let missing = granule
                    .map_or(0, |end| end.saturating_sub(begin.unwrap_or(0).saturating_add(total)));
                hole = Some(if missing > MAX_HOLE_SECONDS * self.rate_hz { 0 } else { missing });
            }
        }
        if let Some(missing) = hole {
            // What would be dropped of the missing frames is not missing.
            let dropped = self.pre_skip.min(missing);
            self.pre_skip -= dropped;
            if missing > dropped || begin.is_some() {
                ready.push_back(packet(*position, missing - dropped, Vec::new()));
                *position += missing - dropped;
            }
        }
        let after = begin.unwrap_or(0).saturating_add(hole.unwrap_or(0)).saturating_add(total);
        let mut trim_end = 0;
        match granule {
            Some(end) if is_last => {
                let excess = after.saturating_sub(end);
                // Before the page's own start: a wrong position, which cuts the last packet only.
                let last = frames.last().copied().unwrap_or(0);
                let is_before = begin.is_some_and(|begin| end < begin);
                trim_end = if is_before { excess.min(last) } else { excess };
            }
            Some(end)
                if begin.is_none()
                    && hole.is_none()
                    && !self.has_negative_granule
                    && self.mapping.starts_by_granule() =>
            {
                self.pre_skip = total.saturating_sub(end);
            }
            _ => {}
        }
        self.clock = Some(granule.unwrap_or(after));
        // From the last packet back.
        let mut ends = vec![0; frames.len()];
        for (end, frames) in ends.iter_mut().zip(&frames).rev() {
            *end = trim_end.min(*frames);
            trim_end -= *end;
        }
        for ((data, frames), end) in waiting.into_iter().zip(frames).zip(ends) {
            let start = self.pre_skip.min(frames);
            self.pre_skip -= start;
            let mut packet = packet(*position, frames, data);
            packet.trim_start = Duration::new(start);
            packet.trim_end = Duration::new(end.min(frames - start));
            *position += frames;
            ready.push_back(packet);
        }
    }
}

/// Whether a stream begins with `page`. A damaged page counts if its packet can be read.
fn begins_stream(page: &Page) -> bool {
    let is_header = || page.first_packet().and_then(Mapping::of).is_some();
    page.is_first() && (page.is_intact || is_header())
}

/// A packet of the track with number 0, whatever its stream.
fn packet(position: u64, frames: u64, data: Vec<u8>) -> Packet {
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    Packet::new(0, Timestamp::new(position), Duration::new(frames), data)
}

impl FormatReader for OggReader<'_> {
    fn format_info(&self) -> &FormatInfo {
        &INFO
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
            if let Some(note) = self.notes.pop() {
                return Err(Notice(note).into());
            }
            if let Some(mut packet) = self.ready.pop_front() {
                packet.track_id = self.link.as_ref().map_or(0, |link| link.track_id);
                return Ok(Some(packet));
            }
            if let Some((link, tracks)) = self.next_link.take() {
                (self.link, self.tracks) = (Some(link), tracks);
                return Err(Error::ResetRequired);
            }
            if self.has_ended || !self.advance()? {
                let is_whole = self.link.as_ref().is_none_or(|link| link.has_ended);
                if !self.ready.is_empty() {
                    continue;
                }
                let eof = ErrorKind::UnexpectedEof;
                return match (self.pages.is_cut(), is_whole) {
                    (true, _) => Err(Error::IoError(IoError::from(eof))),
                    (false, true) => Ok(None),
                    (false, false) => {
                        let reason = "its last page does not end the stream";
                        Err(Error::IoError(IoError::new(eof, MayBeCut(reason))))
                    }
                };
            }
        }
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        self.pages.into_inner()
    }
}
