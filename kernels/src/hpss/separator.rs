//! A whole mixture, some chunks at a time.

use rayon::prelude::*;

use super::chunk::{Hpss, Work};
use super::layout::{CHUNK_SAMPLES, Mixture, Wanted};
use crate::separation::Kept;

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
        let hpss = Hpss::new(mixture, wanted);
        let chunks = hpss.chunks().min(samples.div_ceil(CHUNK_SAMPLES));
        let at_once = CHUNKS_PER_THREAD * rayon::current_num_threads();
        let works = (0..at_once.min(chunks)).map(|_| Work::new()).collect();
        HpssSeparator { hpss, works, next: 0, chunks, samples, kept }
    }

    /// Number of calls of [`HpssSeparator::step`] that have work.
    pub fn steps(&self) -> usize {
        self.chunks.div_ceil(self.works.len().max(1))
    }

    /// Separates the next chunks of the same mixture.
    pub fn step(&mut self, mixture: Mixture) {
        let (hpss, first) = (&self.hpss, self.next);
        let count = self.works.len().min(self.chunks - first);
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
        self.kept.add_parts(&parts);
        self.next = first + count;
    }

    /// The stems, when all chunks are done.
    pub fn finished(&mut self) -> Option<&mut Kept> {
        (self.next == self.chunks).then_some(&mut self.kept)
    }
}
