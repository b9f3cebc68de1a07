//! Limits on headers, checked before memory or time is spent.

use super::error::DecodeError;

/// Channels: more than any music has; 7.1.4 has 12, third-order ambisonics 16.
const CHANNELS: (u64, u64) = (1, 64);
/// Sample rates in Hz, of the file and of the target.
const RATE_HZ: (u64, u64) = (1_000, 768_000);
/// Hours of audio. Silence packs so well that a file of some kilobytes could fill any memory.
const HOURS: u64 = 12;

fn check(
    name: &str,
    what: &'static str,
    value: u64,
    (min, max): (u64, u64),
) -> Result<(), DecodeError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(DecodeError::Limit { name: name.to_string(), what, value, min, max })
}

/// Checks the rate that the caller asks for.
pub(super) fn check_target_rate(name: &str, rate_hz: u32) -> Result<(), DecodeError> {
    check(name, "target sample rate in Hz", u64::from(rate_hz), RATE_HZ)
}

/// Checks the rate of the file.
pub(super) fn check_rate(name: &str, rate_hz: u32) -> Result<(), DecodeError> {
    check(name, "sample rate in Hz", u64::from(rate_hz), RATE_HZ)
}

/// Checks the number of channels, before a decoder makes its buffers for them.
pub(super) fn check_channels(name: &str, channels: usize) -> Result<(), DecodeError> {
    check(name, "channels", channels as u64, CHANNELS)
}

/// Checks how many frames there are at the rate of the file.
pub(super) fn check_length(name: &str, frames: u64, rate_hz: u32) -> Result<(), DecodeError> {
    if frames <= HOURS * 3600 * u64::from(rate_hz) {
        return Ok(());
    }
    Err(DecodeError::TooLong { name: name.to_string(), hours: HOURS })
}

/// Makes room for `more` samples at the end of `samples`; memory grows as samples are read.
pub(super) fn make_room<Sample>(
    name: &str,
    samples: &mut Vec<Sample>,
    more: usize,
) -> Result<(), DecodeError> {
    samples.try_reserve(more).map_err(|_| DecodeError::Memory {
        name: name.to_string(),
        bytes: (samples.len() as u64 + more as u64) * size_of::<Sample>() as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::super::collect::Sink;
    use super::super::part::Part;
    use super::super::stem::{StemOptions, StemSink};
    use super::super::stream;
    use super::*;
    use std::io::{self, Read, Seek, SeekFrom};
    use symphonia::core::io::MediaSource;

    #[test]
    fn length_is_limited_in_hours_whatever_the_rate() {
        for rate_hz in [1_000, 44_100, 96_000, 192_000, 768_000] {
            let frames = 12 * 3600 * u64::from(rate_hz);
            assert!(check_length("x", frames, rate_hz).is_ok(), "{rate_hz}");
            let error = check_length("x", frames + 1, rate_hz).unwrap_err();
            assert!(error.to_string().contains("12 hours"), "{error}");
        }
    }

    #[test]
    fn room_that_no_machine_has_is_an_error() {
        let error = make_room("x", &mut vec![0_f32], usize::MAX / 8).unwrap_err();
        assert!(matches!(error, DecodeError::Memory { .. }), "{error:?}");
        assert!(make_room("x", &mut vec![0_f32], 1000).is_ok());
    }

    /// A WAV file of unknown length, as from a pipe, whose samples repeat; no byte of it is stored.
    struct Endless {
        header: Vec<u8>,
        length: u64,
        position: u64,
    }

    impl Endless {
        fn wav(channels: u16, rate_hz: u32, bits: u16, frames: u64) -> Box<Endless> {
            let frame_bytes = channels * bits / 8;
            let mut header = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0".to_vec();
            header.extend(channels.to_le_bytes());
            header.extend(rate_hz.to_le_bytes());
            header.extend((rate_hz * u32::from(frame_bytes)).to_le_bytes());
            header.extend(frame_bytes.to_le_bytes());
            header.extend(bits.to_le_bytes());
            header.extend(b"data\xff\xff\xff\xff");
            let length = header.len() as u64 + frames * u64::from(frame_bytes);
            Box::new(Endless { header, length, position: 0 })
        }
    }

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let left = usize::try_from(self.length - self.position).unwrap_or(usize::MAX);
            let count = buffer.len().min(left);
            buffer[..count].fill(0x11);
            let at = (self.position as usize).min(self.header.len());
            let head = &self.header[at..];
            let head = &head[..head.len().min(count)];
            buffer[..head.len()].copy_from_slice(head);
            self.position += count as u64;
            Ok(count)
        }
    }

    impl Seek for Endless {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            let position = match to {
                SeekFrom::Start(at) => at,
                SeekFrom::Current(by) => self.position.saturating_add_signed(by),
                SeekFrom::End(by) => self.length.saturating_add_signed(by),
            };
            self.position = position.min(self.length);
            Ok(self.position)
        }
    }

    impl MediaSource for Endless {
        fn is_seekable(&self) -> bool {
            true
        }

        fn byte_len(&self) -> Option<u64> {
            Some(self.length)
        }
    }

    /// Counts frames, and keeps none.
    #[derive(Default)]
    struct Count(u64);

    impl Sink for Count {
        fn begin(&mut self, _: u32, _: usize, _: usize) -> Result<(), DecodeError> {
            Ok(())
        }

        fn append(&mut self, block: &[Vec<f32>]) -> Result<(), DecodeError> {
            self.0 += block[0].len() as u64;
            Ok(())
        }
    }

    fn frames_of(source: Box<Endless>) -> Result<u64, DecodeError> {
        let mut count = Count::default();
        stream::read("long.wav", source, &mut count)?;
        Ok(count.0)
    }

    #[test]
    fn twelve_hours_are_decoded_and_no_more() {
        let frames = 12 * 3600 * 1000;
        assert_eq!(frames_of(Endless::wav(1, 1000, 8, frames)).unwrap(), frames);
        let error = frames_of(Endless::wav(1, 1000, 8, frames + 1)).unwrap_err();
        assert!(matches!(error, DecodeError::TooLong { hours: 12, .. }), "{error:?}");
        assert!(!error.to_string().contains("damaged"), "{error}");
    }

    #[test]
    #[ignore = "decodes eleven gigabytes"]
    fn eight_hours_of_stereo_at_96_khz_are_decoded() {
        let frames = 8 * 3600 * 96_000;
        assert_eq!(frames_of(Endless::wav(2, 96_000, 16, frames)).unwrap(), frames);
    }

    #[test]
    #[ignore = "converts two gigabytes"]
    fn two_hours_of_stereo_at_192_khz_become_a_stem() {
        let frames = 2 * 3600 * 192_000;
        let options = StemOptions { most_stereo: 0, gain: 1.0 };
        let mut sink = StemSink::new("long.wav", 44_100, options, Part::WHOLE);
        stream::read("long.wav", Endless::wav(2, 192_000, 8, frames), &mut sink).unwrap();
        let (kept, _) = sink.finish().unwrap();
        assert_eq!(kept.planes.len(), 1);
        assert_eq!(kept.planes[0].len(), 2 * 3600 * 44_100);
    }
}
