//! Ogg: positions of pages, missing and damaged pages, chains and multiplexed streams.

use std::path::PathBuf;

use tactus_kernels::decode::{DecodeError, DecodedAudio, decode_bytes};

fn fixture(name: &str) -> Vec<u8> {
    let formats = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/audio/formats");
    std::fs::read(formats.join(name)).unwrap()
}

fn decode(bytes: &[u8], rate_hz: u32) -> DecodedAudio {
    decode_bytes("x", bytes.to_vec(), rate_hz).unwrap()
}

/// The pages of an intact file.
fn pages(file: &[u8]) -> Vec<Vec<u8>> {
    let mut pages = Vec::new();
    let mut rest = file;
    while !rest.is_empty() {
        let segments = usize::from(rest[26]);
        let body: usize = rest[27..27 + segments].iter().map(|size| usize::from(*size)).sum();
        let (page, after) = rest.split_at(27 + segments + body);
        pages.push(page.to_vec());
        rest = after;
    }
    pages
}

/// Writes the checksum of a changed page.
fn seal(page: &mut [u8]) {
    page[22..26].fill(0);
    let sum = page.iter().fold(0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            sum << 1 ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    });
    page[22..26].copy_from_slice(&sum.to_le_bytes());
}

fn granule(page: &[u8]) -> i64 {
    i64::from_le_bytes(page[6..14].try_into().unwrap())
}

fn set_granule(page: &mut [u8], granule: i64) {
    page[6..14].copy_from_slice(&granule.to_le_bytes());
    seal(page);
}

/// A page with one packet of less than 255 bytes.
fn page(flags: u8, serial: u32, sequence: u32, granule: i64, packet: &[u8]) -> Vec<u8> {
    let mut page = vec![b'O', b'g', b'g', b'S', 0, flags];
    page.extend(granule.to_le_bytes());
    page.extend(serial.to_le_bytes());
    page.extend(sequence.to_le_bytes());
    page.extend([0, 0, 0, 0, 1, packet.len() as u8]);
    page.extend(packet);
    seal(&mut page);
    page
}

/// A Vorbis file without the pages `missing` is as long as the intact one, silent where
/// they are missing, and equal before and behind.
fn assert_hole(missing: std::ops::Range<usize>) {
    let (name, rate_hz) = ("vorbis_pages.ogg", 44_100);
    // The first block after a hole only overlaps.
    let settling = 2048;
    let file = fixture(name);
    let all = pages(&file);
    assert!(all.len() >= 8, "{name}: {} pages", all.len());
    let at = |page: usize| granule(&all[page]) as usize;
    let (from, to) =
        (if missing.start < 3 { 0 } else { at(missing.start - 1) }, at(missing.end - 1));
    let whole = decode(&file, rate_hz);
    assert_eq!(whole.warnings, [] as [String; 0], "{name}");
    let left = [&all[..missing.start], &all[missing.end..]].concat();
    let mut damaged = all.clone();
    for page in &mut damaged[missing.clone()] {
        let middle = page.len() / 2;
        page[middle] ^= 0x20;
    }
    for bytes in [left.concat(), damaged.concat()] {
        let holed = decode(&bytes, rate_hz);
        assert_eq!(holed.channels[0].len(), whole.channels[0].len(), "{name}");
        for (part, all) in holed.channels.iter().zip(&whole.channels) {
            assert!(part[..from] == all[..from], "{name}");
            assert!(part[from..to].iter().all(|sample| *sample == 0.0), "{name}");
            let behind = to + settling;
            let off = part[behind..].iter().zip(&all[behind..]).map(|(a, b)| (a - b).abs());
            let worst = off.fold(0.0, f32::max);
            assert_eq!(worst, 0.0, "{name}");
        }
        assert!(holed.warnings.iter().any(|w| w.contains("silence")), "{:?}", holed.warnings);
    }
}

#[test]
fn missing_and_damaged_pages_become_silence_of_their_length() {
    assert_hole(4..5);
    assert_hole(3..6);
}

/// The one warning, which contains `words`.
fn assert_told(audio: &DecodedAudio, words: &str, what: &str) {
    assert_eq!(audio.warnings.len(), 1, "{what}: {:?}", audio.warnings);
    assert!(audio.warnings[0].contains(words), "{what}: {:?}", audio.warnings);
}

