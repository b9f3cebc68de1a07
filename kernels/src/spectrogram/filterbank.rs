//! Triangular filters at twelve to the octave.

use std::ops::Range;

use super::logarithm::log10;
use crate::linear::Isa;
use crate::linear::dispatch::dispatched;

/// Number of filters.
pub const BANDS: usize = 81;

/// Filters to the octave, and the range that their centres lie in.
const BANDS_PER_OCTAVE: f64 = 12.0;
const MIN_FREQUENCY_HZ: f64 = 30.0;
const MAX_FREQUENCY_HZ: f64 = 17_000.0;

/// The frequency that the centres are tuned to.
const REFERENCE_FREQUENCY_HZ: f64 = 440.0;

/// The filters, stored without their zeros.
pub(super) struct Filterbank {
    filters: Vec<Filter>,
}

/// Weights of consecutive bins.
struct Filter {
    first_bin: usize,
    weights: Vec<f64>,
}

impl Filterbank {
    /// Filters for a transform with `bins` bins from 0 Hz to half the sample rate.
    ///
    /// Source: madmom 0.16.1, `audio/filters.py`, `LogarithmicFilterbank` with normalised filters
    /// and unique centre bins.
    pub fn new(bins: usize, sample_rate_hz: f64) -> Self {
        let centres = centre_bins(bins, sample_rate_hz);
        let filters: Vec<Filter> =
            centres.windows(3).map(|window| triangle(window[0], window[1], window[2])).collect();
        assert_eq!(filters.len(), BANDS, "the layout of the filters gives 81 of them");
        Filterbank { filters }
    }

    /// Pools magnitudes into log10(1 + weighted sum).
    pub fn pool(&self, isa: Isa, magnitudes: &[f64], bands: &mut [f32; BANDS]) {
        pool(isa, self, magnitudes, bands);
    }

    /// Weighted sums of magnitudes.
    #[inline(always)]
    pub fn sums(&self, magnitudes: &[f64]) -> [f64; BANDS] {
        let mut sums = [0.0; BANDS];
        for (sum, filter) in sums.iter_mut().zip(&self.filters) {
            *sum = dot(&filter.weights, &magnitudes[filter.first_bin..][..filter.weights.len()]);
        }
        sums
    }

    /// The bins from the first that any filter covers to the last.
    pub fn bins(&self) -> Range<usize> {
        let first = self.filters.iter().map(|filter| filter.first_bin).min().unwrap_or(0);
        let end = |filter: &Filter| filter.first_bin + filter.weights.len();
        first..self.filters.iter().map(end).max().unwrap_or(first)
    }
}

dispatched! {
    pool = pool_loop(filterbank: &Filterbank, magnitudes: &[f64], bands: &mut [f32; BANDS])
}

#[inline(always)]
fn pool_loop<const FUSED: bool>(
    filterbank: &Filterbank,
    magnitudes: &[f64],
    bands: &mut [f32; BANDS],
) {
    for (band, sum) in bands.iter_mut().zip(filterbank.sums(magnitudes)) {
        *band = log10(1.0 + sum) as f32;
    }
}

/// Sum of products, in eight running sums.
#[inline(always)]
fn dot(weights: &[f64], values: &[f64]) -> f64 {
    let (weights, last_weights) = weights.as_chunks::<8>();
    let (values, last_values) = values.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (weights, values) in weights.iter().zip(values) {
        for lane in 0..8 {
            sums[lane] += weights[lane] * values[lane];
        }
    }
    let rest: f64 = last_weights.iter().zip(last_values).map(|(w, v)| w * v).sum();
    sums.iter().sum::<f64>() + rest
}

/// The bins nearest to the centre frequencies, each bin once.
fn centre_bins(bins: usize, sample_rate_hz: f64) -> Vec<usize> {
    let bin_hz = sample_rate_hz / (2 * bins) as f64;
    let lowest = (BANDS_PER_OCTAVE * (MIN_FREQUENCY_HZ / REFERENCE_FREQUENCY_HZ).log2()).floor();
    let highest = (BANDS_PER_OCTAVE * (MAX_FREQUENCY_HZ / REFERENCE_FREQUENCY_HZ).log2()).ceil();
    let mut centres: Vec<usize> = (lowest as i32..highest as i32)
        .map(|step| REFERENCE_FREQUENCY_HZ * 2.0_f64.powf(f64::from(step) / BANDS_PER_OCTAVE))
        .filter(|frequency| (MIN_FREQUENCY_HZ..=MAX_FREQUENCY_HZ).contains(frequency))
        .map(|frequency| nearest_bin(frequency, bin_hz, bins))
        .collect();
    centres.dedup();
    centres
}

/// The bin nearest to a frequency; half way, the higher one.
fn nearest_bin(frequency_hz: f64, bin_hz: f64, bins: usize) -> usize {
    let above = ((frequency_hz / bin_hz).ceil() as usize).clamp(1, bins - 1);
    let (left, right) = ((above - 1) as f64 * bin_hz, above as f64 * bin_hz);
    if frequency_hz - left < right - frequency_hz { above - 1 } else { above }
}

/// A triangle that rises from `start` to `centre` and falls to `stop`, with weights that sum to 1.
/// The weights are float32 values, as upstream stores them. A triangle narrower than two bins is
/// one bin.
fn triangle(start: usize, centre: usize, stop: usize) -> Filter {
    let (centre, stop) = if stop - start < 2 { (start, start + 1) } else { (centre, stop) };
    let (rise, fall) = ((centre - start) as f64, (stop - centre) as f64);
    let up = (start..centre).map(|bin| (bin - start) as f64 / rise);
    let down = (centre..stop).map(|bin| 1.0 - (bin - centre) as f64 / fall);
    let weights: Vec<f32> = up.chain(down).map(|weight| weight as f32).collect();
    let sum: f32 = weights.iter().sum();
    Filter {
        first_bin: start,
        weights: weights.iter().map(|weight| f64::from(weight / sum)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_has_unit_area() {
        for filter in Filterbank::new(1024, 44_100.0).filters {
            let sum: f64 = filter.weights.iter().sum();
            assert!((sum - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn centres_run_from_the_second_bin_to_16_744_hz() {
        let centres = centre_bins(1024, 44_100.0);
        assert_eq!(centres.len(), BANDS + 2);
        assert_eq!((centres[0], *centres.last().unwrap()), (1, 778));
    }

    #[test]
    fn a_flat_spectrum_gives_equal_bands() {
        let mut bands = [0.0; BANDS];
        Filterbank::new(1024, 44_100.0).pool(Isa::best(), &[9.0; 1024], &mut bands);
        for band in bands {
            assert!((band - 1.0).abs() < 1e-6, "{band}");
        }
    }
}
