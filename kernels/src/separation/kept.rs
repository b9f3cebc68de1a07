//! The parts of stems that are kept while segments are joined.

use rayon::prelude::*;

use std::time::{Duration, Instant};

use super::layout::{CHANNELS, STEMS};
use crate::error::Error;
use crate::stems16::{rescale_divisor, to_mono_16_bit};
use crate::streamed::StreamedStem;

/// The stems bass, drums, other, vocals as far as they are finished.
pub enum Kept {
    /// `[4][2 · samples]` f32, full scale 1.0: 1.4 MB a second.
    Floats(Vec<Vec<f32>>),
    /// All that a spectrogram is made from: 0.09 MB a second for each stem, and 0.35 MB from where on one is
    /// too loud for 16 bit.
    Mono(Box<[MonoStem; STEMS]>),
    /// Nothing but what is made of them.
    Streamed(Box<StreamedStems>),
}

/// Stems that are used up as they are finished.
#[derive(Default)]
pub struct StreamedStems {
    /// Those that are wanted.
    pub stems: [Option<StreamedStem>; STEMS],
    /// Time that their use took.
    pub busy: Duration,
}

/// A stem rounded to 16 bit stereo and averaged over its channels as soon as it is finished.
///
/// A stem whose peak is above full scale is divided by a bit more than its peak before it is rounded, and the peak is
/// known at the end only. Samples before the first one above full scale have been rounded by then, and are correct
/// only if there is none; from there on the samples are kept.
#[derive(Default)]
pub struct MonoStem {
    /// Divisor of the stem, if an earlier separation of the same mixture has found it.
    divisor: Option<f64>,
    /// The largest absolute sample so far.
    peak: f32,
    /// `[samples]` i16: the mean of both channels.
    rounded: Vec<i16>,
    /// `[samples]`: left and right after those that were rounded.
    loud: Vec<[f32; CHANNELS]>,
}

/// A mono stem that was taken out.
pub struct TakenMono {
    /// `[samples]` i16: the mean of both channels.
    pub samples: Vec<i16>,
    /// Divisor of the stem before rounding.
    pub divisor: f64,
    /// Number of samples, from the first on, that were not divided: they are to be separated again.
    pub stale: usize,
}

impl Kept {
    /// Room for floats, all silent.
    pub fn floats(samples: usize) -> Self {
        Kept::Floats(vec![vec![0.0; CHANNELS * samples]; STEMS])
    }

    /// Mono stems, by what each is divided where a separation of the same mixture has shown it.
    pub fn mono(divisors: Option<[f64; STEMS]>) -> Self {
        Kept::Mono(Box::new(std::array::from_fn(|stem| MonoStem {
            divisor: divisors.map(|divisors| divisors[stem]),
            ..MonoStem::default()
        })))
    }

    /// Adds the next finished samples of one stem, from sample `start` on: `[2][count]`.
    pub(crate) fn add(
        &mut self,
        stem: usize,
        start: usize,
        finished: &[&[f32]; CHANNELS],
    ) -> Result<(), Error> {
        match self {
            Kept::Floats(stems) => add_floats(&mut stems[stem], start, finished),
            Kept::Mono(stems) => stems[stem].add(finished),
            Kept::Streamed(streamed) => {
                let begin = Instant::now();
                if let Some(stem) = &mut streamed.stems[stem] {
                    stem.add(*finished)?;
                }
                streamed.busy += begin.elapsed();
            }
        }
        Ok(())
    }

    /// Adds the next finished samples of all stems, one part after the other, several stems at a time.
    pub(crate) fn add_parts(&mut self, parts: &[FinishedPart]) -> Result<(), Error> {
        let of = |stem: usize| parts.iter().map(move |(start, stems)| (*start, &stems[stem]));
        match self {
            Kept::Floats(stems) => stems.par_iter_mut().enumerate().for_each(|(stem, kept)| {
                of(stem).for_each(|(start, finished)| add_floats(kept, start, finished));
            }),
            Kept::Mono(stems) => stems.par_iter_mut().enumerate().for_each(|(stem, kept)| {
                of(stem).for_each(|(_, finished)| kept.add(finished));
            }),
            Kept::Streamed(streamed) => {
                let begin = Instant::now();
                let stems = streamed.stems.par_iter_mut().enumerate();
                stems.try_for_each(|(stem, kept)| match kept {
                    Some(kept) => of(stem).try_for_each(|(_, finished)| kept.add(*finished)),
                    None => Ok(()),
                })?;
                streamed.busy += begin.elapsed();
            }
        }
        Ok(())
    }
}

/// The first sample of a part, and the samples of all stems: `[4][2][count]`.
pub(crate) type FinishedPart<'a> = (usize, [[&'a [f32]; CHANNELS]; STEMS]);

/// Adds finished samples, from sample `start` on, to a stem: `[2 · samples]`.
fn add_floats(stem: &mut [f32], start: usize, finished: &[&[f32]; CHANNELS]) {
    let samples = stem.len() / CHANNELS;
    for (channel, finished) in stem.chunks_mut(samples).zip(finished) {
        for (sample, value) in channel[start..].iter_mut().zip(*finished) {
            *sample += value;
        }
    }
}

impl MonoStem {
    fn add(&mut self, [left, right]: &[&[f32]; CHANNELS]) {
        let peak = left.iter().chain(*right).fold(self.peak, |peak, sample| peak.max(sample.abs()));
        self.peak = peak;
        let pairs = left.iter().zip(*right).map(|(&left, &right)| [left, right]);
        let is_too_loud = self.divisor.is_none() && rescale_divisor(peak) != 1.0;
        if is_too_loud {
            self.loud.extend(pairs);
        } else {
            let divisor = self.divisor.unwrap_or(1.0);
            self.rounded.extend(pairs.map(|pair| to_mono_16_bit(pair, divisor)));
        }
    }

    /// Takes the stem out; `None` the second time.
    pub fn take(&mut self) -> Option<TakenMono> {
        let MonoStem { divisor, peak, rounded, loud } = std::mem::take(self);
        if rounded.is_empty() && loud.is_empty() {
            return None;
        }
        let stale = if loud.is_empty() { 0 } else { rounded.len() };
        let divisor = divisor.unwrap_or_else(|| rescale_divisor(peak));
        let mut samples = rounded;
        samples.extend(loud.into_iter().map(|pair| to_mono_16_bit(pair, divisor)));
        Some(TakenMono { samples, divisor, stale })
    }
}
