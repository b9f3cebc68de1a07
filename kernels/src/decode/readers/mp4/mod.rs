//! Reader of MP4, M4A and QuickTime files: the first sound track that can be decoded.
//!
//! Samples are read one at a time, in the order of the track, from files with one header and from fragmented ones.
//! Each packet says how many of its frames are not music, by the edit list or by iTunes' note: in frames of the
//! output, whatever the time scale of the track is. Bytes that are no box end the file and are no damage.

mod boxes;
mod edits;
mod fragments;
mod sample_entry;
mod sample_table;
mod selection;

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::errors::{Error, Result, SeekErrorKind};
use symphonia::core::formats::well_known::FORMAT_ID_ISOMP4;
use symphonia::core::formats::{
    FormatInfo, FormatReader, MediaInfo, SeekMode, SeekTo, SeekedTo, Track,
};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::{Metadata, MetadataLog};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, TimeBase, Timestamp};

use super::super::codec::ENCRYPTED;
use super::super::codecs::{aac, codecs};
use boxes::{TopBox, boxes, child, descendant, tell_of_encryption, top_box, u32_at};
use edits::Edit;
use fragments::Fragments;
use sample_entry::SampleEntry;
use sample_table::{Sample, SampleTable};
use selection::{Frames, Selection, Span};

const INFO: FormatInfo = FormatInfo {
    format: FORMAT_ID_ISOMP4,
    short_name: "isomp4",
    long_name: "ISO Base Media File Format",
};

/// Largest `moov` box that is read: that of a day of AAC is some 30 MB.
const MAX_MOOV_BYTES: u64 = 256 << 20;
/// Boxes at the top of a file that are looked at for the header.
const MAX_TOP_BOXES: u32 = 1 << 20;

/// The reader of one file.
pub(crate) struct Mp4Reader {
    input: BufReader<Box<dyn MediaSource>>,
    length: u64,
    tracks: Vec<Track>,
    info: MediaInfo,
    metadata: MetadataLog,
    track_id: u32,
    selection: Selection,
    /// Bytes of a group of frames that may be read alone where the file ends: PCM.
    group_bytes: Option<u64>,
    position: u64,
    notes: Vec<String>,
}

/// What the header says of one sound track.
struct Sound {
    id: u32,
    scale: u32,
    entry: SampleEntry,
    table: SampleTable,
    edits: Vec<Edit>,
}

impl Mp4Reader {
    /// Reads the header of `source`, a file of `length` bytes.
    ///
    /// # Errors
    ///
    /// Errors of the operating system; a file without a header (`moov`), or with one that is compressed.
    pub fn new(source: Box<dyn MediaSource>, length: u64) -> Result<Self> {
        let mut input = BufReader::new(source);
        let (header, moov) = read_header(&mut input, length)?;
        if child(&moov, b"cmov").is_some() {
            return Err(Error::Unsupported("QuickTime with a compressed header"));
        }
        let mut sounds: Vec<Sound> = boxes(&moov)
            .filter(|(kind, _)| kind == b"trak")
            .filter_map(|(_, trak)| sound(trak, movie_scale(&moov)))
            .collect();
        let decodable =
            |sound: &Sound| codecs().get_audio_decoder(sound.entry.params.codec).is_some();
        let chosen = sounds.iter().position(decodable).unwrap_or(0);
        let mut tracks: Vec<Track> = sounds.iter().map(track).collect();
        let mut reader = Mp4Reader {
            input,
            length,
            tracks: Vec::new(),
            info: MediaInfo::default(),
            metadata: MetadataLog::default(),
            track_id: 0,
            selection: Selection::new(
                SampleTable::default(),
                None,
                Frames { rate_hz: 1, scale: 1, each: None, group: None },
                Span::default(),
                &[],
            ),
            group_bytes: None,
            position: 0,
            notes: Vec::new(),
        };
        if chosen < sounds.len() {
            let sound = sounds.swap_remove(chosen);
            tracks[chosen] = reader.select(sound, &moov, header.end)?;
        }
        reader.tracks = tracks;
        Ok(reader)
    }

