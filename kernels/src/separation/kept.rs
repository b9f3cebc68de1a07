//! What is kept of the stems while segments are joined.

use super::{CHANNELS, SOURCES};
use crate::spectrogram::mean_of_16_bit;
use crate::stems16::{rescale_divisor, to_16_bit_rescaled};

/// The stems bass, drums, other, vocals as far as they are finished.
pub enum Kept {
    /// `[4][2 · samples]` f32, full scale 1.0: 1.4 MB a second.
    Floats(Vec<Vec<f32>>),
    /// All that a spectrogram is made from: 0.35 MB a second.
    Mono(MonoStems),
}

/// Stems rounded to 16 bit stereo and averaged over their channels as soon as they are finished.
pub struct MonoStems {
    /// By what each stem is divided before it is rounded.
    divisors: [f64; SOURCES],
    /// The largest absolute sample of each stem so far.
    peaks: [f32; SOURCES],
    /// `[4][samples]` i16.
    stems: Vec<Vec<i16>>,
}

impl Kept {
    /// Room for floats, all silent.
    pub fn floats(samples: usize) -> Self {
        Kept::Floats(vec![vec![0.0; CHANNELS * samples]; SOURCES])
    }

    /// Room for mono stems. The divisors are 1 unless a separation of the same mixture has shown
    /// others: a stem whose peak turns out to be too loud has to be separated again.
    pub fn mono(samples: usize, divisors: [f64; SOURCES]) -> Self {
        Kept::Mono(MonoStems {
            divisors,
            peaks: [0.0; SOURCES],
            stems: (0..SOURCES).map(|_| Vec::with_capacity(samples)).collect(),
        })
    }

    /// Adds the next finished samples of one stem, from sample `start` on: `[2][count]`.
    pub(crate) fn add(&mut self, stem: usize, start: usize, finished: &[&[f32]; CHANNELS]) {
        match self {
            Kept::Floats(stems) => {
                let samples = stems[stem].len() / CHANNELS;
                for (channel, finished) in stems[stem].chunks_mut(samples).zip(finished) {
                    for (sample, value) in channel[start..].iter_mut().zip(*finished) {
                        *sample += value;
                    }
                }
            }
            Kept::Mono(mono) => {
                let (divisor, peak) = (mono.divisors[stem], &mut mono.peaks[stem]);
                let [left, right] = *finished;
                mono.stems[stem].extend(left.iter().zip(right).map(|(&left, &right)| {
                    *peak = peak.max(left.abs()).max(right.abs());
                    let [left, right] = [left, right].map(|s| to_16_bit_rescaled(s, divisor));
                    mean_of_16_bit(left, right)
                }));
            }
        }
    }
}

impl MonoStems {
    /// Takes a stem out: `[samples]` i16 and the divisor that its peak asks for; only where that is
    /// the one that it was made with are the samples what they should be. `None` the second time.
    pub fn take(&mut self, stem: usize) -> Option<(Vec<i16>, f64)> {
        let samples = self.stems.get_mut(stem).filter(|samples| !samples.is_empty())?;
        Some((std::mem::take(samples), rescale_divisor(self.peaks[stem])))
    }
}