#[test]
fn pages_in_the_wrong_order_are_put_right() {
    for (name, rate_hz) in [("vorbis_pages.ogg", 44_100), ("opus_stereo.opus", 48_000)] {
        let file = fixture(name);
        let whole = decode(&file, rate_hz);
        let all = pages(&file);
        for at in 0..all.len() - 1 {
            let mut swapped = all.clone();
            swapped.swap(at, at + 1);
            let audio = decode(&swapped.concat(), rate_hz);
            assert!(audio.channels == whole.channels, "{name}, page {at}: {:?}", audio.warnings);
            assert_told(&audio, "wrong order", name);
        }
    }
    let file = fixture("vorbis_pages.ogg");
    let whole = decode(&file, 44_100);
    let all = pages(&file);
    // Two pages backwards, three pages backwards, the last page early.
    for (from, to) in [(3, 5), (3, 6), (all.len() - 1, 4)] {
        let mut moved = all.clone();
        let page = moved.remove(from);
        moved.insert(to, page);
        let audio = decode(&moved.concat(), 44_100);
        assert!(audio.channels == whole.channels, "{from} to {to}: {:?}", audio.warnings);
        assert_told(&audio, "wrong order", "moved");
    }
}

#[test]
fn pages_that_are_there_twice_count_once() {
    for (name, rate_hz) in [("vorbis_pages.ogg", 44_100), ("opus_stereo.opus", 48_000)] {
        let file = fixture(name);
        let whole = decode(&file, rate_hz);
        let all = pages(&file);
        for at in 0..all.len() {
            for later in 1..4.min(all.len() - at + 1) {
                // A first page behind the end begins another stream.
                if later == all.len() {
                    continue;
                }
                let mut twice = all.clone();
                twice.insert(at + later, all[at].clone());
                let audio = decode(&twice.concat(), rate_hz);
                assert!(audio.channels == whole.channels, "{name}, {at}: {:?}", audio.warnings);
                assert_told(&audio, "twice", name);
            }
        }
    }
    // Several of them.
    let all = pages(&fixture("vorbis_pages.ogg"));
    let repeated = [&all[..6], &all[3..6], &all[6..]].concat();
    let audio = decode(&repeated.concat(), 44_100);
    assert!(audio.channels == decode(&all.concat(), 44_100).channels);
    assert_told(&audio, "twice", "several");
}

#[test]
fn a_page_that_comes_much_too_late_moves_nothing() {
    let all = pages(&fixture("vorbis_pages.ogg"));
    let whole = decode(&all.concat(), 44_100);
    let mut late = all.clone();
    let page = late.remove(3);
    late.insert(8, page);
    let audio = decode(&late.concat(), 44_100);
    let missing = decode(&[&all[..3], &all[4..]].concat().concat(), 44_100);
    assert!(audio.channels == missing.channels);
    assert_eq!(audio.channels[0].len(), whole.channels[0].len());
    assert!(audio.warnings.iter().any(|w| w.contains("too late")), "{:?}", audio.warnings);
    assert!(audio.warnings.iter().any(|w| w.contains("silence")), "{:?}", audio.warnings);
}

#[test]
fn numbers_of_pages_that_begin_anew_cost_no_audio() {
    // As of a faulty program: the numbers of the second half are those of the first.
    let all = pages(&fixture("vorbis_pages.ogg"));
    let whole = decode(&all.concat(), 44_100);
    let mut again = all.clone();
    for (number, page) in (2_u32..).zip(&mut again[6..]) {
        page[18..22].copy_from_slice(&number.to_le_bytes());
        seal(page);
    }
    assert_eq!(decode(&again.concat(), 44_100).channels[0].len(), whole.channels[0].len());
}

#[test]
fn a_page_that_is_missing_at_the_start_becomes_silence() {
    let file = fixture("vorbis_pages.ogg");
    let all = pages(&file);
    // The headers end on the second page.
    let first = all.iter().position(|page| granule(page) > 0).unwrap();
    assert_hole(first..first + 1);
}

