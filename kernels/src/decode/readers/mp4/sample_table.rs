//! The sample table of a track (`stbl`): where each sample is, and when.

use super::boxes::{child, u32_at, u64_at};

/// One sample, or several that are decoded as one, of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// First byte in the file.
    pub offset: u64,
    /// Bytes.
    pub bytes: u64,
    /// Start, in units of the media's time scale.
    pub time: u64,
    /// Length, in the same units.
    pub duration: u64,
    /// Number of its description in `stsd`, from 1.
    pub description: u32,
}

/// How the samples of a chunk are packed where each stands for one frame of audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packing {
    /// Bytes of a group of `frames`: a frame of PCM, or a block of ADPCM.
    pub bytes: u64,
    /// Frames of a group.
    pub frames: u64,
}

/// Frames of PCM that are handed on at a time, as in ffmpeg, which cuts at edits in these steps.
const FRAMES_AT_A_TIME: u64 = 1024;

/// The tables of one track.
#[derive(Clone, Debug, Default)]
pub(super) struct SampleTable {
    /// Runs of chunks: number of the first one (from 0), samples in each, description.
    chunk_runs: Vec<(u32, u32, u32)>,
    /// First byte of each chunk.
    chunks: Vec<u64>,
    /// Size of each sample; empty where all have the same.
    sizes: Vec<u32>,
    /// Size of all samples, where they have the same.
    size: u32,
    /// Samples.
    count: u32,
    /// Runs of samples of one duration: samples, duration.
    durations: Vec<(u32, u32)>,
    /// Where samples are single frames of audio in chunks.
    packing: Option<Packing>,
}

/// The rows of a table after a version and flags and, at `at`, their number: no more than there are bytes for.
fn rows<const BYTES: usize>(table: Option<&[u8]>, at: usize) -> Vec<[u8; BYTES]> {
    let read = || {
        let table = table?;
        let count = u32_at(table, at)? as usize;
        let (rows, _) = table.get(at + 4..)?.as_chunks::<BYTES>();
        Some(rows.iter().take(count).copied().collect())
    };
    read().unwrap_or_default()
}

impl SampleTable {
    /// Reads the tables in `stbl`. `packing` tells how single frames are packed, where the codec has such.
    pub fn read(stbl: &[u8], packing: Option<Packing>) -> Self {
        let number = |row: &[u8], at: usize| u32_at(row, at).unwrap_or(0);
        let chunk_runs = rows::<12>(child(stbl, b"stsc"), 4)
            .iter()
            .map(|row| (number(row, 0).saturating_sub(1), number(row, 4), number(row, 8)))
            .collect();
        let mut chunks: Vec<u64> = rows::<4>(child(stbl, b"stco"), 4)
            .iter()
            .map(|row| u64::from(u32::from_be_bytes(*row)))
            .collect();
        if chunks.is_empty() {
            chunks = rows::<8>(child(stbl, b"co64"), 4)
                .iter()
                .map(|row| u64_at(row, 0).unwrap_or(0))
                .collect();
        }
        let stsz = child(stbl, b"stsz");
        let (size, mut count) = stsz.map_or((0, 0), |t| (number(t, 4), number(t, 8)));
        let mut sizes = Vec::new();
        if stsz.is_some() && size == 0 {
            sizes = rows::<4>(stsz, 8).iter().map(|row| u32::from_be_bytes(*row)).collect();
        } else if let Some(stz2) = child(stbl, b"stz2") {
            sizes = compact_sizes(stz2);
        }
        if size == 0 {
            count = sizes.len() as u32;
        }
        let durations: Vec<(u32, u32)> = rows::<8>(child(stbl, b"stts"), 4)
            .iter()
            .map(|row| (number(row, 0), number(row, 4)))
            .collect();
        let single_frames = matches!(durations[..], [(_, 1)]) && size > 0;
        SampleTable {
            chunk_runs,
            chunks,
            sizes,
            size,
            count,
            durations,
            packing: packing.filter(|_| single_frames),
        }
    }

    /// The samples in their order.
    pub fn samples(&self) -> Samples {
        Samples::default()
    }
}

/// The sizes in an `stz2` box, of 4, 8 or 16 bits each.
fn compact_sizes(stz2: &[u8]) -> Vec<u32> {
    let count = u32_at(stz2, 8).unwrap_or(0) as usize;
    let bytes = stz2.get(12..).unwrap_or_default();
    let sizes: Vec<u32> = match stz2.get(7) {
        Some(4) => bytes.iter().flat_map(|b| [u32::from(b >> 4), u32::from(b & 15)]).collect(),
        Some(8) => bytes.iter().map(|byte| u32::from(*byte)).collect(),
        Some(16) => {
            bytes.as_chunks::<2>().0.iter().map(|b| u32::from(u16::from_be_bytes(*b))).collect()
        }
        _ => Vec::new(),
    };
    sizes.into_iter().take(count).collect()
}

