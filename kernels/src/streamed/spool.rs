//! Floats that may be needed once more.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::pair::Pair;
use super::unnamed_file::unnamed_file;

/// Samples of both channels that are kept in memory where more go to a file.
const BUFFERED_SAMPLES: usize = 1 << 17;

/// Stereo samples, in memory and then in a temporary file, or up to a limit in memory only.
#[derive(Default)]
pub struct Spool {
    /// Blocks one after the other: all of the left channel, then all of the right.
    floats: Vec<f32>,
    /// Samples of each block.
    blocks: Vec<usize>,
    /// Largest number of floats in memory.
    most: usize,
    /// Where further ones go.
    file: Option<File>,
    to_file: bool,
    is_lost: bool,
}

impl Spool {
    /// In memory up to `most_samples`; more are lost.
    pub fn in_memory(most_samples: usize) -> Self {
        Spool { most: 2 * most_samples, ..Spool::default() }
    }

    /// In a temporary file but for the last ones. Where the file cannot be made or written, samples are lost.
    pub fn in_file() -> Self {
        Spool { most: 2 * BUFFERED_SAMPLES, to_file: true, ..Spool::default() }
    }

    /// Takes the next samples.
    pub fn push(&mut self, [left, right]: Pair) {
        if self.is_lost {
            return;
        }
        if self.floats.len() + left.len() + right.len() > self.most
            && !(self.to_file && self.flush().is_ok())
        {
            *self = Spool { is_lost: true, ..Spool::default() };
            return;
        }
        self.floats.extend_from_slice(left);
        self.floats.extend_from_slice(right);
        self.blocks.push(left.len());
    }

    /// Whether samples were lost.
    pub fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Gives all samples in order.
    ///
    /// # Errors
    /// If the file cannot be read, or `take` fails.
    pub fn drain<Error: From<io::Error>>(
        mut self,
        mut take: impl FnMut(Pair) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut at = 0;
        if let Some(file) = &mut self.file {
            let length = file.stream_position()?;
            file.seek(SeekFrom::Start(0))?;
            let mut read = 0;
            let mut floats = Vec::new();
            while read < length {
                let count = self.blocks[at];
                at += 1;
                floats.resize(2 * count, 0.0_f32);
                file.read_exact(bytemuck::cast_slice_mut(&mut floats))?;
                read += (floats.len() * size_of::<f32>()) as u64;
                let (left, right) = floats.split_at(count);
                take([left, right])?;
            }
        }
        let mut rest = &self.floats[..];
        for &count in &self.blocks[at..] {
            let (block, later) = rest.split_at(2 * count);
            let (left, right) = block.split_at(count);
            take([left, right])?;
            rest = later;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.file.is_none() {
            self.file = Some(unnamed_file()?);
        }
        if let Some(file) = &mut self.file {
            file.write_all(bytemuck::cast_slice(&self.floats))?;
        }
        self.floats.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(spool: Spool) -> [Vec<f32>; 2] {
        let mut found = [Vec::new(), Vec::new()];
        let take = |block: Pair| -> io::Result<()> {
            for (found, samples) in found.iter_mut().zip(block) {
                found.extend_from_slice(samples);
            }
            Ok(())
        };
        spool.drain(take).unwrap();
        found
    }

    #[test]
    fn samples_come_back_in_order_from_memory_and_from_a_file() {
        let count = 3 * BUFFERED_SAMPLES + 17;
        let left: Vec<f32> = (0..count).map(|n| n as f32).collect();
        let right: Vec<f32> = left.iter().map(|value| -value).collect();
        for piece in [1000, BUFFERED_SAMPLES - 1, BUFFERED_SAMPLES] {
            for mut spool in [Spool::in_memory(count), Spool::in_file()] {
                for (left, right) in left.chunks(piece).zip(right.chunks(piece)) {
                    spool.push([left, right]);
                }
                assert!(!spool.is_lost());
                assert!(all(spool) == [left.clone(), right.clone()], "{piece}");
            }
        }
    }

    #[test]
    fn memory_is_limited() {
        let mut spool = Spool::in_memory(10);
        spool.push([&[0.0; 10], &[0.0; 10]]);
        assert!(!spool.is_lost());
        spool.push([&[0.0], &[0.0]]);
        assert!(spool.is_lost() && spool.floats.capacity() == 0);
        spool.push([&[0.0], &[0.0]]);
        assert!(spool.is_lost() && spool.floats.is_empty());
    }
}
