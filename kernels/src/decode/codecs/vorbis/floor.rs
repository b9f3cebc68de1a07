//! Floors: the spectral envelope of a channel.

use std::sync::LazyLock;

use super::bits::{Bits, bit_length};
use super::codebook::Codebook;

/// Steps of the envelope: 140 dB / 256 each, up to 1.
static STEPS: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|step| 10f64.powf((step as f64 - 255.0) * 140.0 / 256.0 / 20.0) as f32)
});

struct Class {
    dimensions: usize,
    /// Codebook that chooses the subclasses; unused where there is one.
    master: usize,
    /// Bits of a subclass.
    bits: u32,
    /// Codebook of each subclass, if any.
    books: Vec<Option<usize>>,
}

/// A floor of type 1: lines between points.
pub(super) struct Floor {
    partitions: Vec<usize>,
    classes: Vec<Class>,
    multiplier: i32,
    /// Positions of the points; the first two are the ends.
    x: Vec<usize>,
    /// Points in ascending order of position.
    order: Vec<usize>,
    /// For each point from the third on, its neighbours below and above among those before it.
    neighbours: Vec<(usize, usize)>,
}

impl Floor {
    /// Reads a floor of a setup header, after its type.
    pub fn read(bits: &mut Bits<'_>, books: usize) -> Option<Self> {
        let partitions: Vec<usize> =
            (0..bits.read(5)?).map(|_| bits.index(4)).collect::<Option<_>>()?;
        let class_count = partitions.iter().max().map_or(0, |most| most + 1);
        let mut classes = Vec::new();
        for _ in 0..class_count {
            let dimensions = bits.index(3)? + 1;
            let subclass_bits = bits.read(2)?;
            let master = if subclass_bits > 0 { bits.index(8)? } else { 0 };
            let subclasses: Vec<Option<usize>> = (0..1 << subclass_bits)
                .map(|_| bits.index(8).map(|book| book.checked_sub(1)))
                .collect::<Option<_>>()?;
            if master >= books || subclasses.iter().flatten().any(|book| *book >= books) {
                return None;
            }
            classes.push(Class { dimensions, master, bits: subclass_bits, books: subclasses });
        }
        let multiplier = bits.read(2)? as i32 + 1;
        let range_bits = bits.read(4)?;
        let mut x = vec![0, 1 << range_bits];
        for partition in &partitions {
            for _ in 0..classes[*partition].dimensions {
                x.push(bits.index(range_bits)?);
            }
        }
        let mut order: Vec<usize> = (0..x.len()).collect();
        order.sort_unstable_by_key(|point| x[*point]);
        if x.len() > 65 || order.windows(2).any(|pair| x[pair[0]] == x[pair[1]]) {
            return None;
        }
        let neighbours = (2..x.len())
            .map(|point| {
                let below = (0..point).filter(|other| x[*other] < x[point]);
                let above = (0..point).filter(|other| x[*other] > x[point]);
                Some((below.max_by_key(|other| x[*other])?, above.min_by_key(|other| x[*other])?))
            })
            .collect::<Option<_>>()?;
        Some(Floor { partitions, classes, multiplier, x, order, neighbours })
    }

    /// Reads the heights of the points from an audio packet into `y`; `false` for a silent channel, also where
    /// the packet ends.
    pub fn read_points(&self, bits: &mut Bits<'_>, books: &[Codebook], y: &mut Vec<i32>) -> bool {
        y.clear();
        self.try_read_points(bits, books, y).is_some()
    }

