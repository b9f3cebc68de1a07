//! Decoding the packets of one track, around damage.

use std::io::ErrorKind;

use symphonia::core::codecs::audio::well_known::{CODEC_ID_FLAC, CODEC_ID_MP3};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatReader, Track};
use symphonia::core::packet::Packet;

use super::collect::Collector;
use super::containers::Container;
use super::damage::{Damage, MayBeCut, Notice};
use super::error::{DecodeError, reason};
use super::mpeg_header::MpegHeader;
use super::trim::Trim;
use super::{codec, codecs, limits, tracks};
use crate::interruption;

/// Packets in a row that may fail before the rest is given up.
const MAX_FAILURES_IN_A_ROW: u32 = 256;
/// Longest block of any codec here: FLAC's.
const MAX_BLOCK_FRAMES: u64 = 65_536;
/// Longest gap in FLAC's frame numbers that is filled with silence, in seconds. A longer one is damage.
const MAX_GAP_SECONDS: u64 = 30;

/// Properties of a decoded track.
#[derive(Debug)]
pub(super) struct Stream {
    /// Sample rate of the file, Hz.
    pub sample_rate_hz: u32,
    /// Bits per sample of integer PCM and lossless codecs.
    pub source_bits: Option<u32>,
    /// Short name of the codec.
    pub codec: String,
    /// Name and version of the decoder.
    pub decoder: String,
    /// Frames that were cut at the start, and elsewhere.
    pub trimmed: (u64, u64),
    /// Damage in spite of which the track was decoded.
    pub warnings: Vec<String>,
}

/// State of the decoding of one track.
pub(super) struct Reader<'a> {
    /// The file, for messages.
    pub name: &'a str,
    /// What the file is.
    pub container: Container,
    /// Length of the file.
    pub bytes: u64,
    /// Gives packets.
    pub format: Box<dyn FormatReader>,
    /// Takes packets, without trimming of its own.
    pub decoder: Box<dyn AudioDecoder>,
    /// The track to decode.
    pub track: Track,
    /// The codec's parameters.
    pub params: AudioCodecParameters,
    /// Frames to drop.
    pub trim: Trim,
    /// Errors so far.
    pub damage: Damage,
    /// Length of the last block that was decoded; 0 before the first.
    pub last_block_frames: usize,
    /// Rate in Hz and channels of the last block that was decoded; 0 before the first.
    pub block_format: (u32, usize),
    /// Frames in the file up to here less those that are collected: not 0 after a change of the rate.
    pub ahead: i64,
}

