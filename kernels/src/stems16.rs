//! Rounding audio to the 16-bit stems that the spectrogram is made from.
//!
//! ```
//! use tactus_kernels::stems16::to_16_bit;
//! // Half way between two steps the even one is taken; beyond full scale the value saturates.
//! assert_eq!([0.5 / 32768.0, 1.5 / 32768.0, 1.0, -1.5].map(to_16_bit), [0, 2, 32767, -32768]);
//! ```

use rayon::prelude::*;

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
    let peak_of = |part: &[f32]| part.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let peak = stem.par_chunks(PART_SAMPLES).map(peak_of).reduce(|| 0.0, f32::max);
    let divisor = rescale_divisor(peak);
    let parts =
        output[..stem.len()].par_chunks_mut(PART_SAMPLES).zip(stem.par_chunks(PART_SAMPLES));
    parts.for_each(|(output, stem)| {
        for (rounded, &sample) in output.iter_mut().zip(stem) {
            *rounded = to_16_bit_rescaled(sample, divisor);
        }
    });
}

/// Divisor of a stem before rounding: 1.01 times its peak, and at least 1.
pub(crate) fn rescale_divisor(peak: f32) -> f64 {
    (1.01 * f64::from(peak)).max(1.0)
}

/// Divides one sample and rounds it: half to even, saturated.
pub(crate) fn to_16_bit_rescaled(sample: f32, divisor: f64) -> i16 {
    round_to_16_bit(f64::from(sample) / divisor * 32_768.0)
}

/// Half to even, saturated: next to this sum float64 has no digits behind the point. (The processor's own
/// instruction is not in the baseline, and a call for each sample takes several times as long.)
fn round_to_16_bit(value: f64) -> i16 {
    const NO_FRACTION: f64 = 3.0 * (1_u64 << 51) as f64;
    let near = value.clamp(-65_536.0, 65_536.0);
    ((near + NO_FRACTION) - NO_FRACTION) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_stem_below_full_scale_is_only_rounded() {
        let mut output = [0; 3];
        requantize(&[0.5, -0.99, 0.5 / 32_768.0], &mut output);
        assert_eq!(output, [16384, to_16_bit(-0.99), 0]);
    }

    #[test]
    fn a_loud_stem_is_rescaled_as_a_whole() {
        let mut output = [0; 2];
        requantize(&[-2.0, 1.01], &mut output);
        assert_eq!(output, [-32444, 16384]);
    }
}
