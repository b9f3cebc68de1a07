//! The states of a bar and the probabilities of moving between tempi.

/// Frames a second of the activations.
pub const FRAMES_PER_SECOND: f64 = 100.0;

/// Shortest and longest beat interval, in frames: 215 and 55 beats a minute at 100 frames a second.
const MIN_INTERVAL: f64 = 60.0 * FRAMES_PER_SECOND / 215.0;
const MAX_INTERVAL: f64 = 60.0 * FRAMES_PER_SECOND / 55.0;

/// Number of tempi.
pub(super) const TEMPI: usize = 60;

/// Strength of the preference for a constant tempo from one beat to the next.
const TRANSITION_LAMBDA: f64 = 100.0;

/// A beat state is one in the first 1 / `OBSERVATION_LAMBDA` of a beat.
pub(super) const OBSERVATION_LAMBDA: f64 = 16.0;

/// The state space and the tempo transitions of bars with a given number of beats.
pub(super) struct BarModel {
    /// Beats in a bar.
    pub beats: usize,
    /// Length of a beat at each tempo, in frames, ascending.
    pub intervals: [usize; TEMPI],
    /// `[beats][tempi]`: how many frames at the start of a beat count as beat states.
    pub borders: Vec<[usize; TEMPI]>,
    /// For each tempo the tempi that it can come from, ascending, with the log probability.
    pub sources: Vec<Vec<(usize, f64)>>,
    /// Log probability of each state before the first frame.
    pub initial: f64,
}

impl BarModel {
    /// The model of bars with `beats` beats.
    pub fn new(beats: usize) -> Self {
        let intervals = beat_intervals();
        let states: usize = beats * intervals.iter().sum::<usize>();
        BarModel {
            beats,
            borders: (0..beats)
                .map(|beat| intervals.map(|interval| border(beat, interval)))
                .collect(),
            sources: tempo_sources(&intervals),
            intervals,
            initial: (1.0 / states as f64).ln(),
        }
    }
}

/// Sixty whole intervals, spaced logarithmically: as many points are laid between the limits as it
/// takes until sixty differ after rounding.
fn beat_intervals() -> [usize; TEMPI] {
    let (start, stop) = (MIN_INTERVAL.log2(), MAX_INTERVAL.log2());
    for points in TEMPI.. {
        let step = (stop - start) / (points - 1) as f64;
        let mut intervals: Vec<usize> = (0..points)
            .map(|point| (start + point as f64 * step).exp2().round_ties_even() as usize)
            .collect();
        intervals.dedup();
        if let Ok(intervals) = intervals.try_into() {
            return intervals;
        }
    }
    unreachable!("more points give more distinct intervals until all 82 are taken")
}

/// The number of positions of a beat that lie in its beat range. The position is computed as
/// numpy computes it, because intervals that are multiples of sixteen put one right on the border.
fn border(beat: usize, interval: usize) -> usize {
    let step = 1.0 / interval as f64;
    (0..interval)
        .take_while(|&position| {
            (beat as f64 + position as f64 * step) % 1.0 < 1.0 / OBSERVATION_LAMBDA
        })
        .count()
}

/// Log probabilities of an exponential distribution over the tempo ratio, for each tempo by the
/// tempo that it comes from; over all that come from one tempo the probabilities sum to 1.
fn tempo_sources(intervals: &[usize; TEMPI]) -> Vec<Vec<(usize, f64)>> {
    let mut sources = vec![Vec::new(); TEMPI];
    for (from, &before) in intervals.iter().enumerate() {
        let weights = intervals.map(|to| {
            let ratio = to as f64 / before as f64;
            let weight = (-TRANSITION_LAMBDA * (ratio - 1.0).abs()).exp();
            if weight <= f64::EPSILON { 0.0 } else { weight }
        });
        let sum = sum_as_numpy(&weights);
        for (sources, weight) in sources.iter_mut().zip(weights) {
            if weight > 0.0 {
                sources.push((from, (weight / sum).ln()));
            }
        }
    }
    sources
}

/// Sum in numpy's order for up to 128 elements: eight running sums, joined in pairs, then the rest.
fn sum_as_numpy(values: &[f64; TEMPI]) -> f64 {
    let (blocks, rest) = values.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for block in blocks {
        for (sum, value) in sums.iter_mut().zip(block) {
            *sum += value;
        }
    }
    let joined =
        ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    rest.iter().fold(joined, |sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_run_from_28_to_109_frames() {
        let intervals = beat_intervals();
        assert_eq!((intervals[0], intervals[TEMPI - 1]), (28, 109));
        assert!(intervals.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn bar_models_have_the_size_of_madmom_s() {
        for (beats, states) in [(3, 11_157), (4, 14_876)] {
            let model = BarModel::new(beats);
            assert_eq!(beats * model.intervals.iter().sum::<usize>(), states);
            assert_eq!(model.sources.iter().flatten().count(), 1753);
        }
    }

    #[test]
    fn what_comes_from_a_tempo_sums_to_one() {
        let mut sums = [0.0; TEMPI];
        for &(from, p) in BarModel::new(3).sources.iter().flatten() {
            sums[from] += p.exp();
        }
        assert!(sums.iter().all(|sum: &f64| (sum - 1.0).abs() < 1e-12), "{sums:?}");
    }

    #[test]
    fn sources_are_in_ascending_order() {
        for sources in BarModel::new(4).sources {
            assert!(sources.is_sorted_by(|a, b| a.0 < b.0));
        }
    }
}
