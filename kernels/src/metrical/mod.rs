//! Beats and downbeats from activations: the dynamic Bayesian network of madmom's
//! `DBNDownBeatTrackingProcessor`, decoded exactly.
//!
//! A bar has three or four beats; a beat has one of sixty tempi and runs through its positions one
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
mod search;
mod state_space;
mod viterbi;

use std::sync::OnceLock;

use densities::LogDensities;
use state_space::BarModel;
pub use state_space::FRAMES_PER_SECOND;
use viterbi::{BeatSpan, BestPath, viterbi};

use crate::observer::{Observer, Values};

/// The bar lengths that are tried, in beats; between equal scores the first wins.
const BEATS_PER_BAR: [usize; 2] = [3, 4];

/// One beat of the decoded sequence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beat {
    /// Time of the beat, in seconds from the start of the activations.
    pub time_seconds: f64,
    /// Position in the bar; 1 is the downbeat.
    pub position: u8,
}

/// Finds the most probable sequence of beats.
///
/// # Parameters
/// - `activations`: `[frames, 2]` f32, probability of a beat that is no downbeat, and of a
///   downbeat, 100 frames a second. An odd last element is ignored.
/// - `threshold`: frames before the first and after the last activation that reaches it take no
///   part; compared in float32; 0 keeps all frames.
///
/// # Returns
/// The beats in ascending time; empty where nothing reaches the threshold, where all activations
/// are zero, or where no sequence has a finite probability.
pub fn decode_beats(activations: &[f32], threshold: f64) -> Vec<Beat> {
    let frames: &[[f32; 2]] = activations.as_chunks().0;
    let (first, frames) = trim_to_threshold(frames, threshold as f32);
    if frames.iter().flatten().all(|&activation| activation == 0.0) {
        return Vec::new();
    }
    beats_of(best_paths(frames), first, frames)
}

/// Computes the inner seams of [`decode_beats`] with the same code: `log_densities`
/// `[frames that take part, 3]` f64, outside beats, of a beat and of a downbeat; `scores` `[2]` f64, the log
/// probability of the best path with 3 and with 4 beats in a bar. Both are empty where no frame takes part.
pub fn observe_decoder(activations: &[f32], threshold: f64, observer: &mut dyn Observer) {
    let frames: &[[f32; 2]] = activations.as_chunks().0;
    let (_, frames) = trim_to_threshold(frames, threshold as f32);
    let (mut log_densities, mut scores) = (Vec::new(), Vec::new());
    if frames.iter().flatten().any(|&activation| activation != 0.0) {
        let densities = LogDensities::new(frames);
        let rows = densities.no_beat.iter().zip(&densities.beat).zip(&densities.downbeat);
        log_densities.extend(rows.flat_map(|((&none, &beat), &downbeat)| [none, beat, downbeat]));
        scores.extend(best_paths(frames).map(|path| path.score));
    }
    observer.seam("log_densities", &[log_densities.len() / 3, 3], Values::F64(&log_densities));
    observer.seam("scores", &[scores.len()], Values::F64(&scores));
}

/// The best path through each of the bar models; there must be at least one frame.
fn best_paths(frames: &[[f32; 2]]) -> [BestPath; 2] {
    let densities = LogDensities::new(frames);
    let [three, four] = bar_models();
    let (three, four) = rayon::join(|| viterbi(three, &densities), || viterbi(four, &densities));
    [three, four]
}

/// The beats of the better path; `first` is the index of the first of `frames`.
fn beats_of([three, four]: [BestPath; 2], first: usize, frames: &[[f32; 2]]) -> Vec<Beat> {
    let [three_beats, four_beats] = bar_models();
    let (model, best) =
        if four.score > three.score { (four_beats, four) } else { (three_beats, three) };
    let beat = |span: &BeatSpan| beat_of(span, model.borders[span.beat][span.tempo], first, frames);
    best.spans.iter().filter_map(beat).collect()
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

fn bar_models() -> &'static [BarModel; 2] {
    static MODELS: OnceLock<[BarModel; 2]> = OnceLock::new();
    MODELS.get_or_init(|| BEATS_PER_BAR.map(BarModel::new))
}

#[cfg(test)]
mod naive;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod trial_inputs;
#[cfg(test)]
mod trials;
