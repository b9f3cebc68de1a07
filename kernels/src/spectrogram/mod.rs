//! Logarithmic magnitude spectrograms of 16-bit stems, as madmom makes them for the network.
//!
//! Frames of 2048 samples are centred every 441 samples (100 a second at 44.1 kHz), windowed by a
//! Hann window, Fourier transformed, pooled by 81 triangular filters at twelve to the octave, and
//! compressed by log10(1 + magnitude). All arithmetic is float64, rounded once at the end.
//!
//! Source: allin1 1.1.0, `spectrogram.py`; madmom 0.16.1, `audio/signal.py`, `audio/stft.py`,
//! `audio/filters.py`, `audio/spectrogram.py`.
//!
//! ```
//! use tactus_kernels::spectrogram::{BANDS, frame_count, spectrogram};
//! let silence = vec![0_i16; 44_100];
//! let mut output = vec![0.0_f32; frame_count(silence.len()) * BANDS];
//! spectrogram(&[&silence, &silence], &mut output)?;
//! assert_eq!(output.len(), 100 * 81);
//! # Ok::<(), tactus_kernels::interruption::Interrupted>(())
//! ```

mod filterbank;
mod logarithm;
mod mono;
mod piecewise;

use std::ops::Range;
use std::sync::OnceLock;

use rayon::prelude::*;
use rustfft::num_complex::Complex;

pub use filterbank::BANDS;
use filterbank::Filterbank;
pub use mono::mean_of_16_bit;
use mono::mono;
pub use piecewise::PiecewiseSpectrogram;

use crate::interruption::{self, Interrupted};
use crate::linear::dispatch::dispatched;
use crate::linear::{Forward, Isa};
use crate::observer::{Observer, Values};

/// Samples in a frame.
pub const FRAME_SAMPLES: usize = 2048;

/// Samples from one frame to the next.
pub const HOP_SAMPLES: usize = 441;

/// The sample rate that the filters are laid out for.
pub const SAMPLE_RATE_HZ: f64 = 44_100.0;

/// Bins of the Fourier transform that are used: all but the one at half the sample rate.
const BINS: usize = FRAME_SAMPLES / 2;

/// Frames that one task computes; large enough to keep the cost of a task out of sight.
const FRAMES_PER_TASK: usize = 64;

/// Number of frames of a signal: one for every started hop.
pub fn frame_count(samples: usize) -> usize {
    samples.div_ceil(HOP_SAMPLES)
}

/// Computes the spectrogram of one stem.
///
/// # Parameters
/// - `channels`: the stem's channels, each `[samples]` i16 at 44.1 kHz; they are averaged in
///   float64 and truncated toward zero, as madmom averages integer signals.
/// - `output`: `[frames, 81]` f32, log10(1 + magnitude); frames = `frame_count(samples)`, or more, as if
///   silence followed.
///
/// # Errors
/// If the work is interrupted.
///
/// # Panics
/// If there is no channel, the channels differ in length, or `output` holds fewer frames or
/// a part of one.
pub fn spectrogram(channels: &[&[i16]], output: &mut [f32]) -> Result<(), Interrupted> {
    let frames = output.len() / BANDS;
    assert!(frames * BANDS == output.len() && frames >= frame_count(channels[0].len()));
    let signal = mono(channels);
    let plan = Plan::shared();
    let interruption = interruption::current();
    let tasks = output.par_chunks_mut(FRAMES_PER_TASK * BANDS).enumerate();
    tasks.try_for_each(|(task, rows)| {
        interruption.check()?;
        let mut scratch = Scratch::new(plan);
        for (row, bands) in rows.as_chunks_mut::<BANDS>().0.iter_mut().enumerate() {
            let centre = ((task * FRAMES_PER_TASK + row) * HOP_SAMPLES) as i64;
            plan.frame(&signal, centre, &mut scratch, bands);
        }
        Ok(())
    })
}

/// Computes the inner seams of [`spectrogram`] with the same code, for every frame of one stem:
/// `mono` `[samples]` i16, the mean of the channels; `windowed` `[frames, 2048]` f64, samples under the
/// window, full scale 1.0; `magnitude` `[frames, 1024]` f64, zeros in bins that no filter covers; `filtered`
/// `[frames, 81]` f64, weighted sums of magnitudes.
///
/// # Panics
/// If there is no channel or the channels differ in length.
pub fn observe_spectrogram(channels: &[&[i16]], observer: &mut dyn Observer) {
    let signal = mono(channels);
    let plan = Plan::shared();
    let mut scratch = Scratch::new(plan);
    let frames = frame_count(signal.len());
    let (mut windowed, mut magnitudes, mut filtered) = (Vec::new(), Vec::new(), Vec::new());
    for index in 0..frames {
        plan.window(&signal, (index * HOP_SAMPLES) as i64, &mut scratch);
        windowed.extend_from_slice(&scratch.frame);
        plan.transform(&mut scratch);
        magnitudes.extend_from_slice(&scratch.magnitudes);
        filtered.extend(plan.filterbank.sums(&scratch.magnitudes));
    }
    observer.seam("mono", &[signal.len()], Values::I16(&signal));
    observer.seam("windowed", &[frames, FRAME_SAMPLES], Values::F64(&windowed));
    observer.seam("magnitude", &[frames, BINS], Values::F64(&magnitudes));
    observer.seam("filtered", &[frames, BANDS], Values::F64(&filtered));
}

