//! The sizes of an All-In-One network.

/// Rows and columns of the instrument attention's window.
pub(super) const INSTRUMENT_KERNEL: usize = 5;

/// Bands that the embedding's poolings join.
pub(super) const POOLED_BANDS: usize = 3;

/// Kernels `[frames, bands]` of the embedding's convolutions.
pub(super) const EMBEDDING_KERNELS: [[usize; 2]; 3] = [[3, 3], [1, 12], [3, 3]];

/// What a network is made of; the names are upstream's.
///
/// Source: `allin1.config.Config` (allin1 1.1.0).
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// Number of stems, at most five.
    pub num_instruments: usize,
    /// Number of segment functions.
    pub num_labels: usize,
    /// Number of blocks.
    pub depth: usize,
    /// The dilation of block i is this to the power i.
    pub dilation_factor: usize,
    /// Largest dilation of a block's first attention, frames.
    pub dilation_max: usize,
    /// Number of attention heads.
    pub num_heads: usize,
    /// Keys that a query of the time attention sees, an odd number.
    pub kernel_size: usize,
    /// Bands of the spectrogram.
    pub dim_input: usize,
    /// Channels of a frame's embedding.
    pub dim_embed: usize,
    /// Width of the hidden layer of a block's perceptron, as a multiple of its input.
    pub mlp_ratio: f64,
    /// Epsilon of the layer norms but the embedding's.
    pub layer_norm_eps: f64,
}

impl Configuration {
    /// Number of values that [`Configuration::from_numbers`] takes.
    pub const NUMBERS: usize = 11;

    /// Reads a configuration from its fields' values, in their order.
    ///
    /// # Errors
    /// If there are too few or too many, or one cannot be a size.
    pub fn from_numbers(numbers: &[f64]) -> Result<Self, String> {
        let Ok([sizes @ .., mlp_ratio, layer_norm_eps]) =
            <[f64; Configuration::NUMBERS]>::try_from(numbers)
        else {
            return Err(format!(
                "A configuration of All-In-One has {} numbers, not {}",
                Configuration::NUMBERS,
                numbers.len()
            ));
        };
        let limits = [
            ("num_instruments", INSTRUMENT_KERNEL),
            ("num_labels", 1024),
            ("depth", 16),
            ("dilation_factor", 16),
            ("dilation_max", 65_536),
            ("num_heads", 64),
            ("kernel_size", 31),
            ("dim_input", 1024),
            ("dim_embed", 1024),
        ];
        let mut whole = [0; 9];
        for ((whole, value), (name, most)) in whole.iter_mut().zip(sizes).zip(limits) {
            *whole = value as usize;
            if *whole as f64 != value || !(1..=most).contains(whole) {
                return Err(format!(
                    "All-In-One's {name} must be a whole number from 1 to {most}, but is {value}"
                ));
            }
        }
        let [num_instruments, num_labels, depth, dilation_factor, dilation_max, rest @ ..] = whole;
        let [num_heads, kernel_size, dim_input, dim_embed] = rest;
        let configuration = Configuration {
            num_instruments,
            num_labels,
            depth,
            dilation_factor,
            dilation_max,
            num_heads,
            kernel_size,
            dim_input,
            dim_embed,
            mlp_ratio,
            layer_norm_eps,
        };
        configuration.check()?;
        Ok(configuration)
    }

    fn check(&self) -> Result<(), String> {
        if !self.dim_embed.is_multiple_of(self.num_heads) || self.kernel_size.is_multiple_of(2) {
            return Err(format!(
                "All-In-One's dim_embed must be a multiple of num_heads and kernel_size odd, but \
                 they are {}, {} and {}",
                self.dim_embed, self.num_heads, self.kernel_size
            ));
        }
        let ratio_fits =
            self.mlp_ratio > 0.0 && self.mlp_ratio * self.dim_embed as f64 <= f64::from(1 << 30);
        let epsilon_fits = self.layer_norm_eps > 0.0 && self.layer_norm_eps.is_finite();
        if !(ratio_fits && epsilon_fits) {
            return Err(format!(
                "All-In-One's mlp_ratio and layer_norm_eps must be above 0, and a hidden layer at \
                 most 2^30 wide, but they are {} and {}",
                self.mlp_ratio, self.layer_norm_eps
            ));
        }
        if self.pooled_bands()[2] != 1 {
            return Err(format!(
                "All-In-One's dim_input must be reduced to one band, but {} is reduced to {}",
                self.dim_input,
                self.pooled_bands()[2]
            ));
        }
        Ok(())
    }

    /// Bands after each of the embedding's convolutions and poolings.
    pub fn pooled_bands(&self) -> [usize; 3] {
        let mut bands = self.dim_input;
        EMBEDDING_KERNELS.map(|[_, width]| {
            bands = (bands + 1).saturating_sub(width) / POOLED_BANDS;
            bands
        })
    }

    /// Channels before the embedding's first and after each of its convolutions.
    pub fn embedding_channels(&self) -> [usize; 4] {
        [1, self.dim_embed / 2, self.dim_embed, self.dim_embed]
    }

    /// Width of the hidden layer of a perceptron over `joined` channels.
    pub fn hidden_width(&self, joined: usize) -> usize {
        (joined as f64 * self.mlp_ratio) as usize
    }

    /// The dilation of a block's first time attention, frames; the second one's is twice that.
    pub fn dilation(&self, block: usize) -> usize {
        self.dilation_factor.saturating_pow(block as u32).min(self.dilation_max)
    }

    /// Rows of the logits: beat, downbeat, section, and the functions.
    pub fn num_logits(&self) -> usize {
        3 + self.num_labels
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The published network's.
    pub const PUBLISHED: [f64; Configuration::NUMBERS] =
        [4.0, 10.0, 11.0, 2.0, 3200.0, 2.0, 5.0, 81.0, 24.0, 4.0, 1e-5];

    /// A small network whose every size has a remainder.
    pub fn small() -> Configuration {
        let numbers = [3.0, 4.0, 3.0, 3.0, 7.0, 3.0, 7.0, 83.0, 9.0, 2.5, 1e-3];
        Configuration::from_numbers(&numbers).unwrap()
    }

    #[test]
    fn sizes_follow_from_the_configuration() {
        let published = Configuration::from_numbers(&PUBLISHED).unwrap();
        assert_eq!(published.pooled_bands(), [26, 5, 1]);
        assert_eq!((published.hidden_width(48), published.num_logits()), (192, 13));
        assert_eq!((0..12).map(|i| published.dilation(i)).max(), Some(2048));
        let small = small();
        assert_eq!((0..3).map(|i| small.dilation(i)).collect::<Vec<_>>(), [1, 3, 7]);
        assert_eq!(small.hidden_width(9), 22);
    }

    #[test]
    fn refuses_what_is_no_configuration() {
        assert!(Configuration::from_numbers(&PUBLISHED[1..]).is_err());
        for (index, value) in [
            (0, 6.0),
            (1, 0.0),
            (2, 1.5),
            (5, 5.0),
            (6, 4.0),
            (7, 40.0),
            (8, f64::NAN),
            (9, 0.0),
            (10, -1.0),
        ] {
            let mut numbers = PUBLISHED;
            numbers[index] = value;
            assert!(Configuration::from_numbers(&numbers).is_err(), "{index}");
        }
    }
}
