//! Matroska and WebM: damage, foreign elements, other tracks, packed frames.

use std::path::PathBuf;

use tactus_kernels::decode::{DecodeError, DecodedAudio, decode_bytes};

const CLUSTER: [u8; 4] = [0x1f, 0x43, 0xb6, 0x75];

fn fixture(name: &str) -> Vec<u8> {
    let formats = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/audio/formats");
    std::fs::read(formats.join(name)).unwrap()
}

fn decode(bytes: &[u8], rate_hz: u32) -> DecodedAudio {
    decode_bytes("x", bytes.to_vec(), rate_hz).unwrap()
}

/// Where clusters begin.
fn clusters(file: &[u8]) -> Vec<usize> {
    (0..file.len()).filter(|at| file[*at..].starts_with(&CLUSTER)).collect()
}

/// An element of less than 127 bytes.
fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
    [id, &[0x80 | body.len() as u8], body].concat()
}

#[test]
fn a_damaged_cluster_becomes_silence_of_its_length() {
    let file = fixture("opus_in_webm.webm");
    let whole = decode(&file, 48_000);
    let at = clusters(&file);
    assert!(at.len() >= 6, "{at:?}");
    let mut damaged = file.clone();
    damaged[at[3]..at[4]].fill(0x55);
    let holed = decode(&damaged, 48_000);
    let frames = whole.channels[0].len();
    // The times of blocks are whole milliseconds.
    assert!(holed.channels[0].len().abs_diff(frames) <= 48, "{}", holed.channels[0].len());
    assert!(
        holed.warnings.iter().any(|warning| warning.contains("silence")),
        "{:?}",
        holed.warnings
    );
    let same = holed.channels[0].iter().zip(&whole.channels[0]).take_while(|(a, b)| a == b).count();
    assert!((10_000..16_000).contains(&same), "{same}");
    let silent = holed.channels[0][same..].iter().take_while(|sample| **sample == 0.0).count();
    assert!(silent.abs_diff(4800) <= 1000, "{silent}");
}

#[test]
fn a_file_that_is_cut_gives_its_beginning_with_a_warning() {
    for name in ["opus_in_webm.webm", "opus_from_pipe.webm"] {
        let file = fixture(name);
        let whole = decode(&file, 48_000);
        let cut = decode(&file[..file.len() * 2 / 3], 48_000);
        let frames = cut.channels[0].len();
        assert!((15_000..30_000).contains(&frames), "{name}: {frames}");
        assert!(cut.channels[0] == whole.channels[0][..frames], "{name}");
        assert!(cut.warnings.iter().any(|w| w.contains("truncated")), "{name}: {:?}", cut.warnings);
    }
}

#[test]
fn what_follows_damage_keeps_its_time_in_codecs_without_lengths_of_their_own() {
    // Blocks of 10 ms, of which three are damaged.
    let cluster = |block: u8| {
        let time = element(&[0xe7], &[10 * block]);
        let data = simple_block(1, 0x80, &[block + 100; 80]);
        [&CLUSTER[..], &[0xff], &time, &data].concat()
    };
    let mut clusters: Vec<Vec<u8>> = (0..20).map(cluster).collect();
    let whole = decode(&matroska(&[track(1, 2, &[])], &clusters), 8000);
    assert_eq!(whole.channels[0].len(), 1600);
    for damaged in &mut clusters[10..13] {
        damaged.fill(0);
    }
    let audio = decode(&matroska(&[track(1, 2, &[])], &clusters), 8000);
    assert_eq!(audio.channels[0][..800], whole.channels[0][..800]);
    assert_eq!(audio.channels[0][800..1040], [0.0; 240]);
    assert_eq!(audio.channels[0][1040..], whole.channels[0][1040..]);
    assert_eq!(audio.warnings.len(), 1, "{:?}", audio.warnings);
    assert!(audio.warnings[0].contains("silence fills 1 gap"), "{:?}", audio.warnings);
}

#[test]
fn damage_in_the_last_cluster_is_told_of() {
    let file = fixture("opus_in_webm.webm");
    let last = *clusters(&file).last().unwrap();
    let mut damaged = file.clone();
    damaged[last + 60..].fill(0);
    let audio = decode(&damaged, 48_000);
    assert!(audio.channels[0].len() < decode(&file, 48_000).channels[0].len());
    assert_eq!(audio.warnings.len(), 1, "{:?}", audio.warnings);
}

