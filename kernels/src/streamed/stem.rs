//! A stem on its way to 16 bits, a file and a spectrogram.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::pair::Pair;
use super::spool::Spool;
use super::wav::WavWriter;
use crate::error::Error;
use crate::spectrogram::{PiecewiseSpectrogram, mean_of_16_bit};
use crate::stems16::{peak_of, rescale_divisor, round};

/// Uses of a stem.
#[derive(Debug, Clone, Default)]
pub struct Uses {
    /// Whether its spectrogram is computed, and the hash of what it is made from.
    pub spectrogram: bool,
    /// WAV file to be written.
    pub file: Option<PathBuf>,
}

/// A stem that is rounded to 16 bits as soon as it is finished, and used up.
///
/// A stem whose peak is above full scale is divided by a bit more than its peak before it is rounded, and the peak is
/// known at the end only. From the first block above full scale on, the floats are kept in a spool; what was
/// rounded before must be made again with the divisor, or all of it where the spool has lost floats.
pub struct StreamedStem {
    uses: Uses,
    /// Samples that there may be.
    expected: usize,
    spool: fn() -> Spool,
    phase: Phase,
    peak: f32,
    divisor: f64,
    made: Made,
    finished: Option<Finished>,
}

/// How far a stem is.
enum Phase {
    /// The peak is not known; the floats since the first loud block.
    First(Option<Spool>),
    /// The divisor is known: so many samples are made again, and then those of the spool follow.
    Again(usize, Spool),
    /// Further samples are ignored.
    Done,
}

/// What was made of the samples so far.
#[derive(Default)]
struct Made {
    samples: usize,
    digest: Sha256,
    spectrogram: PiecewiseSpectrogram,
    file: Option<WavWriter>,
    left: Vec<i16>,
    right: Vec<i16>,
}

/// What is left of a stem.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// `[frames, 81]` f32; empty where it was not asked for.
    pub rows: Vec<f32>,
    /// SHA-256 of the mean of both channels in 16 bits, little-endian.
    pub digest: [u8; 32],
}

impl StreamedStem {
    /// A stem of perhaps `expected` samples whose divisor follows from its peak. `spool` makes the place for loud floats.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn rescaled(uses: Uses, expected: usize, spool: fn() -> Spool) -> Result<Self, Error> {
        let made = Made::new(&uses, expected)?;
        let (phase, peak, divisor) = (Phase::First(None), 0.0, 1.0);
        Ok(StreamedStem { uses, expected, spool, phase, peak, divisor, made, finished: None })
    }

    /// A stem of perhaps `expected` samples that is rounded as it is.
    pub fn unscaled(expected: usize) -> Self {
        let spectrogram = PiecewiseSpectrogram::expecting(expected);
        StreamedStem {
            uses: Uses { spectrogram: true, file: None },
            expected,
            spool: Spool::default,
            phase: Phase::Again(usize::MAX, Spool::default()),
            peak: 0.0,
            divisor: 1.0,
            made: Made { spectrogram, ..Made::default() },
            finished: None,
        }
    }

    /// Takes the next samples.
    ///
    /// # Errors
    /// If a file cannot be written or read, or the work is interrupted.
    pub fn add(&mut self, block: Pair) -> Result<(), Error> {
        match &mut self.phase {
            Phase::First(loud) => {
                let [left, right] = block;
                self.peak = self.peak.max(peak_of(left)).max(peak_of(right));
                if rescale_divisor(self.peak) == 1.0 {
                    return self.made.add(block, 1.0, &self.uses);
                }
                loud.get_or_insert_with(self.spool).push(block);
                Ok(())
            }
            Phase::Again(until, _) => {
                let count = (*until - self.made.samples).min(block[0].len());
                let is_last = count == *until - self.made.samples;
                self.made.add(block.map(|channel| &channel[..count]), self.divisor, &self.uses)?;
                if is_last { self.follow() } else { Ok(()) }
            }
            Phase::Done => Ok(()),
        }
    }

    /// Ends the first pass, and returns the number of samples from the start on that must be made again with
    /// [`StreamedStem::add`]; 0 for a stem that is done.
    ///
    /// # Errors
    /// As [`StreamedStem::add`].
    pub fn end_pass(&mut self) -> Result<usize, Error> {
        let Phase::First(loud) = &mut self.phase else { return Ok(0) };
        let Some(spool) = loud.take() else {
            self.phase = Phase::Done;
            return Ok(0);
        };
        self.divisor = rescale_divisor(self.peak);
        let stale = if spool.is_lost() { usize::MAX } else { self.made.samples };
        self.made = Made::default();
        self.made = Made::new(&self.uses, self.expected)?;
        self.phase = Phase::Again(stale, spool);
        if stale == 0 {
            self.follow()?;
        }
        Ok(stale)
    }

    /// Number of samples that were made.
    pub fn samples(&self) -> usize {
        self.made.samples
    }

    /// Makes the samples that were kept.
    fn follow(&mut self) -> Result<(), Error> {
        let phase = std::mem::replace(&mut self.phase, Phase::Done);
        if let Phase::Again(_, spool) = phase {
            let (made, divisor, uses) = (&mut self.made, self.divisor, &self.uses);
            spool.drain(|block| made.add(block, divisor, uses))?;
        }
        Ok(())
    }

    /// Completes file and spectrogram, as if silence followed up to `samples`.
    ///
    /// # Errors
    /// As [`StreamedStem::add`].
    pub fn finish(&mut self, samples: usize) -> Result<(), Error> {
        let made = std::mem::take(&mut self.made);
        self.phase = Phase::Done;
        self.finished = Some(made.finish(samples, &self.uses)?);
        Ok(())
    }

    /// Takes out what was made; `None` the second time.
    pub fn take(&mut self) -> Option<Finished> {
        self.finished.take()
    }
}

