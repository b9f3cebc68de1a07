//! The most probable path through the states of a bar.
//!
//! Inside a beat the path is forced, so a beat that starts at frame `s` with tempo `i` is one
//! *chain* of states: its score at the end of the beat is its score at the start plus the log
//! densities of its frames, added one after the other. All tempi of one start frame are advanced
//! together, one lane each, and only the ends of chains are kept until the next beat needs them.

use super::densities::LogDensities;
use super::simd::{self, Level};
use super::state_space::{BarModel, LANES, TEMPI};

/// The part of a path that lies in one beat.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BeatSpan {
    /// First frame of the beat; negative where it began before the first frame.
    pub start: i64,
    /// Beat of the bar, from 0.
    pub beat: usize,
    /// Number of frames from `start` that are beat states.
    pub border: usize,
}

/// The best path and its score.
pub(super) struct BestPath {
    /// Log probability; negative infinity when no path is possible.
    pub score: f64,
    /// The beats of the path in ascending time; empty when no path is possible.
    pub spans: Vec<BeatSpan>,
}

/// Scores of one value for each tempo.
type Lanes = [f64; LANES];

/// A power of two above the longest interval: how many frames of chain ends are kept.
const RING: usize = 128;

/// What the search leaves behind for tracing the path back.
pub(super) struct Trellis {
    /// `[frames][beats]`: for each tempo entered at a frame, the tempo that it came from.
    came_from: Vec<[u8; LANES]>,
    /// `[RING][beats]`: scores of the chains at their first frame, for the last `RING` frames.
    entries: Vec<Lanes>,
}

/// Finds the best path. The densities must have at least one frame.
pub(super) fn viterbi(model: &BarModel, densities: &LogDensities) -> BestPath {
    viterbi_at(simd::best_level(), model, densities)
}

/// [`viterbi`] with a given instruction set; the result does not depend on it.
pub(super) fn viterbi_at(level: Level, model: &BarModel, densities: &LogDensities) -> BestPath {
    let trellis = simd::search(level, model, densities);
    let (score, beat, tempo, position) = best_final_state(model, densities, &trellis);
    if score == f64::NEG_INFINITY {
        return BestPath { score, spans: Vec::new() };
    }
    let last_frame = densities.frames() as i64 - 1;
    let spans = trace_back(model, &trellis, last_frame - position as i64, beat, tempo);
    BestPath { score, spans }
}

/// Walks over all frames; compiled once for each instruction set by [`simd`].
#[inline(always)]
pub(super) fn search(model: &BarModel, densities: &LogDensities) -> Trellis {
    let (frames, beats) = (densities.frames(), model.beats);
    let mut ends = ends_of_initial_chains(model, densities);
    let mut trellis = Trellis {
        came_from: vec![[0; LANES]; frames * beats],
        entries: vec![[f64::NEG_INFINITY; LANES]; RING * beats],
    };
    let mut initial = [f64::NEG_INFINITY; LANES];
    initial[..TEMPI].fill(model.initial);
    for start in 0..frames {
        for beat in 0..beats {
            let previous = (beat + beats - 1) % beats;
            let from = match start {
                0 => &initial,
                _ => &ends[(start - 1) % RING * beats + previous],
            };
            let density = densities.of_beat(beat)[start];
            let (scores, came_from) = enter_beat(model, from, density);
            trellis.came_from[start * beats + beat] = came_from;
            trellis.entries[start % RING * beats + beat] = scores;
            advance_chains(model, densities, beat, start, scores, &mut ends);
        }
    }
    trellis
}