impl Reader<'_> {
    /// Decodes packets until the track ends or no more can be had.
    pub fn collect(&mut self, collected: &mut Collector<'_>) -> Result<(), DecodeError> {
        let mut failures_in_a_row = 0;
        // A packet has at least a byte: more packets than bytes is a table that claims empty ones.
        for _ in 0..self.bytes.saturating_add(1024) {
            if failures_in_a_row > MAX_FAILURES_IN_A_ROW {
                self.damage.stopped(format!("{failures_in_a_row} failures in a row"));
                collected.drop_silence_at_end();
                return Ok(());
            }
            if collected.is_done() {
                return Ok(());
            }
            interruption::check()
                .map_err(|_| DecodeError::Interrupted { name: self.name.to_string() })?;
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track.id => packet,
                Ok(Some(_)) => continue,
                Ok(None) => return Ok(()),
                Err(Error::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => {
                    match error.get_ref().and_then(|error| error.downcast_ref::<MayBeCut>()) {
                        Some(reason) => self.damage.note(reason.to_string()),
                        None => self.damage.file_ended(),
                    }
                    return Ok(());
                }
                Err(Error::IoError(error)) if error.get_ref().is_some_and(|e| e.is::<Notice>()) => {
                    self.damage.note(error.to_string());
                    continue;
                }
                // Without a code of the operating system it is the demuxer that ran out of bits.
                Err(Error::IoError(error)) if error.raw_os_error().is_some() => {
                    return Err(DecodeError::Open { name: self.name.to_string(), error });
                }
                Err(error @ (Error::DecodeError(_) | Error::IoError(_))) => {
                    failures_in_a_row += 1;
                    self.damage.unreadable(reason(&error));
                    continue;
                }
                Err(Error::ResetRequired) => match self.follow_track() {
                    Ok(()) => continue,
                    Err(error) => {
                        self.damage.stopped(format!("what follows is not decoded: {error}"));
                        return Ok(());
                    }
                },
                Err(error) => {
                    self.damage.stopped(reason(&error));
                    return Ok(());
                }
            };
            match self.take_packet(&packet, collected)? {
                true => failures_in_a_row = 0,
                false => failures_in_a_row += 1,
            }
        }
        Ok(())
    }

    /// Goes on with the track that follows in a chain of streams.
    fn follow_track(&mut self) -> Result<(), DecodeError> {
        let (track, params, _) = tracks::choose(self.name, self.container, self.format.as_ref())?;
        self.decoder = tracks::make_decoder(self.name, &params)?;
        (self.track, self.params) = (track, params);
        Ok(())
    }

    /// Puts silence where `frames` are missing in the file.
    fn fill_hole(&mut self, frames: u64, collected: &mut Collector<'_>) -> Result<(), DecodeError> {
        self.decoder.reset();
        let silence = usize::try_from(frames).unwrap_or(usize::MAX);
        let rate_hz = self.params.sample_rate.unwrap_or(0);
        if collected.channels == 0 {
            self.damage.gap(0, rate_hz);
            self.damage.missing_before_audio(silence);
            return Ok(());
        }
        self.damage.gap(collected.position, collected.rate_hz);
        let total = collected.position.saturating_add(frames);
        limits::check_length(self.name, total, collected.rate_hz)?;
        collected.append_silence(silence, [(0, silence), (silence, silence)]);
        Ok(())
    }

    /// Decodes one packet into `collected`; `false` if it failed and silence stands in for it.
    fn take_packet(
        &mut self,
        packet: &Packet,
        collected: &mut Collector<'_>,
    ) -> Result<bool, DecodeError> {
        if packet.data.is_empty() && self.trim.by_packet {
            self.fill_hole(packet.dur.get(), collected)?;
            return Ok(true);
        }
        if self.params.codec == CODEC_ID_MP3
            && let Some(header) = MpegHeader::parse(&packet.data).filter(|header| header.low_rate)
        {
            self.damage.low_rate_frame(header.has_doubtful_stereo(&packet.data));
        }
        let reason = match self.decoder.decode(packet) {
            Ok(block) if block.frames() == 0 => return Ok(true),
            Ok(block) => {
                let (frames, channels) = (block.frames(), block.num_planes());
                let rate_hz = block.spec().rate();
                let format = (rate_hz, channels);
                if self.block_format != format {
                    limits::check_rate(self.name, rate_hz)?;
                    limits::check_channels(self.name, channels)?;
                    if collected.channels > 0 {
                        let first = (collected.rate_hz, collected.channels);
                        self.damage.format_changed(collected.position, first, format);
                    }
                    self.block_format = format;
                }
                if collected.channels == 0 {
                    // The length in the header, but no more than the file's size makes plausible.
                    let plausible = self.bytes.saturating_mul(4) / channels as u64;
                    let claimed = self.track.num_frames.unwrap_or(0).min(plausible);
                    collected.begin(rate_hz, channels, usize::try_from(claimed).unwrap_or(0))?;
                    let most = (MAX_GAP_SECONDS * u64::from(rate_hz)) as usize;
                    let (lost, kept) = self.damage.frames_before_audio();
                    let lost = lost.min(most);
                    collected.append_silence(lost, [(0, kept.min(lost)), (lost, lost)]);
                }
                if self.params.codec == CODEC_ID_FLAC && !self.trim.by_packet {
                    let position = collected.position.saturating_add_signed(self.ahead);
                    let gap = gap_frames(packet, rate_hz, position);
                    if gap > 0 {
                        self.damage.gap(collected.position, collected.rate_hz);
                        let silence = gap * u64::from(collected.rate_hz) / u64::from(rate_hz);
                        self.ahead += gap as i64 - silence as i64;
                        let silence = silence as usize;
                        let keep = self.trim.keep_of(collected.position, silence);
                        collected.append_silence(silence, keep);
                    }
                }
                let total = collected.position.saturating_add(frames as u64);
                limits::check_length(self.name, total, collected.rate_hz)?;
                let keep = self.trim.keep(packet, collected.position, frames);
                let before = collected.position;
                collected.append(&block, keep)?;
                self.ahead += frames as i64 - (collected.position - before) as i64;
                self.last_block_frames = frames;
                return Ok(true);
            }
            Err(error) => reason(&error),
        };
        let frames = self.block_frames(packet);
        if collected.channels == 0 {
            let (position, _) = self.damage.frames_before_audio();
            let keep = self.trim.keep(packet, position as u64, frames);
            let kept = keep.iter().map(|(from, to)| to - from).sum();
            self.damage.lost_before_audio(frames, kept, reason);
        } else {
            self.damage.lost(collected.position, collected.rate_hz, reason);
            let total = collected.position.saturating_add(frames as u64);
            limits::check_length(self.name, total, collected.rate_hz)?;
            let keep = self.trim.keep(packet, collected.position, frames);
            collected.append_silence(frames, keep);
        }
        Ok(false)
    }

    /// Frames that a packet stands for that could not be decoded: its own duration where blocks differ in
    /// length and timestamps count frames, else the length of the last good block, else that of the longest.
    fn block_frames(&self, packet: &Packet) -> usize {
        let claimed = packet.dur.get().min(MAX_BLOCK_FRAMES) as usize;
        // Matroska's packets of some codecs do not tell theirs.
        if self.trim.by_packet && claimed > 0 {
            return claimed;
        }
        let counts_frames =
            self.track.time_base.zip(self.params.sample_rate).is_some_and(|(base, rate_hz)| {
                base.numer.get() == 1 && base.denom.get() == rate_hz
            });
        match (self.last_block_frames, counts_frames) {
            (frames @ 1.., _) => frames,
            (_, true) if claimed > 0 => claimed,
            _ => self.params.max_frames_per_packet.unwrap_or(0).min(MAX_BLOCK_FRAMES) as usize,
        }
    }

    /// Turns what was collected into the result, with warnings about missing frames.
    pub fn finish(
        mut self,
        mut collected: Collector<'_>,
        codec: String,
    ) -> Result<Stream, DecodeError> {
        let name = self.name.to_string();
        if collected.channels == 0 {
            return Err(match self.damage.first_reason() {
                Some(reason) => DecodeError::Damaged { name, codec, reason },
                None => DecodeError::NoSamples { name, codec },
            });
        }
        if collected.frames() == 0 {
            return Err(DecodeError::NoSamples { name, codec });
        }
        collected.finish()?;
        if !collected.is_done() {
            self.damage.check_length(self.promised_frames(), collected.position);
        }
        let source_bits = codec::source_bits(&self.params)
            .or_else(|| codec::source_bits(self.decoder.codec_params()));
        Ok(Stream {
            sample_rate_hz: collected.rate_hz,
            source_bits,
            codec,
            decoder: codecs::decoder_name(self.params.codec),
            trimmed: collected.trimmed,
            warnings: self.damage.into_warnings(collected.frames()),
        })
    }

    /// Frames that the headers promise, delay and padding included, where they are not an estimate.
    fn promised_frames(&self) -> Option<u64> {
        let frames = self.track.num_frames?;
        match self.params.codec {
            // Only where an encoder's tag tells delay and padding is the length more than an estimate.
            CODEC_ID_MP3 => self.track.delay.zip(self.track.padding).map(|(delay, padding)| {
                frames.saturating_add(u64::from(delay)).saturating_add(u64::from(padding))
            }),
            _ => Some(frames),
        }
    }
}

/// Frames at `rate_hz`, that of `packet`, that are missing between `position` and it, by the frame numbers of FLAC;
/// 0 if that is not plausible.
fn gap_frames(packet: &Packet, rate_hz: u32, position: u64) -> u64 {
    let gap = u64::try_from(packet.pts.get()).unwrap_or(0).saturating_sub(position);
    if gap <= MAX_GAP_SECONDS * u64::from(rate_hz) { gap } else { 0 }
}
