//! The Fourier transforms on either side of the network.

use std::f64::consts::TAU;
use std::sync::OnceLock;

use rayon::prelude::*;
use rustfft::num_complex::Complex;

use super::plan::SEGMENT_SAMPLES;
use crate::linear::{Forward, Inverse, Isa};

/// Samples in a frame of the transform.
const FRAME_SAMPLES: usize = 4096;

/// Samples from one frame to the next.
const HOP_SAMPLES: usize = FRAME_SAMPLES / 4;

/// Frequency bins of the network's input: all but the one at half the sample rate.
pub const BINS: usize = FRAME_SAMPLES / 2;

/// Frames of a segment: one for every started hop.
pub const FRAMES: usize = SEGMENT_SAMPLES.div_ceil(HOP_SAMPLES);

/// Samples of the first frame that lie before the first sample.
const LEAD_SAMPLES: usize = HOP_SAMPLES / 2 * 3;

/// Frames whose bins are brought together at a time; a line of the cache holds twice as many.
const TURNED_FRAMES: usize = 8;

/// Sum of the squared windows that overlap at any sample: four Hann windows a quarter apart.
const WINDOW_ENERGY: f64 = 1.5;

/// The transforms, planned once.
pub(super) struct Transforms {
    window: Vec<f64>,
    forward: Forward<f64>,
    inverse: Inverse<f64>,
}

impl Transforms {
    /// The plan that all segments share.
    pub fn shared() -> &'static Transforms {
        static SHARED: OnceLock<Transforms> = OnceLock::new();
        SHARED.get_or_init(|| {
            let phase = |sample: usize| TAU * sample as f64 / FRAME_SAMPLES as f64;
            Transforms {
                window: (0..FRAME_SAMPLES).map(|n| 0.5 - 0.5 * phase(n).cos()).collect(),
                forward: Forward::new(FRAME_SAMPLES),
                inverse: Inverse::new(FRAME_SAMPLES),
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
            || {
                let forward = &self.forward;
                (forward.frame(), forward.spectrum(), forward.scratch())
            },
            |(frame, bins, scratch), (index, output)| {
                for (n, (value, weight)) in frame.iter_mut().zip(&self.window).enumerate() {
                    *value = signal[mirrored(index * HOP_SAMPLES + n)] * weight * scale;
                }
                self.forward.process(Isa::best(), frame, bins, scratch);
                output.copy_from_slice(&bins[..BINS]);
            },
        );
        output
    }

    /// The signal of one channel: [`SEGMENT_SAMPLES`] values. Bin values at half the sample rate, and
    /// frames beyond both ends, count as zero.
    ///
    /// `re` and `im` are `[BINS][FRAMES]`, and `undo` brings them back from their normalisation.
    pub fn signal(&self, re: &[f32], im: &[f32], undo: impl Fn(f32) -> f64) -> Vec<f64> {
        let scale = 1.0 / (FRAME_SAMPLES as f64).sqrt() / WINDOW_ENERGY;
        let mut signal = vec![0.0; SEGMENT_SAMPLES];
        let mut bins = vec![self.inverse.spectrum(); TURNED_FRAMES];
        let mut samples = self.inverse.frame();
        let mut scratch = self.inverse.scratch();
        for first in (0..FRAMES).step_by(TURNED_FRAMES) {
            // A few frames at a time, so that each line of the planes is read once.
            let count = TURNED_FRAMES.min(FRAMES - first);
            for bin in 0..BINS {
                let at = bin * FRAMES + first..bin * FRAMES + first + count;
                for ((frame, &re), &im) in bins.iter_mut().zip(&re[at.clone()]).zip(&im[at]) {
                    frame[bin] = Complex::new(undo(re), undo(im));
                }
            }
            for (index, frame) in bins[..count].iter_mut().enumerate() {
                // A real signal has no imaginary part at 0 Hz; the network's is ignored.
                frame[BINS] = Complex::new(0.0, 0.0);
                self.inverse.process(Isa::best(), frame, &mut samples, &mut scratch);
                let start = (first + index) * HOP_SAMPLES;
                let skipped = LEAD_SAMPLES.saturating_sub(start);
                let signal = &mut signal[(start + skipped - LEAD_SAMPLES).min(SEGMENT_SAMPLES)..];
                let windowed = samples.iter().zip(&self.window).skip(skipped);
                for (sum, (sample, weight)) in signal.iter_mut().zip(windowed) {
                    *sum += sample * (weight * scale);
                }
            }
        }
        signal
    }
}

/// Index in the signal of a padded position, mirrored at both ends without repeating them.
fn mirrored(padded: usize) -> usize {
    let at = padded as i64 - LEAD_SAMPLES as i64;
    let last = SEGMENT_SAMPLES as i64 - 1;
    let at = at.abs();
    (if at > last { 2 * last - at } else { at }) as usize
}
