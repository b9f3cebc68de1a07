//! Separation without a network: what is steady, what is short, and where it comes from.
//!
//! In a spectrogram steady sounds are lines along time and drums are lines along frequency; a median along
//! either direction keeps the one and drops the other. Soft masks made from the two medians split the
//! mixture into a harmonic and a percussive part. The percussive part is the drums; of the harmonic part
//! the low band is the bass, what comes from the centre of a stereo mixture at the frequencies of voices is
//! the vocals, and the rest is the other stem, which also takes what rounding leaves: the four stems sum to
//! the mixture.
//!
//! The mixture is cut into chunks that are computed by themselves, each with as much of its surroundings as
//! the filters reach, so that the result does not depend on the number of threads.
//!
//! Source: Fitzgerald, "Harmonic/percussive separation using median filtering", DAFx 2010.
//!
//! ```
//! use tactus_kernels::hpss::{Hpss, Work};
//! let silence = vec![0.0_f32; 1000];
//! let hpss = Hpss::new([&silence, &silence]);
//! let mut work = Work::new();
//! let stems = work.separate(&hpss, [&silence, &silence], 0);
//! assert_eq!(stems.map(|[left, _]| left.len()), [1000; 4]);
//! ```

mod masks;
mod median;
mod separator;

use std::f32::consts::TAU;
use std::sync::{Arc, OnceLock};

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use masks::Bands;
pub use median::{LONGEST_WINDOW, RunningMedian};
pub use separator::HpssSeparator;

/// Channels of the mixture and of every stem.
pub const CHANNELS: usize = 2;

/// Stems: bass, drums, other, vocals.
pub const STEMS: usize = 4;

/// Samples of a chunk: 2.97 s.
pub const CHUNK_SAMPLES: usize = 256 * HOP_SAMPLES;

/// Samples in a frame of the transform: 46 ms.
const FRAME_SAMPLES: usize = 2048;

/// Samples from one frame to the next: 12 ms.
const HOP_SAMPLES: usize = FRAME_SAMPLES / 4;

const BINS: usize = FRAME_SAMPLES / 2 + 1;

/// The sample rate that the bands are laid out for.
const SAMPLE_RATE_HZ: f32 = 44_100.0;

/// Frames that a median along time sees: 0.36 s.
const TIME_WINDOW: usize = 31;

/// Bins that a median along frequency sees: 667 Hz.
const FREQUENCY_WINDOW: usize = 31;

/// Frames on either side of a chunk's first and last hop that reach into it.
const REACH: usize = 1;

/// Sum of the squared windows that overlap at any sample: four Hann windows a quarter apart.
const WINDOW_ENERGY: f32 = 1.5;

/// The share of the energy that both channels do not have in common, above which a mixture is stereo.
const LEAST_SIDE: f64 = 1e-4;

/// Two channels of equal length, 44.1 kHz, full scale 1.0.
pub type Mixture<'a> = [&'a [f32]; CHANNELS];

/// Whether a mixture has a centre that differs from its sides.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Separation {
    Mono,
    Stereo,
}

/// What holds for a whole mixture.
#[derive(Debug, Clone, Copy)]
pub struct Hpss {
    separation: Separation,
    samples: usize,
}

impl Hpss {
    /// Looks at a mixture.
    ///
    /// # Panics
    /// If the channels differ in length.
    pub fn new([left, right]: Mixture) -> Self {
        assert_eq!(left.len(), right.len(), "channels differ in length");
        let (mut middle, mut side) = (0.0, 0.0);
        for (&left, &right) in left.iter().zip(right) {
            let (left, right) = (f64::from(left), f64::from(right));
            middle += (left + right) * (left + right);
            side += (left - right) * (left - right);
        }
        let is_stereo = side > LEAST_SIDE * (middle + side);
        let separation = if is_stereo { Separation::Stereo } else { Separation::Mono };
        Hpss { separation, samples: left.len() }
    }

    /// How many chunks the mixture has.
    pub fn chunks(&self) -> usize {
        self.samples.div_ceil(CHUNK_SAMPLES)
    }
}

/// What is the same for every chunk.
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

/// The arrays that it takes to separate a chunk, 16 MB, used for one after the other. Frames are counted from the first that a
/// median along time sees.
pub struct Work {
    /// Frames that are heard in the chunk.
    heard: usize,
    /// `[CHANNELS][frames][BINS]`.
    spectra: [Vec<Complex<f32>>; CHANNELS],
    /// `[BINS][frames]`: energy of both channels.
    energy: Vec<f32>,
    /// `[heard][BINS]`: medians of the energy.
    along_time: Vec<f32>,
    along_frequency: Vec<f32>,
    /// Bass, drums, other, vocals, with a hop and half a frame before the chunk.
    sums: [[Vec<f32>; CHANNELS]; STEMS],
    /// Bass, drums and vocals of one frame: `[BINS]`.
    masked: [[Vec<Complex<f32>>; CHANNELS]; 3],
    frame: Vec<f32>,
    scratch: Vec<Complex<f32>>,
}

/// Frames that a median along time sees before and after its own.
const HALF_TIME: usize = TIME_WINDOW / 2;

