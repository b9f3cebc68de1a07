//! FLAC frames of more than 24 bits a sample, with 64 bit integers within (RFC 9639, section 9).

use super::super::flac_header::FrameHeader;

/// Reads bits, the highest first; past the end there are none.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// An unsigned number of up to 33 bits.
    fn take(&mut self, count: u32) -> Option<i64> {
        let first = self.at / 8;
        let skip = (self.at % 8) as u32;
        self.at += count as usize;
        if self.at > 8 * self.bytes.len() {
            return None;
        }
        let mut window = [0; 8];
        let rest = &self.bytes[first.min(self.bytes.len())..];
        let length = rest.len().min(8);
        window[..length].copy_from_slice(&rest[..length]);
        let window = u64::from_be_bytes(window) << skip;
        Some(if count == 0 { 0 } else { (window >> (64 - count)) as i64 })
    }

    /// A number in two's complement.
    fn signed(&mut self, count: u32) -> Option<i64> {
        let value = self.take(count)?;
        Some(if count == 0 { 0 } else { value << (64 - count) >> (64 - count) })
    }

    /// Zeros before the next one.
    fn zeros(&mut self) -> Option<u32> {
        let mut count = 0;
        while self.take(1)? == 0 {
            count += 1;
        }
        Some(count)
    }
}

/// Decodes `frame`, which begins with `header`, to `[channels][samples]` i32, full scale 2^31; `None` if it
/// is damaged.
pub(super) fn decode(header: &FrameHeader, frame: &[u8]) -> Option<Vec<Vec<i32>>> {
    let format = header.format;
    let mut bits = Bits { bytes: frame, at: 8 * header.bytes };
    let mut channels = Vec::new();
    for channel in 0..format.channels {
        let is_side = matches!((header.assignment, channel), (8, 1) | (9, 0) | (10, 1));
        channels.push(subframe(
            &mut bits,
            format.bits + u32::from(is_side),
            header.samples as usize,
        )?);
    }
    if let [first, second] = &mut channels[..] {
        for (a, b) in first.iter_mut().zip(second) {
            (*a, *b) = match header.assignment {
                8 => (*a, a.wrapping_sub(*b)),
                9 => (a.wrapping_add(*b), *b),
                10 => {
                    let middle = a.wrapping_mul(2) | *b & 1;
                    (middle.wrapping_add(*b) >> 1, middle.wrapping_sub(*b) >> 1)
                }
                _ => (*a, *b),
            };
        }
    }
    let shift = 32 - format.bits;
    let narrow = |samples: Vec<i64>| {
        samples.into_iter().map(|sample| i32::try_from(sample << shift).ok()).collect()
    };
    channels.into_iter().map(narrow).collect()
}

fn subframe(bits: &mut Bits<'_>, width: u32, samples: usize) -> Option<Vec<i64>> {
    let kind = bits.take(7)?;
    let wasted = if bits.take(1)? == 1 { bits.zeros()? + 1 } else { 0 };
    let width = width.checked_sub(wasted).filter(|width| *width > 0)?;
    let mut values = Vec::with_capacity(samples);
    match kind {
        0 => values.resize(samples, bits.signed(width)?),
        1 => {
            for _ in 0..samples {
                values.push(bits.signed(width)?);
            }
        }
        8..=12 => {
            const FIXED: [&[i64]; 5] = [&[], &[1], &[2, -1], &[3, -3, 1], &[4, -6, 4, -1]];
            let coefficients = FIXED[kind as usize - 8];
            warm_up(bits, width, coefficients.len(), samples, &mut values)?;
            predict(bits, coefficients, 0, samples, &mut values)?;
        }
        32..=63 => {
            let order = kind as usize - 31;
            warm_up(bits, width, order, samples, &mut values)?;
            let precision = bits.take(4)? as u32 + 1;
            let shift = u32::try_from(bits.signed(5)?).ok()?;
            if precision == 16 {
                return None;
            }
            let mut coefficients = Vec::with_capacity(order);
            for _ in 0..order {
                coefficients.push(bits.signed(precision)?);
            }
            predict(bits, &coefficients, shift, samples, &mut values)?;
        }
        _ => return None,
    }
    for value in &mut values {
        *value <<= wasted;
    }
    Some(values)
}

