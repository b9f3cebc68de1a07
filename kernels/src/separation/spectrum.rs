//! The Fourier transforms on either side of the network.

use std::f64::consts::TAU;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::plan::SEGMENT_SAMPLES;

/// Samples in a frame of the transform.
const FRAME_SAMPLES: usize = 4096;

/// Samples from one frame to the next.
const HOP_SAMPLES: usize = FRAME_SAMPLES / 4;

/// Frequency bins that the network sees: all but the one at half the sample rate.
pub const BINS: usize = FRAME_SAMPLES / 2;

/// Frames of a segment: one for every started hop.
pub const FRAMES: usize = SEGMENT_SAMPLES.div_ceil(HOP_SAMPLES);

/// How far the first frame reaches before the first sample.
const LEAD_SAMPLES: usize = HOP_SAMPLES / 2 * 3;

/// Sum of the squared windows that overlap at any sample: four Hann windows a quarter apart.
const WINDOW_ENERGY: f64 = 1.5;

/// The transforms, planned once.
pub(super) struct Transforms {
    window: Vec<f64>,
    forward: Arc<dyn RealToComplex<f64>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
}

impl Transforms {
    /// The plan that all segments share.
    pub fn shared() -> &'static Transforms {
        static SHARED: OnceLock<Transforms> = OnceLock::new();
        SHARED.get_or_init(|| {
            let mut planner = RealFftPlanner::new();
            let phase = |sample: usize| TAU * sample as f64 / FRAME_SAMPLES as f64;
            Transforms {
                window: (0..FRAME_SAMPLES).map(|n| 0.5 - 0.5 * phase(n).cos()).collect(),
                forward: planner.plan_fft_forward(FRAME_SAMPLES),
                inverse: planner.plan_fft_inverse(FRAME_SAMPLES),
            }
        })
    }

    /// The spectrum of one channel: `[FRAMES][BINS]` complex, scaled to keep energy. Beyond both
    /// ends the signal is mirrored.
    ///
    /// `signal` has [`SEGMENT_SAMPLES`] values.
    pub fn spectrum(&self, signal: &[f64]) -> Vec<Complex<f64>> {
        let scale = 1.0 / (FRAME_SAMPLES as f64).sqrt();
        let mut output = vec![Complex::new(0.0, 0.0); FRAMES * BINS];
        output.par_chunks_mut(BINS).enumerate().for_each_init(
            || (self.forward.make_input_vec(), self.forward.make_output_vec()),
            |(frame, bins), (index, output)| {
                for (n, (value, weight)) in frame.iter_mut().zip(&self.window).enumerate() {
                    *value = signal[mirrored(index * HOP_SAMPLES + n)] * weight * scale;
                }
                self.forward.process(frame, bins).expect("the buffers are the transform's own");
                output.copy_from_slice(&bins[..BINS]);
            },
        );
        output
    }

    /// The signal of one channel from `[FRAMES][BINS]` complex: [`SEGMENT_SAMPLES`] values. Bin
    /// values at half the sample rate, and frames beyond both ends, count as zero.
    pub fn signal(&self, spectrum: &[Complex<f64>]) -> Vec<f64> {
        let scale = 1.0 / (FRAME_SAMPLES as f64).sqrt() / WINDOW_ENERGY;
        let frames: Vec<Vec<f64>> = spectrum
            .par_chunks(BINS)
            .map_init(
                || self.inverse.make_input_vec(),
                |bins, frame| {
                    bins[..BINS].copy_from_slice(frame);
                    // A real signal has no imaginary part at 0 Hz; the network's is ignored.
                    bins[0].im = 0.0;
                    bins[BINS] = Complex::new(0.0, 0.0);
                    let mut samples = self.inverse.make_output_vec();
                    self.inverse
                        .process(bins, &mut samples)
                        .expect("the buffers are the transform's own");
                    for (sample, weight) in samples.iter_mut().zip(&self.window) {
                        *sample *= weight * scale;
                    }
                    samples
                },
            )
            .collect();
        (0..SEGMENT_SAMPLES)
            .map(|sample| {
                let at = sample + LEAD_SAMPLES;
                let last = (at / HOP_SAMPLES).min(FRAMES - 1);
                let first = (at + HOP_SAMPLES).saturating_sub(FRAME_SAMPLES) / HOP_SAMPLES;
                (first..=last).map(|frame| frames[frame][at - frame * HOP_SAMPLES]).sum()
            })
            .collect()
    }
}

/// Where in the signal the padded position lies, mirrored at both ends without repeating them.
fn mirrored(padded: usize) -> usize {
    let at = padded as i64 - LEAD_SAMPLES as i64;
    let last = SEGMENT_SAMPLES as i64 - 1;
    let at = at.abs();
    (if at > last { 2 * last - at } else { at }) as usize
}
