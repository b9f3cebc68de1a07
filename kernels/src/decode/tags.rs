//! Tags before and after the audio of files without a container of chunks: ID3v2, ID3v1, APE, Lyrics3.

use std::io::{self, Read, Seek, SeekFrom};

/// Tags in a row that are looked for at the end of a file.
const MAX_TAGS: usize = 16;
/// Longest Lyrics3 tag of version 1.
const LYRICS1_BYTES: u64 = 5100;

/// Length of the ID3v2 tag at the start of `head`, with its header and footer.
///
/// A header of an impossible version or size is none, as in ffmpeg.
pub(super) fn id3v2_bytes(head: &[u8]) -> Option<u64> {
    let header = head.get(..10).filter(|header| header.starts_with(b"ID3"))?;
    if header[3] == 0xff || header[4] == 0xff || header[6..].iter().any(|byte| *byte >= 0x80) {
        return None;
    }
    let size = header[6..].iter().fold(0, |size, byte| size << 7 | u64::from(*byte));
    Some(10 + size + if header[5] & 0x10 == 0 { 0 } else { 10 })
}

/// Length of the ID3v1 or APE tag at the start of `head`.
pub(super) fn trailing_kind_bytes(head: &[u8]) -> Option<u64> {
    if head.starts_with(b"TAG") {
        return Some(128);
    }
    let header = head.get(..32).filter(|header| header.starts_with(b"APETAGEX"))?;
    let number = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|n| header[at + n]));
    // A footer has no items after it.
    let is_header = number(20) >> 29 & 1 == 1;
    Some(32 + if is_header { u64::from(number(12)) } else { 0 })
}

/// Where the tags at the end of `source` begin, a file of `length` bytes whose audio begins at `begin`.
pub(super) fn audio_end<S: Read + Seek + ?Sized>(
    source: &mut S,
    begin: u64,
    length: u64,
) -> io::Result<u64> {
    let mut end = length;
    for _ in 0..MAX_TAGS {
        match last_tag(source, end - begin, end)? {
            Some(bytes) if bytes <= end - begin => end -= bytes,
            _ => break,
        }
    }
    Ok(end)
}

