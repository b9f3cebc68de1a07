//! Separation of one chunk of a mixture.

use std::f32::consts::TAU;
use std::sync::OnceLock;

use rayon::prelude::*;
use rustfft::num_complex::Complex;

use super::layout::{
    BINS, CHANNELS, CHUNK_SAMPLES, FRAME_SAMPLES, FREQUENCY_WINDOW, HOP_SAMPLES, LEAST_SIDE,
    Mixture, REACH, STEMS, Separation, TIME_WINDOW, WINDOW_ENERGY, Wanted,
};
use super::loops::{add, add_energies, multiply, scale};
use super::masks::{Bands, divide};
use super::median::{AT_ONCE, LEAST_LENGTH, along_columns, along_sequence};
use crate::linear::{Forward, Inverse, Isa};
use crate::separation::MixturePart;

/// Properties of a whole mixture.
#[derive(Debug, Clone, Copy)]
pub struct Hpss {
    separation: Separation,
    wanted: Wanted,
}

impl Hpss {
    /// Measures a mixture, of which the stems `wanted` will be separated.
    ///
    /// # Panics
    /// If the channels differ in length.
    pub fn new(mixture: Mixture, wanted: Wanted) -> Self {
        let [left, right] = mixture;
        assert_eq!(left.len(), right.len(), "channels differ in length");
        match wanted {
            Wanted::All => {
                let mut width = Width::default();
                width.add(mixture);
                Hpss::all(width)
            }
            Wanted::Rhythm => Hpss::rhythm(),
        }
    }

    /// For all stems of a mixture that was measured.
    pub fn all(width: Width) -> Self {
        let Width { middle, side } = width;
        let is_stereo = side > LEAST_SIDE * (middle + side);
        let separation = if is_stereo { Separation::Stereo } else { Separation::Mono };
        Hpss { separation, wanted: Wanted::All }
    }

    /// For bass and drums, which are the same for mono and stereo.
    pub fn rhythm() -> Self {
        Hpss { separation: Separation::Mono, wanted: Wanted::Rhythm }
    }
}

/// Energy of the centre of a mixture, and of its sides.
#[derive(Debug, Clone, Copy, Default)]
pub struct Width {
    middle: f64,
    side: f64,
}

impl Width {
    /// Takes the next samples.
    pub fn add(&mut self, [left, right]: Mixture) {
        for (&left, &right) in left.iter().zip(right) {
            let (left, right) = (f64::from(left), f64::from(right));
            self.middle += (left + right) * (left + right);
            self.side += (left - right) * (left - right);
        }
    }
}

/// Window, transforms and bands, which are the same for every chunk.
struct Plan {
    /// `[FRAME_SAMPLES]`: periodic Hann window.
    window: Vec<f32>,
    /// The same, over what transform and overlapping windows multiply by.
    window_back: Vec<f32>,
    forward: Forward<f32>,
    inverse: Inverse<f32>,
    bands: Bands,
}

impl Plan {
    fn shared() -> &'static Plan {
        static PLAN: OnceLock<Plan> = OnceLock::new();
        PLAN.get_or_init(|| {
            let phase = |sample: usize| TAU * sample as f32 / FRAME_SAMPLES as f32;
            let window: Vec<f32> = (0..FRAME_SAMPLES).map(|n| 0.5 - 0.5 * phase(n).cos()).collect();
            let scale = 1.0 / (FRAME_SAMPLES as f32 * WINDOW_ENERGY);
            Plan {
                window_back: window.iter().map(|weight| weight * scale).collect(),
                window,
                forward: Forward::new(FRAME_SAMPLES),
                inverse: Inverse::new(FRAME_SAMPLES),
                bands: Bands::new(),
            }
        })
    }
}

/// Working memory of the separation of a chunk, 16 MB, used for one chunk after the other. Frames are counted from the first that a
/// median along time covers.
pub struct Work {
    /// Frames that contribute to the chunk.
    heard: usize,
    /// `[CHANNELS][frames][BINS]`.
    spectra: [Vec<Complex<f32>>; CHANNELS],
    /// `[frames][BINS]`: energy of both channels.
    energy: Vec<f32>,
    /// `[heard][BINS]`: medians of the energy, at least [`AT_ONCE`] frames of them; then the share of what is harmonic.
    along_time: Vec<f32>,
    /// Likewise; then the share of what is percussive.
    along_frequency: Vec<f32>,
    /// Bass, drums, other, vocals of each channel, with a hop and half a frame before the chunk.
    sums: [[Vec<f32>; STEMS]; CHANNELS],
    frames: [Frame; CHANNELS],
}