#[test]
fn elements_that_are_not_known_and_bytes_at_the_end_do_not_matter() {
    let file = fixture("opus_from_pipe.webm");
    let whole = decode(&file, 48_000);
    let at = clusters(&file)[0];
    let void = element(&[0xec], &[0; 40]);
    let foreign = element(&[0x4d, 0xbc], &[1; 9]);
    let padded = [&file[..at], &void, &foreign, &file[at..], b"TAG", &[0; 125]].concat();
    let audio = decode(&padded, 48_000);
    assert!(audio.channels == whole.channels);
    assert_eq!(audio.warnings, [] as [String; 0]);
}

/// A track of 8 bit PCM at 8 kHz.
fn track(number: u8, kind: u8, extra: &[u8]) -> Vec<u8> {
    let sound = [
        element(&[0xb5], &8000_f32.to_be_bytes()),
        element(&[0x9f], &[1]),
        element(&[0x62, 0x64], &[8]),
    ];
    let entry = [
        element(&[0xd7], &[number]),
        element(&[0x83], &[kind]),
        element(&[0x86], b"A_PCM/INT/LIT"),
        element(&[0xe1], &sound.concat()),
        extra.to_vec(),
    ];
    element(&[0xae], &entry.concat())
}

/// A file of these tracks and blocks, as from a pipe.
fn matroska(tracks: &[Vec<u8>], blocks: &[Vec<u8>]) -> Vec<u8> {
    let mut file = element(&[0x1a, 0x45, 0xdf, 0xa3], &[]);
    file.extend([0x18, 0x53, 0x80, 0x67, 0xff]);
    let tracks = tracks.concat();
    file.extend([0x16, 0x54, 0xae, 0x6b, 0x40, tracks.len() as u8]);
    file.extend(tracks);
    file.extend(CLUSTER);
    file.push(0xff);
    file.extend(element(&[0xe7], &[0]));
    file.extend(blocks.concat());
    file
}

/// An element of any length.
fn long_element(id: &[u8], body: &[u8]) -> Vec<u8> {
    let size = 0x1000_0000 | body.len() as u32;
    [id, &size.to_be_bytes(), body].concat()
}

#[test]
fn a_damaged_packet_of_alac_is_silence_with_a_warning() {
    // The packet of a file three times.
    let file = fixture("alac_in_matroska.mka");
    let find = |bytes: &[u8]| file.windows(bytes.len()).position(|window| window == bytes).unwrap();
    let private = find(&[0x63, 0xa2, 0x98]) + 3;
    let private = &file[private..private + 24];
    let block = find(&[0x81, 0, 0, 0x80]) + 4;
    let packet = &file[block..];
    let end = packet.windows(4).position(|window| window == [0x1c, 0x53, 0xbb, 0x6b]);
    let packet = &packet[..end.unwrap_or(packet.len())];
    let sound = [
        element(&[0xb5], &44_100_f32.to_be_bytes()),
        element(&[0x9f], &[2]),
        element(&[0x62, 0x64], &[16]),
    ];
    let entry = [
        element(&[0xd7], &[1]),
        element(&[0x83], &[2]),
        element(&[0x86], b"A_ALAC"),
        element(&[0x63, 0xa2], private),
        element(&[0xe1], &sound.concat()),
    ];
    let tracks = [element(&[0xae], &entry.concat())];
    let block = |packet: &[u8]| long_element(&[0xa3], &[&[0x81, 0, 0, 0x80], packet].concat());
    let whole = decode(&matroska(&tracks, &[block(packet), block(packet), block(packet)]), 44_100);
    assert_eq!((whole.channels[0].len(), whole.warnings.len()), (3 * 882, 0));
    for at in [60, 400, 1000, packet.len() - 60] {
        let mut damaged = packet.to_vec();
        damaged[at..at + 40].fill(0);
        let blocks = [block(packet), block(&damaged), block(packet)];
        let audio = decode(&matroska(&tracks, &blocks), 44_100);
        assert_eq!(audio.warnings.len(), 1, "{:?}", audio.warnings);
        assert!(audio.warnings[0].contains("silence replaces 1 damaged packet"));
        let found = &audio.channels[0];
        assert_eq!(found[..882], whole.channels[0][..882]);
        assert_eq!(found[882..1764], [0.0; 882]);
        assert_eq!(found[1764..], whole.channels[0][1764..]);
    }
    // The first of the packets is silence of the length that the configuration tells.
    let mut damaged = packet.to_vec();
    damaged[400..440].fill(0);
    let blocks = [block(&damaged), block(packet), block(packet)];
    let audio = decode(&matroska(&tracks, &blocks), 44_100);
    assert_eq!(audio.channels[0].len(), 4096 + 2 * 882);
    assert_eq!(audio.channels[0][4096..], whole.channels[0][882..]);
}

