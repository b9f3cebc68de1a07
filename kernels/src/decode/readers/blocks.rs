//! The reader of files whose samples are blocks of equal size, one after the other.

use std::io::{ErrorKind, SeekFrom};

use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};
use symphonia::core::errors::{Result, SeekErrorKind, seek_error};
use symphonia::core::formats::{
    FormatInfo, FormatReader, MediaInfo, SeekMode, SeekTo, SeekedTo, Track,
};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::{Metadata, MetadataLog};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

/// Bytes of a packet of single frames, about.
const PACKET_BYTES: u64 = 32_768;

/// Position and kind of the samples in a file, as its headers have it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub codec: AudioCodecId,
    pub channels: u16,
    pub rate_hz: u32,
    /// Valid bits of an integer sample; `None` for other codecs.
    pub bits: Option<u32>,
    /// Bytes of a block of all channels, at least 1.
    pub block_bytes: u64,
    /// Frames in a block, at least 1.
    pub block_frames: u64,
    /// Position of the first block.
    pub begin: u64,
    /// Bytes of blocks in the file.
    pub bytes: u64,
    /// Bytes of blocks that the header promises; `None` if it does not know.
    pub promised_bytes: Option<u64>,
}

impl Layout {
    /// Sets where the blocks are: `promised` bytes from `begin` on in a file of `length` bytes, or up to the
    /// end of the file if the header does not know the number.
    pub fn place(&mut self, begin: u64, promised: Option<u64>, length: u64) {
        let available = length.saturating_sub(begin);
        self.begin = begin;
        self.bytes = promised.unwrap_or(available).min(available);
        self.promised_bytes = promised;
    }

    /// The codec's parameters.
    pub fn params(&self) -> AudioCodecParameters {
        let mut params = AudioCodecParameters::new();
        params.for_codec(self.codec).with_sample_rate(self.rate_hz);
        params.channels = Some(Channels::Discrete(self.channels));
        params.bits_per_sample = self.bits;
        params.max_frames_per_packet = Some(self.block_frames * self.blocks_in_a_packet());
        params
    }

    /// The track of these blocks.
    pub fn track(&self) -> Track {
        let mut track = Track::new(0);
        track.with_codec_params(CodecParameters::Audio(self.params()));
        let frames = |bytes: u64| (bytes / self.block_bytes).saturating_mul(self.block_frames);
        track.num_frames = self.promised_bytes.map(frames);
        track
    }

    /// Compressed blocks have a header each, so that a packet is one block; of PCM it is many.
    fn blocks_in_a_packet(&self) -> u64 {
        if self.block_frames == 1 { (PACKET_BYTES / self.block_bytes).max(1) } else { 1 }
    }
}

/// Size of a packet where packets differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PacketSize {
    pub bytes: u32,
    pub frames: u32,
}

/// Reads the blocks of a [`Layout`].
pub(super) struct BlockReader {
    source: Box<dyn MediaSource>,
    format: FormatInfo,
    tracks: [Track; 1],
    media: MediaInfo,
    metadata: MetadataLog,
    layout: Layout,
    /// Packets to come, where they differ in size.
    packets: Option<std::vec::IntoIter<PacketSize>>,
    /// Bytes and frames that were read.
    done: u64,
    frames_done: u64,
}

impl BlockReader {
    /// Positions `source` at the first block. `track` is that of the layout, or a changed one.
    pub fn new(
        mut source: Box<dyn MediaSource>,
        format: FormatInfo,
        layout: Layout,
        track: Track,
    ) -> Result<Self> {
        source.seek(SeekFrom::Start(layout.begin))?;
        Ok(BlockReader {
            source,
            format,
            media: MediaInfo::from_track(&track),
            tracks: [track],
            metadata: MetadataLog::default(),
            layout,
            packets: None,
            done: 0,
            frames_done: 0,
        })
    }

    /// Reads packets of these sizes instead of blocks.
    pub fn with_packets(mut self, packets: Vec<PacketSize>) -> Self {
        self.packets = Some(packets.into_iter());
        self
    }

    /// The next packet of those that differ in size.
    fn next_of_table(&mut self, size: Option<PacketSize>) -> Result<Option<Packet>> {
        let Some(PacketSize { bytes, frames }) = size else { return Ok(None) };
        let left = self.layout.bytes - self.done;
        if left == 0 {
            return Ok(None);
        }
        let mut data = vec![0; u64::from(bytes).min(left) as usize];
        let count = read_up_to(self.source.as_mut(), &mut data)?;
        data.truncate(count);
        self.done += count as u64;
        let begin = Timestamp::new(i64::try_from(self.frames_done).unwrap_or(i64::MAX));
        self.frames_done = self.frames_done.saturating_add(u64::from(frames));
        Ok(Some(Packet::new(0, begin, Duration::new(u64::from(frames)), data)))
    }
}

impl FormatReader for BlockReader {
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
        if let Some(packets) = &mut self.packets {
            let size = packets.next();
            return self.next_of_table(size);
        }
        let Layout { block_bytes, block_frames, bytes, .. } = self.layout;
        let most = (block_bytes * self.layout.blocks_in_a_packet()).min(bytes - self.done);
        let mut data = vec![0; most as usize];
        let count = read_up_to(self.source.as_mut(), &mut data)?;
        data.truncate(count);
        // A part of a frame at the end of PCM is not a sample; a part of a compressed block has samples.
        if block_frames == 1 {
            data.truncate(count - count % block_bytes as usize);
        }
        if data.is_empty() {
            return Ok(None);
        }
        let frames = |bytes: u64| bytes.div_ceil(block_bytes) * block_frames;
        let begin = Timestamp::new(i64::try_from(frames(self.done)).unwrap_or(i64::MAX));
        self.done += count as u64;
        let duration = Duration::new(frames(data.len() as u64));
        Ok(Some(Packet::new(0, begin, duration, data)))
    }

    fn into_inner<'s>(self: Box<Self>) -> MediaSourceStream<'s>
    where
        Self: 's,
    {
        MediaSourceStream::new(self.source, Default::default())
    }
}

/// Fills `buffer` as far as the file goes, and returns the number of bytes.
pub(super) fn read_up_to<S: std::io::Read + ?Sized>(
    source: &mut S,
    buffer: &mut [u8],
) -> std::io::Result<usize> {
    let mut count = 0;
    while count < buffer.len() {
        match source.read(&mut buffer[count..]) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

/// Up to `most` bytes from `at` on; fewer where the file ends before.
pub(super) fn bytes_at(
    source: &mut dyn MediaSource,
    at: u64,
    most: usize,
) -> std::io::Result<Vec<u8>> {
    source.seek(SeekFrom::Start(at))?;
    let mut bytes = vec![0; most];
    let count = read_up_to(source, &mut bytes)?;
    bytes.truncate(count);
    Ok(bytes)
}
