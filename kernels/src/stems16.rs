//! Rounding audio to the 16-bit stems that the spectrogram is made from.
//!
//! ```
//! use tactus_kernels::stems16::to_16_bit;
//! // Half way between two steps the even one is taken; beyond full scale the value saturates.
//! assert_eq!([0.5 / 32768.0, 1.5 / 32768.0, 1.0, -1.5].map(to_16_bit), [0, 2, 32767, -32768]);
//! ```

use rayon::prelude::*;

use crate::linear::Isa;
use crate::linear::dispatch::dispatched;
use crate::spectrogram::mean_of_16_bit;

/// Samples that one task rounds.
const PART_SAMPLES: usize = 1 << 16;

/// Rounds one sample of full scale 1.0 to 16 bits: half to even, saturated. Samples decoded from
/// 16 bits or fewer come back unchanged.
///
/// Source: torchaudio's FFmpeg backend, through which upstream saves its stems.
pub fn to_16_bit(sample: f32) -> i16 {
    round_to_16_bit(f64::from(sample) * 32_768.0)
}

/// Rounds a separated stem to 16 bits: where its peak, with 1 % to spare, is above full scale, all
/// samples are divided by that first.
///
/// # Parameters
/// - `stem`: f32 samples of all channels, full scale 1.0.
/// - `output`: as many i16.
///
/// # Panics
/// If `output` is shorter.
///
/// Source: demucs 4.0.1, `audio.py`, `prevent_clip` in its mode `rescale`.
pub fn requantize(stem: &[f32], output: &mut [i16]) {
    let divisor = rescale_divisor(peak(stem));
    let parts =
        output[..stem.len()].par_chunks_mut(PART_SAMPLES).zip(stem.par_chunks(PART_SAMPLES));
    parts.for_each(|(output, stem)| {
        round(stem, divisor, output);
    });
}

/// Rounds a stem as [`requantize`] does, and averages its channels.
///
/// # Parameters
/// - `stem`: f32 samples of left and right, of equal length, full scale 1.0.
/// - `output`: as many i16 as one channel has: the mean of both, truncated toward zero.
///
/// # Panics
/// If a channel is shorter than `output`.
pub fn requantize_to_mono([left, right]: [&[f32]; 2], output: &mut [i16]) {
    let divisor = rescale_divisor(peak(left).max(peak(right)));
    let [left, right] = [left, right].map(|channel| &channel[..output.len()]);
    let parts = output
        .par_chunks_mut(PART_SAMPLES)
        .zip(left.par_chunks(PART_SAMPLES).zip(right.par_chunks(PART_SAMPLES)));
    parts.for_each(|(output, (left, right))| {
        for (mean, (&left, &right)) in output.iter_mut().zip(left.iter().zip(right)) {
            *mean = to_mono_16_bit([left, right], divisor);
        }
    });
}

/// The largest absolute sample.
fn peak(samples: &[f32]) -> f32 {
    samples.par_chunks(PART_SAMPLES).map(peak_of).reduce(|| 0.0, f32::max)
}

/// The largest absolute sample of a part: sixteen of them in turn, so that none waits for the one before.
pub(crate) fn peak_of(samples: &[f32]) -> f32 {
    let (rows, rest) = samples.as_chunks::<16>();
    let mut peaks = [0.0_f32; 16];
    for row in rows {
        for (peak, sample) in peaks.iter_mut().zip(row) {
            let size = sample.abs();
            *peak = if size > *peak { size } else { *peak };
        }
    }
    peaks.iter().chain(rest).fold(0.0, |peak, sample| peak.max(sample.abs()))
}

/// Divides and rounds one sample of left and right, and averages them.
pub(crate) fn to_mono_16_bit(pair: [f32; 2], divisor: f64) -> i16 {
    let [left, right] = pair.map(|sample| to_16_bit_rescaled(sample, divisor));
    mean_of_16_bit(left, right)
}

/// Divisor of a stem before rounding: 1.01 times its peak, and at least 1.
pub(crate) fn rescale_divisor(peak: f32) -> f64 {
    (1.01 * f64::from(peak)).max(1.0)
}

/// Divides one sample and rounds it: half to even, saturated.
#[inline(always)]
pub(crate) fn to_16_bit_rescaled(sample: f32, divisor: f64) -> i16 {
    round_to_16_bit(f64::from(sample) / divisor * 32_768.0)
}

/// Divides samples and rounds them as [`to_16_bit_rescaled`].
///
/// # Panics
/// If `output` has another length.
pub(crate) fn round(samples: &[f32], divisor: f64, output: &mut [i16]) {
    assert_eq!(samples.len(), output.len(), "a rounded sample for each");
    if divisor == 1.0 {
        round_undivided(Isa::best(), samples, output);
    } else {
        round_divided(Isa::best(), samples, divisor, output);
    }
}

dispatched! {
    /// In single precision, which multiplies by a power of two and rounds to whole numbers without another error. The lowest
    /// bits of the last sum are the whole number.
    round_undivided = round_undivided_loop(samples: &[f32], output: &mut [i16])
}

