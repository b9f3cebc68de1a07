//! Where in 32 bits the 24 bits of a sample are, when a header does not say.
//!
//! WAV puts them above, with zeros below them. Some programs put them below, and Cool Edit wrote floats under the
//! same description. Only the samples tell: music soon has one that fits one of the three alone.

use std::io::{self, SeekFrom};

use symphonia::core::codecs::audio::well_known::CODEC_ID_PCM_S32BE;
use symphonia::core::io::MediaSource;

use super::super::codec::{PCM_F24LE, PCM_S24_IN_32BE, PCM_S24_IN_32LE};
use super::blocks::{Layout, read_up_to};
use super::wave_format::Place;

/// Bytes that are looked at, at most: six minutes of stereo.
const MOST_BYTES: u64 = 128 << 20;
/// Bytes that are read at a time.
const PIECE_BYTES: usize = 1 << 16;

/// Sets the codec of `layout` by the samples.
pub(super) fn settle(
    source: &mut dyn MediaSource,
    layout: &mut Layout,
    place: Place,
) -> io::Result<()> {
    let big_endian = layout.codec == CODEC_ID_PCM_S32BE;
    source.seek(SeekFrom::Start(layout.begin))?;
    let floats = !big_endian && place == Place::Open;
    let mut candidates = Candidates { above: true, below: true, floats };
    let mut left = layout.bytes.min(MOST_BYTES);
    let mut piece = vec![0; PIECE_BYTES];
    while left > 0 && !candidates.settled() {
        let most = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let count = read_up_to(source, &mut piece[..most])?;
        if count == 0 {
            break;
        }
        left -= count as u64;
        let (words, _) = piece[..count].as_chunks::<4>();
        for word in words {
            candidates.look(match big_endian {
                true => u32::from_be_bytes(*word),
                false => u32::from_le_bytes(*word),
            });
        }
    }
    match candidates {
        // Silence, or quiet in the upper bits, as the header has it.
        Candidates { above: true, .. } if place == Place::Upper => {}
        // No sample near zero, as music has them, would fit integers.
        Candidates { floats: true, below: false, .. } => {
            (layout.codec, layout.bits) = (PCM_F24LE, None);
        }
        Candidates { below: true, .. } if big_endian => layout.codec = PCM_S24_IN_32BE,
        Candidates { below: true, .. } => layout.codec = PCM_S24_IN_32LE,
        _ => {}
    }
    Ok(())
}

/// What the samples so far can be.
#[derive(Debug)]
struct Candidates {
    /// Integers in the upper 24 bits.
    above: bool,
    /// Integers in the lower 24 bits.
    below: bool,
    /// Floats up to 2^23.
    floats: bool,
}

impl Candidates {
    fn look(&mut self, word: u32) {
        if word == 0 {
            return;
        }
        // Above the lower 24 bits are zeros or the sign.
        self.below &= word >> 24 == 0 || (word as i32) << 8 >> 8 == word as i32;
        self.above &= word & 0xff == 0;
        let magnitude = f32::from_bits(word).abs();
        self.floats &= (1e-6..=16_777_216.0).contains(&magnitude);
    }

    fn settled(&self) -> bool {
        [self.above, self.below, self.floats].iter().filter(|possible| **possible).count() < 2
    }
}
