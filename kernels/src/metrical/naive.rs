//! Naive reference implementation of the search: a dense Viterbi search over every state.

use super::densities::LogDensities;
use super::state_space::{BarModel, OBSERVATION_LAMBDA};
use super::viterbi::BeatSpan;

/// Searches frame by frame over every state, which is the definition of the search.
pub(super) fn naive_viterbi(model: &BarModel, densities: &LogDensities) -> (f64, Vec<BeatSpan>) {
    struct State {
        beat: usize,
        tempo: usize,
        position: usize,
    }
    let mut states = Vec::new();
    let mut first = vec![vec![0; model.tempi()]; model.beats];
    for (beat, first) in first.iter_mut().enumerate() {
        for (tempo, &interval) in model.intervals.iter().enumerate() {
            first[tempo] = states.len();
            states.extend((0..interval).map(|position| State { beat, tempo, position }));
        }
    }
    let in_beat_range: Vec<bool> = states
        .iter()
        .map(|&State { beat, tempo, position }| {
            let step = 1.0 / model.intervals[tempo] as f64;
            (beat as f64 + position as f64 * step) % 1.0 < 1.0 / OBSERVATION_LAMBDA
        })
        .collect();
    let mut previous = vec![model.initial; states.len()];
    let mut pointers: Vec<Vec<u32>> = Vec::new();
    for frame in 0..densities.frames() {
        let mut current = vec![f64::NEG_INFINITY; states.len()];
        let mut origins = vec![0_u32; states.len()];
        for (index, state) in states.iter().enumerate() {
            let density = if in_beat_range[index] {
                densities.of_beat(state.beat)[frame]
            } else {
                densities.no_beat[frame]
            };
            if state.position > 0 {
                current[index] = previous[index - 1] + density;
                origins[index] = index as u32 - 1;
                continue;
            }
            let before = (state.beat + model.beats - 1) % model.beats;
            for &(tempo, transition) in &model.sources[state.tempo] {
                let origin = first[before][tempo] + model.intervals[tempo] - 1;
                let score = (previous[origin] + transition) + density;
                if score > current[index] {
                    current[index] = score;
                    origins[index] = origin as u32;
                }
            }
        }
        previous = current;
        pointers.push(origins);
    }
    let mut state = 0;
    for (index, &score) in previous.iter().enumerate() {
        if score > previous[state] {
            state = index;
        }
    }
    let score = previous[state];
    if score == f64::NEG_INFINITY {
        return (score, Vec::new());
    }
    let mut spans = Vec::new();
    for frame in (0..densities.frames()).rev() {
        let State { beat, tempo, position } = states[state];
        if position == 0 || frame == 0 {
            let start = frame as i64 - position as i64;
            spans.push(BeatSpan { start, beat, tempo });
        }
        state = pointers[frame][state] as usize;
    }
    spans.reverse();
    (score, spans)
}