/// A position in a sample table.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Samples {
    chunk: usize,
    run: usize,
    /// Samples of the chunk that are done, and their bytes.
    in_chunk: u32,
    bytes: u64,
    /// Samples of the track that are done.
    sample: u32,
    time: u64,
    duration_run: usize,
    in_duration_run: u32,
}

impl Samples {
    /// The next sample of `table`.
    pub fn next(&mut self, table: &SampleTable) -> Option<Sample> {
        loop {
            if self.sample >= table.count {
                return None;
            }
            let chunk = *table.chunks.get(self.chunk)?;
            while table.chunk_runs.get(self.run + 1).is_some_and(|r| r.0 as usize <= self.chunk) {
                self.run += 1;
            }
            let (_, in_each, description) = *table.chunk_runs.get(self.run)?;
            if self.in_chunk >= in_each {
                self.chunk += 1;
                (self.in_chunk, self.bytes) = (0, 0);
                continue;
            }
            let left = (in_each - self.in_chunk).min(table.count - self.sample);
            let (samples, bytes) = self.size(table, left)?;
            let duration = self.advance_time(table, samples);
            let sample = Sample {
                offset: chunk.saturating_add(self.bytes),
                bytes,
                time: self.time,
                duration,
                description,
            };
            self.time = self.time.saturating_add(duration);
            self.bytes = self.bytes.saturating_add(bytes);
            self.in_chunk += samples;
            self.sample += samples;
            return Some(sample);
        }
    }

    /// How many samples to take of the `left` ones of a chunk, and their bytes.
    fn size(&self, table: &SampleTable, left: u32) -> Option<(u32, u64)> {
        if let Some(Packing { bytes, frames }) = table.packing {
            let most = (FRAMES_AT_A_TIME / frames).max(1) * frames;
            let samples = most.min(u64::from(left));
            // The last block of ADPCM may stand for fewer frames.
            return Some((samples as u32, samples.div_ceil(frames) * bytes));
        }
        match table.size {
            0 => Some((1, u64::from(*table.sizes.get(self.sample as usize)?))),
            size => Some((1, u64::from(size))),
        }
    }

    /// The duration of the next `samples`.
    fn advance_time(&mut self, table: &SampleTable, samples: u32) -> u64 {
        if table.packing.is_some() {
            return u64::from(samples);
        }
        while let Some((count, _)) = table.durations.get(self.duration_run)
            && self.in_duration_run >= *count
        {
            self.duration_run += 1;
            self.in_duration_run = 0;
        }
        self.in_duration_run += 1;
        let run = table.durations.get(self.duration_run).or(table.durations.last());
        run.map_or(0, |(_, duration)| u64::from(*duration))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(kind: &[u8; 4], words: &[u32]) -> Vec<u8> {
        let body: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        [&(body.len() as u32 + 8).to_be_bytes(), &kind[..], &body].concat()
    }

    fn all(table: &SampleTable) -> Vec<(u64, u64, u64, u64)> {
        let mut samples = table.samples();
        std::iter::from_fn(|| samples.next(table))
            .map(|s| (s.offset, s.bytes, s.time, s.duration))
            .collect()
    }

    #[test]
    fn samples_follow_chunks_sizes_and_durations() {
        let stbl = [
            table(b"stsc", &[0, 2, 1, 2, 1, 2, 1, 1]),
            table(b"stco", &[0, 2, 100, 900]),
            table(b"stsz", &[0, 0, 3, 10, 20, 30]),
            table(b"stts", &[0, 2, 1, 5, 9, 7]),
        ]
        .concat();
        let expected = [(100, 10, 0, 5), (110, 20, 5, 7), (900, 30, 12, 7)];
        assert_eq!(all(&SampleTable::read(&stbl, None)), expected);
    }

    #[test]
    fn single_frames_are_taken_in_groups_of_1024_within_their_chunk() {
        let stbl = [
            table(b"stsc", &[0, 1, 1, 1500, 1]),
            table(b"stco", &[0, 2, 100, 90_000]),
            table(b"stsz", &[0, 4, 3000]),
            table(b"stts", &[0, 1, 3000, 1]),
        ]
        .concat();
        let packing = Packing { bytes: 4, frames: 1 };
        let expected = [
            (100, 4096, 0, 1024),
            (4196, 1904, 1024, 476),
            (90_000, 4096, 1500, 1024),
            (94_096, 1904, 2524, 476),
        ];
        assert_eq!(all(&SampleTable::read(&stbl, Some(packing))), expected);
    }

    #[test]
    fn a_table_that_claims_more_rows_than_it_has_ends() {
        let stbl = [
            table(b"stsc", &[0, u32::MAX, 1, u32::MAX, 1]),
            table(b"stco", &[0, u32::MAX, 100]),
            table(b"stsz", &[0, 0, u32::MAX, 10]),
            table(b"stts", &[0, u32::MAX, 1, 5]),
        ]
        .concat();
        assert_eq!(all(&SampleTable::read(&stbl, None)), [(100, 10, 0, 5)]);
    }
}
