//! Beats and downbeats from activations: the dynamic Bayesian network of madmom's
//! `DBNDownBeatTrackingProcessor`, decoded exactly.
//!
//! A bar has a fixed number of beats; a beat has one of sixty tempi and runs through its positions one
//! a frame, so the only real choice is the tempo at the start of each beat. [`viterbi`] searches
//! over these choices and still adds the log densities in the order in which a dense search adds
//! them, so that scores, and with them all ties, come out the same to the last bit.
//!
//! Source: Böck, Krebs, Widmer, "Joint Beat and Downbeat Tracking with Recurrent Neural Networks",
//! ISMIR 2016; Krebs, Böck, Widmer, "An Efficient State Space Model for Joint Tempo and Meter
//! Tracking", ISMIR 2015; madmom 0.16.1, `features/downbeats.py`, `features/beats_hmm.py`.
//!
//! ```
//! use tactus_kernels::metrical::decode_beats;
//! // [frames, 2] f32: the probability of a beat that is no downbeat, and of a downbeat.
//! let activations: Vec<f32> = (0..400)
//!     .flat_map(|frame| match frame % 200 {
//!         0 => [0.01, 0.9],
//!         50 | 100 | 150 => [0.9, 0.01],
//!         _ => [0.01, 0.01],
//!     })
//!     .collect();
//! let beats = decode_beats(&activations, 0.05);
//! assert_eq!(beats[0].position, 1);
//! assert_eq!(beats[1].time_seconds, 0.5);
//! ```

mod chain;
mod densities;
mod metre;
mod options;
mod search;
mod state_space;
mod viterbi;

use rayon::prelude::*;

use densities::LogDensities;
pub use metre::Metre;
use metre::metre_of;
pub use options::DecoderOptions;
use state_space::BarModel;
pub use state_space::FRAMES_PER_SECOND;
use viterbi::{BeatSpan, BestPath, viterbi};

use crate::error::Error;
use crate::observer::{Observer, Values};

/// One beat of the decoded sequence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beat {
    /// Time of the beat, in seconds from the start of the activations.
    pub time_seconds: f64,
    /// Position in the bar; 1 is the downbeat.
    pub position: u8,
}

/// What the decoder finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The beats in ascending time; empty where nothing reaches the threshold, where all activations
    /// are zero, or where no sequence has a finite probability.
    pub beats: Vec<Beat>,
    /// The length of the bars, and how clear it is; `None` where there is no sequence.
    pub metre: Option<Metre>,
}

/// Finds the most probable sequence of beats with the default options.
///
/// # Parameters
/// As of [`BeatDecoder::decode`].
///
/// # Returns
/// [`Decoded::beats`].
pub fn decode_beats(activations: &[f32], threshold: f64) -> Vec<Beat> {
    BeatDecoder::default().decode(activations, threshold).beats
}

/// The decoder with its bar models.
pub struct BeatDecoder {
    models: Vec<BarModel>,
}

impl Default for BeatDecoder {
    fn default() -> Self {
        BeatDecoder::of(&DecoderOptions::default())
    }
}

impl BeatDecoder {
    /// Builds the bar models.
    ///
    /// # Errors
    /// [`Error::DecoderOption`] for a value out of range.
    pub fn new(options: &DecoderOptions) -> Result<Self, Error> {
        options.check()?;
        Ok(BeatDecoder::of(options))
    }

    fn of(options: &DecoderOptions) -> Self {
        let model = |&beats| BarModel::new(beats, options);
        BeatDecoder { models: options.beats_per_bar.iter().map(model).collect() }
    }

    /// Finds the most probable sequence of beats.
    ///
    /// # Parameters
    /// - `activations`: `[frames, 2]` f32, probability of a beat that is no downbeat, and of a
    ///   downbeat, 100 frames a second. An odd last element is ignored.
    /// - `threshold`: frames before the first and after the last activation that reaches it take no
    ///   part; compared in float32; 0 keeps all frames.
    pub fn decode(&self, activations: &[f32], threshold: f64) -> Decoded {
        let frames: &[[f32; 2]] = activations.as_chunks().0;
        let (first, frames) = trim_to_threshold(frames, threshold as f32);
        if frames.iter().flatten().all(|&activation| activation == 0.0) {
            return Decoded { beats: Vec::new(), metre: None };
        }
        let densities = LogDensities::new(frames);
        let paths = self.best_paths(&densities);
        Decoded {
            beats: self.beats_of(&paths, first, frames),
            metre: metre_of(&self.models, &paths, best_of(&paths), &densities),
        }
    }

