//! The spectrogram of samples that come piece by piece.

use rayon::prelude::*;

use super::{BANDS, FRAME_SAMPLES, FRAMES_PER_TASK, HOP_SAMPLES, Plan, Scratch, frame_count};
use crate::interruption::{self, Interrupted};

/// Samples of a frame before its centre, and after it.
const HALF_FRAME: usize = FRAME_SAMPLES / 2;

/// A spectrogram that grows with the samples. It is the one that [`super::spectrogram`] computes of all of them.
#[derive(Default)]
pub struct PiecewiseSpectrogram {
    /// Samples that further frames need.
    pending: Vec<i16>,
    /// Index of the first of them.
    first: usize,
    /// `[frames, 81]` f32 so far.
    rows: Vec<f32>,
}

impl PiecewiseSpectrogram {
    /// Nothing yet; there may be `samples` samples, for which memory is set apart in one piece.
    pub fn expecting(samples: usize) -> Self {
        let mut stream = PiecewiseSpectrogram::default();
        // Where there is no such room, memory grows with the samples.
        let _ = stream.rows.try_reserve_exact(frame_count(samples) * BANDS);
        stream
    }

    /// Takes the next samples, the mean of both channels in 16 bit, and computes the frames that are complete.
    ///
    /// # Errors
    /// If the work is interrupted.
    pub fn push(&mut self, samples: &[i16]) -> Result<(), Interrupted> {
        self.pending.extend_from_slice(samples);
        let complete =
            self.samples().checked_sub(HALF_FRAME).map_or(0, |last| last / HOP_SAMPLES + 1);
        // Several tasks at a time.
        if complete < self.frames() + FRAMES_PER_TASK {
            return Ok(());
        }
        self.compute(complete)?;
        let needed = (self.frames() * HOP_SAMPLES).saturating_sub(HALF_FRAME);
        self.pending.drain(..needed - self.first);
        self.first = needed;
        Ok(())
    }

    /// Samples taken.
    pub fn samples(&self) -> usize {
        self.first + self.pending.len()
    }

    /// Computes the rest, as if silence followed up to `samples`, and returns `[frames, 81]` f32; frames =
    /// `frame_count(samples)`.
    ///
    /// # Errors
    /// If the work is interrupted.
    ///
    /// # Panics
    /// If more samples were taken.
    pub fn finish(mut self, samples: usize) -> Result<Vec<f32>, Interrupted> {
        assert!(self.samples() <= samples);
        self.compute(frame_count(samples))?;
        Ok(self.rows)
    }

    fn frames(&self) -> usize {
        self.rows.len() / BANDS
    }

    /// Computes the frames up to `end`; after the samples there are zeros.
    fn compute(&mut self, end: usize) -> Result<(), Interrupted> {
        let begin = self.frames();
        self.rows.resize(end * BANDS, 0.0);
        let (plan, pending, first) = (Plan::shared(), &self.pending, self.first as i64);
        let interruption = interruption::current();
        let tasks = self.rows[begin * BANDS..].par_chunks_mut(FRAMES_PER_TASK * BANDS).enumerate();
        tasks.try_for_each(|(task, rows)| {
            interruption.check()?;
            let mut scratch = Scratch::new(plan);
            for (row, bands) in rows.as_chunks_mut::<BANDS>().0.iter_mut().enumerate() {
                let centre = ((begin + task * FRAMES_PER_TASK + row) * HOP_SAMPLES) as i64;
                plan.frame(pending, centre - first, &mut scratch, bands);
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::spectrogram;
    use super::*;
    use crate::test_noise::numbers;

    #[test]
    fn pieces_of_any_length_give_the_spectrogram_of_the_whole() {
        for samples in [1, 440, 441, 442, 1023, 1024, 1025, 2048, 29_000, 100_000] {
            let signal: Vec<i16> =
                numbers(samples as u64).map(|n| (n >> 48) as i16).take(samples).collect();
            for silence in [0, 1, 3000] {
                let mut expected = vec![0.0; frame_count(samples + silence) * BANDS];
                spectrogram(&[&signal], &mut expected).unwrap();
                for piece in [1, 441, 1000, 30_000, samples] {
                    if piece == 1 && samples > 3000 {
                        continue;
                    }
                    let mut stream = PiecewiseSpectrogram::expecting(samples / 2);
                    for part in signal.chunks(piece) {
                        stream.push(part).unwrap();
                    }
                    assert!(stream.pending.len() <= samples.min(piece + 64 * 441 + 2048));
                    let found = stream.finish(samples + silence).unwrap();
                    assert!(found == expected, "{samples} {silence} {piece}");
                }
            }
        }
    }
}