    fn try_read_points(
        &self,
        bits: &mut Bits<'_>,
        books: &[Codebook],
        y: &mut Vec<i32>,
    ) -> Option<()> {
        if !bits.flag()? {
            return None;
        }
        let range = self.range();
        let end_bits = bit_length(range as usize - 1);
        y.push(bits.read(end_bits)? as i32);
        y.push(bits.read(end_bits)? as i32);
        for partition in &self.partitions {
            let class = &self.classes[*partition];
            let mut chosen = match class.bits {
                0 => 0,
                _ => books[class.master].scalar(bits)?,
            };
            for _ in 0..class.dimensions {
                let book = class.books[chosen & ((1 << class.bits) - 1)];
                chosen >>= class.bits;
                y.push(match book {
                    Some(book) => books[book].scalar(bits)? as i32,
                    None => 0,
                });
            }
        }
        Some(())
    }

    fn range(&self) -> i32 {
        [256, 128, 86, 64][self.multiplier as usize - 1]
    }

    /// Multiplies `spectrum` by the envelope through the points `y`, which are unwrapped in place.
    pub fn apply(&self, y: &mut [i32], spectrum: &mut [f32]) {
        let mut is_used = [false; 65];
        is_used[..2].fill(true);
        let range = self.range();
        for (point, &(below, above)) in (2..).zip(&self.neighbours) {
            let (x0, x1) = (self.x[below] as i32, self.x[above] as i32);
            let rise = y[above].wrapping_sub(y[below]);
            let slope = i64::from(rise.abs()) * i64::from(self.x[point] as i32 - x0);
            let slope = (slope / i64::from(x1 - x0)) as i32;
            let predicted = y[below].wrapping_add(if rise < 0 { -slope } else { slope });
            let (value, room_above, room_below) = (y[point], range - predicted, predicted);
            if value == 0 {
                y[point] = predicted;
                continue;
            }
            [is_used[below], is_used[above], is_used[point]] = [true; 3];
            let offset = if value >= room_above.min(room_below).wrapping_mul(2) {
                match room_above > room_below {
                    true => value - room_below,
                    false => room_above - value - 1,
                }
            } else if value & 1 == 1 {
                -((value + 1) / 2)
            } else {
                value / 2
            };
            // As libvorbis, which keeps 15 bits: only in a damaged packet is there more.
            y[point] = predicted.wrapping_add(offset) & 0x7fff;
        }
        let height = |point: usize| y[point].saturating_mul(self.multiplier).clamp(0, 255);
        let mut from = (0, height(0));
        for &point in self.order[1..].iter().filter(|point| is_used[**point]) {
            let to = (self.x[point], height(point));
            line(from, to, spectrum);
            from = to;
        }
        let rest = STEPS[from.1 as usize];
        spectrum.iter_mut().skip(from.0).for_each(|value| *value *= rest);
    }
}

/// Multiplies `spectrum` by the steps on the line from one point to another, without the last.
fn line((x0, y0): (usize, i32), (x1, y1): (usize, i32), spectrum: &mut [f32]) {
    let (width, rise) = ((x1 - x0) as i32, y1 - y0);
    let base = rise / width;
    let step = if rise < 0 { base - 1 } else { base + 1 };
    let remainder = rise.abs() - base.abs() * width;
    let (mut y, mut error) = (y0, 0);
    for value in spectrum.iter_mut().take(x1).skip(x0) {
        *value *= STEPS[y as usize & 255];
        error += remainder;
        if error >= width {
            error -= width;
            y += step;
        } else {
            y += base;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_those_of_the_specification() {
        // Section 10.1, whose digits are themselves off by up to 1e-6.
        for (step, value) in
            [(0, 1.0649863e-7_f32), (1, 1.1341951e-7), (254, 0.9389798), (255, 1.0)]
        {
            assert!((STEPS[step] / value - 1.0).abs() < 1e-6, "{step}: {}", STEPS[step]);
        }
    }

    #[test]
    fn a_line_is_drawn_in_whole_steps() {
        let mut spectrum = [1.0; 6];
        line((0, 255), (4, 250), &mut spectrum);
        let expected = [255, 254, 253, 252].map(|step| STEPS[step]);
        assert_eq!(spectrum[..4], expected);
        assert_eq!(spectrum[4..], [1.0; 2]);
    }
}