/// Working memory for the frames of one channel.
struct Frame {
    /// Share of a stem: `[BINS]`.
    share: Vec<f32>,
    /// The stem: `[BINS]`.
    bins: Vec<Complex<f32>>,
    samples: Vec<f32>,
    scratch: Vec<Complex<f32>>,
}

/// Frames in the window of a median along time before and after its own.
const HALF_TIME: usize = TIME_WINDOW / 2;

/// Samples from the start of the first frame that contributes to the chunk: the frame is centred `REACH` hops
/// before it.
const LEAD: usize = REACH * HOP_SAMPLES + FRAME_SAMPLES / 2;

const _: () = assert!(BINS >= LEAST_LENGTH, "a frame has enough bins for its medians");

/// Stems whose masks are computed; the other one is the rest.
const MASKED_STEMS: [usize; 3] = [0, 1, 3];

impl Default for Work {
    fn default() -> Self {
        Work::new()
    }
}

impl Work {
    /// Empty arrays.
    pub fn new() -> Self {
        let plan = Plan::shared();
        let scratch = plan.forward.scratch().len().max(plan.inverse.scratch().len());
        Work {
            heard: 0,
            spectra: Default::default(),
            energy: Vec::new(),
            along_time: Vec::new(),
            along_frequency: Vec::new(),
            sums: Default::default(),
            frames: std::array::from_fn(|_| Frame {
                share: vec![0.0; BINS],
                bins: plan.inverse.spectrum(),
                samples: plan.forward.frame(),
                scratch: vec![Complex::default(); scratch],
            }),
        }
    }

