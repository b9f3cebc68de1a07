//! Codebooks: Huffman codes of entries, and the vectors that entries stand for.

use super::bits::Bits;

/// Codes up to this length are looked up in one step.
const TABLE_BITS: u32 = 10;
/// Entries, and values of vectors, of one codebook: more than any encoder writes.
const MAX_SIZE: usize = 1 << 20;

/// One codebook. Entries are numbered among those that have a code.
pub(super) struct Codebook {
    pub dimensions: usize,
    /// Number and code length of the entry whose code is in the lowest bits of the index; length 0: none.
    table: Vec<(u32, u8)>,
    /// Longer codes, from their first bit in the highest one on, ascending: code, length, number.
    long: Vec<(u32, u8, u32)>,
    /// Entry numbers in the file.
    entries: Vec<u32>,
    /// `[entries][dimensions]`; `None` in a book of scalars.
    vectors: Option<Vec<f32>>,
}

impl Codebook {
    /// Reads a codebook of a setup header.
    pub fn read(bits: &mut Bits<'_>) -> Option<Self> {
        if bits.read(24)? != 0x56_4342 {
            return None;
        }
        let dimensions = bits.index(16)?;
        let count = bits.index(24)?;
        if count > MAX_SIZE {
            return None;
        }
        let lengths = read_lengths(bits, count)?;
        let used = || lengths.iter().enumerate().filter(|(_, length)| **length > 0);
        let entries: Vec<u32> = used().map(|(entry, _)| entry as u32).collect();
        let lengths: Vec<u8> = used().map(|(_, length)| *length).collect();
        let vectors = read_vectors(bits, dimensions, count, &entries)?;
        let (table, long) = assign(&lengths)?;
        Some(Codebook { dimensions, table, long, entries, vectors })
    }

    /// Whether entries stand for vectors, also where no entry has a code.
    pub fn has_vectors(&self) -> bool {
        self.vectors.is_some()
    }

    /// Reads a code: the number of the entry in the file.
    #[inline]
    pub fn scalar(&self, bits: &mut Bits<'_>) -> Option<usize> {
        Some(self.entries[self.code(bits)?] as usize)
    }

    /// Reads a code: the vector that it stands for.
    #[inline]
    pub fn vector(&self, bits: &mut Bits<'_>) -> Option<&[f32]> {
        let at = self.code(bits)? * self.dimensions;
        self.vectors.as_ref()?.get(at..at + self.dimensions)
    }

    #[inline]
    fn code(&self, bits: &mut Bits<'_>) -> Option<usize> {
        let word = bits.peek();
        let (number, length) = self.table[(word & ((1 << TABLE_BITS) - 1)) as usize];
        if length > 0 {
            bits.skip(u32::from(length))?;
            return Some(number as usize);
        }
        let word = word.reverse_bits();
        let after = self.long.partition_point(|(code, ..)| *code <= word);
        let &(code, length, number) = self.long.get(after.checked_sub(1)?)?;
        if (word ^ code) >> (32 - u32::from(length)) != 0 {
            return None;
        }
        bits.skip(u32::from(length))?;
        Some(number as usize)
    }
}

/// Code lengths of all entries; 0: no code.
fn read_lengths(bits: &mut Bits<'_>, count: usize) -> Option<Vec<u8>> {
    let mut lengths = Vec::new();
    if bits.flag()? {
        let mut length = bits.read(5)? as u8 + 1;
        while lengths.len() < count {
            let left = count - lengths.len();
            let run = bits.index(super::bits::bit_length(left))?;
            if run > left || length > 32 {
                return None;
            }
            lengths.resize(lengths.len() + run, length);
            length += 1;
        }
        return Some(lengths);
    }
    let sparse = bits.flag()?;
    // Each entry takes a bit at least.
    if bits.left() < count {
        return None;
    }
    for _ in 0..count {
        let has_code = !sparse || bits.flag()?;
        lengths.push(if has_code { bits.read(5)? as u8 + 1 } else { 0 });
    }
    Some(lengths)
}

/// Vectors of the `entries` that have a code, out of `count`. The inner `None`: a book of scalars.
fn read_vectors(
    bits: &mut Bits<'_>,
    dimensions: usize,
    count: usize,
    entries: &[u32],
) -> Option<Option<Vec<f32>>> {
    let kind = bits.read(4)?;
    if kind == 0 {
        return Some(None);
    }
    if kind > 2 || dimensions == 0 || entries.len().checked_mul(dimensions)? > MAX_SIZE {
        return None;
    }
    let (least, step) = (float(bits.read(32)?), float(bits.read(32)?));
    let width = bits.read(4)? + 1;
    let sums = bits.flag()?;
    let values = match kind {
        1 => root(count, dimensions),
        _ => count.checked_mul(dimensions)?,
    };
    if bits.left() < values.checked_mul(width as usize)? {
        return None;
    }
    let values: Vec<u32> = (0..values).map(|_| bits.read(width)).collect::<Option<_>>()?;
    let mut vectors = Vec::with_capacity(entries.len() * dimensions);
    for entry in entries {
        let (mut last, mut rest) = (0.0, *entry as usize);
        for dimension in 0..dimensions {
            let at = match kind {
                1 => rest % values.len().max(1),
                _ => *entry as usize * dimensions + dimension,
            };
            rest /= values.len().max(1);
            let value = *values.get(at)? as f32 * step + least + last;
            if sums {
                last = value;
            }
            vectors.push(value);
        }
    }
    Some(Some(vectors))
}

