//! The check that every sample is a number.

use super::DecodeError;

/// Refuses NaN and infinite samples: the network would spread one over the whole track.
///
/// `channels` is `[channels][frames]` f32.
pub(super) fn check(name: &str, channels: &[Vec<f32>]) -> Result<(), DecodeError> {
    // Every sample is looked at, without a branch a sample: so it vectorises.
    let sound = |samples: &[f32]| samples.iter().fold(true, |all, v| all & v.is_finite());
    if channels.iter().all(|samples| sound(samples)) {
        return Ok(());
    }
    let count = channels.iter().flatten().filter(|v| !v.is_finite()).count();
    let (frame, channel) = channels
        .iter()
        .enumerate()
        .filter_map(|(channel, samples)| {
            samples.iter().position(|v| !v.is_finite()).map(|frame| (frame, channel))
        })
        .min()
        .unwrap_or_default();
    Err(DecodeError::NotFinite { name: name.to_string(), count, frame, channel })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finite_check_names_the_earliest_bad_sample_over_all_channels() {
        let mut channels = vec![vec![0.5; 100], vec![-0.5; 100]];
        assert!(check("x", &channels).is_ok());
        channels[0][70] = f32::INFINITY;
        channels[1][30] = f32::NAN;
        channels[1][31] = f32::NEG_INFINITY;
        let Err(DecodeError::NotFinite { count, frame, channel, .. }) = check("x", &channels)
        else {
            panic!("expected an error");
        };
        assert_eq!((count, frame, channel), (3, 30, 1));
    }

    #[test]
    fn finite_check_passes_the_largest_floats() {
        assert!(check("x", &[vec![f32::MAX, f32::MAX, f32::MIN]]).is_ok());
    }
}
