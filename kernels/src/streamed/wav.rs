//! A WAV file of 16 bits that grows.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const HEADER_BYTES: u32 = 44;
const CHANNELS: u16 = 2;
const FRAME_BYTES: u32 = 2 * CHANNELS as u32;
const SAMPLE_RATE_HZ: u32 = 44_100;

/// Writer of 16-bit stereo at 44.1 kHz.
pub struct WavWriter {
    path: PathBuf,
    file: BufWriter<File>,
    samples: u64,
    bytes: Vec<u8>,
}

impl WavWriter {
    /// Makes an empty file, in place of what was there.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut file = BufWriter::with_capacity(1 << 18, File::create(path)?);
        file.write_all(&header(0))?;
        Ok(WavWriter { path: path.to_path_buf(), file, samples: 0, bytes: Vec::new() })
    }

    /// Path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends samples of left and right.
    ///
    /// # Errors
    /// If the file cannot be written, or would exceed the 4 GiB of its format, 6.7 hours.
    pub fn append(&mut self, left: &[i16], right: &[i16]) -> io::Result<()> {
        self.samples += left.len() as u64;
        if size(self.samples).is_none() {
            let limit = "the format of WAV files is limited to 4 GiB";
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, limit));
        }
        self.bytes.clear();
        self.bytes.extend(left.iter().zip(right).flat_map(|(left, right)| {
            let ([a, b], [c, d]) = (left.to_le_bytes(), right.to_le_bytes());
            [a, b, c, d]
        }));
        self.file.write_all(&self.bytes)
    }

    /// Completes the header and flushes the file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        let size = size(self.samples).unwrap_or(0);
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header(size))?;
        self.file.flush()
    }
}

/// Bytes of so many samples; `None` for more than the format can tell.
fn size(samples: u64) -> Option<u32> {
    let size = u32::try_from(samples * u64::from(FRAME_BYTES)).ok()?;
    size.checked_add(HEADER_BYTES).map(|_| size)
}

fn header(size: u32) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER_BYTES as usize);
    header.extend(b"RIFF");
    header.extend((HEADER_BYTES - 8 + size).to_le_bytes());
    header.extend(b"WAVEfmt ");
    header.extend(16_u32.to_le_bytes());
    header.extend(1_u16.to_le_bytes());
    header.extend(CHANNELS.to_le_bytes());
    header.extend(SAMPLE_RATE_HZ.to_le_bytes());
    header.extend((SAMPLE_RATE_HZ * FRAME_BYTES).to_le_bytes());
    header.extend((FRAME_BYTES as u16).to_le_bytes());
    header.extend(16_u16.to_le_bytes());
    header.extend(b"data");
    header.extend(size.to_le_bytes());
    header
}
