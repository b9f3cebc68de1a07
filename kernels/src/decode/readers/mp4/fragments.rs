//! Movie fragments (`moof`): samples that the header of the file does not list.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};

use super::boxes::{boxes, child, tell_of_encryption, top_box, u32_at, u64_at};
use super::sample_table::Sample;

/// Largest `moof` box that is read.
const MAX_MOOF_BYTES: u64 = 16 << 20;
/// Most samples of a run that has no fields for each: hours of any codec.
const MAX_ROWS: usize = 1 << 20;

/// Values that a fragment leaves out: of `trex`, then of `tfhd`.
#[derive(Clone, Copy, Debug, Default)]
struct Defaults {
    description: u32,
    duration: u32,
    bytes: u32,
}

/// The fragments of one track, read one after the other.
#[derive(Clone, Debug)]
pub(super) struct Fragments {
    track_id: u32,
    defaults: Defaults,
    /// Position of the next box at the top of the file.
    next_box: u64,
    length: u64,
    queue: VecDeque<Sample>,
    time: u64,
    /// Whether a fragment of the track tells how its samples are encrypted.
    pub is_encrypted: bool,
}

impl Fragments {
    /// The fragments of `track_id` from the box at `next_box` on, in a file of `length` bytes, if `moov` says that
    /// there are any. Times go on at `time`.
    pub fn new(moov: &[u8], track_id: u32, next_box: u64, length: u64, time: u64) -> Option<Self> {
        let mvex = child(moov, b"mvex")?;
        let trex = boxes(mvex)
            .filter(|(kind, _)| kind == b"trex")
            .map(|(_, trex)| trex)
            .find(|trex| u32_at(trex, 4) == Some(track_id));
        let number = |at: usize| trex.and_then(|trex| u32_at(trex, at)).unwrap_or(0);
        let defaults =
            Defaults { description: number(8).max(1), duration: number(12), bytes: number(16) };
        let queue = VecDeque::new();
        Some(Fragments { track_id, defaults, next_box, length, queue, time, is_encrypted: false })
    }

    /// The next sample; `None` at the end of the file.
    pub fn next<S: Read + Seek + ?Sized>(&mut self, source: &mut S) -> io::Result<Option<Sample>> {
        while self.queue.is_empty() {
            let Some(found) = top_box(source, self.next_box, self.length)? else {
                return Ok(None);
            };
            self.next_box = found.end;
            if &found.kind == b"moof" {
                if found.cut {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                source.seek(SeekFrom::Start(found.body))?;
                let mut moof = Vec::new();
                let bytes = (found.end - found.body).min(MAX_MOOF_BYTES);
                source.take(bytes).read_to_end(&mut moof)?;
                self.read_fragment(&moof, found.begin);
            }
        }
        Ok(self.queue.pop_front())
    }

    fn read_fragment(&mut self, moof: &[u8], begin: u64) {
        let mut data_end = begin;
        for (_, traf) in boxes(moof).filter(|(kind, _)| kind == b"traf") {
            let Some(tfhd) = child(traf, b"tfhd") else { continue };
            if let Some(end) = self.read_track(traf, tfhd, begin, data_end) {
                data_end = end;
            }
        }
    }

    /// Reads the runs of one track; returns the end of their data.
    fn read_track(&mut self, traf: &[u8], tfhd: &[u8], moof: u64, data_end: u64) -> Option<u64> {
        let flags = u32_at(tfhd, 0)?;
        let wanted = u32_at(tfhd, 4)? == self.track_id;
        self.is_encrypted |= wanted && tell_of_encryption(traf);
        let mut at = 8;
        let mut optional = |flag: u32, bytes: usize| {
            (flags & flag != 0).then(|| {
                at += bytes;
                at - bytes
            })
        };
        let base = optional(0x1, 8).and_then(|at| u64_at(tfhd, at));
        let description = optional(0x2, 4).and_then(|at| u32_at(tfhd, at));
        let duration = optional(0x8, 4).and_then(|at| u32_at(tfhd, at));
        let bytes = optional(0x10, 4).and_then(|at| u32_at(tfhd, at));
        let defaults = Defaults {
            description: description.unwrap_or(self.defaults.description),
            duration: duration.unwrap_or(self.defaults.duration),
            bytes: bytes.unwrap_or(self.defaults.bytes),
        };
        let base = base.unwrap_or(if flags & 0x2_0000 != 0 { moof } else { data_end });
        let mut position = base;
        for (_, trun) in boxes(traf).filter(|(kind, _)| kind == b"trun") {
            position = self.read_run(trun, base, position, defaults, wanted)?;
        }
        Some(position)
    }

    /// Reads one run of samples; returns the end of its data.
    fn read_run(
        &mut self,
        trun: &[u8],
        base: u64,
        position: u64,
        defaults: Defaults,
        wanted: bool,
    ) -> Option<u64> {
        let flags = u32_at(trun, 0)?;
        let count = u32_at(trun, 4)? as usize;
        let mut at = 8;
        let mut position = position;
        if flags & 0x1 != 0 {
            position = base.checked_add_signed(i64::from(u32_at(trun, at)? as i32))?;
            at += 4;
        }
        if flags & 0x4 != 0 {
            at += 4;
        }
        let row = 4 * (flags >> 8 & 15).count_ones() as usize;
        // Rows may be empty: their number alone must not fill the memory.
        let most = trun.len().checked_div(row).unwrap_or(MAX_ROWS);
        for _ in 0..count.min(most) {
            let mut field = |flag: u32| {
                (flags & flag != 0).then(|| {
                    at += 4;
                    u32_at(trun, at - 4)
                })
            };
            let duration = field(0x100).unwrap_or(Some(defaults.duration))?;
            let bytes = field(0x200).unwrap_or(Some(defaults.bytes))?;
            field(0x400);
            field(0x800);
            if row == 0 && bytes == 0 || position > self.length {
                break;
            }
            if wanted {
                self.queue.push_back(Sample {
                    offset: position,
                    bytes: u64::from(bytes),
                    time: self.time,
                    duration: u64::from(duration),
                    description: defaults.description,
                });
                self.time = self.time.saturating_add(u64::from(duration));
            }
            position = position.checked_add(u64::from(bytes))?;
        }
        Some(position)
    }
}