    /// Computes the inner seams of [`BeatDecoder::decode`] with the same code: `span` `[2]` f64, the first of the frames
    /// that take part and the one after the last; `log_densities` `[frames that take part, 3]` f64, outside beats, of a beat
    /// and of a downbeat; `scores` `[metres]` f64, the log probability of the best path for each length of the bar. The
    /// last two are empty where no frame takes part.
    pub fn observe(&self, activations: &[f32], threshold: f64, observer: &mut dyn Observer) {
        let frames: &[[f32; 2]] = activations.as_chunks().0;
        let (first, frames) = trim_to_threshold(frames, threshold as f32);
        let span = [first as f64, (first + frames.len()) as f64];
        observer.seam("span", &[2], Values::F64(&span));
        let (mut rows, mut scores) = (Vec::new(), Vec::new());
        if frames.iter().flatten().any(|&activation| activation != 0.0) {
            let densities = LogDensities::new(frames);
            let of_frames = densities.no_beat.iter().zip(&densities.beat).zip(&densities.downbeat);
            rows.extend(of_frames.flat_map(|((&none, &beat), &downbeat)| [none, beat, downbeat]));
            scores.extend(self.best_paths(&densities).iter().map(|path| path.score));
        }
        observer.seam("log_densities", &[rows.len() / 3, 3], Values::F64(&rows));
        observer.seam("scores", &[scores.len()], Values::F64(&scores));
    }

    /// The best path through each of the bar models; there must be at least one frame.
    fn best_paths(&self, densities: &LogDensities) -> Vec<BestPath> {
        self.models.par_iter().map(|model| viterbi(model, densities)).collect()
    }

    /// The beats of the best path; `first` is the index of the first of `frames`.
    fn beats_of(&self, paths: &[BestPath], first: usize, frames: &[[f32; 2]]) -> Vec<Beat> {
        let best = best_of(paths);
        let borders = &self.models[best].borders;
        let beat = |span: &BeatSpan| beat_of(span, borders[span.beat][span.tempo], first, frames);
        paths[best].spans.iter().filter_map(beat).collect()
    }
}

/// Index of the first of the paths with the highest score.
fn best_of(paths: &[BestPath]) -> usize {
    (1..paths.len()).fold(0, |best, at| if paths[at].score > paths[best].score { at } else { best })
}

/// The part of `frames` from the first to the last activation at or above the threshold, and the
/// index of its first frame. A threshold reached in frame 0 alone selects nothing, as in madmom.
fn trim_to_threshold(frames: &[[f32; 2]], threshold: f32) -> (usize, &[[f32; 2]]) {
    if threshold == 0.0 {
        return (0, frames);
    }
    let reaches = |frame: &[f32; 2]| frame[0] >= threshold || frame[1] >= threshold;
    match frames.iter().rposition(reaches) {
        None | Some(0) => (0, &[]),
        Some(last) => {
            let first = frames.iter().position(reaches).unwrap_or(last);
            (first, &frames[first..=last])
        }
    }
}

/// The beat of one span of the path: the frame with the largest activation among those that lie in
/// the span's beat range, its first `border` frames. Spans whose beat range lies outside the audio
/// have none.
fn beat_of(span: &BeatSpan, border: usize, first: usize, frames: &[[f32; 2]]) -> Option<Beat> {
    let left = span.start.max(0) as usize;
    let right = (span.start + border as i64).clamp(0, frames.len() as i64) as usize;
    let mut best: Option<(usize, f32)> = None;
    for (frame, activations) in frames.iter().enumerate().take(right).skip(left) {
        for &activation in activations {
            if best.is_none_or(|(_, largest)| activation > largest) {
                best = Some((frame, activation));
            }
        }
    }
    best.map(|(frame, _)| Beat {
        time_seconds: (first + frame) as f64 / FRAMES_PER_SECOND,
        position: span.beat as u8 + 1,
    })
}

#[cfg(test)]
mod naive;
#[cfg(test)]
mod option_trials;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod trial_inputs;
#[cfg(test)]
mod trials;