/// Window, transform and filterbank, which are the same for every frame.
struct Plan {
    /// `[FRAME_SAMPLES]`: symmetric Hann window, divided by the full scale of 16 bits.
    window: Vec<f64>,
    transform: Forward<f64>,
    filterbank: Filterbank,
    /// Bins that any filter covers.
    bins: Range<usize>,
}

/// Buffers of one task.
struct Scratch {
    isa: Isa,
    frame: Vec<f64>,
    spectrum: Vec<Complex<f64>>,
    transform: Vec<Complex<f64>>,
    magnitudes: Vec<f64>,
}

impl Scratch {
    fn new(plan: &Plan) -> Self {
        Scratch {
            isa: Isa::best(),
            frame: plan.transform.frame(),
            spectrum: plan.transform.spectrum(),
            transform: plan.transform.scratch(),
            magnitudes: vec![0.0; BINS],
        }
    }
}

impl Plan {
    fn shared() -> &'static Plan {
        static PLAN: OnceLock<Plan> = OnceLock::new();
        PLAN.get_or_init(|| {
            let filterbank = Filterbank::new(BINS, SAMPLE_RATE_HZ);
            Plan {
                window: hann_window(),
                transform: Forward::new(FRAME_SAMPLES),
                bins: filterbank.bins(),
                filterbank,
            }
        })
    }

    /// Computes the bands of the frame centred on the sample `centre`; outside the signal there are zeros.
    fn frame(&self, signal: &[i16], centre: i64, scratch: &mut Scratch, bands: &mut [f32; BANDS]) {
        self.window(signal, centre, scratch);
        self.transform(scratch);
        self.filterbank.pool(scratch.isa, &scratch.magnitudes, bands);
    }

    /// Puts a frame's samples under the window.
    fn window(&self, signal: &[i16], centre: i64, scratch: &mut Scratch) {
        let start = centre - (FRAME_SAMPLES / 2) as i64;
        let from = start.clamp(0, signal.len() as i64) as usize;
        let to = (start + FRAME_SAMPLES as i64).clamp(0, signal.len() as i64) as usize;
        let offset = (from as i64 - start).max(0) as usize;
        let (before, inside) = scratch.frame.split_at_mut(offset);
        let (inside, after) = inside.split_at_mut(to - from);
        before.fill(0.0);
        windowed(scratch.isa, &signal[from..to], &self.window[offset..], inside);
        after.fill(0.0);
    }

    /// Computes the magnitudes of a windowed frame, which is used up.
    fn transform(&self, scratch: &mut Scratch) {
        let Scratch { isa, frame, spectrum, transform, magnitudes } = scratch;
        self.transform.process(*isa, frame, spectrum, transform);
        let bins = self.bins.clone();
        sizes(*isa, &spectrum[bins.clone()], &mut magnitudes[bins]);
    }
}

dispatched! {
    /// `output = samples · window`.
    windowed = windowed_loop(samples: &[i16], window: &[f64], output: &mut [f64])
}

#[inline(always)]
fn windowed_loop<const FUSED: bool>(samples: &[i16], window: &[f64], output: &mut [f64]) {
    for ((output, sample), weight) in output.iter_mut().zip(samples).zip(window) {
        *output = f64::from(*sample) * weight;
    }
}

dispatched! {
    /// `sizes = |bins|`.
    sizes = sizes_loop(bins: &[Complex<f64>], sizes: &mut [f64])
}

#[inline(always)]
fn sizes_loop<const FUSED: bool>(bins: &[Complex<f64>], sizes: &mut [f64]) {
    for (size, bin) in sizes.iter_mut().zip(bins) {
        *size = (bin.re * bin.re + bin.im * bin.im).sqrt();
    }
}

/// Symmetric Hann window over the full scale of 16-bit samples, which brings them to ±1.
fn hann_window() -> Vec<f64> {
    let step = std::f64::consts::PI / (FRAME_SAMPLES - 1) as f64;
    let full_scale = f64::from(i16::MAX);
    (0..FRAME_SAMPLES)
        .map(|sample| {
            let phase = (2 * sample) as f64 - (FRAME_SAMPLES - 1) as f64;
            (0.5 + 0.5 * (step * phase).cos()) / full_scale
        })
        .collect()
}

#[cfg(test)]
mod tests;
