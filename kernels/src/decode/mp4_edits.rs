//! Priming of tracks in MP4 files: the edit list and iTunes' `iTunSMPB` note.
//!
//! symphonia reads edit lists and does not apply them, so the few boxes needed are read here, before it
//! gets the file. Formats: ISO/IEC 14496-12 (`tkhd`, `mdhd`, `elst`), Apple's gapless note in `ilst`.

use std::io::{Read, Seek, SeekFrom};

/// Part of one track that is music.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mp4Edits {
    /// The track's number in the file.
    pub track_id: u32,
    /// Frames before the music, in units of the track's time scale (the sample rate, for audio).
    pub priming_frames: u64,
    /// Frames of music; known from `iTunSMPB` only.
    pub valid_frames: Option<u64>,
    /// Edits beyond the first one, which are not applied.
    pub ignored_edits: u32,
}

/// Largest `moov` box that is read: that of a day of AAC is a few MB.
const MAX_MOOV_BYTES: u64 = 64 << 20;

/// Reads the edits of all tracks. Anything unexpected gives no edits: the demuxer reports what is wrong.
pub(super) fn read<S: Read + Seek + ?Sized>(source: &mut S) -> Vec<Mp4Edits> {
    let moov = find_moov(source).unwrap_or_default();
    let note = itunes_note(&moov);
    boxes(&moov)
        .filter(|(kind, _)| kind == b"trak")
        .filter_map(|(_, trak)| track_edits(trak, note))
        .collect()
}

/// The contents of the `moov` box; `None` if the file is not MP4 or has none.
fn find_moov<S: Read + Seek + ?Sized>(source: &mut S) -> Option<Vec<u8>> {
    let length = source.seek(SeekFrom::End(0)).ok()?;
    let mut at = 0_u64;
    // Each round goes at least 8 bytes on; a real file has a handful of boxes at the top.
    for round in 0..4096 {
        source.seek(SeekFrom::Start(at)).ok()?;
        let mut header = [0; 16];
        source.read_exact(&mut header[..8]).ok()?;
        let kind: [u8; 4] = header[4..8].try_into().ok()?;
        if round == 0 && !matches!(&kind, b"ftyp" | b"moov" | b"wide" | b"free" | b"mdat" | b"skip")
        {
            return None;
        }
        let mut head = 8;
        let size = match u32::from_be_bytes(header[..4].try_into().ok()?) {
            0 => length - at,
            1 => {
                source.read_exact(&mut header[8..]).ok()?;
                head = 16;
                u64::from_be_bytes(header[8..].try_into().ok()?)
            }
            size => u64::from(size),
        };
        let body = size.checked_sub(head)?;
        if &kind == b"moov" {
            let mut moov = Vec::new();
            source.take(body.min(MAX_MOOV_BYTES)).read_to_end(&mut moov).ok()?;
            return Some(moov);
        }
        at = at.checked_add(size)?;
    }
    None
}

/// The boxes within `bytes`: kind and contents.
fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let size = u32_at(bytes, 0)? as usize;
        let kind = bytes.get(4..8)?.try_into().ok()?;
        let body = bytes.get(8..size)?;
        bytes = &bytes[size..];
        Some((kind, body))
    })
}

fn child<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(bytes).find(|(k, _)| k == kind).map(|(_, body)| body)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

