//! The states of a bar and the probabilities of moving between tempi.

use super::options::DecoderOptions;

/// Frames a second of the activations.
pub const FRAMES_PER_SECOND: f64 = 100.0;

/// Number of tempi, where the limits leave so many whole intervals.
const TEMPI: usize = 60;

/// A beat state is one in the first 1 / `OBSERVATION_LAMBDA` of a beat.
pub(super) const OBSERVATION_LAMBDA: f64 = 16.0;

/// The state space and the tempo transitions of bars with a given number of beats.
pub(super) struct BarModel {
    /// Beats in a bar.
    pub beats: usize,
    /// Length of a beat at each tempo, in frames, ascending.
    pub intervals: Vec<usize>,
    /// `[beats][tempi]`: how many frames at the start of a beat count as beat states.
    pub borders: Vec<Vec<usize>>,
    /// For each tempo the tempi that it can come from, ascending, with the log probability.
    pub sources: Vec<Vec<(usize, f64)>>,
    /// Log probability of each state before the first frame.
    pub initial: f64,
}

impl BarModel {
    /// The model of bars with `beats` beats.
    pub fn new(beats: usize, options: &DecoderOptions) -> Self {
        let intervals = beat_intervals(options);
        let states: usize = beats * intervals.iter().sum::<usize>();
        let borders_of = |beat| intervals.iter().map(|&interval| border(beat, interval)).collect();
        BarModel {
            beats,
            borders: (0..beats).map(borders_of).collect(),
            sources: tempo_sources(&intervals, options.transition_lambda),
            initial: (1.0 / states as f64).ln(),
            intervals,
        }
    }

    /// Number of tempi.
    pub fn tempi(&self) -> usize {
        self.intervals.len()
    }

    /// Length of the longest beat, in frames.
    pub fn longest(&self) -> usize {
        self.intervals.last().copied().unwrap_or(0)
    }
}

/// Every whole interval between the limits, or, where these are more than sixty, sixty that are spaced
/// logarithmically: as many points are laid between the limits as it takes until at least sixty differ after rounding.
fn beat_intervals(options: &DecoderOptions) -> Vec<usize> {
    let interval = |bpm: f64| 60.0 * FRAMES_PER_SECOND / bpm;
    let (shortest, longest) = (interval(options.max_bpm), interval(options.min_bpm));
    let whole = |frames: f64| frames.round_ties_even() as usize;
    if whole(longest) + 1 - whole(shortest) <= TEMPI {
        return (whole(shortest)..=whole(longest)).collect();
    }
    let (start, stop) = (shortest.log2(), longest.log2());
    for points in TEMPI.. {
        let step = (stop - start) / (points - 1) as f64;
        let mut intervals: Vec<usize> =
            (0..points).map(|point| whole((start + point as f64 * step).exp2())).collect();
        intervals.dedup();
        if intervals.len() >= TEMPI {
            return intervals;
        }
    }
    unreachable!("more points give more distinct intervals, of which there are more than sixty")
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
fn tempo_sources(intervals: &[usize], transition_lambda: f64) -> Vec<Vec<(usize, f64)>> {
    let mut sources = vec![Vec::new(); intervals.len()];
    for (from, &before) in intervals.iter().enumerate() {
        let weight = |&to: &usize| {
            let ratio = to as f64 / before as f64;
            let weight = (-transition_lambda * (ratio - 1.0).abs()).exp();
            if weight <= f64::EPSILON { 0.0 } else { weight }
        };
        let weights: Vec<f64> = intervals.iter().map(weight).collect();
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
fn sum_as_numpy(values: &[f64]) -> f64 {
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

    fn tempi(min_bpm: f64, max_bpm: f64) -> Vec<usize> {
        beat_intervals(&DecoderOptions { min_bpm, max_bpm, ..DecoderOptions::default() })
    }

    #[test]
    fn sixty_intervals_run_from_28_to_109_frames() {
        let intervals = tempi(55.0, 215.0);
        assert_eq!((intervals[0], intervals[59], intervals.len()), (28, 109, 60));
        assert!(intervals.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn narrow_limits_have_every_whole_interval() {
        assert_eq!(tempi(100.0, 120.0), (50..=60).collect::<Vec<_>>());
        assert_eq!(tempi(120.0, 120.0), [50]);
        // 26 to 85 frames are sixty intervals, 26 to 86 are one too many.
        assert_eq!(tempi(6000.0 / 85.0, 6000.0 / 26.0), (26..=85).collect::<Vec<_>>());
        let spaced = tempi(6000.0 / 86.0, 6000.0 / 26.0);
        assert_eq!((spaced[0], spaced.last(), spaced.len()), (26, Some(&86), 60));
    }

    #[test]
    fn wide_limits_keep_both_ends() {
        let intervals = tempi(10.0, 360.0);
        assert_eq!((intervals[0], intervals.last()), (17, Some(&600)));
        assert!(intervals.len() >= 60 && intervals.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn bar_models_have_the_size_of_madmom_s() {
        for (beats, states) in [(3, 11_157), (4, 14_876)] {
            let model = BarModel::new(beats, &DecoderOptions::default());
            assert_eq!(beats * model.intervals.iter().sum::<usize>(), states);
            assert_eq!(model.sources.iter().flatten().count(), 1753);
        }
    }

    #[test]
    fn what_comes_from_a_tempo_sums_to_one() {
        for transition_lambda in [0.0, 1.0, 100.0, 10_000.0] {
            let options = DecoderOptions { transition_lambda, ..DecoderOptions::default() };
            let mut sums = [0.0; TEMPI];
            for &(from, p) in BarModel::new(3, &options).sources.iter().flatten() {
                sums[from] += p.exp();
            }
            assert!(sums.iter().all(|sum: &f64| (sum - 1.0).abs() < 1e-12), "{sums:?}");
        }
    }

    #[test]
    fn sources_are_in_ascending_order() {
        for sources in BarModel::new(4, &DecoderOptions::default()).sources {
            assert!(sources.is_sorted_by(|a, b| a.0 < b.0));
        }
    }
}
