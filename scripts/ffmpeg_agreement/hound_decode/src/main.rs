//! Decodes a WAV file of integers with hound and writes it to standard output as WAV of 32 bits.

use std::io::{self, Cursor, Write};

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("expected a file")?;
    let mut reader = WavReader::open(path)?;
    let spec = reader.spec();
    if spec.sample_format != SampleFormat::Int {
        return Err("expected integers".into());
    }
    let mut output = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut output, WavSpec { bits_per_sample: 32, ..spec })?;
    for sample in reader.samples::<i32>() {
        writer.write_sample(sample? << (32 - spec.bits_per_sample))?;
    }
    writer.finalize()?;
    io::stdout().write_all(output.get_ref())?;
    Ok(())
}
