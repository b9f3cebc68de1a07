//! The forward search: the best way into every beat at every frame.
//!
//! A beat is at least 28 frames long, so a chain that enters a beat in one of sixteen frames in a row has
//! left the beat before it earlier than the first of them. The frames of such a block therefore do
//! not depend on each other, and are the lanes of all loops here.

use std::array;

use super::chain::initial_end;
use super::densities::LogDensities;
use super::state_space::{BarModel, TEMPI};
use crate::linear::dispatch::dispatched;

/// Frames that are searched together; at most the shortest interval.
const BLOCK: usize = 16;

/// Frames of scores that are kept: the longest interval and a block, up to a power of two.
const RING: usize = 128;

/// Tempi whose chains run side by side; a part of [`TEMPI`].
const TOGETHER: usize = 4;

/// One value for each frame of a block.
type Lanes = [f64; BLOCK];

/// Result of the search, for tracing the path back.
pub(super) struct Trellis {
    /// Frames, rounded up to whole blocks.
    capacity: usize,
    /// `[beats][tempi][capacity]`: for each beat entered at a frame, the tempo of the beat before.
    came_from: Vec<u8>,
    /// `[beats][tempi][RING]`: score of the chain that starts at a frame, in its first frame.
    entries: Vec<[f64; RING]>,
}

impl Trellis {
    /// The tempo of the beat before the one that starts at frame `start`.
    pub fn came_from(&self, beat: usize, tempo: usize, start: usize) -> usize {
        self.came_from[(beat * TEMPI + tempo) * self.capacity + start].into()
    }

    /// Score of a chain in its first frame, one of the last 128.
    pub fn entry(&self, beat: usize, tempo: usize, start: usize) -> f64 {
        self.entries[beat * TEMPI + tempo][start % RING]
    }
}

/// Log densities with a longest beat of zeros behind them, so that blocks can run past the end.
struct Padded {
    no_beat: Vec<f64>,
    beat: Vec<f64>,
    downbeat: Vec<f64>,
}

impl Padded {
    fn new(densities: &LogDensities) -> Self {
        let pad = |values: &[f64]| [values, &[0.0; RING + BLOCK]].concat();
        Padded {
            no_beat: pad(&densities.no_beat),
            beat: pad(&densities.beat),
            downbeat: pad(&densities.downbeat),
        }
    }

    fn of_beat(&self, beat: usize) -> &[f64] {
        if beat == 0 { &self.downbeat } else { &self.beat }
    }
}

dispatched! {
    /// Walks over all frames. No instruction set may contract or reorder the additions, so all give
    /// the same bits.
    search = search_of(model: &BarModel, densities: &LogDensities) -> Trellis
}

#[inline(always)]
fn search_of<const FUSED: bool>(model: &BarModel, densities: &LogDensities) -> Trellis {
    let (frames, rows) = (densities.frames(), model.beats * TEMPI);
    let padded = Padded::new(densities);
    let capacity = frames.next_multiple_of(BLOCK);
    let mut trellis = Trellis {
        capacity,
        came_from: vec![0; rows * capacity],
        entries: vec![[f64::NEG_INFINITY; RING]; rows],
    };
    let mut ends = initial_ends(model, densities);
    for first in (0..frames).step_by(BLOCK) {
        for beat in 0..model.beats {
            let previous = (beat + model.beats - 1) % model.beats;
            let density = lanes(padded.of_beat(beat), first);
            for tempo in 0..TEMPI {
                let row = beat * TEMPI + tempo;
                let from = &ends[previous * TEMPI..][..TEMPI];
                let (scores, origins) = enter_beat(model, tempo, from, first % RING, &density);
                *lanes_mut(&mut trellis.entries[row], first % RING) = scores;
                let came_from = &mut trellis.came_from[row * capacity + first..][..BLOCK];
                for (came_from, origin) in came_from.iter_mut().zip(origins) {
                    *came_from = origin as u8;
                }
            }
        }
        for beat in 0..model.beats {
            for tempo in (0..TEMPI).step_by(TOGETHER) {
                let row = beat * TEMPI + tempo;
                let scores =
                    array::from_fn(|i| *lanes_mut(&mut trellis.entries[row + i], first % RING));
                let intervals = array::from_fn(|i| model.intervals[tempo + i]);
                let borders = array::from_fn(|i| model.borders[beat][tempo + i]);
                let inside = &padded.of_beat(beat)[first + 1..];
                let outside = &padded.no_beat[first + 1..];
                let scores = run_chains(scores, inside, outside, borders, intervals);
                for (i, scores) in scores.iter().enumerate() {
                    for (lane, &score) in scores.iter().enumerate() {
                        ends[row + i][(first + lane + intervals[i]) % RING] = score;
                    }
                }
            }
        }
    }
    trellis
}