/// The largest integer whose `power`-th power is not above `value`.
fn root(value: usize, power: usize) -> usize {
    let fits = |base: usize| {
        let power = u32::try_from(power).unwrap_or(u32::MAX);
        base == 0 || base.checked_pow(power).is_some_and(|product| product <= value)
    };
    let mut base = (value as f64).powf(1.0 / power as f64) as usize;
    while fits(base + 1) {
        base += 1;
    }
    while base > 0 && !fits(base) {
        base -= 1;
    }
    base
}

/// The float format of codebooks.
fn float(bits: u32) -> f32 {
    let mantissa = f64::from(bits & 0x1f_ffff);
    let exponent = (bits >> 21 & 0x3ff) as i32 - 788;
    let sign = if bits >> 31 == 1 { -1.0 } else { 1.0 };
    (sign * mantissa * 2f64.powi(exponent)) as f32
}

type Codes = (Vec<(u32, u8)>, Vec<(u32, u8, u32)>);

/// Gives each entry, in order, the lowest code that is left of its length. `None`: too many codes, or a code
/// that no entry has; a single entry may leave codes, as in libvorbis.
fn assign(lengths: &[u8]) -> Option<Codes> {
    let mut table = vec![(0, 0); 1 << TABLE_BITS];
    let mut long = Vec::new();
    // The lowest free node of each depth, as its path from the highest bit on; 0 before any is taken: the root.
    let mut free = [None; 33];
    free[0] = Some(0_u32);
    for (number, &length) in lengths.iter().enumerate() {
        let number = number as u32;
        let depth = (0..=usize::from(length)).rev().find(|depth| free[*depth].is_some())?;
        let code = free[depth].take()?;
        // The way down leaves the other branch of each node free.
        for (below, node) in
            free.iter_mut().enumerate().take(usize::from(length) + 1).skip(depth + 1)
        {
            *node = Some(code | 1 << (32 - below));
        }
        if u32::from(length) <= TABLE_BITS {
            let first = code.reverse_bits() as usize;
            for at in (first..1 << TABLE_BITS).step_by(1 << length) {
                table[at] = (number, length);
            }
        } else {
            long.push((code, length, number));
        }
    }
    if lengths == [1] {
        table.fill((0, 1));
    } else if lengths.len() > 1 && free.iter().any(Option::is_some) {
        return None;
    }
    long.sort_unstable();
    Some((table, long))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_given_in_order_as_the_specification_shows() {
        // The example of section 3.2.1: codewords 00, 0100, 0101, 0110, 0111, 10, 110, 111.
        let lengths = [2, 4, 4, 4, 4, 2, 3, 3];
        let (table, _) = assign(&lengths).unwrap();
        let words = [0b00, 0b0010, 0b1010, 0b0110, 0b1110, 0b01, 0b011, 0b111];
        for (number, (word, length)) in words.iter().zip(lengths).enumerate() {
            assert_eq!(table[*word], (number as u32, length));
        }
        assert!(assign(&[1, 1, 1]).is_none());
        assert!(assign(&[1, 2]).is_none());
        assert_eq!(assign(&[1]).unwrap().0[1], (0, 1));
        assert_eq!(assign(&[2]).unwrap().0[..4], [(0, 2), (0, 0), (0, 0), (0, 0)]);
        assert_eq!(assign(&[12; 4096]).unwrap().1.len(), 4096);
    }

    #[test]
    fn a_book_of_vectors_may_have_no_codes() {
        // libvorbis 1.0 writes such books, and residues that name them.
        let fields = [(0x56_4342, 24), (1, 16), (4, 24), (0, 1), (1, 1), (0, 4), (1, 4)];
        let values = [(0, 32), (0, 32), (0, 4), (0, 1), (0, 4)];
        let mut packed: Vec<u8> = vec![0; 32];
        let mut at = 0;
        for (value, width) in fields.into_iter().chain(values) {
            for bit in 0..width {
                packed[at / 8] |= ((value >> bit & 1) as u8) << (at % 8);
                at += 1;
            }
        }
        let book = Codebook::read(&mut Bits::new(&packed)).unwrap();
        assert!(book.has_vectors());
        assert!(book.vector(&mut Bits::new(&[0; 8])).is_none());
    }

    #[test]
    fn roots_are_rounded_down() {
        assert_eq!((root(81, 4), root(80, 4), root(0, 3), root(7, 1)), (3, 2, 0, 7));
        assert_eq!(root(1 << 20, 65_535), 1);
    }

    #[test]
    fn floats_have_their_own_format() {
        assert_eq!(float(0x6120_0000 | 1), 2f32.powi(((0x6120_0000_u32 >> 21) as i32) - 788));
        assert_eq!(float(0), 0.0);
    }
}
