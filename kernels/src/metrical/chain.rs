//! Scores of chains: the states of one beat at one tempo, from its first frame to its last.

use super::densities::LogDensities;
use super::state_space::BarModel;

/// Score of the chain that was running before the first frame and ends at `last_frame`.
pub(super) fn initial_end(
    model: &BarModel,
    densities: &LogDensities,
    (beat, tempo): (usize, usize),
    last_frame: usize,
) -> f64 {
    let start = last_frame as i64 - (model.intervals[tempo] as i64 - 1);
    chain_score(model, densities, (beat, tempo), start, last_frame, model.initial)
}

/// Score at `last_frame` of a chain that started at frame `start`: `entry` is its score at `start`,
/// or before frame 0 where `start` is negative.
pub(super) fn chain_score(
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