fn warm_up(
    bits: &mut Bits<'_>,
    width: u32,
    order: usize,
    samples: usize,
    values: &mut Vec<i64>,
) -> Option<()> {
    for _ in 0..Some(order).filter(|order| *order <= samples)? {
        values.push(bits.signed(width)?);
    }
    Some(())
}

/// Reads the residual and adds the prediction from the values before.
fn predict(
    bits: &mut Bits<'_>,
    coefficients: &[i64],
    shift: u32,
    samples: usize,
    values: &mut Vec<i64>,
) -> Option<()> {
    let parameter_bits = match bits.take(2)? {
        0 => 4,
        1 => 5,
        _ => return None,
    };
    let partitions = 1_usize << bits.take(4)?;
    let length = samples / partitions;
    if length * partitions != samples || length < coefficients.len() {
        return None;
    }
    for partition in 0..partitions {
        let parameter = bits.take(parameter_bits)? as u32;
        let escaped = parameter == (1 << parameter_bits) - 1;
        let width = if escaped { bits.take(5)? as u32 } else { parameter };
        let first = if partition == 0 { coefficients.len() } else { 0 };
        for _ in first..length {
            let residual = if escaped {
                bits.signed(width)?
            } else {
                let folded = i64::from(bits.zeros()?) << width | bits.take(width)?;
                folded >> 1 ^ -(folded & 1)
            };
            let before = values.iter().rev();
            let sum = coefficients.iter().zip(before).fold(0_i64, |sum, (coefficient, value)| {
                sum.wrapping_add(coefficient.wrapping_mul(*value))
            });
            values.push(residual.wrapping_add(sum >> shift));
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::super::flac_header::FlacFormat;
    use super::*;

    #[test]
    fn the_difference_of_two_channels_of_32_bits_takes_33() {
        let samples: [[i64; 2]; 3] =
            [[i32::MAX.into(), i32::MIN.into()], [i32::MIN.into(), i32::MAX.into()], [5, -2]];
        for assignment in [8, 9, 10] {
            let pair = |[left, right]: [i64; 2]| match assignment {
                8 => [left, left - right],
                9 => [left - right, right],
                _ => [(left + right) >> 1, left - right],
            };
            let side = if assignment == 9 { 0 } else { 1 };
            let mut bits = String::new();
            for channel in 0..2 {
                bits += "00000010";
                let width = if channel == side { 33 } else { 32 };
                for sample in samples {
                    let value = pair(sample)[channel] as u64 & ((1 << width) - 1);
                    bits += &format!("{value:0width$b}");
                }
            }
            bits += &"0".repeat(bits.len().next_multiple_of(8) - bits.len());
            let text = bits.as_bytes().chunks(8);
            let byte = |bits: &[u8]| bits.iter().fold(0, |byte, bit| byte << 1 | (bit - b'0'));
            let frame: Vec<u8> = text.map(byte).collect();
            let format = FlacFormat { rate_hz: 44_100, channels: 2, bits: 32 };
            let header = FrameHeader {
                bytes: 0,
                samples: 3,
                format,
                assignment,
                number: 0,
                counts_samples: false,
            };
            let channels = decode(&header, &frame).unwrap();
            for (channel, decoded) in channels.iter().enumerate() {
                let expected: Vec<i32> = samples.iter().map(|pair| pair[channel] as i32).collect();
                assert_eq!(decoded[..], expected, "{assignment}");
            }
            assert_eq!(decode(&header, &frame[..20]), None);
        }
    }
}
