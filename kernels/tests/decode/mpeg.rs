//! MPEG audio, native FLAC and ADTS as people have them: tagged, cut, joined, damaged.
//!
//! The lengths and positions are those that ffmpeg 5.1 gives for the same bytes.

use std::path::PathBuf;

use tactus_kernels::decode::{DecodeError, DecodedAudio, decode_bytes};

fn fixture(name: &str) -> Vec<u8> {
    let formats = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/audio/formats");
    std::fs::read(formats.join(name)).unwrap()
}

fn decoded(bytes: &[u8]) -> DecodedAudio {
    decode_bytes("x", bytes.to_vec(), 44_100).unwrap()
}

/// The decoded file, which has no warnings.
fn intact(bytes: &[u8]) -> DecodedAudio {
    let audio = decoded(bytes);
    assert_eq!(audio.warnings, [] as [String; 0]);
    audio
}

fn id3v2(version: u8, flags: u8, body: &[u8]) -> Vec<u8> {
    let size = [21, 14, 7, 0].map(|shift| (body.len() >> shift & 0x7f) as u8);
    let footer = if flags & 0x10 == 0 {
        Vec::new()
    } else {
        [&b"3DI"[..], &[version, 0, flags], &size].concat()
    };
    [&b"ID3"[..], &[version, 0, flags], &size, body, &footer].concat()
}

fn id3v1() -> Vec<u8> {
    [&b"TAG"[..], &[b'x'; 125]].concat()
}

fn ape_tag() -> Vec<u8> {
    let mut tag = b"APETAGEX\xd0\x07\0\0\x20\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    tag.extend([0; 8]);
    tag
}

/// A tag without items that says that it has a header, and its header.
fn ape_parts() -> [Vec<u8>; 2] {
    [0xa0, 0x80].map(|flags| {
        let mut part = ape_tag();
        part[23] = flags;
        part
    })
}

/// Where LAME's extension begins in `mp3_cbr.mp3`.
fn lame_at(mp3: &[u8]) -> usize {
    mp3.windows(4).position(|window| window == b"Info").unwrap() + 120
}

