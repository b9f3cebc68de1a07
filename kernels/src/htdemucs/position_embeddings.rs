//! The transformer's position embeddings.
//!
//! Source: `create_sin_embedding` and `create_2d_sin_embedding` of `demucs.transformer` (demucs 4.0.1).

/// Value of the embedding of a moment at a channel: cosines in the first half of the channels, sines in the
/// second, up to the longest `period`.
pub(super) fn embed_moment(position: usize, channel: usize, channels: usize, period: f64) -> f64 {
    let half = channels / 2;
    let phase = position as f64 / period.powf((channel % half) as f64 / (half as f64 - 1.0));
    if channel < half { phase.cos() } else { phase.sin() }
}

/// Value of the embedding of a place in a spectrogram: frames in the first half of the channels,
/// frequencies in the second, each with sines at even and cosines at odd channels.
pub(super) fn embed_place(
    [row, frame]: [usize; 2],
    channel: usize,
    channels: usize,
    period: f64,
) -> f64 {
    let half = channels / 2;
    let position = if channel < half { frame } else { row };
    let c = channel % half;
    let phase = position as f64 * (-((c - c % 2) as f64) * period.ln() / half as f64).exp();
    if c.is_multiple_of(2) { phase.sin() } else { phase.cos() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_turn_at_rates_from_one_to_the_period() {
        assert_eq!(embed_moment(3, 0, 8, 1e4), 3f64.cos());
        assert_eq!(embed_moment(3, 4, 8, 1e4), 3f64.sin());
        assert!((embed_moment(3, 3, 8, 1e4) - 3e-4f64.cos()).abs() < 1e-15);
    }

    #[test]
    fn places_have_frames_first_and_frequencies_second() {
        assert_eq!(embed_place([5, 3], 0, 8, 1e4), 3f64.sin());
        assert_eq!(embed_place([5, 3], 1, 8, 1e4), 3f64.cos());
        assert!((embed_place([5, 3], 2, 8, 1e4) - 0.03f64.sin()).abs() < 1e-15);
        assert_eq!(embed_place([5, 3], 4, 8, 1e4), 5f64.sin());
        assert!((embed_place([5, 3], 7, 8, 1e4) - 0.05f64.cos()).abs() < 1e-15);
    }
}