/// Length of the tag that ends at `end`; at most `most` bytes lie before.
fn last_tag<S: Read + Seek + ?Sized>(
    source: &mut S,
    most: u64,
    end: u64,
) -> io::Result<Option<u64>> {
    let mut part = |from_end: u64, bytes: u64| -> io::Result<Vec<u8>> {
        source.seek(SeekFrom::Start(end - from_end.min(most)))?;
        let mut part = Vec::new();
        source.take(bytes.min(from_end).min(most)).read_to_end(&mut part)?;
        Ok(part)
    };
    let last = part(355, 355)?;
    let from_end = |bytes: usize| last.len().checked_sub(bytes).map(|at| &last[at..]);
    let has =
        |bytes: usize, text: &[u8]| from_end(bytes).is_some_and(|rest| rest.starts_with(text));
    if has(128, b"TAG") {
        return Ok(Some(if has(355, b"TAG+") { 355 } else { 128 }));
    }
    if let Some(footer) = from_end(32).filter(|footer| footer.starts_with(b"APETAGEX")) {
        let number = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|n| footer[at + n]));
        let size = u64::from(number(12)).max(32);
        // A header may be announced and not be there.
        let has_header = number(20) >> 31 == 1
            && size + 32 <= most
            && part(size + 32, 8)?.starts_with(b"APETAGEX");
        return Ok(Some(size + if has_header { 32 } else { 0 }));
    }
    if let Some(footer) = from_end(10).filter(|footer| footer.starts_with(b"3DI")) {
        return Ok(id3v2_bytes(&[b"ID3", &footer[3..]].concat()));
    }
    if has(9, b"LYRICS200") {
        let digits = from_end(15).and_then(|rest| std::str::from_utf8(&rest[..6]).ok());
        return Ok(digits.and_then(|text| text.parse::<u64>().ok()).map(|size| size + 15));
    }
    if has(9, b"LYRICSEND") {
        let text = part(LYRICS1_BYTES + 20, LYRICS1_BYTES + 20)?;
        let at = text.windows(11).rposition(|window| window == b"LYRICSBEGIN");
        return Ok(at.map(|at| (text.len() - at) as u64));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn end_of(parts: &[&[u8]]) -> u64 {
        let bytes = parts.concat();
        audio_end(&mut Cursor::new(&bytes), 0, bytes.len() as u64).unwrap()
    }

    fn ape(header: bool, items: usize) -> Vec<u8> {
        let part = |is_header: u32| {
            let mut part = b"APETAGEX\xd0\x07\0\0".to_vec();
            part.extend((items as u32 + 32).to_le_bytes());
            part.extend(1_u32.to_le_bytes());
            part.extend((u32::from(header) << 31 | is_header << 29).to_le_bytes());
            part.extend([0; 8]);
            part
        };
        [if header { part(1) } else { Vec::new() }, vec![b'x'; items], part(0)].concat()
    }

    #[test]
    fn tags_at_the_end_are_found_in_any_order() {
        let audio = [7; 1000];
        let id3v1 = [&b"TAG"[..], &[b' '; 125]].concat();
        let extended = [&b"TAG+"[..], &[0; 223]].concat();
        let lyrics2 = b"LYRICSBEGININD0000200000022LYRICS200";
        let lyrics1 = b"LYRICSBEGINla la laLYRICSEND";
        let footer =
            [&b"ID3\x04\0\x10\0\0\0\x05"[..], &[0; 5], b"3DI\x04\0\x10\0\0\0\x05"].concat();
        assert_eq!(end_of(&[&audio]), 1000);
        for tag in [&id3v1, &ape(false, 40), &ape(true, 40), &footer, &lyrics1.to_vec()] {
            assert_eq!(end_of(&[&audio, tag]), 1000);
            assert_eq!(end_of(&[&audio, tag, &id3v1]), 1000);
        }
        assert_eq!(end_of(&[&audio, &extended, &id3v1]), 1000);
        let lyrics2 = [&lyrics2[..21], b"000021LYRICS200"].concat();
        assert_eq!(end_of(&[&audio, &ape(true, 9), &lyrics2, &id3v1]), 1000);
    }

    #[test]
    fn a_header_that_is_announced_and_not_there_is_no_part_of_the_tag() {
        for items in [0, 40] {
            let tag = ape(true, items);
            let (header, footer) = tag.split_at(32);
            assert_eq!(end_of(&[&[7; 1000], header, footer]), 1000);
            assert_eq!(end_of(&[&[7; 1000], footer]), 1000);
            assert_eq!(trailing_kind_bytes(header), Some(tag.len() as u64));
        }
        // A footer alone, without the flag of a header.
        assert_eq!(trailing_kind_bytes(&ape(true, 0)[32..]), Some(32));
    }

    #[test]
    fn sizes_beyond_the_file_are_not_believed() {
        let mut tag = ape(false, 40);
        let at = tag.len() - 20;
        tag[at..at + 4].fill(0xff);
        let length = 100 + tag.len() as u64;
        assert_eq!(end_of(&[&[7; 100], &tag]), length);
        assert_eq!(end_of(&[b"TAG"]), 3);
        assert_eq!(end_of(&[b"999999LYRICS200"]), 15);
    }

    #[test]
    fn id3v2_headers_of_impossible_values_are_none() {
        assert_eq!(id3v2_bytes(b"ID3\x03\0\0\0\0\x02\x01"), Some(10 + 257));
        assert_eq!(id3v2_bytes(b"ID3\x04\0\x10\0\0\x02\x01"), Some(20 + 257));
        assert_eq!(id3v2_bytes(b"ID3\x09\0\0\0\0\0\x01"), Some(11));
        assert_eq!(id3v2_bytes(b"ID3\xff\0\0\0\0\0\x01"), None);
        assert_eq!(id3v2_bytes(b"ID3\x03\0\0\0\0\x80\x01"), None);
        assert_eq!(id3v2_bytes(b"ID3\x03"), None);
    }
}