#[test]
fn only_the_last_page_cuts_the_end_and_only_the_first_the_start() {
    let file = fixture("vorbis_pages.ogg");
    let whole = decode(&file, 44_100);
    let all = pages(&file);
    let first = all.iter().position(|page| granule(page) > 0).unwrap();
    for shift in [-2000, -1, 1, 700] {
        for middle in [first + 1, first + 2] {
            let mut moved = all.clone();
            let position = granule(&moved[middle]);
            set_granule(&mut moved[middle], position + shift);
            let audio = decode(&moved.concat(), 44_100);
            assert!(audio.channels == whole.channels, "page {middle} by {shift}");
            assert_eq!(audio.warnings, [] as [String; 0]);
        }
    }
    let mut cut = all.clone();
    for page in &mut cut[first..] {
        let position = granule(page);
        set_granule(page, position - 100);
    }
    let audio = decode(&cut.concat(), 44_100);
    let mut expected = whole.channels[0][100..].to_vec();
    assert!(audio.channels[0] == expected);
    let last = cut.len() - 1;
    let position = granule(&cut[last]);
    set_granule(&mut cut[last], position - 50);
    expected.truncate(expected.len() - 50);
    assert!(decode(&cut.concat(), 44_100).channels[0] == expected);
}

#[test]
fn a_negative_position_cuts_nothing_and_is_told_of() {
    // As libvorbis decodes such files, which an encoder of 2010 wrote.
    let file = fixture("vorbis_pages.ogg");
    let whole = decode(&file, 44_100);
    let all = pages(&file);
    let first = all.iter().position(|page| granule(page) > 0).unwrap();
    for negative in [first, first + 1] {
        let mut changed = all.clone();
        set_granule(&mut changed[negative], -104);
        let audio = decode(&changed.concat(), 44_100);
        assert!(audio.channels == whole.channels, "page {negative}");
        assert_eq!(audio.warnings.len(), 1, "{:?}", audio.warnings);
        assert!(audio.warnings[0].contains("negative position"), "{:?}", audio.warnings);
    }
    // What follows the first page does not cut the start either.
    let mut early = all.clone();
    set_granule(&mut early[first], -104);
    let position = granule(&early[first + 1]);
    set_granule(&mut early[first + 1], position - 104);
    assert!(decode(&early.concat(), 44_100).channels == whole.channels);
}

#[test]
fn a_recording_of_a_running_stream_begins_where_it_begins() {
    let file = fixture("vorbis_pages.ogg");
    let whole = decode(&file, 44_100);
    let mut all = pages(&file);
    let first = all.iter().position(|page| granule(page) > 0).unwrap();
    for (sequence, page) in (5000_u32..).zip(&mut all[first..]) {
        page[18..22].copy_from_slice(&sequence.to_le_bytes());
        let position = granule(page);
        set_granule(page, position + 44_100 * 600);
    }
    let audio = decode(&all.concat(), 44_100);
    assert!(audio.channels == whole.channels);
    assert_eq!(audio.warnings, [] as [String; 0]);
}

#[test]
fn headers_with_damage_that_can_be_told_are_used_with_a_warning() {
    let file = fixture("vorbis_pages.ogg");
    let whole = decode(&file, 44_100);
    // The rate, the channels, the checksum; a byte of the comments.
    let comments = pages(&file)[0].len() + 27 + 60;
    for at in [39, 40, 45, 22, comments] {
        let mut damaged = file.clone();
        damaged[at] ^= 0x11;
        let audio = decode(&damaged, 44_100);
        assert!(audio.channels == whole.channels, "byte {at}");
        assert_eq!(audio.warnings.len(), 1, "byte {at}: {:?}", audio.warnings);
    }
}