    /// Separates one chunk.
    ///
    /// # Parameters
    /// - `mixture`: all of it, or a part with the chunk and, as far as the mixture goes, [`SURROUNDINGS`] on both sides.
    ///
    /// # Returns
    /// `[STEMS][CHANNELS][samples]` f32, bass, drums, other, vocals; as many samples as a chunk has, or what
    /// is left of the mixture. Stems that are not wanted have no samples.
    ///
    /// # Panics
    /// If the chunk is not in it.
    pub fn separate<'a>(
        &mut self,
        hpss: &Hpss,
        mixture: impl Into<MixturePart<'a>>,
        index: usize,
    ) -> [[&[f32]; CHANNELS]; STEMS] {
        let mixture = mixture.into();
        let start = index * CHUNK_SAMPLES;
        let length = CHUNK_SAMPLES.min(mixture.end() - start);
        let plan = Plan::shared();
        self.resize(length, hpss.wanted);
        self.transform(plan, mixture, start);
        self.filter();
        self.join(plan, hpss);
        if hpss.wanted == Wanted::All {
            self.subtract(mixture, start, length);
        }
        let wanted = hpss.wanted.stems();
        std::array::from_fn(|stem| {
            let range = if stem < wanted { LEAD..LEAD + length } else { 0..0 };
            self.sums.each_ref().map(|sums| &sums[stem][range.clone()])
        })
    }

    /// Makes the other stem: what bass, drums and vocals leave of the mixture.
    fn subtract(&mut self, mixture: MixturePart, start: usize, length: usize) {
        for (channel, [bass, drums, other, vocals]) in self.sums.iter_mut().enumerate() {
            let parts = bass.iter().zip(&*drums).zip(&*vocals);
            let whole = &mixture.channels[channel][start - mixture.start..][..length];
            let rest = other.iter_mut().zip(parts).skip(LEAD).zip(whole);
            for ((rest, ((bass, drums), vocals)), whole) in rest {
                *rest = whole - (bass + drums + vocals);
            }
        }
    }

    /// Sets the arrays to what a chunk of `length` samples takes.
    fn resize(&mut self, length: usize, wanted: Wanted) {
        self.heard = length.div_ceil(HOP_SAMPLES) + 1 + 2 * REACH;
        let frames = self.frames();
        for spectra in &mut self.spectra {
            spectra.resize(frames * BINS, Complex::default());
        }
        let filtered = self.heard.max(AT_ONCE);
        self.energy.resize((filtered + 2 * HALF_TIME) * BINS, 0.0);
        self.energy[frames * BINS..].fill(0.0);
        self.along_time.resize(filtered * BINS, 0.0);
        self.along_frequency.resize(self.heard * BINS, 0.0);
        for sums in &mut self.sums {
            for sum in &mut sums[..wanted.stems()] {
                sum.clear();
                sum.resize((self.heard - 1) * HOP_SAMPLES + FRAME_SAMPLES, 0.0);
            }
        }
    }

    fn frames(&self) -> usize {
        self.heard + 2 * HALF_TIME
    }

    /// Spectra and energies around the chunk that begins at `start`; outside the mixture there are zeros.
    fn transform(&mut self, plan: &Plan, mixture: MixturePart, start: usize) {
        let isa = Isa::best();
        let channels = self.spectra.par_iter_mut().zip(&mut self.frames).zip(mixture.channels);
        channels.for_each(|((spectra, frame), signal)| {
            for (index, bins) in spectra.chunks_mut(BINS).enumerate() {
                // Frames are centred on multiples of the hop.
                let lead = (REACH + HALF_TIME) * HOP_SAMPLES + FRAME_SAMPLES / 2;
                let first = (start + index * HOP_SAMPLES) as i64 - (lead + mixture.start) as i64;
                let from = first.clamp(0, signal.len() as i64) as usize;
                let to = (first + FRAME_SAMPLES as i64).clamp(0, signal.len() as i64) as usize;
                if from == to {
                    bins.fill(Complex::default());
                    continue;
                }
                let offset = (from as i64 - first) as usize;
                let (before, inside) = frame.samples.split_at_mut(offset);
                let (inside, after) = inside.split_at_mut(to - from);
                before.fill(0.0);
                multiply(isa, &signal[from..to], &plan.window[offset..], inside);
                after.fill(0.0);
                plan.forward.process(isa, &mut frame.samples, bins, &mut frame.scratch);
            }
        });
        let [left, right] = &self.spectra;
        add_energies(isa, left, right, &mut self.energy[..left.len()]);
    }

    /// Both medians of the energy. Past the lowest and the highest bin the energy is mirrored.
    fn filter(&mut self) {
        let isa = Isa::best();
        let (energy, heard) = (&self.energy, self.heard);
        let along_time = || along_columns(isa, energy, BINS, &mut self.along_time);
        let along_frequency = || {
            let half = FREQUENCY_WINDOW / 2;
            let mut column = vec![0.0; BINS + 2 * half];
            let heard = energy.chunks(BINS).skip(HALF_TIME).take(heard);
            for (energy, output) in heard.zip(self.along_frequency.chunks_mut(BINS)) {
                column[half..half + BINS].copy_from_slice(energy);
                for distance in 1..=half {
                    column[half - distance] = column[half + distance];
                    column[half + BINS - 1 + distance] = column[half + BINS - 1 - distance];
                }
                along_sequence(isa, &column, output);
            }
        };
        rayon::join(along_time, along_frequency);
    }

    /// Masks the spectra and adds up bass, drums and, where they are wanted, vocals.
    fn join(&mut self, plan: &Plan, hpss: &Hpss) {
        let masked_stems = match hpss.wanted {
            Wanted::All => &MASKED_STEMS[..],
            Wanted::Rhythm => &MASKED_STEMS[..2],
        };
        let isa = Isa::best();
        let spectra = self.spectra.each_ref().map(|spectra| &spectra[HALF_TIME * BINS..]);
        let (harmonic, percussive) = (&mut self.along_time, &mut self.along_frequency);
        divide(isa, &mut harmonic[..percussive.len()], percussive);
        let (harmonic, percussive) = (&*harmonic, &*percussive);
        let channels = self.sums.par_iter_mut().zip(&mut self.frames).zip(spectra);
        channels.for_each(|((sums, frame), spectrum)| {
            for index in 0..self.heard {
                let at = index * BINS..(index + 1) * BINS;
                let (harmonic, percussive) = (&harmonic[at.clone()], &percussive[at.clone()]);
                for stem in masked_stems {
                    let Frame { share, bins, samples, scratch } = frame;
                    let share = match stem {
                        0 => plan.bands.bass(isa, harmonic, share),
                        1 => percussive,
                        _ => {
                            let sound = spectra.map(|spectrum| &spectrum[at.clone()]);
                            plan.bands.vocals(isa, hpss.separation, harmonic, sound, share)
                        }
                    };
                    scale(isa, &spectrum[at.clone()], share, bins);
                    plan.inverse.process(isa, bins, samples, scratch);
                    let sum = &mut sums[*stem][index * HOP_SAMPLES..][..FRAME_SAMPLES];
                    add(isa, samples, &plan.window_back, sum);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests;
