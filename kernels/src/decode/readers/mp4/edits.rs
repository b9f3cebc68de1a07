//! Edit lists and iTunes' `iTunSMPB` note: which part of a track is music.
//!
//! Formats: ISO/IEC 14496-12 (`elst`), Apple's gapless note in `ilst`.

use super::boxes::{boxes, child, descendant, u32_at, u64_at};

/// One entry of an edit list that is not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// Start within the media, in units of the media's time scale.
    pub start: u64,
    /// End within the media, in the same units; `None`: to its end.
    pub end: Option<u64>,
}

/// The edits of a track, those that are empty left out: they delay the track within a film, which a decoder
/// of music does not do. `movie_scale` and `media_scale` are units a second.
pub(super) fn edit_list(trak: &[u8], movie_scale: u32, media_scale: u32) -> Vec<Edit> {
    let read = || {
        let elst = descendant(trak, &[b"edts", b"elst"])?;
        let wide = elst.first()? == &1;
        let count = u32_at(elst, 4)? as usize;
        let entry = |entry: &[u8]| match wide {
            true => Some((u64_at(entry, 0)?, u64_at(entry, 8).filter(|s| *s <= i64::MAX as u64)?)),
            false => {
                let start = u32_at(entry, 4).filter(|s| *s <= i32::MAX as u32)?;
                Some((u64::from(u32_at(entry, 0)?), u64::from(start)))
            }
        };
        let entries = elst.get(8..)?.chunks_exact(if wide { 20 } else { 12 }).take(count);
        Some(entries.filter_map(entry).collect::<Vec<_>>())
    };
    let edits: Vec<(u64, u64)> = read().unwrap_or_default();
    let single = edits.len() == 1;
    edits
        .into_iter()
        .map(|(length, start)| {
            let length = rescale(length, media_scale, movie_scale);
            // A length of 0 is what writers of fragments and of live streams put where they do not know it.
            let end = length.filter(|length| *length > 0 || !single);
            Edit { start, end: end.map(|length| start.saturating_add(length)) }
        })
        .collect()
}

/// `value * to / from`, rounded to the nearest, halves up; `None` for a scale of 0 or a value out of range.
pub(super) fn rescale(value: u64, to: u32, from: u32) -> Option<u64> {
    if from == 0 {
        return None;
    }
    let scaled = (u128::from(value) * u128::from(to) + u128::from(from) / 2) / u128::from(from);
    u64::try_from(scaled).ok()
}

/// Priming and valid frames from the note ` 00000000 00000840 000001C0 00000000000D3A00 …`: unused,
/// priming, remainder, valid frames, in hexadecimal. Valid frames of 0 are unknown.
pub(super) fn itunes_note(moov: &[u8]) -> Option<(u64, Option<u64>)> {
    let meta = descendant(moov, &[b"udta", b"meta"])?;
    // QuickTime's `meta` has no version and flags.
    let list = child(meta.get(4..)?, b"ilst").or_else(|| child(meta, b"ilst"))?;
    let note = boxes(list)
        .filter(|(kind, _)| kind == b"----")
        .find(|(_, item)| child(item, b"name").is_some_and(|name| name.ends_with(b"iTunSMPB")))?;
    let text = std::str::from_utf8(child(note.1, b"data")?.get(8..)?).ok()?;
    let numbers: Vec<u64> =
        text.split_ascii_whitespace().map_while(|s| u64::from_str_radix(s, 16).ok()).collect();
    // More priming than this is not a delay of any encoder, but damage.
    (numbers.len() >= 4 && numbers[1] < 16_384)
        .then(|| (numbers[1], Some(numbers[3]).filter(|frames| *frames > 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes(), &kind[..], body].concat()
    }

    fn track(edits: &[(u32, i32)]) -> Vec<u8> {
        let mut list = vec![0, 0, 0, 0];
        list.extend((edits.len() as u32).to_be_bytes());
        for (duration, start) in edits {
            list.extend([duration.to_be_bytes(), start.to_be_bytes(), [0, 1, 0, 0]].concat());
        }
        boxed(b"edts", &boxed(b"elst", &list))
    }

    fn movie(note: &str) -> Vec<u8> {
        let name = boxed(b"name", &[&[0; 4][..], b"iTunSMPB"].concat());
        let data = boxed(b"data", &[&[0; 8][..], note.as_bytes()].concat());
        let list = boxed(b"ilst", &boxed(b"----", &[name, data].concat()));
        boxed(b"udta", &boxed(b"meta", &[&[0; 4][..], &list].concat()))
    }

    #[test]
    fn edits_have_the_scale_of_the_media_and_leave_out_empty_ones() {
        let edits = edit_list(&track(&[(100, -1), (750, 1024), (9, 5000)]), 1000, 44_100);
        let expected = [
            Edit { start: 1024, end: Some(1024 + 33_075) },
            Edit { start: 5000, end: Some(5000 + 397) },
        ];
        assert_eq!(edits, expected);
        let open = edit_list(&track(&[(0, 1024)]), 1000, 44_100);
        assert_eq!(open, [Edit { start: 1024, end: None }]);
    }

    #[test]
    fn edits_of_version_1_have_64_bits() {
        let mut list = vec![1, 0, 0, 0, 0, 0, 0, 1];
        list.extend(
            [&500_u64.to_be_bytes()[..], &(1_u64 << 33).to_be_bytes(), &[0, 1, 0, 0]].concat(),
        );
        let edits = edit_list(&boxed(b"edts", &boxed(b"elst", &list)), 1000, 1000);
        assert_eq!(edits, [Edit { start: 1 << 33, end: Some((1 << 33) + 500) }]);
    }

    #[test]
    fn the_itunes_note_has_priming_and_valid_frames() {
        let note = movie(" 00000000 00000840 000001C0 0000000000003A00 00000000");
        assert_eq!(itunes_note(&note), Some((0x840, Some(0x3a00))));
        assert_eq!(itunes_note(&movie(" 0 0840 0 0")), Some((0x840, None)));
        assert_eq!(itunes_note(&movie(" 0 FFFFF 0 0")), None);
    }

    #[test]
    fn edits_and_notes_of_damaged_boxes_are_none_and_end() {
        let (track, note) = (track(&[(750, 1024)]), movie(" 0 0 0 0"));
        for length in 0..track.len() {
            assert_eq!(edit_list(&track[..length], 1000, 44_100), []);
        }
        for length in 0..note.len() {
            itunes_note(&note[..length]);
        }
    }
}
