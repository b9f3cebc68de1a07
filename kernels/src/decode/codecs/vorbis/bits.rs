//! Reading of bits, least significant first.

/// The bits of a packet. Reading past its end gives `None`.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// Bits read.
    at: usize,
}

impl<'a> Bits<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Bits { bytes, at: 0 }
    }

    /// Bits that are left.
    pub fn left(&self) -> usize {
        self.bytes.len() * 8 - self.at
    }

    /// The next 32 bits, with zeros past the end.
    #[inline]
    pub fn peek(&self) -> u32 {
        let rest = &self.bytes[self.at / 8..];
        let word = match rest.first_chunk::<8>() {
            Some(chunk) => u64::from_le_bytes(*chunk),
            None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        (word >> (self.at % 8)) as u32
    }

    /// Passes over `count` bits.
    #[inline]
    pub fn skip(&mut self, count: u32) -> Option<()> {
        let at = self.at + count as usize;
        let fits = at <= self.bytes.len() * 8;
        self.at = at.min(self.bytes.len() * 8);
        fits.then_some(())
    }

    /// The next `count` bits, at most 32.
    #[inline]
    pub fn read(&mut self, count: u32) -> Option<u32> {
        let word = self.peek();
        self.skip(count)?;
        Some(if count == 32 { word } else { word & ((1 << count) - 1) })
    }

    /// The next bit.
    pub fn flag(&mut self) -> Option<bool> {
        self.read(1).map(|bit| bit == 1)
    }

    /// The next `count` bits as an index or a count.
    pub fn index(&mut self, count: u32) -> Option<usize> {
        self.read(count).map(|value| value as usize)
    }
}

/// Number of bits of `value`: 0 for 0, 3 for 4.
pub(super) fn bit_length(value: usize) -> u32 {
    usize::BITS - value.leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_least_significant_first_and_end() {
        let mut bits = Bits::new(&[0b1010_0110, 0xff, 0x01, 0, 0x80]);
        assert_eq!((bits.read(3), bits.read(5)), (Some(0b110), Some(0b10100)));
        assert_eq!(bits.read(32), Some(0x8000_01ff));
        assert_eq!((bits.left(), bits.read(1), bits.peek()), (0, None, 0));
        assert_eq!((bit_length(0), bit_length(1), bit_length(4)), (0, 1, 3));
    }
}
