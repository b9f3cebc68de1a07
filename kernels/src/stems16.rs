//! Rounding audio to the 16-bit stems that the spectrogram is made from.
//!
//! ```
//! use tactus_kernels::stems16::to_16_bit;
//! // Half way between two steps the even one is taken; beyond full scale the value saturates.
//! assert_eq!([0.5 / 32768.0, 1.5 / 32768.0, 1.0, -1.5].map(to_16_bit), [0, 2, 32767, -32768]);
//! ```

/// Rounds one sample of full scale 1.0 to 16 bits: half to even, saturated. Samples that came from
/// 16 bits or fewer come back unchanged.
///
/// Source: torchaudio's FFmpeg backend, through which upstream saves its stems.
pub fn to_16_bit(sample: f32) -> i16 {
    (sample * 32_768.0).round_ties_even() as i16
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
    let divisor = rescale_divisor(stem.iter().fold(0.0, |peak, sample| peak.max(sample.abs())));
    for (rounded, &sample) in output[..stem.len()].iter_mut().zip(stem) {
        *rounded = to_16_bit_rescaled(sample, divisor);
    }
}

/// By what a stem is divided before it is rounded: 1.01 times its peak, and at least 1.
pub(crate) fn rescale_divisor(peak: f32) -> f64 {
    (1.01 * f64::from(peak)).max(1.0)
}

/// Divides one sample and rounds it: half to even, saturated.
pub(crate) fn to_16_bit_rescaled(sample: f32, divisor: f64) -> i16 {
    (f64::from(sample) / divisor * 32_768.0).round_ties_even() as i16
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