fn track_edits(trak: &[u8], note: Option<(u64, u64)>) -> Option<Mp4Edits> {
    let tkhd = child(trak, b"tkhd")?;
    let track_id = u32_at(tkhd, if tkhd.first()? == &1 { 20 } else { 12 })?;
    if let Some((priming_frames, valid)) = note {
        let valid_frames = Some(valid).filter(|n| *n > 0);
        return Some(Mp4Edits { track_id, priming_frames, valid_frames, ignored_edits: 0 });
    }
    let elst = child(child(trak, b"edts")?, b"elst")?;
    let wide = elst.first()? == &1;
    let entry_bytes = if wide { 20 } else { 12 };
    let starts: Vec<u64> = elst
        .get(8..)?
        .chunks_exact(entry_bytes)
        .take(u32_at(elst, 4)? as usize)
        // A start of -1 is an empty edit: it delays the track within the film, which is not ours to do.
        .filter_map(|entry| match wide {
            true => u64_at(entry, 8).filter(|start| *start <= i64::MAX as u64),
            false => u32_at(entry, 4).filter(|start| *start <= i32::MAX as u32).map(u64::from),
        })
        .collect();
    let ignored_edits = u32::try_from(starts.len().saturating_sub(1)).unwrap_or(u32::MAX);
    Some(Mp4Edits { track_id, priming_frames: *starts.first()?, valid_frames: None, ignored_edits })
}

/// Priming and valid frames from the note ` 00000000 00000840 000001C0 00000000000D3A00 …`: unused,
/// priming, remainder, valid frames, in hexadecimal.
fn itunes_note(moov: &[u8]) -> Option<(u64, u64)> {
    let meta = child(child(moov, b"udta")?, b"meta")?;
    let list = child(meta.get(4..)?, b"ilst")?;
    let note = boxes(list)
        .filter(|(kind, _)| kind == b"----")
        .find(|(_, item)| child(item, b"name").is_some_and(|name| name.ends_with(b"iTunSMPB")))?;
    let text = std::str::from_utf8(child(note.1, b"data")?.get(8..)?).ok()?;
    let numbers: Vec<u64> =
        text.split_ascii_whitespace().map_while(|s| u64::from_str_radix(s, 16).ok()).collect();
    // More priming than this is not a delay of any encoder, but damage.
    (numbers.len() >= 4 && numbers[1] < 16_384).then(|| (numbers[1], numbers[3]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes(), &kind[..], body].concat()
    }

    fn file(edits: &[(u32, i32)], note: Option<&str>) -> Vec<u8> {
        let tkhd = boxed(b"tkhd", &[0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0]);
        let mut list = vec![0, 0, 0, 0];
        list.extend((edits.len() as u32).to_be_bytes());
        for (duration, start) in edits {
            list.extend([duration.to_be_bytes(), start.to_be_bytes(), [0, 1, 0, 0]].concat());
        }
        let trak = boxed(b"trak", &[tkhd, boxed(b"edts", &boxed(b"elst", &list))].concat());
        let item = note.map_or(Vec::new(), |text| {
            let name = boxed(b"name", &[&[0; 4][..], b"iTunSMPB"].concat());
            let data = boxed(b"data", &[&[0; 8][..], text.as_bytes()].concat());
            let list = boxed(b"ilst", &boxed(b"----", &[name, data].concat()));
            boxed(b"udta", &boxed(b"meta", &[&[0; 4][..], &list].concat()))
        });
        [boxed(b"ftyp", b"M4A "), boxed(b"moov", &[trak, item].concat())].concat()
    }

    #[test]
    fn edits_take_the_first_start_that_is_not_empty() {
        let edits = read(&mut Cursor::new(file(&[(100, -1), (750, 1024), (9, 5000)], None)));
        let expected =
            Mp4Edits { track_id: 9, priming_frames: 1024, valid_frames: None, ignored_edits: 1 };
        assert_eq!(edits, [expected]);
    }

    #[test]
    fn edits_prefer_the_itunes_note() {
        let note = " 00000000 00000840 000001C0 0000000000003A00 00000000";
        let edits = read(&mut Cursor::new(file(&[(750, 1024)], Some(note))));
        assert_eq!((edits[0].priming_frames, edits[0].valid_frames), (0x840, Some(0x3a00)));
    }

    #[test]
    fn edits_of_damaged_boxes_are_none_and_end() {
        let whole = file(&[(750, 1024)], Some(" 0 0 0 0"));
        for length in 0..whole.len() {
            read(&mut Cursor::new(whole[..length].to_vec()));
        }
        assert!(read(&mut Cursor::new(vec![0; 100])).is_empty());
    }
}
