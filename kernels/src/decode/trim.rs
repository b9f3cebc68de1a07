//! The decoded frames that the encoder added.

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known::CODEC_ID_MP3;
use symphonia::core::formats::Track;
use symphonia::core::packet::Packet;

/// Parts of a block to keep: ranges of frames, from (inclusive) and to (exclusive), in order.
pub(super) type Keep = [(usize, usize); 2];

/// The frames to drop, in frames from the first decoded one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trim {
    /// Frames to drop at the start.
    pub start: u64,
    /// The encoder's padding, from (inclusive) and to (exclusive).
    pub padding: Option<(u64, u64)>,
    /// Take each packet's own trimming, which the reader knows: Ogg, Matroska, MP4 and MPEG audio.
    pub by_packet: bool,
}

/// Finds what to drop from `track`.
///
/// - MP3 in a container: the delay, and the padding when the length is known too.
pub(super) fn find(track: &Track, codec: AudioCodecId) -> Trim {
    match codec {
        CODEC_ID_MP3 => {
            let start = u64::from(track.delay.unwrap_or(0));
            let padding = track.num_frames.zip(track.padding).map(|(frames, padding)| {
                let from = start.saturating_add(frames);
                (from, from.saturating_add(u64::from(padding)))
            });
            Trim { start, padding, by_packet: false }
        }
        _ => Trim::default(),
    }
}

/// Finds what to drop from `track` of a CAF file: what its table of packets says.
pub(super) fn of_table(track: &Track) -> Trim {
    let Some(start) = track.delay.map(u64::from) else { return Trim::default() };
    let padding = track.num_frames.map(|frames| (start.saturating_add(frames), u64::MAX));
    Trim { start, padding, by_packet: false }
}

impl Trim {
    /// The parts to keep of a block of `frames` frames that begins `position` frames after the first one:
    /// at most two ranges within the block, in order.
    pub fn keep(&self, packet: &Packet, position: u64, frames: usize) -> Keep {
        if self.by_packet {
            let clip = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(frames);
            let start =
                clip(packet.trim_start.get()).max(clip(self.start.saturating_sub(position)));
            let end = frames - clip(packet.trim_end.get());
            return [(start, end.max(start)), (frames, frames)];
        }
        self.keep_of(position, frames)
    }

    /// As [`Trim::keep`], for frames that have no packet.
    pub fn keep_of(&self, position: u64, frames: usize) -> Keep {
        let within = |at: u64| at.saturating_sub(position).min(frames as u64) as usize;
        let start = within(self.start);
        let (pad_from, pad_to) = self.padding.unwrap_or((u64::MAX, u64::MAX));
        let (from, to) = (within(pad_from).max(start), within(pad_to).max(start));
        [(start, from), (to.max(from), frames)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use symphonia::core::units::{Duration, Timestamp};

    fn kept(trim: Trim, position: u64, frames: usize) -> Vec<usize> {
        let packet = Packet::new(0, Timestamp::ZERO, Duration::ZERO, Vec::new());
        trim.keep(&packet, position, frames).iter().flat_map(|&(a, b)| a..b).collect()
    }

    #[test]
    fn trim_drops_the_start_across_blocks() {
        let trim = Trim { start: 5, ..Trim::default() };
        assert_eq!(kept(trim, 0, 4), [] as [usize; 0]);
        assert_eq!(kept(trim, 4, 4), [1, 2, 3]);
        assert_eq!(kept(trim, 8, 2), [0, 1]);
    }

    #[test]
    fn trim_drops_the_padding_and_keeps_what_follows_it() {
        let trim = Trim { start: 1, padding: Some((3, 6)), by_packet: false };
        assert_eq!(kept(trim, 0, 8), [1, 2, 6, 7]);
        assert_eq!(kept(trim, 4, 4), [2, 3]);
        assert_eq!(kept(trim, 3, 3), [] as [usize; 0]);
    }

    #[test]
    fn trim_with_padding_before_the_start_keeps_no_frame_twice() {
        let trim = Trim { start: 6, padding: Some((2, 4)), by_packet: false };
        assert_eq!(kept(trim, 0, 8), [6, 7]);
    }
}