/// `[beats][tempi][RING]`: scores of chains in their last frame, each in the slot of the frame after
/// it; here of those that run before the first frame.
fn initial_ends(model: &BarModel, densities: &LogDensities) -> Vec<[f64; RING]> {
    let mut ends = vec![[f64::NEG_INFINITY; RING]; model.beats * TEMPI];
    for (row, ends) in ends.iter_mut().enumerate() {
        let (beat, tempo) = (row / TEMPI, row % TEMPI);
        ends[0] = model.initial;
        for frame in 0..(model.intervals[tempo] - 1).min(densities.frames()) {
            ends[frame + 1] = initial_end(model, densities, (beat, tempo), frame);
        }
    }
    ends
}

/// The best way into the first state of a beat at one tempo, for every frame of a block: scores and
/// the tempi before, the first among equals. The density is added before the comparison, as
/// in a dense search.
#[inline(always)]
fn enter_beat(
    model: &BarModel,
    tempo: usize,
    from: &[[f64; RING]],
    slot: usize,
    density: &Lanes,
) -> (Lanes, Lanes) {
    let mut best = [f64::NEG_INFINITY; BLOCK];
    let mut origin = [0.0; BLOCK];
    for &(source, transition) in &model.sources[tempo] {
        let scores = lanes(&from[source], slot);
        let number = source as f64;
        for lane in 0..BLOCK {
            let candidate = (scores[lane] + transition) + density[lane];
            let better = candidate > best[lane];
            best[lane] = if better { candidate } else { best[lane] };
            origin[lane] = if better { number } else { origin[lane] };
        }
    }
    (best, origin)
}

/// Runs the chains that start in the frames of a block from their first states to their last, at
/// some tempi side by side: the additions of one chain wait for each other, those of several do not.
/// `inside` and `outside` begin with the frame after the block's first.
#[inline(always)]
fn run_chains(
    mut scores: [Lanes; TOGETHER],
    inside: &[f64],
    outside: &[f64],
    borders: [usize; TOGETHER],
    intervals: [usize; TOGETHER],
) -> [Lanes; TOGETHER] {
    // Tempi ascend by their intervals, and so do their borders.
    let (all_inside, none_inside) = (borders[0] - 1, borders[TOGETHER - 1] - 1);
    let shortest = intervals[0] - 1;
    for position in 0..all_inside {
        let densities = lanes(inside, position);
        for scores in &mut scores {
            add(scores, &densities);
        }
    }
    for (scores, border) in scores.iter_mut().zip(borders) {
        for position in all_inside..none_inside {
            let densities = if position + 1 < border { inside } else { outside };
            add(scores, &lanes(densities, position));
        }
    }
    for position in none_inside..shortest {
        let densities = lanes(outside, position);
        for scores in &mut scores {
            add(scores, &densities);
        }
    }
    for (scores, interval) in scores.iter_mut().zip(intervals) {
        for position in shortest..interval - 1 {
            add(scores, &lanes(outside, position));
        }
    }
    scores
}

#[inline(always)]
fn add(scores: &mut Lanes, densities: &Lanes) {
    for lane in 0..BLOCK {
        scores[lane] += densities[lane];
    }
}

/// The values of a block that begins at `first`.
#[inline(always)]
fn lanes(values: &[f64], first: usize) -> Lanes {
    values[first..first + BLOCK].try_into().expect("a block of values")
}

#[inline(always)]
fn lanes_mut(values: &mut [f64; RING], first: usize) -> &mut Lanes {
    (&mut values[first..first + BLOCK]).try_into().expect("a block of values")
}