#[inline(always)]
fn round_undivided_loop<const FUSED: bool>(samples: &[f32], output: &mut [i16]) {
    const NO_FRACTION: f32 = 3.0 * (1 << 22) as f32;
    const LEAST: f32 = i16::MIN as f32;
    const MOST: f32 = i16::MAX as f32;
    for (rounded, sample) in output.iter_mut().zip(samples) {
        let steps = sample * 32_768.0;
        let steps = if steps.is_nan() { 0.0 } else { steps };
        let steps = if steps > LEAST { steps } else { LEAST };
        let steps = if steps < MOST { steps } else { MOST };
        *rounded = (steps + NO_FRACTION).to_bits() as i16;
    }
}

dispatched! {
    /// In double precision, as the division is.
    round_divided = round_divided_loop(samples: &[f32], divisor: f64, output: &mut [i16])
}

#[inline(always)]
fn round_divided_loop<const FUSED: bool>(samples: &[f32], divisor: f64, output: &mut [i16]) {
    for (rounded, sample) in output.iter_mut().zip(samples) {
        *rounded = to_16_bit_rescaled(*sample, divisor);
    }
}

/// Half to even, saturated: next to this sum float64 has no digits behind the point. (The processor's own
/// instruction is not in the baseline, and a call for each sample takes several times as long.)
#[inline(always)]
fn round_to_16_bit(value: f64) -> i16 {
    const NO_FRACTION: f64 = 3.0 * (1_u64 << 51) as f64;
    let near = value.clamp(-65_536.0, 65_536.0);
    ((near + NO_FRACTION) - NO_FRACTION) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_noise::numbers;

    #[test]
    fn every_16_bit_value_survives() {
        for value in i16::MIN..=i16::MAX {
            assert_eq!(to_16_bit(f32::from(value) / 32_768.0), value);
        }
    }

    #[test]
    fn halves_go_to_the_even_step_and_no_float_is_lost() {
        for step in i16::MIN..i16::MAX {
            let half = (f32::from(step) + 0.5) / 32_768.0;
            assert_eq!(to_16_bit(half), step + (step & 1), "{step}");
        }
        for sample in [f32::MAX, f32::INFINITY, 1.5] {
            assert_eq!([to_16_bit(sample), to_16_bit(-sample)], [i16::MAX, i16::MIN]);
        }
        assert_eq!([f32::NAN, f32::MIN_POSITIVE, -0.0].map(to_16_bit), [0; 3]);
    }

    #[test]
    fn many_samples_are_rounded_as_single_ones_on_every_instruction_set() {
        let scales = numbers(3).map(|n| (n >> 33) as f32 / (1 << 30) as f32 * 1.2 - 1.2);
        let steps = (-70_000..70_000).map(|half| half as f32 / 65_536.0);
        let special =
            [f32::NAN, f32::INFINITY, -f32::INFINITY, f32::MAX, -0.0, 1e-40, 1.5 / 32_768.0];
        let samples: Vec<f32> = scales.take(100_000).chain(steps).chain(special).collect();
        for divisor in [1.0, 1.01 * f64::from(1.2_f32)] {
            let single = |sample: &f32| to_16_bit_rescaled(*sample, divisor);
            let expected: Vec<i16> = samples.iter().map(single).collect();
            let mut found = vec![0; samples.len()];
            round(&samples, divisor, &mut found);
            assert!(found == expected, "{divisor}");
            for isa in Isa::available() {
                round_divided(isa, &samples, divisor, &mut found);
                assert!(found == expected, "{isa:?} {divisor}");
                if divisor == 1.0 {
                    round_undivided(isa, &samples, &mut found);
                    assert!(found == expected, "{isa:?}");
                }
            }
        }
    }

    #[test]
    fn the_peak_is_that_of_all_samples() {
        for at in 0..37 {
            let mut samples = vec![0.25; 37];
            samples[at] = -0.5;
            assert_eq!(peak_of(&samples), 0.5, "{at}");
        }
        assert_eq!([peak_of(&[]), peak_of(&[f32::NAN, -1.0])], [0.0, 1.0]);
    }

    #[test]
    fn a_stem_below_full_scale_is_only_rounded() {
        let mut output = [0; 3];
        requantize(&[0.5, -0.99, 0.5 / 32_768.0], &mut output);
        assert_eq!(output, [16384, to_16_bit(-0.99), 0]);
    }

    #[test]
    fn the_mean_of_both_channels_is_that_of_the_rounded_stem() {
        let samples = PART_SAMPLES + 3;
        let channel = |seed, scale: f32| -> Vec<f32> {
            numbers(seed)
                .map(|n| ((n >> 40) as f32 / (1 << 23) as f32 - 1.0) * scale)
                .take(samples)
                .collect()
        };
        // Quiet; loud in one channel only, which divides both.
        for scales in [[0.9, 0.3], [0.2, 1.7]] {
            let [left, right] = [channel(1, scales[0]), channel(2, scales[1])];
            let mut rounded = vec![0; 2 * samples];
            requantize(&[&left[..], &right].concat(), &mut rounded);
            let mut mono = vec![0; samples];
            requantize_to_mono([&left, &right], &mut mono);
            for (at, mean) in mono.iter().enumerate() {
                assert_eq!(*mean, mean_of_16_bit(rounded[at], rounded[samples + at]));
            }
        }
    }

    #[test]
    fn a_loud_stem_is_rescaled_as_a_whole() {
        let mut output = [0; 2];
        requantize(&[-2.0, 1.01], &mut output);
        assert_eq!(output, [-32444, 16384]);
    }
}