/// Samples from the start of the first frame that is heard to the chunk: the frame is centred `REACH` hops
/// before it.
const LEAD: usize = REACH * HOP_SAMPLES + FRAME_SAMPLES / 2;

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
    /// # Returns
    /// `[STEMS][CHANNELS][samples]` f32, bass, drums, other, vocals; as many samples as a chunk has, or what
    /// is left of the mixture.
    ///
    /// # Panics
    /// If there is no such chunk, or the mixture is shorter than the one that `hpss` has seen.
    pub fn separate(
        &mut self,
        hpss: &Hpss,
        mixture: Mixture,
        index: usize,
    ) -> [[&[f32]; CHANNELS]; STEMS] {
        let start = index * CHUNK_SAMPLES;
        let length = CHUNK_SAMPLES.min(hpss.samples - start);
        let plan = Plan::shared();
        self.resize(length);
        self.transform(plan, mixture, start);
        self.filter();
        self.join(plan, hpss.separation);
        let [bass, drums, other, vocals] = &mut self.sums;
        for channel in 0..CHANNELS {
            let parts = bass[channel].iter().zip(&drums[channel]).zip(&vocals[channel]);
            let whole = &mixture[channel][start..start + length];
            let rest = other[channel].iter_mut().zip(parts).skip(LEAD).zip(whole);
            for ((rest, ((bass, drums), vocals)), whole) in rest {
                *rest = whole - (bass + drums + vocals);
            }
        }
        self.sums.each_ref().map(|stem| stem.each_ref().map(|sum| &sum[LEAD..LEAD + length]))
    }

    /// Sets the arrays to what a chunk of `length` samples takes.
    fn resize(&mut self, length: usize) {
        self.heard = length.div_ceil(HOP_SAMPLES) + 1 + 2 * REACH;
        let frames = self.frames();
        for spectra in &mut self.spectra {
            spectra.clear();
            spectra.resize(frames * BINS, Complex::default());
        }
        self.energy.resize(frames * BINS, 0.0);
        self.along_time.resize(self.heard * BINS, 0.0);
        self.along_frequency.resize(self.heard * BINS, 0.0);
        for sum in self.sums.iter_mut().flatten() {
            sum.clear();
            sum.resize((self.heard - 1) * HOP_SAMPLES + FRAME_SAMPLES, 0.0);
        }
    }

    fn frames(&self) -> usize {
        self.heard + 2 * HALF_TIME
    }

    /// Spectra and energies around the chunk that begins at `start`; outside the mixture there are zeros.
    fn transform(&mut self, plan: &Plan, mixture: Mixture, start: usize) {
        let frames = self.frames();
        for (signal, spectra) in mixture.iter().zip(&mut self.spectra) {
            for (index, bins) in spectra.chunks_mut(BINS).enumerate() {
                // Frames are centred on multiples of the hop.
                let lead = (REACH + HALF_TIME) * HOP_SAMPLES + FRAME_SAMPLES / 2;
                let first = (start + index * HOP_SAMPLES) as i64 - lead as i64;
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
        for (index, (left, right)) in pairs.enumerate() {
            for (bin, (left, right)) in left.iter().zip(right).enumerate() {
                self.energy[bin * frames + index] = left.norm_sqr() + right.norm_sqr();
            }
        }
    }

    /// Both medians of the energy. Past the lowest and the highest bin the energy is mirrored.
    fn filter(&mut self) {
        let frames = self.frames();
        let mut median = RunningMedian::new(TIME_WINDOW);
        for (bin, row) in self.energy.chunks(frames).enumerate() {
            median.run(row, |index, value| self.along_time[index * BINS + bin] = value);
        }
        let half = FREQUENCY_WINDOW / 2;
        let mut median = RunningMedian::new(FREQUENCY_WINDOW);
        let mut column = vec![0.0; BINS + 2 * half];
        for (index, output) in self.along_frequency.chunks_mut(BINS).enumerate() {
            let at = index + HALF_TIME;
            let spectra = self.spectra.each_ref().map(|spectra| &spectra[at * BINS..][..BINS]);
            for (bin, energy) in column[half..half + BINS].iter_mut().enumerate() {
                *energy = spectra[0][bin].norm_sqr() + spectra[1][bin].norm_sqr();
            }
            for distance in 1..=half {
                column[half - distance] = column[half + distance];
                column[half + BINS - 1 + distance] = column[half + BINS - 1 - distance];
            }
            median.run(&column, |bin, value| output[bin] = value);
        }
    }

    /// Masks the spectra and adds up bass, drums and vocals.
    fn join(&mut self, plan: &Plan, separation: Separation) {
        let scale = 1.0 / (FRAME_SAMPLES as f32 * WINDOW_ENERGY);
        for index in 0..self.heard {
            let at = (index + HALF_TIME) * BINS;
            for bin in 0..BINS {
                let medians =
                    (self.along_time[index * BINS + bin], self.along_frequency[index * BINS + bin]);
                let sound = (self.spectra[0][at + bin], self.spectra[1][at + bin]);
                let shares = plan.bands.shares(bin, separation, medians, sound);
                let shares = [shares.bass, shares.drums, shares.vocals];
                for (masked, share) in self.masked.iter_mut().zip(shares) {
                    masked[0][bin] = sound.0 * share;
                    masked[1][bin] = sound.1 * share;
                }
            }
            for (masked, stem) in self.masked.iter_mut().zip(MASKED_STEMS) {
                for (masked, sum) in masked.iter_mut().zip(&mut self.sums[stem]) {
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