    /// What is to be told about the track, beyond damage.
    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Prepares the reading of `sound`: what its samples decode to, and which part of it is music.
    fn select(&mut self, mut sound: Sound, moov: &[u8], behind_header: u64) -> Result<Track> {
        let fragments = Fragments::new(moov, sound.id, behind_header, self.length, 0);
        let params = &mut sound.entry.params;
        let mut first = Selection::new(
            sound.table.clone(),
            fragments.clone(),
            Frames { rate_hz: 1, scale: 1, each: None, group: None },
            Span::default(),
            &[],
        );
        // An error here comes again when the sample is read for decoding.
        let mut read = || {
            let sample = first.next(&mut self.input).ok().flatten().map(|selected| selected.sample);
            let unit = sample.and_then(|sample| self.bytes(&sample).ok()).unwrap_or_default();
            (sample, unit)
        };
        let (sample, mut unit) = read();
        let is_faac = params.codec == CODEC_ID_AAC && aac::is_of_libfaac(&unit);
        let mut empty = None;
        if params.codec == CODEC_ID_AAC && !unit.is_empty() && !aac::has_channels(&unit) {
            empty = sample.map(|sample| sample.offset);
            (_, unit) = read();
        }
        if first.is_encrypted() {
            params.for_codec(ENCRYPTED);
        }
        let mut block = None;
        match params.codec {
            CODEC_ID_AAC => {
                let asc = params.extra_data.as_deref().unwrap_or_default();
                block = aac::first_block(asc, &unit);
            }
            CODEC_ID_MP3 | CODEC_ID_MP2 | CODEC_ID_MP1 => {
                if let Some(codec) = mpeg_layer(&unit) {
                    params.for_codec(codec);
                }
            }
            _ => {}
        }
        if let Some(block) = block {
            params.with_sample_rate(block.rate_hz);
            params.with_channels(Channels::Discrete(block.channels as u16));
        }
        let rate_hz = params.sample_rate.unwrap_or(0).max(1);
        let frames = Frames {
            rate_hz,
            scale: sound.scale,
            each: block.map(|block| block.frames as u64),
            group: sound.entry.packing.map(|packing| (packing.frames, packing.bytes)),
        };
        let doubled = block.is_some_and(|block| block.doubled);
        let note = edits::itunes_note(moov).filter(|_| params.codec == CODEC_ID_AAC);
        let open = fragments.is_some();
        let mut span = span(&sound, &frames, note, doubled, open);
        if is_faac && note.is_none() && span.start == 0 {
            span.start = aac::LIBFAAC_DELAY;
        }
        if let Some(theirs) = start_in_ffmpeg(&sound, &frames, note, doubled, open)
            && theirs != span.start
        {
            self.notes.push(format!(
                "the music begins {} samples after the first decoded one, as the edit list says; \
                 ffmpeg 5.1 begins after {theirs}, because it {}",
                span.start,
                if open {
                    "ignores edit lists of fragments"
                } else {
                    "counts the edit list's time as samples"
                }
            ));
        }
        self.group_bytes = frames.group.map(|(_, bytes)| bytes);
        let edits = if open { &[] } else { &sound.edits[..] };
        self.selection =
            Selection::new(sound.table.clone(), fragments, frames, span, edits).pass_over(empty);
        self.track_id = sound.id;
        let mut track = track(&sound);
        if let Some(base) = TimeBase::try_from_recip(rate_hz) {
            track.with_time_base(base);
        }
        // Durations in another unit than frames are rounded: their sum is no promise.
        let exact = frames.each.is_some() || frames.group.is_some() || rate_hz == sound.scale;
        if let Some(count) = self.selection.frames(&mut self.input)?.filter(|_| exact) {
            track.with_num_frames(count);
        }
        self.info = MediaInfo::from_track(&track);
        Ok(track)
    }

