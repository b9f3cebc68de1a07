//! Frames of a block.

use super::ebml::number;

/// A block of one track.
#[derive(Debug, PartialEq)]
pub(super) struct Block<'a> {
    pub track: u64,
    /// Time from that of the cluster, in its unit.
    pub offset: i16,
    pub frames: Vec<&'a [u8]>,
}

impl<'a> Block<'a> {
    /// Reads the data of a block; `None` for damage.
    pub fn read(data: &'a [u8]) -> Option<Self> {
        let (track, length) = number(data)?;
        let [high, low, flags, rest @ ..] = data.get(length..)? else { return None };
        let offset = i16::from_be_bytes([*high, *low]);
        let frames = match flags >> 1 & 3 {
            0 => vec![rest],
            lacing => {
                let (count, rest) = rest.split_first()?;
                split(rest, usize::from(*count) + 1, lacing)?
            }
        };
        Some(Block { track, offset, frames })
    }
}

/// Splits `data` into `count` frames; the size of the last is not written.
fn split(data: &[u8], count: usize, lacing: u8) -> Option<Vec<&[u8]>> {
    let mut rest = data;
    let mut sizes: Vec<usize> = Vec::new();
    match lacing {
        1 => {
            for _ in 1..count {
                let ones = rest.iter().take_while(|byte| **byte == 255).count();
                sizes.push(255 * ones + usize::from(*rest.get(ones)?));
                rest = &rest[ones + 1..];
            }
        }
        2 if data.len().is_multiple_of(count) => sizes = vec![data.len() / count; count - 1],
        2 => return None,
        _ => {
            for at in 1..count {
                let (value, length) = number(rest)?;
                rest = &rest[length..];
                let value = i64::try_from(value).ok()?;
                // After the first, the difference from the one before, shifted to be positive.
                let size = match sizes.last() {
                    Some(last) if at > 1 => *last as i64 + value - ((1 << (7 * length - 1)) - 1),
                    _ => value,
                };
                sizes.push(usize::try_from(size).ok()?);
            }
        }
    }
    let mut frames = Vec::new();
    for size in sizes {
        let (frame, after) = rest.split_at_checked(size)?;
        frames.push(frame);
        rest = after;
    }
    frames.push(rest);
    Some(frames)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(block: &[u8]) -> Option<Vec<usize>> {
        Block::read(block).map(|block| block.frames.iter().map(|frame| frame.len()).collect())
    }

    #[test]
    fn blocks_hold_one_frame_or_several() {
        let block = Block::read(&[0x81, 0xff, 0xfe, 0x80, 7, 8]).unwrap();
        assert_eq!(block, Block { track: 1, offset: -2, frames: vec![&[7, 8]] });
        // Xiph: 255 + 45 and 1, and the rest.
        let xiph = [&[0x81, 0, 0, 2, 2, 255, 45, 1][..], &[0; 305]].concat();
        assert_eq!(sizes(&xiph), Some(vec![300, 1, 4]));
        let fixed = [&[0x81, 0, 0, 4, 2][..], &[0; 9]].concat();
        assert_eq!(sizes(&fixed), Some(vec![3, 3, 3]));
        assert_eq!(sizes(&fixed[..13]), None);
        // EBML: 800, then -300, and the rest (the example of RFC 9559).
        let ebml = [&[0x81, 0, 0, 6, 2, 0x43, 0x20, 0x5e, 0xd3][..], &[0; 2300]].concat();
        assert_eq!(sizes(&ebml), Some(vec![800, 500, 1000]));
        assert_eq!(sizes(&ebml[..900]), None);
    }
}
