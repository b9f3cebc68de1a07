//! Log densities of the observations.

use super::state_space::OBSERVATION_LAMBDA;

/// Log densities of each frame, f64, from float32 arithmetic as upstream has it. A density whose
/// logarithm does not exist counts as impossible (negative infinity).
pub(super) struct LogDensities {
    /// `[frames]`: outside the beat ranges.
    pub no_beat: Vec<f64>,
    /// `[frames]`: in the beat range of a beat that is no downbeat.
    pub beat: Vec<f64>,
    /// `[frames]`: in the beat range of a downbeat.
    pub downbeat: Vec<f64>,
}

impl LogDensities {
    /// Densities of `[frames, 2]` activations: beat (not downbeat), downbeat.
    pub fn new(frames: &[[f32; 2]]) -> Self {
        let share = OBSERVATION_LAMBDA as f32 - 1.0;
        let log = |value: f32| f64::from(log_as_numpy(value));
        LogDensities {
            no_beat: frames
                .iter()
                .map(|[beat, downbeat]| log((1.0 - (beat + downbeat)) / share))
                .collect(),
            beat: frames.iter().map(|frame| log(frame[0])).collect(),
            downbeat: frames.iter().map(|frame| log(frame[1])).collect(),
        }
    }

    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.no_beat.len()
    }

    /// Density in the beat range of the given beat of the bar; beat 0 is the downbeat.
    pub fn of_beat(&self, beat: usize) -> &[f64] {
        if beat == 0 { &self.downbeat } else { &self.beat }
    }
}

/// Natural logarithm in float32 with the rounding of numpy's vectorised one, which errs by up to
/// 3.8 units in the last place: the decoder compares sums of these, so a more exact logarithm would
/// now and then prefer another path than upstream's.
///
/// Zero gives negative infinity, and so do negative and NaN input.
///
/// Source: numpy, `loops_exponent_log` (a rational minimax approximation on [1/√2, √2)).
fn log_as_numpy(value: f32) -> f32 {
    const NUMERATOR: [f32; 6] = [2.589_979_2e-2, 3.808_837_8e-1, 1.480_000_6, 2.112_677_6, 1., 0.0];
    const DENOMINATOR: [f32; 6] =
        [5.875_095_3e-3, 1.546_476_3e-1, 9.864_943e-1, 2.453_006, 2.612_677_6, 1.0];
    if value.is_nan() || value <= 0.0 {
        return f32::NEG_INFINITY;
    }
    let (scaled, shift) =
        if value < f32::MIN_POSITIVE { (value * 2.0_f32.powi(100), 100) } else { (value, 0) };
    let bits = scaled.to_bits();
    let mut exponent = (bits >> 23) as i32 - 126 - shift;
    let mut mantissa = f32::from_bits(bits & 0x007f_ffff | 126 << 23);
    if mantissa <= std::f32::consts::FRAC_1_SQRT_2 {
        mantissa += mantissa;
        exponent -= 1;
    }
    let x = mantissa - 1.0;
    let horner = |coefficients: &[f32; 6]| {
        coefficients[1..].iter().fold(coefficients[0], |sum, &c| sum.mul_add(x, c))
    };
    let fraction = horner(&NUMERATOR) / horner(&DENOMINATOR);
    (exponent as f32).mul_add(std::f32::consts::LN_2, fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_is_within_four_units_in_the_last_place() {
        for step in 1..200_000_u32 {
            let value = f32::from_bits(step * 5_300);
            if value >= 1.0 {
                break;
            }
            let exact = f64::from(value).ln();
            let error = (f64::from(log_as_numpy(value)) - exact).abs();
            assert!(error <= exact.abs() * 4.0 * 2.0_f64.powi(-23), "{value:e}");
        }
    }

    #[test]
    fn impossible_densities_are_negative_infinity() {
        for value in [0.0, -0.0, -1e-8, f32::NAN] {
            assert_eq!(log_as_numpy(value), f32::NEG_INFINITY);
        }
    }
}
