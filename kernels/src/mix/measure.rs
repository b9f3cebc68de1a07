//! What depends on all of a mix.

use sha2::{Digest, Sha256};

use super::window::multiply;
use crate::decode::Blocks;
use crate::error::Error;
use crate::hpss::Width;
use crate::separation::{Deviation, Mean, Normalisation};
use crate::streamed::Floats;

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
pub(super) struct FirstPass {
    mean: Option<Mean>,
    /// Hash of the left channel, where that of the right one is still to come.
    digest: Option<Sha256>,
}

/// Reads a mix to its end.
pub(super) fn measure(
    blocks: &mut Blocks,
    gain: f64,
    kinds: Kinds,
    measured: &mut Measured,
) -> Result<FirstPass, Error> {
    let mut mean = kinds.normalisation.then(Mean::default);
    let (mut width, mut digest) = (Width::default(), Sha256::new());
    // The right channel is hashed after all of the left: in the second pass if there is one.
    let mut right =
        if kinds.sha256 && !kinds.normalisation { Floats::in_file().ok() } else { None };
    while let Some(mut block) = blocks.next_block()? {
        multiply(&mut block, gain);
        let channels = block.each_ref().map(Vec::as_slice);
        if let Some(mean) = &mut mean {
            mean.add(mono(channels));
        }
        if kinds.width {
            width.add(channels);
        }
        if kinds.sha256 {
            update(&mut digest, channels[0]);
            // Where the file cannot be written, a second pass is needed.
            right = right.and_then(|right| right.with(channels[1]).ok());
        }
    }
    if kinds.width {
        measured.width = Some(width);
    }
    let mut digest = kinds.sha256.then_some(digest);
    if let (Some(right), Some(left)) = (right, digest.clone()) {
        let mut both = left;
        if right.drain(|samples| update(&mut both, samples)).is_ok() {
            measured.sha256 = Some(hexadecimal(both));
            digest = None;
        }
    }
    Ok(FirstPass { mean, digest })
}

impl FirstPass {
    /// Whether nothing is left to be found out.
    pub fn is_enough(&self) -> bool {
        self.mean.is_none() && self.digest.is_none()
    }

    /// Reads the same mix once more, for what is left.
    pub fn second_pass(
        self,
        blocks: &mut Blocks,
        gain: f64,
        measured: &mut Measured,
    ) -> Result<(), Error> {
        let mut deviation: Option<Deviation> = self.mean.map(Mean::finish);
        let mut digest = self.digest;
        while let Some(mut block) = blocks.next_block()? {
            multiply(&mut block, gain);
            let channels = block.each_ref().map(Vec::as_slice);
            if let Some(deviation) = &mut deviation {
                deviation.add(mono(channels));
            }
            if let Some(digest) = &mut digest {
                update(digest, channels[1]);
            }
        }
        if let Some(deviation) = deviation {
            measured.normalisation = Some(deviation.finish());
        }
        if let Some(digest) = digest {
            measured.sha256 = Some(hexadecimal(digest));
        }
        Ok(())
    }
}

fn hexadecimal(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
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