fn simple_block(track: u8, flags: u8, data: &[u8]) -> Vec<u8> {
    element(&[0xa3], &[&[0x80 | track, 0, 0, flags], data].concat())
}

#[test]
fn the_first_track_with_sound_is_decoded_and_others_are_told_of() {
    let blocks = [
        simple_block(1, 0x80, &[9; 20]),
        simple_block(3, 0x80, &[7; 20]),
        simple_block(2, 0x80, &[128, 192]),
        // Three frames of one byte.
        simple_block(2, 0x84, &[2, 0, 64, 128]),
    ];
    let file = matroska(&[track(1, 1, &[]), track(2, 2, &[]), track(3, 2, &[])], &blocks);
    let audio = decode(&file, 8000);
    assert_eq!(audio.channels, [[0.0, 0.5, -1.0, -0.5, 0.0]]);
    assert_eq!(audio.codec, "pcm_u8");
    assert_eq!(audio.warnings.len(), 1, "{:?}", audio.warnings);
    assert!(audio.warnings[0].contains("2 audio tracks"));
    let silent = matroska(&[track(1, 1, &[])], &blocks);
    let error = decode_bytes("x", silent, 8000).unwrap_err();
    assert!(matches!(error, DecodeError::NoAudioTrack { .. }), "{error:?}");
}

#[test]
fn delay_and_padding_are_cut() {
    // 1 ms at the start; 0.25 ms at the end, in a group.
    let delay = element(&[0x56, 0xaa], &1_000_000_u32.to_be_bytes());
    let last = [
        element(&[0x75, 0xa2], &250_000_u32.to_be_bytes()),
        element(&[0xa1], &[0x81, 0, 0, 0, 192, 192, 1, 1]),
    ];
    let blocks = [simple_block(1, 0x80, &[1; 10]), element(&[0xa0], &last.concat())];
    let audio = decode(&matroska(&[track(1, 2, &delay)], &blocks), 8000);
    let least = -127.0 / 128.0;
    assert_eq!(audio.channels, [[least, least, 0.5, 0.5]]);
}

/// The encodings of a track: one, with these elements.
fn encodings(elements: &[Vec<u8>]) -> Vec<u8> {
    element(&[0x6d, 0x80], &element(&[0x62, 0x40], &elements.concat()))
}

fn compression(algorithm: u8) -> Vec<u8> {
    let settings = [element(&[0x42, 0x54], &[algorithm]), element(&[0x42, 0x55], &[192])];
    element(&[0x50, 0x34], &settings.concat())
}

#[test]
fn stripped_bytes_are_put_back_and_packed_frames_are_named() {
    let blocks = [simple_block(1, 0x80, &[128, 64])];
    let of = |elements: &[Vec<u8>]| matroska(&[track(1, 2, &encodings(elements))], &blocks);
    let stripped = decode(&of(&[compression(3)]), 8000);
    assert_eq!(stripped.channels, [[0.5, 0.0, -0.5]]);
    // Only what describes the track is packed.
    let private = decode(&of(&[element(&[0x50, 0x32], &[2]), compression(3)]), 8000);
    assert_eq!(private.channels, [[0.0, -0.5]]);
    for (algorithm, name) in [(0, "zlib"), (1, "bzip2"), (2, "LZO")] {
        let error = decode_bytes("x", of(&[compression(algorithm)]), 8000).unwrap_err();
        let format = error.unread_format().unwrap_or_default();
        assert!(format.starts_with("Matroska") && format.contains(name), "{error}");
    }
}

#[test]
fn an_encrypted_track_is_refused_by_name_unless_another_one_is_in_clear() {
    let blocks = [simple_block(1, 0x80, &[128, 64]), simple_block(2, 0x80, &[192, 128])];
    let (kind, cipher) = (element(&[0x50, 0x33], &[1]), element(&[0x47, 0xe1], &[5]));
    for elements in
        [vec![kind.clone()], vec![element(&[0x50, 0x35], &cipher)], vec![kind, compression(3)]]
    {
        let encrypted = track(1, 2, &encodings(&elements));
        let error = decode_bytes("x", matroska(std::slice::from_ref(&encrypted), &blocks), 8000)
            .unwrap_err();
        assert!(matches!(error, DecodeError::Encrypted { .. }), "{error:?}");
        assert!(error.unread_format().is_none());
        let audio = decode(&matroska(&[encrypted, track(2, 2, &[])], &blocks), 8000);
        assert_eq!(audio.channels, [[0.5, 0.0]]);
        assert!(audio.warnings[0].contains("encrypted"), "{:?}", audio.warnings);
    }
}
