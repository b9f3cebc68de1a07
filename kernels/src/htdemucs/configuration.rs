//! The sizes of a Hybrid Transformer Demucs network.

/// Length of the strided convolutions' kernels.
pub(super) const KERNEL: usize = 8;

/// Stride of the encoders.
pub(super) const STRIDE: usize = 4;

/// What a network is made of; the names are upstream's.
///
/// Source: the arguments of `demucs.htdemucs.HTDemucs` (demucs 4.0.1).
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// Number of stems.
    pub sources: usize,
    /// Channels of the audio.
    pub audio_channels: usize,
    /// Channels after the first encoder.
    pub channels: usize,
    /// Each encoder has this many times the channels of the one before.
    pub growth: usize,
    /// Number of encoders, and of decoders, in each branch.
    pub depth: usize,
    /// Length of a frame of the spectrogram, samples; the hop is a quarter of it.
    pub nfft: usize,
    /// Weight of the frequency embedding.
    pub freq_emb: f64,
    /// The stored frequency embedding is multiplied by this.
    pub emb_scale: f64,
    /// Layers of a residual branch.
    pub dconv_depth: usize,
    /// A residual branch has its layer's channels divided by this, rounded down.
    pub dconv_comp: usize,
    /// Channels of the transformer; 0 for those of the last encoder.
    pub bottom_channels: usize,
    /// Layers of the transformer, in each branch.
    pub t_layers: usize,
    /// Attention heads.
    pub t_heads: usize,
    /// Width of a hidden layer of the transformer, as a multiple of its channels.
    pub t_hidden_scale: f64,
    /// Longest period of the position embeddings, positions.
    pub t_max_period: f64,
    /// Weight of the position embeddings.
    pub t_weight_pos_embed: f64,
    /// Length of a segment, samples.
    pub segment_samples: usize,
}

impl Configuration {
    /// Number of values that [`Configuration::from_numbers`] takes.
    pub const NUMBERS: usize = 17;

    /// Reads a configuration from its fields' values, in their order.
    ///
    /// # Errors
    /// If there are too few or too many, or one cannot be a size.
    pub fn from_numbers(numbers: &[f64]) -> Result<Self, String> {
        let [sources, audio, channels, growth, depth, nfft, freq_emb, emb_scale, rest @ ..] =
            numbers
        else {
            return Err(wrong_count(numbers.len()));
        };
        let [dconv_depth, comp, bottom, layers, heads, hidden, period, weight, samples] = rest
        else {
            return Err(wrong_count(numbers.len()));
        };
        let size = |name: &str, value: &f64, least: usize| {
            let whole = *value as usize;
            if whole as f64 == *value && (least..1 << 31).contains(&whole) {
                return Ok(whole);
            }
            Err(format!("HTDemucs' {name} must be a whole number from {least}, but is {value}"))
        };
        let configuration = Configuration {
            sources: size("sources", sources, 1)?,
            audio_channels: size("audio_channels", audio, 1)?,
            channels: size("channels", channels, 1)?,
            growth: size("growth", growth, 1)?,
            depth: size("depth", depth, 1)?,
            nfft: size("nfft", nfft, 1)?,
            freq_emb: *freq_emb,
            emb_scale: *emb_scale,
            dconv_depth: size("dconv_depth", dconv_depth, 1)?,
            dconv_comp: size("dconv_comp", comp, 1)?,
            bottom_channels: size("bottom_channels", bottom, 0)?,
            t_layers: size("t_layers", layers, 1)?,
            t_heads: size("t_heads", heads, 1)?,
            t_hidden_scale: *hidden,
            t_max_period: *period,
            t_weight_pos_embed: *weight,
            segment_samples: size("segment", samples, 1)?,
        };
        configuration.check()?;
        Ok(configuration)
    }