#[test]
fn all_links_of_a_chain_are_decoded() {
    let (stereo, mono, opus) = (
        fixture("vorbis_pages.ogg"),
        fixture("vorbis_mono_22050.ogg"),
        fixture("opus_stereo.opus"),
    );
    let flac = fixture("flac_in_ogg.oga");
    let parts = [&stereo, &stereo, &flac, &stereo].map(|file| decode(file, 44_100).channels);
    let chain = decode(&[&stereo[..], &stereo, &flac, &stereo].concat(), 44_100);
    for channel in 0..2 {
        let expected: Vec<f32> = parts.iter().flat_map(|part| part[channel].clone()).collect();
        assert!(chain.channels[channel] == expected);
    }
    assert_eq!(chain.warnings, [] as [String; 0]);
    let other = decode(&[&stereo[..], &mono, &opus, &stereo].concat(), 44_100);
    let frames = parts[0][0].len();
    let converted = [(&mono, 22_050_u64), (&opus, 48_000)].map(|(file, rate_hz)| {
        decode(file, rate_hz as u32).channels[0].len() as u64 * 44_100 / rate_hz
    });
    let expected = 2 * frames + converted.iter().sum::<u64>() as usize;
    assert!(other.channels[0].len().abs_diff(expected) <= 2, "{}", other.channels[0].len());
    assert!(other.channels[1][..frames] == parts[0][1]);
    let tail = other.channels[1].len() - frames;
    assert!(other.channels[1][tail..] == parts[0][1]);
    assert_eq!(other.warnings.len(), 1, "{:?}", other.warnings);
}

#[test]
fn of_multiplexed_streams_the_first_with_sound_is_decoded() {
    let file = fixture("vorbis_pages.ogg");
    let sound = pages(&file);
    let video = |flags, sequence| page(flags, 77, sequence, 0, b"\x80theora and more");
    let mut mixed = [video(2, 0), sound[0].clone(), video(0, 1)].concat();
    for (sequence, page) in (2..).zip(&sound[1..]) {
        mixed.extend(page);
        mixed.extend(video(0, sequence));
    }
    let audio = decode(&mixed, 44_100);
    assert!(audio.channels == decode(&file, 44_100).channels);
    assert_eq!(audio.warnings, [] as [String; 0]);
    let silent = [video(2, 0), video(0, 1), video(4, 2)].concat();
    let error = decode_bytes("x", silent, 44_100).unwrap_err();
    assert!(matches!(error, DecodeError::NoAudioTrack { .. }), "{error:?}");
}

#[test]
fn bytes_after_the_last_page_and_between_pages_do_not_matter() {
    let file = fixture("vorbis_pages.ogg");
    let whole = decode(&file, 44_100);
    let tagged = decode(&[&file[..], b"TAG", &[0; 125]].concat(), 44_100);
    assert!(tagged.channels == whole.channels);
    assert_eq!(tagged.warnings, [] as [String; 0]);
    let padded: Vec<u8> =
        pages(&file).iter().flat_map(|page| [&page[..], b"OggOgg"].concat()).collect();
    assert!(decode(&padded, 44_100).channels == whole.channels);
}

#[test]
fn a_stream_without_the_mark_of_its_end_is_not_called_truncated() {
    let file = fixture("vorbis_pages.ogg");
    let mut all = pages(&file);
    let last = all.last_mut().unwrap();
    last[5] &= !4;
    seal(last);
    let audio = decode(&all.concat(), 44_100);
    assert_eq!(audio.warnings.len(), 1, "{:?}", audio.warnings);
    assert!(audio.warnings[0].contains("may be cut"), "{:?}", audio.warnings);
}

#[test]
fn speex_is_refused_by_its_name() {
    let head = [&b"Speex   1.2rc1"[..], &[0; 66]].concat();
    let file = [page(2, 1, 0, 0, &head), page(4, 1, 1, 0, b"comments")].concat();
    let error = decode_bytes("x", file, 44_100).unwrap_err();
    assert!(matches!(&error, DecodeError::Codec { codec, .. } if codec == "speex"), "{error:?}");
    assert!(error.to_string().contains("ffmpeg -i"), "{error}");
}

#[test]
fn the_output_gain_of_opus_is_applied() {
    let file = fixture("opus_stereo.opus");
    let whole = decode(&file, 48_000);
    let mut all = pages(&file);
    let at = 27 + usize::from(all[0][26]) + 16;
    // -6.02 dB, in steps of 1/256 dB.
    all[0][at..at + 2].copy_from_slice(&(-1541_i16).to_le_bytes());
    seal(&mut all[0]);
    let quiet = decode(&all.concat(), 48_000);
    for (quiet, loud) in quiet.channels[0].iter().zip(&whole.channels[0]) {
        assert!((2.0 * quiet - loud).abs() < 1e-4, "{quiet} {loud}");
    }
}
