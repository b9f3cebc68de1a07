//! The check that every sample is a number.

use super::error::DecodeError;

/// Counts NaN and infinite samples: the network would spread one over the whole track.
#[derive(Default)]
pub(super) struct Finite {
    /// Frames checked.
    frames: usize,
    /// Number of samples that are not numbers.
    count: usize,
    /// Frame and channel of the first one.
    first: Option<(usize, usize)>,
}

impl Finite {
    /// Checks the next frames, `[channels][frames]` f32, and returns whether all samples are numbers.
    pub fn look(&mut self, block: &[Vec<f32>]) -> bool {
        // Every sample is read, without a branch a sample, so that the loop vectorises.
        let finite = |samples: &[f32]| samples.iter().fold(true, |all, v| all & v.is_finite());
        let is_finite = block.iter().all(|samples| finite(samples));
        if !is_finite {
            self.count += block.iter().flatten().filter(|v| !v.is_finite()).count();
            let first = block.iter().enumerate().filter_map(|(channel, samples)| {
                let frame = samples.iter().position(|v| !v.is_finite())?;
                Some((self.frames + frame, channel))
            });
            self.first = self.first.or(first.min());
        }
        self.frames += block.first().map_or(0, Vec::len);
        is_finite
    }

    /// Refuses a file with a sample that is not a number.
    pub fn verdict(&self, name: &str) -> Result<(), DecodeError> {
        let Some((frame, channel)) = self.first else { return Ok(()) };
        Err(DecodeError::NotFinite { name: name.to_string(), count: self.count, frame, channel })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finite_check_names_the_earliest_bad_sample_over_all_channels() {
        let mut channels = [vec![0.5; 100], vec![-0.5; 100]];
        let mut finite = Finite::default();
        assert!(finite.look(&channels));
        assert!(finite.verdict("x").is_ok());
        channels[0][70] = f32::INFINITY;
        channels[1][30] = f32::NAN;
        channels[1][31] = f32::NEG_INFINITY;
        assert!(!finite.look(&channels));
        assert!(!finite.look(&channels));
        let Err(DecodeError::NotFinite { count, frame, channel, .. }) = finite.verdict("x") else {
            panic!("expected an error");
        };
        assert_eq!((count, frame, channel), (6, 130, 1));
    }

    #[test]
    fn finite_check_passes_the_largest_floats() {
        assert!(Finite::default().look(&[vec![f32::MAX, f32::MAX, f32::MIN]]));
    }
}