impl Made {
    fn new(uses: &Uses, expected: usize) -> Result<Self, Error> {
        let file = uses.file.as_ref().map(|path| {
            let refused = |source| Error::StemFile { path: path.display().to_string(), source };
            WavWriter::create(path).map_err(refused)
        });
        let expected = if uses.spectrogram { expected } else { 0 };
        let spectrogram = PiecewiseSpectrogram::expecting(expected);
        Ok(Made { file: file.transpose()?, spectrogram, ..Made::default() })
    }

    fn add(&mut self, [left, right]: Pair, divisor: f64, uses: &Uses) -> Result<(), Error> {
        for (rounded, samples) in [(&mut self.left, left), (&mut self.right, right)] {
            rounded.resize(samples.len(), 0);
            round(samples, divisor, rounded);
        }
        self.samples += left.len();
        if let Some(file) = &mut self.file {
            file.append(&self.left, &self.right).map_err(|source| file_error(file, source))?;
        }
        if !uses.spectrogram {
            return Ok(());
        }
        for (left, &right) in self.left.iter_mut().zip(&self.right) {
            *left = mean_of_16_bit(*left, right);
        }
        self.hash();
        self.spectrogram.push(&self.left)?;
        Ok(())
    }

    /// Hashes the samples in `left`.
    fn hash(&mut self) {
        #[cfg(target_endian = "big")]
        let bytes: Vec<u8> = self.left.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        #[cfg(target_endian = "little")]
        let bytes: &[u8] = bytemuck::cast_slice(&self.left);
        self.digest.update(bytes);
    }

    fn finish(mut self, samples: usize, uses: &Uses) -> Result<Finished, Error> {
        if let Some(file) = self.file.take() {
            let path = file.path().display().to_string();
            file.finish().map_err(|source| Error::StemFile { path, source })?;
        }
        if !uses.spectrogram {
            return Ok(Finished { rows: Vec::new(), digest: [0; 32] });
        }
        let mut silence = samples - self.samples;
        while silence > 0 {
            let count = silence.min(1 << 16);
            self.left.clear();
            self.left.resize(count, 0);
            self.hash();
            silence -= count;
        }
        Ok(Finished {
            rows: self.spectrogram.finish(samples)?,
            digest: self.digest.finalize().into(),
        })
    }
}

