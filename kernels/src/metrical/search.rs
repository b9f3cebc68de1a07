//! The forward search: the best way into every beat at every frame.
//!
//! A beat is longer than sixteen frames, so a chain that enters a beat in one of sixteen frames in a row has
//! left the beat before it earlier than the first of them. The frames of such a block therefore do
//! not depend on each other, and are the lanes of all loops here.

use std::array;

use super::chain::initial_end;
use super::densities::LogDensities;
use super::state_space::BarModel;
use crate::linear::dispatch::dispatched;

/// Frames that are searched together; at most the shortest interval.
const BLOCK: usize = 16;

/// Frames of scores that are kept for the default tempi.
const USUAL_RING: usize = 128;

/// One value for each frame of a block.
type Lanes = [f64; BLOCK];

/// Result of the search, for tracing the path back.
pub(super) struct Trellis {
    tempi: usize,
    /// Frames, rounded up to whole blocks.
    capacity: usize,
    ring: usize,
    /// `[beats][tempi][capacity]`: for each beat entered at a frame, the tempo of the beat before.
    came_from: Vec<u8>,
    /// `[beats][tempi][ring]`: score of the chain that starts at a frame, in its first frame.
    entries: Vec<f64>,
}

impl Trellis {
    /// The tempo of the beat before the one that starts at frame `start`.
    pub fn came_from(&self, beat: usize, tempo: usize, start: usize) -> usize {
        self.came_from[(beat * self.tempi + tempo) * self.capacity + start].into()
    }

    /// Score of a chain in its first frame, one of those that the longest beat before the end covers.
    pub fn entry(&self, beat: usize, tempo: usize, start: usize) -> f64 {
        self.entries[(beat * self.tempi + tempo) * self.ring + start % self.ring]
    }
}

/// Log densities with a longest beat of zeros behind them, so that blocks can run past the end.
struct Padded {
    no_beat: Vec<f64>,
    beat: Vec<f64>,
    downbeat: Vec<f64>,
}