    fn check(&self) -> Result<(), String> {
        let shrink = u32::try_from(self.depth)
            .ok()
            .and_then(|depth| STRIDE.checked_pow(depth))
            .filter(|shrink| self.nfft.is_multiple_of(2 * shrink));
        if self.depth > 6 || shrink.is_none() {
            return Err(format!(
                "HTDemucs' nfft must be a multiple of 2 · 4^depth and depth at most 6, but nfft is \
                 {} and depth {}",
                self.nfft, self.depth
            ));
        }
        let width = self.width();
        if !width.is_multiple_of(4) || !width.is_multiple_of(self.t_heads) {
            return Err(format!(
                "The transformer's width must be a multiple of 4 and of its {} heads, but is {width}",
                self.t_heads
            ));
        }
        if self.dconv_comp > self.channels || self.segment_samples < self.nfft {
            return Err("HTDemucs' dconv_comp is above channels, or its segment below nfft".into());
        }
        Ok(())
    }

    /// Channels of each encoder's output.
    pub fn encoder_channels(&self) -> Vec<usize> {
        (0..self.depth as u32).map(|level| self.channels * self.growth.pow(level)).collect()
    }

    /// Channels of the transformer.
    pub fn width(&self) -> usize {
        let last = self.channels * self.growth.pow(self.depth as u32 - 1);
        if self.bottom_channels == 0 { last } else { self.bottom_channels }
    }

    /// Width of a hidden layer of the transformer.
    pub fn hidden_width(&self) -> usize {
        (self.width() as f64 * self.t_hidden_scale) as usize
    }

    /// Frequencies of the spectrogram.
    pub fn frequencies(&self) -> usize {
        self.nfft / 2
    }

    /// Frames of a segment's spectrogram.
    pub fn frames(&self) -> usize {
        self.segment_samples.div_ceil(self.nfft / 4)
    }

    /// Elements of the wave that goes in: `[audio channels, samples]`.
    pub fn wave_size(&self) -> usize {
        self.audio_channels * self.segment_samples
    }

    /// Elements of the spectrum that goes in: `[2 · audio channels, frequencies, frames]`.
    pub fn spectrum_size(&self) -> usize {
        2 * self.audio_channels * self.frequencies() * self.frames()
    }
}

fn wrong_count(found: usize) -> String {
    format!("A configuration of HTDemucs has {} numbers, not {found}", Configuration::NUMBERS)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A small network whose every size has a remainder.
    pub fn small() -> Configuration {
        let numbers = [
            3.0, 2.0, 10.0, 2.0, 2.0, 256.0, 0.2, 10.0, 2.0, 3.0, 12.0, 3.0, 3.0, 2.5, 1e4, 1.0,
            2650.0,
        ];
        Configuration::from_numbers(&numbers).unwrap()
    }

    #[test]
    fn sizes_follow_from_the_configuration() {
        let configuration = small();
        assert_eq!(configuration.encoder_channels(), [10, 20]);
        assert_eq!((configuration.width(), configuration.hidden_width()), (12, 30));
        assert_eq!((configuration.frequencies(), configuration.frames()), (128, 42));
    }

    #[test]
    fn refuses_what_is_no_configuration() {
        assert!(Configuration::from_numbers(&[1.0; 16]).is_err());
        assert!(Configuration::from_numbers(&[1.0; 18]).is_err());
        let mut numbers = [
            4.0, 2.0, 8.0, 2.0, 2.0, 256.0, 0.2, 10.0, 2.0, 8.0, 16.0, 2.0, 2.0, 2.0, 1e4, 1.0,
            2650.0,
        ];
        assert!(Configuration::from_numbers(&numbers).is_ok());
        for (index, value) in [(0, 1.5), (1, -1.0), (4, 9.0), (5, 250.0), (12, 3.0), (16, 9.0)] {
            let before = std::mem::replace(&mut numbers[index], value);
            assert!(Configuration::from_numbers(&numbers).is_err(), "{index}");
            numbers[index] = before;
        }
    }
}
