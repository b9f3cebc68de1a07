//! The most probable path through the states of a bar.
//!
//! Inside a beat the path is forced, so a beat that starts at frame `s` with tempo `i` is one
//! *chain* of states: its score at the end of the beat is its score at the start plus the log
//! densities of its frames, added one after the other, and only the ends of chains are kept until
//! the next beat needs them. [`search`](super::search) does that for all frames.

use super::chain::chain_score;
use super::densities::LogDensities;
use super::search::{Trellis, search};
use super::state_space::BarModel;
use crate::linear::Isa;

/// The part of a path that lies in one beat.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BeatSpan {
    /// First frame of the beat; negative where it began before the first frame.
    pub start: i64,
    /// Beat of the bar, from 0.
    pub beat: usize,
    /// Index of the tempo.
    pub tempo: usize,
}

/// The best path and its score.
pub(super) struct BestPath {
    /// Log probability; negative infinity when no path is possible.
    pub score: f64,
    /// The beats of the path in ascending time; empty when no path is possible.
    pub spans: Vec<BeatSpan>,
}

/// Finds the best path. The densities must have at least one frame.
pub(super) fn viterbi(model: &BarModel, densities: &LogDensities) -> BestPath {
    viterbi_at(Isa::best(), model, densities)
}

/// [`viterbi`] with a given instruction set; the result does not depend on it.
pub(super) fn viterbi_at(isa: Isa, model: &BarModel, densities: &LogDensities) -> BestPath {
    let trellis = search(isa, model, densities);
    let (score, beat, tempo, position) = best_final_state(model, densities, &trellis);
    if score == f64::NEG_INFINITY {
        return BestPath { score, spans: Vec::new() };
    }
    let last_frame = densities.frames() as i64 - 1;
    let spans = trace_back(model, &trellis, last_frame - position as i64, beat, tempo);
    BestPath { score, spans }
}

/// The first of the states with the highest score in the last frame, ordered by beat, tempo and
/// position: score, beat, tempo, position.
fn best_final_state(
    model: &BarModel,
    densities: &LogDensities,
    trellis: &Trellis,
) -> (f64, usize, usize, usize) {
    let last_frame = densities.frames() - 1;
    let mut best = (f64::NEG_INFINITY, 0, 0, 0);
    for beat in 0..model.beats {
        for (tempo, &interval) in model.intervals.iter().enumerate() {
            for position in 0..interval {
                let start = last_frame as i64 - position as i64;
                let entry = match usize::try_from(start) {
                    Ok(start) => trellis.entry(beat, tempo, start),
                    Err(_) => model.initial,
                };
                let chain = (beat, tempo);
                let score = chain_score(model, densities, chain, start, last_frame, entry);
                if score > best.0 {
                    best = (score, beat, tempo, position);
                }
            }
        }
    }
    best
}

/// The beats of the path that ends in the chain started at `start`.
fn trace_back(
    model: &BarModel,
    trellis: &Trellis,
    mut start: i64,
    mut beat: usize,
    mut tempo: usize,
) -> Vec<BeatSpan> {
    let mut spans = Vec::new();
    loop {
        spans.push(BeatSpan { start, beat, tempo });
        if start <= 0 {
            break;
        }
        tempo = trellis.came_from(beat, tempo, start as usize);
        beat = (beat + model.beats - 1) % model.beats;
        start -= model.intervals[tempo] as i64;
    }
    spans.reverse();
    spans
}
