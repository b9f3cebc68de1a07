//! What depends on all of a mix.

use sha2::{Digest, Sha256};

use super::window::multiply;
use crate::decode::Blocks;
use crate::error::Error;
use crate::hpss::Width;
use crate::separation::{Deviation, Mean, Normalisation};

/// What is to be found out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kinds {
    /// Mean and deviation of the mean of both channels, for a network; takes two passes.
    pub normalisation: bool,
    /// Whether the mix is wider than mono, for filters.
    pub width: bool,
    /// SHA-256 of the samples.
    pub sha256: bool,
}

/// What was found out.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// As of [`Kinds`].
    pub normalisation: Option<Normalisation>,
    /// As of [`Kinds`].
    pub width: Option<Width>,
    /// Hexadecimal: of all samples of the left channel and then of the right, f32, little-endian, times the gain.
    pub sha256: Option<String>,
}

/// A measurement after its first pass.
pub(super) struct FirstPass(Mean);

/// Reads a mix to its end.
pub(super) fn measure(
    blocks: &mut Blocks,
    gain: f64,
    kinds: Kinds,
    measured: &mut Measured,
) -> Result<FirstPass, Error> {
    let (mut mean, mut width, mut digest) = (Mean::default(), Width::default(), Sha256::new());
    // The right channel is hashed after all of the left.
    let mut right: Vec<f32> = Vec::new();
    while let Some(mut block) = blocks.next_block()? {
        multiply(&mut block, gain);
        let channels = block.each_ref().map(Vec::as_slice);
        if kinds.normalisation {
            mean.add(mono(channels));
        }
        if kinds.width {
            width.add(channels);
        }
        if kinds.sha256 {
            update(&mut digest, channels[0]);
            right.extend_from_slice(channels[1]);
        }
    }
    if kinds.width {
        measured.width = Some(width);
    }
    if kinds.sha256 {
        update(&mut digest, &right);
        let bytes = digest.finalize();
        measured.sha256 = Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
    }
    Ok(FirstPass(mean))
}

impl FirstPass {
    /// Reads the same mix once more, for the normalisation.
    pub fn second_pass(
        self,
        blocks: &mut Blocks,
        gain: f64,
        measured: &mut Measured,
    ) -> Result<(), Error> {
        let mut deviation: Deviation = self.0.finish();
        while let Some(mut block) = blocks.next_block()? {
            multiply(&mut block, gain);
            deviation.add(mono(block.each_ref().map(Vec::as_slice)));
        }
        measured.normalisation = Some(deviation.finish());
        Ok(())
    }
}

fn mono<'a>([left, right]: [&'a [f32]; 2]) -> impl Iterator<Item = f64> + 'a {
    left.iter().zip(right).map(|(&left, &right)| (f64::from(left) + f64::from(right)) / 2.0)
}

fn update(digest: &mut Sha256, samples: &[f32]) {
    #[cfg(target_endian = "big")]
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    #[cfg(target_endian = "little")]
    let bytes: &[u8] = bytemuck::cast_slice(samples);
    digest.update(bytes);
}