/// The best way into the first state of a beat, for every tempo: scores and the tempi they came
/// from. The density is added before the comparison, as in a dense search.
#[inline(always)]
fn enter_beat(model: &BarModel, from: &Lanes, density: f64) -> (Lanes, [u8; LANES]) {
    let mut best = [f64::NEG_INFINITY; LANES];
    let mut origin = [0.0; LANES];
    for (tempo, (&(start, end), from)) in model.reach.iter().zip(from).enumerate() {
        let transitions = &model.transitions[tempo].as_chunks::<8>().0[start / 8..end / 8];
        let best = &mut best.as_chunks_mut::<8>().0[start / 8..end / 8];
        let origin = &mut origin.as_chunks_mut::<8>().0[start / 8..end / 8];
        for ((best, origin), transitions) in best.iter_mut().zip(origin).zip(transitions) {
            for lane in 0..8 {
                let candidate = (from + transitions[lane]) + density;
                let better = candidate > best[lane];
                best[lane] = if better { candidate } else { best[lane] };
                origin[lane] = if better { tempo as f64 } else { origin[lane] };
            }
        }
    }
    (best, origin.map(|tempo| tempo as u8))
}

/// Runs the chains of all tempi that enter `beat` at frame `start` to their ends, or to the end of
/// the audio, and notes the score of each in its last state.
#[inline(always)]
fn advance_chains(
    model: &BarModel,
    densities: &LogDensities,
    beat: usize,
    start: usize,
    mut scores: Lanes,
    ends: &mut [Lanes],
) {
    let borders = &model.borders[beat];
    let widest = borders[TEMPI - 1];
    let (inside, outside) = (densities.of_beat(beat), &densities.no_beat);
    let longest = model.intervals[TEMPI - 1].min(densities.frames() - start);
    let mut first_running = 0;
    for position in 1..longest {
        let frame = start + position;
        if position < widest {
            for (score, &border) in scores.iter_mut().zip(borders) {
                *score += if position < border { inside[frame] } else { outside[frame] };
            }
        } else {
            for chunk in &mut scores.as_chunks_mut::<8>().0[first_running / 8..] {
                for score in chunk {
                    *score += outside[frame];
                }
            }
        }
        if model.intervals[first_running] == position + 1 {
            ends[frame % RING * model.beats + beat][first_running] = scores[first_running];
            first_running += 1;
        }
    }
}

/// `[RING][beats]` scores of the chains that were already running before the first frame, each in
/// the slot of the frame in which it ends.
fn ends_of_initial_chains(model: &BarModel, densities: &LogDensities) -> Vec<Lanes> {
    let mut ends = vec![[f64::NEG_INFINITY; LANES]; RING * model.beats];
    for beat in 0..model.beats {
        for (tempo, &interval) in model.intervals.iter().enumerate() {
            for last_frame in 0..(interval - 1).min(densities.frames()) {
                let start = last_frame as i64 - (interval as i64 - 1);
                ends[last_frame * model.beats + beat][tempo] =
                    chain_score(model, densities, (beat, tempo), start, last_frame, model.initial);
            }
        }
    }
    ends
}

/// Score at `last_frame` of a chain that started at frame `start`: `entry` is its score at `start`,
/// or before frame 0 where `start` is negative.
fn chain_score(
    model: &BarModel,
    densities: &LogDensities,
    (beat, tempo): (usize, usize),
    start: i64,
    last_frame: usize,
    entry: f64,
) -> f64 {
    let border = model.borders[beat][tempo] as i64;
    let first_frame = (start + 1).max(0) as usize;
    (first_frame..=last_frame).fold(entry, |score, frame| {
        let in_border = frame as i64 - start < border;
        let densities = if in_border { densities.of_beat(beat) } else { &densities.no_beat };
        score + densities[frame]
    })
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
                    Ok(start) => trellis.entries[start % RING * model.beats + beat][tempo],
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
        spans.push(BeatSpan { start, beat, border: model.borders[beat][tempo] });
        if start <= 0 {
            break;
        }
        tempo = trellis.came_from[start as usize * model.beats + beat][tempo].into();
        beat = (beat + model.beats - 1) % model.beats;
        start -= model.intervals[tempo] as i64;
    }
    spans.reverse();
    spans
}
