//! Residues: the fine structure of the spectrum.

use super::bits::Bits;
use super::codebook::Codebook;

/// A residue of any type.
pub(super) struct Residue {
    kind: u32,
    begin: usize,
    end: usize,
    partition: usize,
    classes: usize,
    class_book: usize,
    /// For each class, the codebook of each pass.
    books: Vec<[Option<usize>; 8]>,
}

/// Buffers that are used again.
#[derive(Default)]
pub(super) struct Scratch {
    classes: Vec<u8>,
    interleaved: Vec<f32>,
}

impl Residue {
    /// Reads a residue of a setup header.
    pub fn read(bits: &mut Bits<'_>, all: &[Codebook]) -> Option<Self> {
        let kind = bits.read(16)?;
        let (begin, end) = (bits.index(24)?, bits.index(24)?);
        let partition = bits.index(24)? + 1;
        let classes = bits.index(6)? + 1;
        let class_book = bits.index(8)?;
        if kind > 2 || all.get(class_book)?.dimensions == 0 {
            return None;
        }
        let mut passes = Vec::new();
        for _ in 0..classes {
            let low = bits.read(3)?;
            let high = if bits.flag()? { bits.read(5)? } else { 0 };
            passes.push(high << 3 | low);
        }
        let mut books = Vec::new();
        for passes in passes {
            let mut row = [None; 8];
            for (pass, book) in row.iter_mut().enumerate() {
                if passes >> pass & 1 == 1 {
                    let number = bits.index(8)?;
                    if !all.get(number)?.has_vectors() {
                        return None;
                    }
                    *book = Some(number);
                }
            }
            books.push(row);
        }
        Some(Residue { kind, begin, end, partition, classes, class_book, books })
    }

    /// Reads the residues of the channels `chosen` of `spectra`, `half` values each, which are zero before.
    /// `is_silent` tells which need not be read. A packet may end early: the rest is zero.
    pub fn decode(
        &self,
        bits: &mut Bits<'_>,
        all: &[Codebook],
        (spectra, half): (&mut [Vec<f32>], usize),
        chosen: &[usize],
        is_silent: &[bool],
        scratch: &mut Scratch,
    ) {
        let Scratch { classes, interleaved } = scratch;
        if self.kind != 2 {
            let heard: Vec<usize> =
                chosen.iter().copied().filter(|channel| !is_silent[*channel]).collect();
            let mut vectors: Vec<&mut [f32]> = spectra
                .iter_mut()
                .enumerate()
                .filter(|(channel, _)| heard.contains(channel))
                .map(|(_, spectrum)| &mut spectrum[..half])
                .collect();
            let _ = self.read_vectors(bits, all, &mut vectors, classes);
        } else if chosen.iter().any(|channel| !is_silent[*channel]) {
            // All channels in one vector, value by value.
            interleaved.clear();
            interleaved.resize(half * chosen.len(), 0.0);
            let _ = self.read_vectors(bits, all, &mut [&mut interleaved[..]], classes);
            for (at, channel) in chosen.iter().enumerate() {
                let values = interleaved.iter().skip(at).step_by(chosen.len());
                for (value, read) in spectra[*channel].iter_mut().zip(values) {
                    *value = *read;
                }
            }
        }
    }

    fn read_vectors(
        &self,
        bits: &mut Bits<'_>,
        all: &[Codebook],
        vectors: &mut [&mut [f32]],
        classes: &mut Vec<u8>,
    ) -> Option<()> {
        let length = vectors.first()?.len();
        let (begin, end) = (self.begin.min(length), self.end.min(length));
        let partitions = end.saturating_sub(begin) / self.partition;
        let class_book = &all[self.class_book];
        let group = class_book.dimensions;
        // Rounded up: the classes of the last group may be more than are needed.
        let row = partitions.div_ceil(group) * group;
        classes.clear();
        classes.resize(row * vectors.len(), 0);
        for pass in 0..8 {
            for first in (0..partitions).step_by(group) {
                if pass == 0 {
                    for vector in 0..vectors.len() {
                        let mut word = class_book.scalar(bits)?;
                        let at = vector * row + first;
                        for class in classes[at..at + group].iter_mut().rev() {
                            *class = (word % self.classes) as u8;
                            word /= self.classes;
                        }
                        if word > 0 {
                            return None;
                        }
                    }
                }
                for partition in first..(first + group).min(partitions) {
                    for (vector, values) in vectors.iter_mut().enumerate() {
                        let class = usize::from(classes[vector * row + partition]);
                        let Some(book) = self.books[class][pass] else { continue };
                        let from = begin + partition * self.partition;
                        let values = &mut values[from..from + self.partition];
                        match self.kind {
                            0 => add_strided(bits, &all[book], values)?,
                            _ => add(bits, &all[book], values)?,
                        }
                    }
                }
            }
        }
        Some(())
    }
}

/// Adds vectors one after another.
fn add(bits: &mut Bits<'_>, book: &Codebook, values: &mut [f32]) -> Option<()> {
    for values in values.chunks_mut(book.dimensions) {
        for (value, read) in values.iter_mut().zip(book.vector(bits)?) {
            *value += read;
        }
    }
    Some(())
}

/// Adds vectors whose values lie apart.
fn add_strided(bits: &mut Bits<'_>, book: &Codebook, values: &mut [f32]) -> Option<()> {
    let step = values.len() / book.dimensions;
    for first in 0..step {
        let vector = book.vector(bits)?;
        for (value, read) in values[first..].iter_mut().step_by(step).zip(vector) {
            *value += read;
        }
    }
    Some(())
}
