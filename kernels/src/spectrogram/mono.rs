//! Averaging the channels of a 16-bit stem.

use std::borrow::Cow;

/// The mean of the channels, truncated toward zero: `[samples]` i16.
///
/// One channel passes through uncopied.
///
/// # Panics
/// If there is no channel or the channels differ in length.
///
/// Source: madmom 0.16.1, `audio/signal.py`, `remix`.
pub(super) fn mono<'a>(channels: &[&'a [i16]]) -> Cow<'a, [i16]> {
    match channels {
        [] => panic!("a stem has at least one channel"),
        [only] => Cow::Borrowed(only),
        [left, right] => {
            assert_eq!(left.len(), right.len(), "channels differ in length");
            left.iter().zip(*right).map(|(&left, &right)| mean_of_16_bit(left, right)).collect()
        }
        several => {
            let count = several.len() as f64;
            assert!(
                several.iter().all(|c| c.len() == several[0].len()),
                "channels differ in length"
            );
            (0..several[0].len())
                .map(|i| several.iter().map(|c| f64::from(c[i])).sum::<f64>() / count)
                .map(|mean| mean as i16)
                .collect()
        }
    }
}

/// The mean of two channels, truncated toward zero.
pub fn mean_of_16_bit(left: i16, right: i16) -> i16 {
    ((i32::from(left) + i32::from(right)) / 2) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_truncated_toward_zero() {
        let (left, right) = ([1, -1, 3, -32768, 32767], [0, 0, -2, -32767, 32766]);
        assert_eq!(*mono(&[&left, &right]), [0, 0, 0, -32767, 32766]);
    }

    #[test]
    fn three_channels_agree_with_two_on_equal_input() {
        let channel: &[i16] = &[5, -7, 100];
        assert_eq!(mono(&[channel; 3]), mono(&[channel; 2]));
    }
}
