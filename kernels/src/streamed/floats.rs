//! Floats that are needed once more.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

use super::unnamed_file::unnamed_file;

/// Floats that are read at a time.
const PIECE: usize = 1 << 16;

/// Samples of one channel in a temporary file.
pub struct Floats {
    file: BufWriter<File>,
    count: usize,
}

impl Floats {
    /// None yet.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn in_file() -> io::Result<Self> {
        Ok(Floats { file: BufWriter::with_capacity(1 << 18, unnamed_file()?), count: 0 })
    }

    /// Takes the next samples.
    ///
    /// # Errors
    /// If the file cannot be written; it is removed then.
    pub fn with(mut self, samples: &[f32]) -> io::Result<Self> {
        self.file.write_all(bytemuck::cast_slice(samples))?;
        self.count += samples.len();
        Ok(self)
    }

    /// Gives all samples in order, and removes the file.
    ///
    /// # Errors
    /// If the file cannot be written or read.
    pub fn drain(self, mut take: impl FnMut(&[f32])) -> io::Result<()> {
        let mut file = self.file.into_inner()?;
        file.seek(SeekFrom::Start(0))?;
        let mut piece = vec![0.0_f32; PIECE.min(self.count)];
        let mut left = self.count;
        while left > 0 {
            let piece = &mut piece[..PIECE.min(left)];
            file.read_exact(bytemuck::cast_slice_mut(piece))?;
            take(piece);
            left -= piece.len();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_come_back_in_order() {
        let samples: Vec<f32> = (0..2 * PIECE + 17).map(|n| n as f32).collect();
        let mut floats = Floats::in_file().unwrap();
        for piece in samples.chunks(1001) {
            floats = floats.with(piece).unwrap();
        }
        let mut found = Vec::new();
        floats.drain(|piece| found.extend_from_slice(piece)).unwrap();
        assert!(found == samples);
    }
}