fn file_error(file: &WavWriter, source: std::io::Error) -> Error {
    Error::StemFile { path: file.path().display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectrogram::{BANDS, frame_count, spectrogram};
    use crate::stems16::requantize;
    use crate::test_noise::numbers;

    const SAMPLES: usize = 100_000;

    fn noise(seed: u64, scale: impl Fn(usize) -> f32) -> Vec<f32> {
        let values = numbers(seed).map(|n| (n >> 40) as f32 / (1 << 23) as f32 - 1.0);
        values.take(SAMPLES).enumerate().map(|(at, value)| value * scale(at)).collect()
    }

    /// Passes a stem through, as often as it asks for.
    fn streamed(left: &[f32], right: &[f32], uses: Uses, spool: fn() -> Spool) -> Finished {
        let mut stem = StreamedStem::rescaled(uses, SAMPLES, spool).unwrap();
        let pass = |stem: &mut StreamedStem, end: usize| {
            for (left, right) in left[..end].chunks(7001).zip(right[..end].chunks(7001)) {
                stem.add([left, right]).unwrap();
            }
        };
        pass(&mut stem, SAMPLES);
        let stale = stem.end_pass().unwrap();
        if stale > 0 {
            // The samples after the stale ones are of no use.
            pass(&mut stem, stale.saturating_add(5000).min(SAMPLES));
        }
        stem.finish(SAMPLES + 700).unwrap();
        let finished = stem.take().unwrap();
        assert!(stem.take().is_none());
        finished
    }

    #[test]
    fn a_stem_is_what_the_whole_of_it_rounds_to_wherever_it_is_loud() {
        let path = std::env::temp_dir().join(format!("tactus_streamed_{}.wav", std::process::id()));
        let quiet = |_| 0.3;
        let loud_from = |first: usize, scale: f32| {
            move |at: usize| if at >= first && at < first + 9 { scale } else { 0.4 }
        };
        let rights = [
            noise(2, quiet),
            noise(2, |_| 0.99),
            noise(2, loud_from(0, 1.7)),
            noise(2, loud_from(50_000, 3.0)),
            noise(2, loud_from(SAMPLES - 9, 30.0)),
        ];
        let left = noise(1, quiet);
        for (case, right) in rights.iter().enumerate() {
            let mut rounded = vec![0; 2 * SAMPLES];
            requantize(&[&left[..], right].concat(), &mut rounded);
            let (l, r) = rounded.split_at(SAMPLES);
            let mut mono: Vec<i16> = l.iter().zip(r).map(|(&l, &r)| mean_of_16_bit(l, r)).collect();
            mono.resize(SAMPLES + 700, 0);
            let mut rows = vec![0.0; frame_count(mono.len()) * BANDS];
            spectrogram(&[&mono], &mut rows).unwrap();
            let bytes: Vec<u8> = mono.iter().flat_map(|sample| sample.to_le_bytes()).collect();
            let expected = Finished { rows, digest: Sha256::digest(&bytes).into() };
            let spools: [fn() -> Spool; 4] = [
                Spool::in_file,
                || Spool::in_memory(SAMPLES),
                || Spool::in_memory(10_000),
                || Spool::in_memory(0),
            ];
            for spool in spools {
                let uses = Uses { spectrogram: true, file: Some(path.clone()) };
                assert!(streamed(&left, right, uses, spool) == expected, "{case}");
                let wav = std::fs::read(&path).unwrap();
                let frames = l.iter().zip(r).flat_map(|(l, r)| [l.to_le_bytes(), r.to_le_bytes()]);
                assert!(wav[44..] == frames.flatten().collect::<Vec<u8>>(), "{case}");
                assert_eq!(wav[40..44], ((wav.len() - 44) as u32).to_le_bytes());
            }
        }
        std::fs::remove_file(&path).unwrap();
    }
}
