//! A whole mixture, some chunks at a time.

use rayon::prelude::*;

use super::chunk::{Hpss, Work};
use super::layout::{CHUNK_SAMPLES, Mixture, SURROUNDINGS, Wanted};
use crate::error::Error;
use crate::separation::{Kept, MixturePart};

/// Chunks for each thread in a step: some, so that no thread waits long for another.
const CHUNKS_PER_THREAD: usize = 3;

/// A mixture on its way through the filters.
pub struct HpssSeparator {
    hpss: Hpss,
    /// One for each chunk of a step.
    works: Vec<Work>,
    next: usize,
    /// Samples that are separated, from the first on.
    samples: usize,
    /// Chunks that hold them.
    chunks: usize,
    kept: Kept,
}

impl HpssSeparator {
    /// Prepares a mixture, of whose stems `wanted` the first `samples` samples will be kept in `kept`.
    ///
    /// # Panics
    /// If the channels differ in length.
    pub fn new(mixture: Mixture, kept: Kept, samples: usize, wanted: Wanted) -> Self {
        HpssSeparator::of(Hpss::new(mixture, wanted), kept, samples.min(mixture[0].len()))
    }

    /// Prepares a mixture that is not in memory; `samples` may be more than it has.
    pub fn of(hpss: Hpss, kept: Kept, samples: usize) -> Self {
        let chunks = samples.div_ceil(CHUNK_SAMPLES);
        let at_once = CHUNKS_PER_THREAD * rayon::current_num_threads();
        let works = (0..at_once.min(chunks)).map(|_| Work::new()).collect();
        HpssSeparator { hpss, works, next: 0, chunks, samples, kept }
    }

    /// Number of calls of [`HpssSeparator::step`] that have work.
    pub fn steps(&self) -> usize {
        self.chunks.div_ceil(self.works.len().max(1))
    }

    /// Separates the next chunks of the same mixture.
    ///
    /// # Errors
    /// If a stem cannot be kept.
    pub fn step(&mut self, mixture: Mixture) -> Result<(), Error> {
        let count = self.works.len().min(self.chunks - self.next);
        self.separate(mixture.into(), count, || Ok(()))
    }

    /// The sample up to which a part of the mixture should reach for the next chunks. The first steps have fewer of them,
    /// so that they begin sooner.
    pub fn reach(&self) -> usize {
        let most = self.works.len().min(self.next.max(rayon::current_num_threads()));
        let count = most.min(self.chunks - self.next);
        (self.next + count) * CHUNK_SAMPLES + SURROUNDINGS
    }

    /// The first sample that the next chunks need.
    pub fn needs(&self) -> usize {
        (self.next * CHUNK_SAMPLES).saturating_sub(SURROUNDINGS)
    }

    /// The first sample that was not separated.
    pub fn position(&self) -> usize {
        self.next * CHUNK_SAMPLES
    }

    /// Separates the chunks that a part of the mixture suffices for, or all that are left where it ends with the mixture,
    /// and does `other` work while the stems are kept. What is left over is nothing.
    ///
    /// # Errors
    /// If a stem cannot be kept, or those of `other`.
    pub fn advance(
        &mut self,
        part: MixturePart,
        is_end: bool,
        other: impl FnOnce(usize) -> Result<(), Error> + Send,
    ) -> Result<(), Error> {
        let whole = if is_end {
            part.end().div_ceil(CHUNK_SAMPLES)
        } else {
            part.end().saturating_sub(SURROUNDINGS) / CHUNK_SAMPLES
        };
        let last = whole.min(self.chunks).min(self.next + self.works.len());
        let count = last.saturating_sub(self.next);
        let end = if is_end { part.end().min(last * CHUNK_SAMPLES) } else { last * CHUNK_SAMPLES };
        self.separate(part, count, || other(end))
    }

    fn separate(
        &mut self,
        mixture: MixturePart,
        count: usize,
        other: impl FnOnce() -> Result<(), Error> + Send,
    ) -> Result<(), Error> {
        let (hpss, first) = (&self.hpss, self.next);
        let stems: Vec<_> = self.works[..count]
            .par_iter_mut()
            .enumerate()
            .map(|(at, work)| work.separate(hpss, mixture, first + at))
            .collect();
        let parts: Vec<_> = stems
            .iter()
            .enumerate()
            .map(|(at, stems)| {
                let start = (first + at) * CHUNK_SAMPLES;
                let most = self.samples - start;
                (start, stems.map(|stem| stem.map(|samples| &samples[..samples.len().min(most)])))
            })
            .collect();
        let kept = &mut self.kept;
        let (kept, other) = rayon::join(|| kept.add_parts(&parts), other);
        kept?;
        other?;
        self.next = first + count;
        Ok(())
    }

    /// Whether all chunks are done.
    pub fn is_done(&self) -> bool {
        self.next == self.chunks
    }

    /// The stems, when all chunks are done.
    pub fn finished(&mut self) -> Option<&mut Kept> {
        self.is_done().then_some(&mut self.kept)
    }

    /// The stems, however far they are.
    pub fn kept(&mut self) -> &mut Kept {
        &mut self.kept
    }
}
