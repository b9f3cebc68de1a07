//! The headers of a stream.

use super::bits::{Bits, bit_length};
use super::codebook::Codebook;
use super::floor::Floor;
use super::residue::Residue;

/// The identification header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identification {
    pub channels: usize,
    pub rate_hz: u32,
    /// Sizes of a short and of a long block, in frames.
    pub block_frames: [usize; 2],
}

impl Identification {
    /// Bytes of the header.
    pub const BYTES: usize = 30;

    /// Reads the packet.
    pub fn read(packet: &[u8]) -> Option<Self> {
        let rest = packet.strip_prefix(b"\x01vorbis\0\0\0\0")?.first_chunk::<19>()?;
        let channels = usize::from(rest[0]);
        let rate_hz = u32::from_le_bytes([rest[1], rest[2], rest[3], rest[4]]);
        let (short, long) = (rest[17] & 15, rest[17] >> 4);
        let is_valid = channels > 0
            && rate_hz > 0
            && (6..=13).contains(&short)
            && (short..=13).contains(&long)
            && rest[18] & 1 == 1;
        is_valid.then_some(Self { channels, rate_hz, block_frames: [1 << short, 1 << long] })
    }
}

/// The mapping of channels to floors and residues.
pub(super) struct Mapping {
    /// Pairs of magnitude and angle.
    pub couplings: Vec<(usize, usize)>,
    /// Submap of each channel.
    pub submaps: Vec<usize>,
    /// Floor and residue of each submap.
    pub parts: Vec<(usize, usize)>,
}

/// The setup header.
pub struct Setup {
    pub(super) books: Vec<Codebook>,
    pub(super) floors: Vec<Floor>,
    pub(super) residues: Vec<Residue>,
    pub(super) mappings: Vec<Mapping>,
    /// Whether blocks are long, and the mapping, for each mode.
    pub(super) modes: Vec<(bool, usize)>,
}

impl Setup {
    /// Reads the packet.
    ///
    /// # Errors
    ///
    /// The reason why it cannot be used.
    pub fn read(packet: &[u8], channels: usize) -> Result<Self, &'static str> {
        let body = packet.strip_prefix(b"\x05vorbis").ok_or("the setup header is missing")?;
        let mut bits = Bits::new(body);
        match Self::read_body(&mut bits, channels) {
            Some(Some(setup)) => Ok(setup),
            Some(None) => Err("a floor of type 0, as of encoders before 2001"),
            None => Err("the setup header is damaged"),
        }
    }

    /// The outer `None` for damage, the inner one for a floor that is not read.
    fn read_body(bits: &mut Bits<'_>, channels: usize) -> Option<Option<Self>> {
        let books: Vec<Codebook> =
            (0..=bits.read(8)?).map(|_| Codebook::read(bits)).collect::<Option<_>>()?;
        for _ in 0..=bits.read(6)? {
            if bits.read(16)? != 0 {
                return None;
            }
        }
        let mut floors = Vec::new();
        for _ in 0..=bits.read(6)? {
            match bits.read(16)? {
                0 => return Some(None),
                1 => floors.push(Floor::read(bits, books.len())?),
                _ => return None,
            }
        }
        let residues: Vec<Residue> =
            (0..=bits.read(6)?).map(|_| Residue::read(bits, &books)).collect::<Option<_>>()?;
        let mappings: Vec<Mapping> = (0..=bits.read(6)?)
            .map(|_| read_mapping(bits, channels, floors.len(), residues.len()))
            .collect::<Option<_>>()?;
        let mut modes = Vec::new();
        for _ in 0..=bits.read(6)? {
            let is_long = bits.flag()?;
            let (window, transform, mapping) = (bits.read(16)?, bits.read(16)?, bits.index(8)?);
            if window != 0 || transform != 0 || mapping >= mappings.len() {
                return None;
            }
            modes.push((is_long, mapping));
        }
        bits.flag()?.then_some(Some(Setup { books, floors, residues, mappings, modes }))
    }

    /// Whether blocks are long, for each mode.
    pub fn is_long(&self) -> Vec<bool> {
        self.modes.iter().map(|mode| mode.0).collect()
    }
}

/// The mode of an audio packet, out of `modes`.
pub fn packet_mode(packet: &[u8], modes: usize) -> Option<usize> {
    let first = *packet.first()?;
    let mode = usize::from(first >> 1) & ((1 << bit_length(modes.checked_sub(1)?)) - 1);
    (first & 1 == 0 && mode < modes).then_some(mode)
}

fn read_mapping(
    bits: &mut Bits<'_>,
    channels: usize,
    floors: usize,
    residues: usize,
) -> Option<Mapping> {
    if bits.read(16)? != 0 {
        return None;
    }
    let submap_count = if bits.flag()? { bits.index(4)? + 1 } else { 1 };
    let mut couplings = Vec::new();
    if bits.flag()? {
        let width = bit_length(channels - 1);
        for _ in 0..=bits.read(8)? {
            let (magnitude, angle) = (bits.index(width)?, bits.index(width)?);
            if magnitude == angle || magnitude.max(angle) >= channels {
                return None;
            }
            couplings.push((magnitude, angle));
        }
    }
    if bits.read(2)? != 0 {
        return None;
    }
    let submaps: Vec<usize> = (0..channels)
        .map(|_| if submap_count > 1 { bits.index(4) } else { Some(0) })
        .collect::<Option<_>>()?;
    let mut parts = Vec::new();
    for _ in 0..submap_count {
        bits.read(8)?;
        let (floor, residue) = (bits.index(8)?, bits.index(8)?);
        if floor >= floors || residue >= residues {
            return None;
        }
        parts.push((floor, residue));
    }
    let fits = submaps.iter().all(|submap| *submap < submap_count);
    fits.then_some(Mapping { couplings, submaps, parts })
}