/// The frames of an MP3 file, which begins with one.
fn mp3_frames(bytes: &[u8]) -> Vec<&[u8]> {
    const KBIT: [usize; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    let mut frames = Vec::new();
    let mut rest = bytes;
    while let [0xff, 0xfb, third, ..] = *rest {
        let length = 144_000 * KBIT[usize::from(third >> 4)] / 44_100 + usize::from(third >> 1 & 1);
        let (frame, more) = rest.split_at(length.min(rest.len()));
        frames.push(frame);
        rest = more;
    }
    frames
}

fn without_id3v2(bytes: &[u8]) -> &[u8] {
    let size = bytes[6..10].iter().fold(0, |size, byte| size << 7 | usize::from(*byte));
    if bytes.starts_with(b"ID3") { &bytes[10 + size..] } else { bytes }
}

#[test]
fn delay_and_padding_count_whatever_the_checksum_of_the_lame_tag() {
    let mp3 = fixture("mp3_cbr.mp3");
    let at = lame_at(&mp3);
    let expected = intact(&mp3).channels;
    for checksum in [[0, 0], [0x12, 0x34]] {
        let mut bytes = mp3.clone();
        bytes[at + 34..at + 36].copy_from_slice(&checksum);
        assert!(intact(&bytes).channels == expected);
    }
}

#[test]
fn delay_and_padding_count_of_the_encoders_that_ffmpeg_believes() {
    let mp3 = fixture("mp3_cbr.mp3");
    let at = lame_at(&mp3);
    let (trimmed, whole) = (intact(&mp3), intact(&fixture("mp3_xing_without_lame_tag.mp3")));
    for (name, expected) in [
        (b"LAME", &trimmed),
        (b"Lavf", &trimmed),
        (b"Lavc", &trimmed),
        (b"GOGO", &whole),
        (b"L3.9", &whole),
        (b"lame", &whole),
    ] {
        let mut bytes = mp3.clone();
        bytes[at..at + 4].copy_from_slice(name);
        assert!(intact(&bytes).channels == expected.channels, "{name:?}");
    }
    // Without a count of frames and bytes the tag is a frame of silence, and its delay counts.
    let mut bytes = mp3.clone();
    bytes[at - 116..at - 112].copy_from_slice(&[0, 0, 0, 12]);
    bytes.splice(at - 112..at - 104, []);
    bytes.splice(at + 28..at + 28, [0; 8]);
    let audio = intact(&bytes);
    assert_eq!(audio.channels[0].len(), whole.channels[0].len() + 1152 - 1105);
}

#[test]
fn a_tag_counts_in_the_very_first_frame_only() {
    let mp3 = fixture("mp3_cbr.mp3");
    let mp3 = without_id3v2(&mp3);
    let whole = intact(&fixture("mp3_xing_without_lame_tag.mp3")).channels[0].len();
    for junk in [&[0; 100][..], &[1, 2, 3, 4, 5]] {
        let audio = intact(&[junk, mp3].concat());
        // Its frame is stereo, the others are joint stereo: it is passed over, and no delay is cut.
        assert_eq!(audio.channels[0].len(), whole);
    }
}

#[test]
fn id3v2_tags_of_all_kinds_may_come_first() {
    let mp3 = fixture("mp3_cbr.mp3");
    let mp3 = without_id3v2(&mp3);
    let expected = intact(mp3).channels;
    for tags in [
        id3v2(2, 0, &[0; 300]),
        id3v2(3, 0x80, &[0xff; 300]),
        id3v2(4, 0x10, &[0; 300]),
        id3v2(9, 0, &[0; 300]),
        [id3v2(3, 0, &[0; 50]), id3v2(4, 0, &[0; 50])].concat(),
    ] {
        assert!(intact(&[&tags[..], mp3].concat()).channels == expected);
    }
    // Headers that do not tell the length: the frames are found behind them.
    let frames = fixture("mp3_no_header.mp3");
    let frames = without_id3v2(&frames);
    let expected = intact(frames).channels;
    let tag = id3v2(3, 0, &[7; 3000]);
    for (at, bytes) in
        [(6, [0, 0, 0, 100]), (6, [0x7f; 4]), (6, [0, 0, 0x8b, 0xb8]), (3, [0xff, 0, 0, 0])]
    {
        let mut tag = tag.clone();
        tag[at..at + 4].copy_from_slice(&bytes);
        assert!(intact(&[&tag[..], frames].concat()).channels == expected, "{bytes:?}");
    }
}

#[test]
fn tags_and_other_bytes_at_the_end_are_no_damage() {
    let lyrics = b"LYRICSBEGININD00002000000021LYRICS200";
    for name in ["mp3_cbr.mp3", "mp3_no_header.mp3", "flac_16.flac", "aac.aac"] {
        let file = fixture(name);
        let expected = intact(&file).channels;
        for tail in [
            id3v1(),
            ape_tag(),
            [ape_tag(), id3v1()].concat(),
            ape_parts().concat(),
            ape_parts()[1].clone(),
            [ape_parts()[1].clone(), id3v1()].concat(),
            [&lyrics[..], &id3v1()].concat(),
            vec![0; 400],
            b"\r\n".to_vec(),
            b"These are 40 bytes of plain text, at most".to_vec(),
        ] {
            assert!(intact(&[&file[..], &tail].concat()).channels == expected, "{name}");
        }
    }
}

#[test]
fn files_of_one_to_three_frames_and_a_cut_frame_are_read() {
    let mp3 = fixture("mp3_no_header.mp3");
    let frames = mp3_frames(without_id3v2(&mp3));
    for count in 1..4 {
        assert_eq!(intact(&frames[..count].concat()).channels[0].len(), 1152 * count);
        let tagged = [frames[..count].concat(), id3v1()].concat();
        assert_eq!(intact(&tagged).channels[0].len(), 1152 * count);
    }
    let cut = frames[..6].concat();
    let audio = decoded(&cut[..cut.len() - 20]);
    assert_eq!(audio.channels[0].len(), 1152 * 6);
    assert!(audio.warnings[0].contains("truncated"), "{:?}", audio.warnings);
}

#[test]
fn joined_mp3_files_are_read_to_the_end() {
    let mp3 = fixture("mp3_cbr.mp3");
    let frames = without_id3v2(&mp3);
    let count = mp3_frames(frames).len();
    let first = intact(&mp3).channels;
    // Tag to frame: the tag of the second file is a frame of silence.
    let audio = intact(&[frames, frames].concat());
    assert_eq!(audio.channels[0].len(), 1152 * (2 * count - 1) - 1105);
    assert_eq!(audio.channels[0][..first[0].len()], first[0]);
    // An ID3 tag between them: the tag of the second file is passed over.
    let audio = intact(&[frames, &id3v1()[..], &id3v2(3, 0, &[0; 90]), frames].concat());
    assert_eq!(audio.channels[0].len(), 1152 * (2 * count - 2) - 1105);
}

#[test]
fn a_change_of_rate_and_channels_is_converted_with_a_note() {
    let (stereo, mono) = (fixture("mp3_cbr.mp3"), fixture("mp3_vbr_mono_22050.mp3"));
    let (one, two) = (intact(&stereo), decoded(&mono));
    let audio = decoded(&[&stereo[..], &mono].concat());
    assert_eq!(audio.warnings.len(), 1, "{:?}", audio.warnings);
    assert!(audio.warnings[0].contains("22050 Hz and 1 channel;"), "{:?}", audio.warnings);
    let (left, right) = (&audio.channels[0], &audio.channels[1]);
    assert_eq!(left[..one.channels[0].len()], one.channels[0]);
    // The second half begins with its delay, after a tag frame or none.
    let begin = (left.len() - two.channels[0].len()..left.len()).rev().find(|at| {
        let at = at - 1000;
        let same = |n: usize| (left[at + n] - two.channels[0][10_000 + n]).abs() < 1e-3;
        at + 2000 < left.len() && (0..500).all(same)
    });
    assert!(begin.is_some() || left.len() > one.channels[0].len() + two.channels[0].len());
    let tail = left.len() - 20_000;
    assert_eq!(left[tail..], right[tail..]);
}

#[test]
fn bytes_between_frames_are_passed_over_with_a_warning_and_zeros_without() {
    let mp3 = fixture("mp3_no_header.mp3");
    let frames = mp3_frames(without_id3v2(&mp3));
    let (head, tail) = (frames[..8].concat(), frames[8..].concat());
    let expected = intact(&frames.concat()).channels;
    let with = |bytes: &[u8]| decoded(&[&head[..], bytes, &tail].concat());
    assert_eq!(with(&[0; 300]).warnings, [] as [String; 0]);
    for junk in [&b"not a frame"[..], &id3v1(), &id3v2(3, 0, &[0; 40])] {
        let audio = with(junk);
        assert_eq!(audio.channels, expected);
        assert_eq!(audio.warnings.len(), 1, "{:?}", audio.warnings);
    }
}

#[test]
fn an_ape_tag_between_joined_files_is_passed_over() {
    let mp3 = fixture("mp3_no_header.mp3");
    let frames = mp3_frames(without_id3v2(&mp3));
    let (head, tail) = (frames[..8].concat(), frames[8..].concat());
    let expected = intact(&frames.concat()).channels;
    for tag in [ape_tag(), ape_parts().concat(), ape_parts()[1].clone()] {
        let audio = decoded(&[&head[..], &tag, &tail].concat());
        assert!(audio.channels == expected, "{:?}", audio.warnings);
    }
}

#[test]
fn layer_2_of_two_channels_at_bit_rates_for_one_is_read() {
    // The same frames with zeros at their end, at 80 kbit/s instead of 64.
    let mp2 = fixture("mp2.mp2");
    let expected = intact(&mp2).channels;
    let mut longer = Vec::new();
    let mut rest = &mp2[..];
    while let [0xff, 0xfd, third, ..] = *rest {
        let padding = usize::from(third >> 1 & 1);
        let (frame, more) = rest.split_at(208 + padding);
        assert_eq!(third >> 4, 4);
        longer.extend([0xff, 0xfd, 0x50 | third & 0x0f]);
        longer.extend(&frame[3..]);
        longer.extend([0; 261 - 208]);
        rest = more;
    }
    assert!(rest.is_empty());
    assert!(intact(&longer).channels == expected);
}

#[test]
fn frames_with_mixed_blocks_are_silence_with_a_warning() {
    let mp3 = fixture("mp3_no_header.mp3");
    let mut frames: Vec<Vec<u8>> =
        mp3_frames(without_id3v2(&mp3)).iter().map(|frame| frame.to_vec()).collect();
    let expected = intact(&frames.concat()).channels;
    // The last granule of the last channel: switched windows, short ones, mixed.
    let at = 32 + 20 + 3 * 59 + 33;
    for (bit, value) in [1, 1, 0, 1].into_iter().enumerate() {
        let place = 0x80 >> ((at + bit) % 8);
        let byte = &mut frames[9][(at + bit) / 8];
        *byte = if value == 1 { *byte | place } else { *byte & !place };
    }
    let audio = decoded(&frames.concat());
    assert_eq!(audio.warnings.len(), 1, "{:?}", audio.warnings);
    assert!(audio.warnings[0].contains("mixed blocks"), "{:?}", audio.warnings);
    assert_eq!(audio.channels[0][..9 * 1152], expected[0][..9 * 1152]);
    // Blocks overlap, so that the next frame is lost too.
    assert_eq!(audio.channels[0][9 * 1152..11 * 1152], [0.0; 2304]);
    assert_eq!(audio.channels[0].len(), expected[0].len());
}

#[test]
fn intensity_stereo_that_decoders_read_differently_is_told_of() {
    // MPEG-2, 22.05 kHz, 64 kbit/s, joint stereo: silence in frames of 208 bytes.
    let frame = |mode: u8| [&[0xff, 0xf3, 0x80, mode][..], &[0; 204]].concat();
    // The second channel has positions of up to five bits, 98 in all: its length is at bit 73 of the side
    // information, their sizes at bit 102.
    let mut doubtful = frame(0x54);
    for (at, bits, value) in [(73, 12, 98), (102, 9, 179 << 1)] {
        for bit in 0..bits {
            let place = 32 + at + bit;
            doubtful[place / 8] |= ((value >> (bits - 1 - bit) & 1) << (7 - place % 8)) as u8;
        }
    }
    let audio = decoded(&[doubtful.repeat(9), frame(0x64).repeat(9)].concat());
    assert_eq!(audio.warnings.len(), 1, "{:?}", audio.warnings);
    assert!(
        audio.warnings[0].contains("9 of 18 frames have intensity stereo"),
        "{:?}",
        audio.warnings
    );
    // Music has few such frames, without those positions.
    intact(&[doubtful, frame(0x64).repeat(150)].concat());
    intact(&frame(0x64).repeat(9));
}

#[test]
fn a_frame_of_layer_2_that_needs_more_bytes_than_it_has_is_damaged() {
    // MPEG-2, 24 kHz, 128 kbit/s: 768 bytes; MPEG-1, 44.1 kHz, 80 kbit/s: 261 bytes. All word lengths the largest,
    // among frames without any.
    for (header, length) in [([0xff, 0xf5, 0xc4, 0x00], 768), ([0xff, 0xfd, 0x50, 0x00], 261)] {
        let frame = |byte: u8| [&header[..], &vec![byte; length - 4]].concat();
        let audio = decoded(&[frame(0).repeat(20), frame(0xff), frame(0).repeat(20)].concat());
        assert_eq!(audio.warnings.len(), 1, "{:?}", audio.warnings);
        assert!(audio.warnings[0].contains("more than its length"), "{:?}", audio.warnings);
        intact(&frame(0).repeat(20));
    }
}

#[test]
fn the_free_format_is_refused_by_name() {
    let frame = [&[0xff, 0xfb, 0x00, 0x64][..], &[0; 1300]].concat();
    let error = decode_bytes("x", frame.repeat(10), 44_100).unwrap_err();
    assert!(matches!(error, DecodeError::Format { format, .. } if format.contains("free format")));
}

/// The blocks of a FLAC file (kind and contents) and its frames.
fn flac_parts(flac: &[u8]) -> (Vec<(u8, Vec<u8>)>, Vec<u8>) {
    let mut blocks = Vec::new();
    let mut at = 4;
    loop {
        let size = usize::from(flac[at + 1]) << 16
            | usize::from(flac[at + 2]) << 8
            | usize::from(flac[at + 3]);
        blocks.push((flac[at] & 0x7f, flac[at + 4..at + 4 + size].to_vec()));
        let is_last = flac[at] >> 7 == 1;
        at += 4 + size;
        if is_last {
            return (blocks, flac[at..].to_vec());
        }
    }
}

/// A FLAC file of blocks (kind, contents, claimed size) and frames.
fn flac_of(blocks: &[(u8, &[u8], usize)], frames: &[u8]) -> Vec<u8> {
    let mut flac = b"fLaC".to_vec();
    for (index, (kind, contents, size)) in blocks.iter().enumerate() {
        flac.push(kind | if index + 1 == blocks.len() { 0x80 } else { 0 });
        flac.extend(&(*size as u32).to_be_bytes()[1..]);
        flac.extend(*contents);
    }
    [&flac[..], frames].concat()
}

#[test]
fn damage_in_blocks_that_are_no_audio_costs_nothing() {
    let file = fixture("flac_16.flac");
    let expected = intact(&file).channels;
    let (blocks, frames) = flac_parts(&file);
    let info = (0, &blocks[0].1[..], 34);
    let noise: Vec<u8> = (0..500_u32).map(|n| (n.wrapping_mul(0x9e37_79b9) >> 24) as u8).collect();
    for kind in [2, 3, 4, 5, 6, 9, 126] {
        for size in [0, 1, 50, 500] {
            let block = (kind, &noise[..size], size);
            let bytes = flac_of(&[info, block, (1, &[0; 40], 40)], &frames);
            assert!(intact(&bytes).channels == expected, "{kind} of {size} bytes");
        }
        // Sizes that are wrong.
        for size in [200, 600, 4_000_000] {
            let bytes = flac_of(&[info, (kind, &noise, size)], &frames);
            assert!(intact(&bytes).channels == expected, "{kind} of 500 bytes, said to be {size}");
        }
    }
    let bytes = flac_of(&[(4, &[0; 8], 8), info, info], &frames);
    assert!(intact(&bytes).channels == expected);
    assert_eq!(intact(&[id3v2(3, 0, &[0; 600]), file].concat()).channels, expected);
}

#[test]
fn stream_information_may_be_zero_or_wrong() {
    let file = fixture("flac_16.flac");
    let expected = intact(&file).channels;
    let (blocks, frames) = flac_parts(&file);
    let with = |at: usize, bytes: &[u8]| {
        let mut info = blocks[0].1.clone();
        info[at..at + bytes.len()].copy_from_slice(bytes);
        flac_of(&[(0, &info, 34)], &frames)
    };
    for (at, bytes) in [
        (0, &[0, 0][..]),
        (0, &[0, 0, 0, 0]),
        (0, &[0, 16, 0, 16]),
        (4, &[0; 6]),
        (4, &[0, 0xff, 0xff, 0, 0, 1]),
        (14, &[0; 4]),
        (18, &[0x55; 16]),
    ] {
        assert!(intact(&with(at, bytes)).channels == expected, "{at}");
    }
}

#[test]
fn a_flac_stream_that_was_cut_counts_from_its_first_frame() {
    let file = fixture("flac_16.flac");
    let expected = intact(&file).channels;
    let (blocks, frames) = flac_parts(&file);
    // The header of the third frame: number 2.
    let start: Vec<u8> = [&frames[..4], &[2]].concat();
    let at = frames.windows(5).position(|window| window == start).unwrap();
    let mut info = blocks[0].1.clone();
    info[14..18].fill(0);
    let cut = flac_of(&[(0, &info, 34)], &frames[at..]);
    let skipped = expected[0].len() - intact(&cut).channels[0].len();
    assert!(skipped > 0);
    for (channel, expected) in intact(&cut).channels.iter().zip(&expected) {
        assert_eq!(channel[..], expected[skipped..]);
    }
    // The same without any block.
    assert_eq!(decoded(&frames[at..]).channels[0][..], expected[0][skipped..]);
}

#[test]
fn flac_without_its_beginning_is_read_from_the_first_intact_frame_with_a_warning() {
    let file = fixture("flac_16.flac");
    let expected = intact(&file).channels;
    let (_, frames) = flac_parts(&file);
    let at: Vec<usize> = (0..7)
        .filter_map(|number| {
            let start: Vec<u8> = [&frames[..4], &[number]].concat();
            frames.windows(5).position(|window| window == start)
        })
        .collect();
    assert_eq!(at.len(), 7);
    for (cut, first) in [(at[1], 1), (at[1] + 1, 2), (at[3] - 9, 3), (at[6] - 1, 6), (at[6], 6)] {
        for tail in [Vec::new(), id3v1()] {
            let audio = decoded(&[&frames[cut..], &tail].concat());
            assert_eq!(audio.channels[0], expected[0][4608 * first..], "{cut}");
            assert_eq!(audio.warnings.len(), 1, "{:?}", audio.warnings);
            let seconds = format!("{:.3} s after the start", 4608.0 * first as f64 / 44_100.0);
            assert!(audio.warnings[0].contains(&seconds), "{:?}", audio.warnings);
        }
    }
    // A tag whose picture is larger than what other formats may have before their first frame.
    let picture: Vec<u8> =
        (0..3_000_000_u32).map(|n| (n.wrapping_mul(0x9e37_79b9) >> 23) as u8).collect();
    let audio = decoded(&[&picture[..], &frames].concat());
    assert!(audio.channels == expected);
    assert_eq!(audio.warnings, ["bytes before the first FLAC frame are passed over"]);
    // The first frame of those that are left is damaged.
    let mut damaged = frames[at[1] + 7..].to_vec();
    let byte = at[2] - at[1] + 500;
    damaged[byte] ^= 0x10;
    assert_eq!(decoded(&damaged).channels[0], expected[0][4608 * 3..]);
}

#[test]
fn flac_files_with_tags_between_them_are_read_to_the_end() {
    let file = fixture("flac_16.flac");
    let expected = intact(&file).channels;
    for tags in [
        id3v2(3, 0, &[0; 90]),
        id3v2(4, 0x10, &[0x55; 3000]),
        id3v1(),
        [id3v1(), id3v2(3, 0, &[0xff; 200_000])].concat(),
        [ape_parts().concat(), id3v1()].concat(),
    ] {
        let audio = intact(&[&file[..], &tags, &file].concat());
        assert_eq!(audio.channels[0].len(), 2 * expected[0].len());
        for (channel, expected) in audio.channels.iter().zip(&expected) {
            assert!(channel[..] == [&expected[..], expected].concat());
        }
    }
}

#[test]
fn joined_flac_files_are_read_to_the_end() {
    let (one, two) = (fixture("flac_16.flac"), fixture("flac_24.flac"));
    let audio = decoded(&[&one[..], &one].concat());
    let expected = intact(&one).channels;
    for (channel, expected) in audio.channels.iter().zip(&expected) {
        assert_eq!(channel[..], [&expected[..], expected].concat());
    }
    let audio = decoded(&[&one[..], &two].concat());
    assert_eq!(audio.channels[0][expected[0].len()..], intact(&two).channels[0]);
}

#[test]
fn a_damaged_first_frame_of_flac_is_silence_of_its_length() {
    let mut file = fixture("flac_16.flac");
    let expected = intact(&file).channels;
    let (_, frames) = flac_parts(&file);
    let at = file.len() - frames.len() + 100;
    file[at..at + 40].fill(0x55);
    let audio = decoded(&file);
    assert!(!audio.warnings.is_empty());
    assert_eq!(audio.channels[0].len(), expected[0].len(), "{:?}", audio.warnings);
    assert_eq!(audio.channels[0][8192..], expected[0][8192..]);
}

/// Frames of uncompressed mono FLAC of 16 bits and 192 samples; `rate` is the code of the rate.
fn uncompressed_flac(rate: u8, frames: u8) -> Vec<Vec<u8>> {
    let crc = |bytes: &[u8], polynomial: u32, bits: u32| {
        bytes.iter().fold(0, |crc: u32, byte| {
            (0..8).fold(crc ^ u32::from(*byte) << (bits - 8), |crc, _| {
                ((crc << 1) ^ ((crc >> (bits - 1) & 1) * polynomial)) & ((1 << bits) - 1)
            })
        })
    };
    let frame = |number: u8| {
        let mut frame = vec![0xff, 0xf8, 0x60 | rate, 0x08, number, 191];
        frame.push(crc(&frame, 0x07, 8) as u8);
        frame.push(0x02);
        for sample in 0..192_u32 {
            let value = (u32::from(number) * 192 + sample).wrapping_mul(0x9e37_79b9) >> 17;
            frame.extend((value as i16 - 16_384).to_be_bytes());
        }
        let check = crc(&frame, 0x8005, 16) as u16;
        [frame, check.to_be_bytes().to_vec()].concat()
    };
    (0..frames).map(frame).collect()
}

#[test]
fn flac_goes_on_after_damage_however_little_its_frames_are_compressed() {
    let frames = uncompressed_flac(9, 100);
    let expected = &intact(&frames.concat()).channels[0];
    assert_eq!(expected.len(), 19_200);
    let length = frames[0].len();
    // Zeros over two frames, and as many bytes missing.
    let mut holed = frames.concat();
    holed[length * 10 + 50..length * 12 - 50].fill(0);
    let mut missing = frames.concat();
    missing.drain(length * 10 + 50..length * 12 - 50);
    for file in [holed, missing] {
        let audio = decoded(&file);
        let samples = &audio.channels[0];
        assert_eq!(samples.len(), 19_200, "{:?}", audio.warnings);
        assert_eq!(samples[..1920], expected[..1920]);
        assert_eq!(samples[12 * 192..], expected[12 * 192..]);
        assert!(audio.warnings[0].contains("silence"), "{:?}", audio.warnings);
    }
    let mut first = frames.concat();
    first[20..90].fill(0);
    let audio = decoded(&first);
    assert_eq!(audio.channels[0][192..], expected[192..], "{:?}", audio.warnings);
}

#[test]
fn joined_flac_files_of_other_rates_have_no_gaps() {
    // 24 kHz after 48 kHz, and the reverse; the first rate stands.
    for (first, second, rate, frames) in [(10, 7, 48_000, 3), (7, 10, 24_000, 3)] {
        let stream = |code, frames| {
            let bytes = flac_info(code);
            flac_of(&[(0, &bytes, 34)], &uncompressed_flac(code, frames).concat())
        };
        let both = [stream(first, 50), stream(second, 50)].concat();
        let audio = decode_bytes("x", both, rate).unwrap();
        assert_eq!(audio.warnings.len(), 1, "{:?}", audio.warnings);
        let expected = match first {
            10 => 50 * 192 * frames,
            _ => 50 * 192 * frames / 2,
        };
        let found = audio.channels[0].len();
        assert!(found.abs_diff(expected) <= 2, "{found} {expected}");
    }
}

/// Stream information for frames of [`uncompressed_flac`].
fn flac_info(rate: u8) -> Vec<u8> {
    let rate_hz: u32 = if rate == 10 { 48_000 } else { 24_000 };
    let mut info = [0; 34];
    info[..4].copy_from_slice(&[0, 192, 0, 192]);
    info[10..14].copy_from_slice(&(rate_hz << 12 | 15 << 4).to_be_bytes());
    info.to_vec()
}

/// The frames of an ADTS file.
fn adts_frames(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let mut rest = bytes;
    while rest.len() > 7 {
        let length =
            usize::from(rest[3] & 3) << 11 | usize::from(rest[4]) << 3 | usize::from(rest[5] >> 5);
        frames.push(rest[..length].to_vec());
        rest = &rest[length..];
    }
    frames
}

#[test]
fn adts_is_read_after_tags_around_other_bytes_and_without_a_guessed_length() {
    let file = fixture("aac.aac");
    let expected = intact(&file).channels;
    assert_eq!(intact(&[id3v2(4, 0, &[0; 70]), file.clone()].concat()).channels, expected);
    let frames = adts_frames(&file);
    // Long frames first: an estimate of the length from them would be too large.
    let mut sizes = frames.clone();
    sizes.sort_by_key(|frame| std::cmp::Reverse(frame.len()));
    assert_eq!(intact(&sizes.concat()).channels[0].len(), expected[0].len());
    for count in 1..4 {
        assert_eq!(intact(&frames[..count].concat()).channels[0].len(), 1024 * count);
    }
    let audio =
        decoded(&[frames[..9].concat(), b"other bytes".to_vec(), frames[9..].concat()].concat());
    assert_eq!((audio.warnings.len(), audio.channels), (1, expected.clone()));
    assert_eq!(intact(&file.repeat(2)).channels[0].len(), 2 * expected[0].len());
    // This encoder's first block is none for ffmpeg.
    let mut named = frames.clone();
    let at = named[0].len() - 9;
    named[0][at..at + 8].copy_from_slice(b"libfaac ");
    assert_eq!(decoded(&named.concat()).channels[0].len(), expected[0].len() - 1024);
    // A block of the encoder's name alone has no audio.
    let fill = [
        0xff,
        0xf1,
        frames[0][2],
        frames[0][3] & 0xfc,
        0x01,
        0x9f,
        0xfc,
        0xc2,
        0x01,
        0xc0,
        0x00,
        0x00,
    ];
    assert!(intact(&[&fill[..], &file].concat()).channels == expected);
}

#[test]
fn adts_frames_of_several_blocks_are_refused() {
    let mut frames = adts_frames(&fixture("aac.aac"));
    for frame in &mut frames {
        frame[6] |= 1;
    }
    let error = decode_bytes("x", frames.concat(), 44_100).unwrap_err();
    assert!(error.to_string().contains("several blocks"), "{error}");
}

#[test]
fn the_marker_of_flac_in_other_bytes_does_not_stop_the_reader() {
    let file = fixture("flac_16.flac");
    let whole = decoded(&file);
    for rest in
        [&b"fLaC"[..], b"fLaCfLaC", b"fLaC\x84\0\0\x02ab\x01", &[&b"fLaC"[..], &[0; 200]].concat()]
    {
        assert_eq!(decoded(&[&file[..], rest].concat()).channels, whole.channels, "{rest:?}");
    }
}