impl Padded {
    fn new(densities: &LogDensities, ring: usize) -> Self {
        let behind = vec![0.0; ring + BLOCK];
        let pad = |values: &[f64]| [values, &behind].concat();
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
    /// the same bits. As many tempi run side by side as have room in the registers.
    search = search_of for {
        portable: [2],
        neon: [2],
        avx2: [3],
        avx512: [4],
    } (model: &BarModel, densities: &LogDensities) -> Trellis
}

/// Frames of scores that are kept: the longest interval and a block, up to a power of two.
fn ring_of(model: &BarModel) -> usize {
    (model.longest() + BLOCK).next_power_of_two()
}

#[inline(always)]
fn search_of<const TOGETHER: usize>(model: &BarModel, densities: &LogDensities) -> Trellis {
    match ring_of(model) {
        // That of the default tempi, which the compiler knows.
        USUAL_RING => search_in::<TOGETHER>(model, densities, USUAL_RING),
        ring => search_in::<TOGETHER>(model, densities, ring),
    }
}

#[inline(always)]
fn search_in<const TOGETHER: usize>(
    model: &BarModel,
    densities: &LogDensities,
    ring: usize,
) -> Trellis {
    let (frames, tempi) = (densities.frames(), model.tempi());
    let rows = model.beats * tempi;
    let padded = Padded::new(densities, ring);
    let capacity = frames.next_multiple_of(BLOCK);
    let mut trellis = Trellis {
        tempi,
        capacity,
        ring,
        came_from: vec![0; rows * capacity],
        entries: vec![f64::NEG_INFINITY; rows * ring],
    };
    let mut ends = initial_ends(model, densities);
    for first in (0..frames).step_by(BLOCK) {
        let slot = first % ring;
        for beat in 0..model.beats {
            let previous = (beat + model.beats - 1) % model.beats;
            let density = lanes(padded.of_beat(beat), first);
            let from = &ends[previous * tempi * ring..][..tempi * ring];
            for (tempo, sources) in model.sources.iter().enumerate() {
                let row = beat * tempi + tempo;
                let (scores, origins) = enter_beat(sources, from, ring, slot, &density);
                *lanes_mut(&mut trellis.entries, row * ring + slot) = scores;
                let came_from = &mut trellis.came_from[row * capacity + first..][..BLOCK];
                for (came_from, origin) in came_from.iter_mut().zip(origins) {
                    *came_from = origin as u8;
                }
            }
        }
        for beat in 0..model.beats {
            let mut chains = Chains {
                intervals: &model.intervals,
                borders: &model.borders[beat],
                inside: &padded.of_beat(beat)[first + 1..],
                outside: &padded.no_beat[first + 1..],
                entries: &trellis.entries[beat * tempi * ring..][..tempi * ring],
                ends: &mut ends[beat * tempi * ring..][..tempi * ring],
                ring,
                first,
            };
            let together = tempi - tempi % TOGETHER;
            for tempo in (0..together).step_by(TOGETHER) {
                run_chains::<TOGETHER>(&mut chains, tempo);
            }
            for tempo in together..tempi {
                run_chains::<1>(&mut chains, tempo);
            }
        }
    }
    trellis
}

/// `[beats][tempi][ring]`: scores of chains in their last frame, each in the slot of the frame after
/// it; here of those that run before the first frame.
fn initial_ends(model: &BarModel, densities: &LogDensities) -> Vec<f64> {
    let (tempi, ring) = (model.tempi(), ring_of(model));
    let mut ends = vec![f64::NEG_INFINITY; model.beats * tempi * ring];
    for (row, ends) in ends.chunks_mut(ring).enumerate() {
        let (beat, tempo) = (row / tempi, row % tempi);
        ends[0] = model.initial;
        for frame in 0..(model.intervals[tempo] - 1).min(densities.frames()) {
            ends[frame + 1] = initial_end(model, densities, (beat, tempo), frame);
        }
    }
    ends
}

/// The best way into the first state of a beat at one tempo, for every frame of a block: scores and
/// the tempi before, the first among equals. `from` is `[tempi][ring]`, the ends of the beat before. The density is
/// added before the comparison, as in a dense search.
#[inline(always)]
fn enter_beat(
    sources: &[(usize, f64)],
    from: &[f64],
    ring: usize,
    slot: usize,
    density: &Lanes,
) -> (Lanes, Lanes) {
    let mut best = [f64::NEG_INFINITY; BLOCK];
    let mut origin = [0.0; BLOCK];
    for &(source, transition) in sources {
        let scores = lanes(from, source * ring + slot);
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

/// What the chains of one beat of the bar need in one block.
struct Chains<'a> {
    intervals: &'a [usize],
    borders: &'a [usize],
    /// Log densities in the beat range, from the frame after the block's first.
    inside: &'a [f64],
    /// Log densities outside of it, from the same frame.
    outside: &'a [f64],
    /// `[tempi][ring]`: scores in the first frames.
    entries: &'a [f64],
    /// `[tempi][ring]`: receives the scores in the last frames.
    ends: &'a mut [f64],
    ring: usize,
    /// First frame of the block.
    first: usize,
}

/// Runs the chains that start in the frames of a block from their first states to their last, at `N`
/// tempi side by side, from `tempo` on: the additions of one chain wait for each other, those of several do not.
#[inline(always)]
fn run_chains<const N: usize>(chains: &mut Chains, tempo: usize) {
    let Chains { inside, outside, ring, first, .. } = *chains;
    let mut scores: [Lanes; N] =
        array::from_fn(|i| lanes(chains.entries, (tempo + i) * ring + (first & (ring - 1))));
    let intervals: [usize; N] = array::from_fn(|i| chains.intervals[tempo + i]);
    let borders: [usize; N] = array::from_fn(|i| chains.borders[tempo + i]);
    // Tempi ascend by their intervals, and so do their borders.
    let (all_inside, none_inside) = (borders[0] - 1, borders[N - 1] - 1);
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
    // Parts of the scores of any length would keep all of them in memory, also above.
    for (i, scores) in scores.into_iter().enumerate() {
        let ends = &mut chains.ends[(tempo + i) * ring..][..ring];
        for (lane, score) in scores.into_iter().enumerate() {
            // The ring is a power of two.
            ends[(first + intervals[i] + lane) & (ring - 1)] = score;
        }
    }
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
fn lanes_mut(values: &mut [f64], first: usize) -> &mut Lanes {
    (&mut values[first..first + BLOCK]).try_into().expect("a block of values")
}
