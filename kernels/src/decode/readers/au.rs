//! The reader of AU, the sound format of Sun and NeXT.

use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::common::FourCc;
use symphonia::core::errors::{Result, decode_error};
use symphonia::core::formats::{FormatId, FormatInfo, FormatReader};
use symphonia::core::io::MediaSource;

use super::super::codec::UNKNOWN;
use super::blocks::{BlockReader, Layout, bytes_at};

const INFO: FormatInfo = FormatInfo {
    format: FormatId::new(FourCc::new(*b".snd")),
    short_name: "au",
    long_name: "AU, the sound format of Sun and NeXT",
};

/// Opens `source`, an AU file of `length` bytes.
pub(super) fn open(mut source: Box<dyn MediaSource>, length: u64) -> Result<Box<dyn FormatReader>> {
    let head = bytes_at(source.as_mut(), 0, 24)?;
    let (words, _) = head.as_chunks::<4>();
    let &[_, begin, size, encoding, rate_hz, channels] = words else {
        return decode_error("the header of AU is cut");
    };
    let (codec, sample_bytes, bits) = match u32::from_be_bytes(encoding) {
        1 => (CODEC_ID_PCM_MULAW, 1, None),
        2 => (CODEC_ID_PCM_S8, 1, Some(8)),
        3 => (CODEC_ID_PCM_S16BE, 2, Some(16)),
        4 => (CODEC_ID_PCM_S24BE, 3, Some(24)),
        5 => (CODEC_ID_PCM_S32BE, 4, Some(32)),
        6 => (CODEC_ID_PCM_F32BE, 4, None),
        7 => (CODEC_ID_PCM_F64BE, 8, None),
        27 => (CODEC_ID_PCM_ALAW, 1, None),
        _ => (UNKNOWN, 1, None),
    };
    let channels = u16::try_from(u32::from_be_bytes(channels)).unwrap_or(u16::MAX);
    let mut layout = Layout {
        codec,
        channels,
        rate_hz: u32::from_be_bytes(rate_hz),
        bits,
        block_bytes: sample_bytes * u64::from(channels.max(1)),
        block_frames: 1,
        begin: 0,
        bytes: 0,
        promised_bytes: None,
    };
    let begin = u64::from(u32::from_be_bytes(begin)).max(24);
    // A size of 0 was never written, one of 2^32 - 1 stands for an unknown one, and none above it fits.
    let promised = u64::from(u32::from_be_bytes(size));
    let fits = length.saturating_sub(begin) < 0xffff_ffff;
    let promised = Some(promised).filter(|size| fits && (1..0xffff_ffff).contains(size));
    layout.place(begin, promised, length);
    let track = layout.track();
    Ok(Box::new(BlockReader::new(source, INFO, layout, track)?))
}

#[cfg(test)]
mod tests {
    use super::super::sparse::Sparse;
    use super::*;

    #[test]
    fn a_size_above_4_gib_that_does_not_fit_the_header_does_not_cut_the_file() {
        const GIB: u64 = 1 << 30;
        let frames = |bytes: u64| {
            let words = [24, GIB as u32, 3, 44_100, 2];
            let head = words.iter().flat_map(|word: &u32| word.to_be_bytes());
            let head = b".snd".iter().copied().chain(head).collect();
            let reader = open(Box::new(Sparse::new(head, 24 + bytes)), 24 + bytes).unwrap();
            reader.tracks()[0].num_frames
        };
        assert_eq!(frames(GIB), Some(GIB / 4));
        assert_eq!(frames(5 * GIB), None);
    }
}