    /// The bytes of `sample`; where the file ends within it, its whole groups of PCM.
    fn bytes(&mut self, sample: &Sample) -> io::Result<Vec<u8>> {
        let there = self.length.saturating_sub(sample.offset);
        let mut bytes = sample.bytes;
        if bytes > there {
            bytes = self.group_bytes.map_or(0, |group| there / group * group);
            if bytes == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        // Seeking within what is buffered is free only by a relative distance.
        let now = self.input.stream_position()?;
        match i64::try_from(i128::from(sample.offset) - i128::from(now)) {
            Ok(distance) => self.input.seek_relative(distance)?,
            Err(_) => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        let mut data = Vec::with_capacity(bytes as usize);
        self.input.by_ref().take(bytes).read_to_end(&mut data)?;
        if data.len() as u64 == bytes { Ok(data) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

/// The header of the file (`moov`) and where it is.
fn read_header<S: Read + Seek>(source: &mut S, length: u64) -> Result<(TopBox, Vec<u8>)> {
    let mut at = 0;
    for _ in 0..MAX_TOP_BOXES {
        let Some(found) = top_box(source, at, length)? else { break };
        if &found.kind == b"moov" {
            source.seek(SeekFrom::Start(found.body))?;
            let mut moov = Vec::new();
            source.take((found.end - found.body).min(MAX_MOOV_BYTES)).read_to_end(&mut moov)?;
            return Ok((found, moov));
        }
        at = found.end;
    }
    Err(Error::DecodeError("no header (moov): the file is cut, or was never finished"))
}

/// Units a second of the times of the movie.
fn movie_scale(moov: &[u8]) -> u32 {
    let read = || {
        let mvhd = child(moov, b"mvhd")?;
        u32_at(mvhd, if mvhd.first()? == &1 { 20 } else { 12 })
    };
    read().unwrap_or(0)
}

/// A sound track; `None` for a track of another kind, or without what is needed.
fn sound(trak: &[u8], movie_scale: u32) -> Option<Sound> {
    let mdia = child(trak, b"mdia")?;
    if child(mdia, b"hdlr")?.get(8..12)? != b"soun" {
        return None;
    }
    let tkhd = child(trak, b"tkhd")?;
    let id = u32_at(tkhd, if tkhd.first()? == &1 { 20 } else { 12 })?;
    let mdhd = child(mdia, b"mdhd")?;
    let scale = u32_at(mdhd, if mdhd.first()? == &1 { 20 } else { 12 })?.max(1);
    let stbl = descendant(mdia, &[b"minf", b"stbl"])?;
    let mut entry = sample_entry::read(child(stbl, b"stsd")?, scale)?;
    if tell_of_encryption(stbl) {
        entry.params.for_codec(ENCRYPTED);
    }
    let table = SampleTable::read(stbl, entry.packing);
    let edits = edits::edit_list(trak, movie_scale, scale);
    Some(Sound { id, scale, entry, table, edits })
}

fn track(sound: &Sound) -> Track {
    let mut track = Track::new(sound.id);
    track.with_codec_params(CodecParameters::Audio(sound.entry.params.clone()));
    track
}

/// The part of `sound` that is music.
///
/// iTunes' note goes before the edit list, as in ffmpeg; of HE-AAC it counts frames of the core, which has half the
/// rate. `open` tells that the end is not known: fragments follow.
fn span(
    sound: &Sound,
    frames: &Frames,
    note: Option<(u64, Option<u64>)>,
    doubled: bool,
    open: bool,
) -> Span {
    let edit = sound.edits.first().copied();
    let last_time = edit.and_then(|edit| edit.end).filter(|_| !open);
    if let Some((priming, valid)) = note {
        let start = if doubled { priming * 2 } else { priming };
        let valid = valid.filter(|_| !doubled);
        let end = valid.map(|valid| start.saturating_add(valid));
        return Span { start, end, last_time };
    }
    let start = edit.map(|edit| frames.at(edit.start));
    Span { start: start.unwrap_or(sound.entry.pre_skip), end: None, last_time }
}

/// Frames before the start of the music as ffmpeg 5.1 counts them, for a track with one edit: it drops the samples
/// that are wholly before the edit, and at least as many frames as the edit's start has units of time, twice as
/// many of HE-AAC. That is right where a unit is a frame, or a frame of the core. Of a track that has all its samples
/// in fragments, as `open` tells, it drops none.
fn start_in_ffmpeg(
    sound: &Sound,
    frames: &Frames,
    note: Option<(u64, Option<u64>)>,
    doubled: bool,
    open: bool,
) -> Option<u64> {
    let [edit] = sound.edits[..] else { return None };
    if note.is_some() {
        return None;
    }
    let mut samples = sound.table.samples();
    if open && samples.next(&sound.table).is_none() {
        return Some(0);
    }
    let mut samples = sound.table.samples();
    let mut before = 0_u64;
    while let Some(sample) = samples.next(&sound.table)
        && sample.time.saturating_add(sample.duration) <= edit.start
    {
        before = before.saturating_add(frames.of(&sample));
    }
    Some(before.max(edit.start.saturating_mul(if doubled { 2 } else { 1 })))
}

/// The codec of an MPEG audio frame, by its header.
fn mpeg_layer(frame: &[u8]) -> Option<symphonia::core::codecs::audio::AudioCodecId> {
    let header = frame.get(..2).filter(|header| header[0] == 0xff && header[1] & 0xe0 == 0xe0)?;
    match header[1] >> 1 & 3 {
        3 => Some(CODEC_ID_MP1),
        2 => Some(CODEC_ID_MP2),
        1 => Some(CODEC_ID_MP3),
        _ => None,
    }
}

impl FormatReader for Mp4Reader {
    fn format_info(&self) -> &FormatInfo {
        &INFO
    }

    fn media_info(&self) -> &MediaInfo {
        &self.info
    }

    fn metadata(&mut self) -> Metadata<'_> {
        self.metadata.metadata()
    }

    fn seek(&mut self, _mode: SeekMode, _to: SeekTo) -> Result<SeekedTo> {
        Err(Error::SeekError(SeekErrorKind::Unseekable))
    }

    fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let Some(selected) = self.selection.next(&mut self.input)? else { return Ok(None) };
        if self.selection.is_encrypted() {
            return Err(Error::Unsupported("the rest is encrypted"));
        }
        let data = self.bytes(&selected.sample)?;
        let at = Timestamp::new(i64::try_from(self.position).unwrap_or(i64::MAX));
        let mut packet = Packet::new(self.track_id, at, Duration::new(selected.frames), data);
        packet.trim_start = Duration::new(selected.drop_start);
        packet.trim_end = Duration::new(selected.drop_end);
        self.position = self.position.saturating_add(selected.frames);
        Ok(Some(packet))
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        MediaSourceStream::new(self.input.into_inner(), Default::default())
    }
}
