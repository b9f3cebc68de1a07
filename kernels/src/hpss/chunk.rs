//! Separation of one chunk of a mixture.

use std::f32::consts::TAU;
use std::sync::{Arc, OnceLock};

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::layout::{
    BINS, CHANNELS, CHUNK_SAMPLES, FRAME_SAMPLES, FREQUENCY_WINDOW, HOP_SAMPLES, LEAST_SIDE,
    Mixture, REACH, STEMS, Separation, TIME_WINDOW, WINDOW_ENERGY, Wanted,
};
use super::masks::Bands;
use super::median::{AT_ONCE, LEAST_LENGTH, along_columns, along_sequence};
use crate::linear::Isa;
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
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    bands: Bands,
}

impl Plan {
    fn shared() -> &'static Plan {
        static PLAN: OnceLock<Plan> = OnceLock::new();
        PLAN.get_or_init(|| {
            let mut planner = RealFftPlanner::new();
            let phase = |sample: usize| TAU * sample as f32 / FRAME_SAMPLES as f32;
            Plan {
                window: (0..FRAME_SAMPLES).map(|n| 0.5 - 0.5 * phase(n).cos()).collect(),
                forward: planner.plan_fft_forward(FRAME_SAMPLES),
                inverse: planner.plan_fft_inverse(FRAME_SAMPLES),
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
    /// `[heard][BINS]`: medians of the energy; along time at least [`AT_ONCE`] frames.
    along_time: Vec<f32>,
    along_frequency: Vec<f32>,
    /// Bass, drums, other, vocals, with a hop and half a frame before the chunk.
    sums: [[Vec<f32>; CHANNELS]; STEMS],
    /// Bass, drums and vocals of one frame: `[BINS]`.
    masked: [[Vec<Complex<f32>>; CHANNELS]; 3],
    frame: Vec<f32>,
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
        let scratch = plan.forward.get_scratch_len().max(plan.inverse.get_scratch_len());
        Work {
            heard: 0,
            spectra: Default::default(),
            energy: Vec::new(),
            along_time: Vec::new(),
            along_frequency: Vec::new(),
            sums: Default::default(),
            masked: std::array::from_fn(|_| {
                std::array::from_fn(|_| plan.forward.make_output_vec())
            }),
            frame: plan.forward.make_input_vec(),
            scratch: vec![Complex::default(); scratch],
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
            self.sums[stem].each_ref().map(|sum| &sum[range.clone()])
        })
    }

    /// Makes the other stem: what bass, drums and vocals leave of the mixture.
    fn subtract(&mut self, mixture: MixturePart, start: usize, length: usize) {
        let [bass, drums, other, vocals] = &mut self.sums;
        for channel in 0..CHANNELS {
            let parts = bass[channel].iter().zip(&drums[channel]).zip(&vocals[channel]);
            let whole = &mixture.channels[channel][start - mixture.start..][..length];
            let rest = other[channel].iter_mut().zip(parts).skip(LEAD).zip(whole);
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
            spectra.clear();
            spectra.resize(frames * BINS, Complex::default());
        }
        let filtered = self.heard.max(AT_ONCE);
        self.energy.clear();
        self.energy.resize((filtered + 2 * HALF_TIME) * BINS, 0.0);
        self.along_time.resize(filtered * BINS, 0.0);
        self.along_frequency.resize(self.heard * BINS, 0.0);
        for sum in self.sums[..wanted.stems()].iter_mut().flatten() {
            sum.clear();
            sum.resize((self.heard - 1) * HOP_SAMPLES + FRAME_SAMPLES, 0.0);
        }
    }

    fn frames(&self) -> usize {
        self.heard + 2 * HALF_TIME
    }

    /// Spectra and energies around the chunk that begins at `start`; outside the mixture there are zeros.
    fn transform(&mut self, plan: &Plan, mixture: MixturePart, start: usize) {
        for (signal, spectra) in mixture.channels.iter().zip(&mut self.spectra) {
            for (index, bins) in spectra.chunks_mut(BINS).enumerate() {
                // Frames are centred on multiples of the hop.
                let lead = (REACH + HALF_TIME) * HOP_SAMPLES + FRAME_SAMPLES / 2;
                let first = (start + index * HOP_SAMPLES) as i64 - (lead + mixture.start) as i64;
                let from = first.clamp(0, signal.len() as i64) as usize;
                let to = (first + FRAME_SAMPLES as i64).clamp(0, signal.len() as i64) as usize;
                if from == to {
                    continue;
                }
                let offset = (from as i64 - first) as usize;
                self.frame.fill(0.0);
                let inside = self.frame[offset..].iter_mut().zip(&plan.window[offset..]);
                for ((value, weight), sample) in inside.zip(&signal[from..to]) {
                    *value = sample * weight;
                }
                plan.forward
                    .process_with_scratch(&mut self.frame, bins, &mut self.scratch)
                    .expect("the buffers are the transform's own");
            }
        }
        let [left, right] = &self.spectra;
        let pairs = left.chunks(BINS).zip(right.chunks(BINS));
        for ((left, right), energy) in pairs.zip(self.energy.chunks_mut(BINS)) {
            for ((left, right), energy) in left.iter().zip(right).zip(energy) {
                *energy = left.norm_sqr() + right.norm_sqr();
            }
        }
    }

    /// Both medians of the energy. Past the lowest and the highest bin the energy is mirrored.
    fn filter(&mut self) {
        let isa = Isa::best();
        along_columns(isa, &self.energy, BINS, &mut self.along_time);
        let half = FREQUENCY_WINDOW / 2;
        let mut column = vec![0.0; BINS + 2 * half];
        let heard = self.energy.chunks(BINS).skip(HALF_TIME);
        for (energy, output) in heard.zip(self.along_frequency.chunks_mut(BINS)) {
            column[half..half + BINS].copy_from_slice(energy);
            for distance in 1..=half {
                column[half - distance] = column[half + distance];
                column[half + BINS - 1 + distance] = column[half + BINS - 1 - distance];
            }
            along_sequence(isa, &column, output);
        }
    }

    /// Masks the spectra and adds up bass, drums and, where they are wanted, vocals.
    fn join(&mut self, plan: &Plan, hpss: &Hpss) {
        let masked_stems = match hpss.wanted {
            Wanted::All => &MASKED_STEMS[..],
            Wanted::Rhythm => &MASKED_STEMS[..2],
        };
        let scale = 1.0 / (FRAME_SAMPLES as f32 * WINDOW_ENERGY);
        for index in 0..self.heard {
            let at = (index + HALF_TIME) * BINS;
            for bin in 0..BINS {
                let medians =
                    (self.along_time[index * BINS + bin], self.along_frequency[index * BINS + bin]);
                let sound = (self.spectra[0][at + bin], self.spectra[1][at + bin]);
                let shares = plan.bands.shares(bin, hpss.separation, medians, sound);
                let shares = [shares.bass, shares.drums, shares.vocals];
                let masked = self.masked[..masked_stems.len()].iter_mut();
                for (masked, share) in masked.zip(shares) {
                    masked[0][bin] = sound.0 * share;
                    masked[1][bin] = sound.1 * share;
                }
            }
            for (masked, stem) in self.masked.iter_mut().zip(masked_stems) {
                for (masked, sum) in masked.iter_mut().zip(&mut self.sums[*stem]) {
                    // A real signal has no imaginary part at either end.
                    masked[0].im = 0.0;
                    masked[BINS - 1].im = 0.0;
                    plan.inverse
                        .process_with_scratch(masked, &mut self.frame, &mut self.scratch)
                        .expect("the buffers are the transform's own");
                    let windowed = self.frame.iter().zip(&plan.window);
                    for (sum, (sample, weight)) in
                        sum[index * HOP_SAMPLES..].iter_mut().zip(windowed)
                    {
                        *sum += sample * (weight * scale);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
