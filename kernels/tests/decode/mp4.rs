//! MP4, M4A and QuickTime: every codec against what ffmpeg decodes the same file to, and the boxes that say where
//! the music begins and how its samples are stored.
//!
//! The files of `fixtures/audio/mp4` are made by `fixtures/audio/make_mp4.sh`.

use std::path::PathBuf;

use tactus_kernels::decode::{DecodeError, DecodedAudio, decode, decode_bytes};

fn fixtures(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/audio").join(folder)
}

/// Decodes a file of `fixtures/audio/mp4` at its own rate.
fn decoded(name: &str, rate_hz: u32) -> DecodedAudio {
    decode(&fixtures("mp4").join(name), rate_hz).unwrap()
}

#[test]
fn every_codec_gives_the_samples_of_ffmpeg() {
    let table = std::fs::read_to_string(fixtures("mp4").join("expected.tsv")).unwrap();
    assert!(table.lines().count() >= 35);
    for line in table.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let (name, number) = (fields[0], |at: usize| fields[at].parse::<usize>().unwrap());
        let (frames, channels, head, tail) = (number(1), number(2), number(4), number(5));
        let audio = decoded(name, number(3) as u32);
        assert_eq!(audio.source_sample_rate_hz as usize, number(3), "{name}");
        assert_eq!(audio.warnings, [] as [String; 0], "{name}");
        assert_eq!(audio.channels.len(), channels, "{name}");
        assert_eq!(audio.channels[0].len(), frames, "{name}");
        let bytes = std::fs::read(fixtures("mp4").join(format!("{name}.f32"))).unwrap();
        let (values, _) = bytes.as_chunks::<4>();
        let lossless = ["pcm_", "adpcm_", "alac", "flac", "fragments_flac", "video_timecode"];
        let exact = lossless.iter().any(|prefix| name.starts_with(prefix));
        // Measured: 2e-7 for AAC, 2e-6 for MP3. A shift by one sample costs over 0.1.
        let tolerance = if exact { 0.0 } else { 5e-6 };
        for (row, frame) in (0..head).chain(frames - tail..frames).enumerate() {
            for channel in 0..channels {
                let expected = f32::from_le_bytes(values[row * channels + channel]);
                let difference = (audio.channels[channel][frame] - expected).abs();
                assert!(difference <= tolerance, "{name}: {difference} at {frame}, {channel}");
            }
        }
    }
}

// ---- Files from their parts ----

fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes(), &kind[..], body].concat()
}

/// A box whose contents are numbers of 32 bits: version and flags first.
fn table(kind: &[u8; 4], words: &[u32]) -> Vec<u8> {
    boxed(kind, &words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>())
}

/// A file with one sound track.
#[derive(Clone)]
struct File {
    entry: Vec<u8>,
    /// Units of the track's time a second, and of a sample.
    scale: u32,
    sample_units: u32,
    /// Sizes of the samples; of all, with their number, where they have one.
    sizes: Result<Vec<u32>, (u32, u32)>,
    data: Vec<u8>,
    /// Boxes of the track in addition to `mdia`, of the sample table, and of the movie.
    edits: Vec<u8>,
    user: Vec<u8>,
    movie_scale: u32,
    /// Whether the header comes first.
    header_first: bool,
}

impl File {
    fn header(&self, offset: u32) -> Vec<u8> {
        let (sizes, count) = match &self.sizes {
            Ok(sizes) => {
                let count = sizes.len() as u32;
                ([&[0, 0, count][..], sizes].concat(), count)
            }
            Err((size, count)) => (vec![0, *size, *count], *count),
        };
        let stbl = [
            boxed(b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &self.entry].concat()),
            table(b"stts", &[0, 1, count, self.sample_units]),
            table(b"stsc", &[0, 1, 1, count, 1]),
            table(b"stsz", &sizes),
            table(b"stco", &[0, 1, offset]),
        ]
        .concat();
        let mdia = [
            table(b"mdhd", &[0, 0, 0, self.scale, count * self.sample_units, 0]),
            boxed(b"hdlr", &[&[0; 8][..], b"soun", &[0; 13]].concat()),
            boxed(b"minf", &boxed(b"stbl", &stbl)),
        ]
        .concat();
        let trak = [table(b"tkhd", &[7, 0, 0, 1, 0]), self.edits.clone(), boxed(b"mdia", &mdia)];
        let movie = table(b"mvhd", &[0, 0, 0, self.movie_scale, 0]);
        boxed(b"moov", &[movie, boxed(b"trak", &trak.concat()), self.user.clone()].concat())
    }

    fn bytes(&self) -> Vec<u8> {
        let (brand, data) = (boxed(b"ftyp", b"M4A \0\0\0\0"), boxed(b"mdat", &self.data));
        let before = brand.len() as u32 + 8;
        if self.header_first {
            let header = self.header(0).len() as u32;
            [brand, self.header(before + header), data].concat()
        } else {
            [brand, data, self.header(before)].concat()
        }
    }

    fn decode(&self) -> DecodedAudio {
        decode_bytes("x", self.bytes(), 44_100).unwrap()
    }

    fn with_edits(&self, edits: &[(u32, i32)]) -> File {
        let mut words = vec![0, edits.len() as u32];
        edits.iter().for_each(|(length, start)| words.extend([*length, *start as u32, 0x1_0000]));
        File { edits: boxed(b"edts", &table(b"elst", &words)), ..self.clone() }
    }
}

/// A sound description of version 0.
fn description(kind: &[u8; 4], channels: u16, bits: u16, rate_hz: u32, more: &[u8]) -> Vec<u8> {
    let mut body = vec![0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    body.extend([channels, bits, 0, 0].iter().flat_map(|field| field.to_be_bytes()));
    body.extend((rate_hz << 16).to_be_bytes());
    boxed(kind, &[&body[..], more].concat())
}

fn esds(object: u8, config: &[u8]) -> Vec<u8> {
    let tagged = |tag: u8, body: &[u8]| [&[tag, body.len() as u8], body].concat();
    let decoder = [&[object, 0x15][..], &[0; 11], &tagged(5, config)].concat();
    let stream = [&[0, 1, 0][..], &tagged(4, &decoder)].concat();
    boxed(b"esds", &[&[0; 4][..], &tagged(3, &stream)].concat())
}

/// AAC-LC: the access units of `aac.aac`, 44.1 kHz stereo.
fn aac() -> File {
    let adts = std::fs::read(fixtures("formats").join("aac.aac")).unwrap();
    let (mut sizes, mut data, mut at) = (Vec::new(), Vec::new(), 0);
    while at + 7 <= adts.len() {
        let size = (adts[at + 3] as usize & 3) << 11
            | (adts[at + 4] as usize) << 3
            | adts[at + 5] as usize >> 5;
        sizes.push(size as u32 - 7);
        data.extend(&adts[at + 7..at + size]);
        at += size;
    }
    File {
        entry: description(b"mp4a", 2, 16, 44_100, &esds(0x40, &[0x12, 0x10])),
        scale: 44_100,
        sample_units: 1024,
        sizes: Ok(sizes),
        data,
        edits: Vec::new(),
        user: Vec::new(),
        movie_scale: 1000,
        header_first: true,
    }
}

/// PCM: 300 frames of two channels, `bytes` a frame.
fn pcm(entry: Vec<u8>, data: Vec<u8>) -> File {
    let bytes = (data.len() / 300) as u32;
    File { entry, sample_units: 1, sizes: Err((bytes, 300)), data, ..aac() }
}

/// The samples of [`pcm`], interleaved, at the top of 32 bits: bits below the 24th are zero.
fn integers() -> Vec<i32> {
    (0..600_u32).map(|n| (n.wrapping_mul(0x9e37_79b9) & 0xffff_ff00) as i32).collect()
}

/// Bytes `from` to `to` of the big-endian integers, or, reversed, of the little-endian ones.
fn packed(width: usize, little: bool) -> Vec<u8> {
    let cut = |value: i32| {
        let mut bytes = value.to_be_bytes()[..width].to_vec();
        if little {
            bytes.reverse();
        }
        bytes
    };
    integers().into_iter().flat_map(cut).collect()
}

fn floats(width: usize, little: bool) -> Vec<u8> {
    let one = |value: i32| {
        let value = f64::from(value >> 8) / 8_388_608.0;
        let mut bytes = match width {
            4 => (value as f32).to_be_bytes().to_vec(),
            _ => value.to_be_bytes().to_vec(),
        };
        if little {
            bytes.reverse();
        }
        bytes
    };
    integers().into_iter().flat_map(one).collect()
}

/// What integers of `width` bytes are as floats.
fn expected(width: usize) -> [Vec<f32>; 2] {
    let scale = |value: i32| {
        (f64::from(value >> (32 - 8 * width)) / 2_f64.powi(8 * width as i32 - 1)) as f32
    };
    let channel = |first: usize| integers().into_iter().skip(first).step_by(2).map(scale).collect();
    [channel(0), channel(1)]
}

// ---- PCM ----

fn assert_pcm(what: &str, file: &File, width: usize) {
    let audio = file.decode();
    assert_eq!(audio.warnings, [] as [String; 0], "{what}");
    assert_eq!(audio.channels, expected(width), "{what}");
}

#[test]
fn quicktime_pcm_is_read_in_its_byte_order_and_width() {
    let plain = |kind, bits| description(kind, 2, bits, 44_100, &[]);
    for (kind, bits, width, little) in [
        (b"twos", 8, 1, false),
        (b"twos", 16, 2, false),
        (b"twos", 24, 3, false),
        (b"sowt", 8, 1, true),
        (b"sowt", 16, 2, true),
        (b"sowt", 24, 3, true),
        (b"raw ", 16, 2, false),
        (b"in24", 24, 3, false),
        (b"in32", 32, 4, false),
    ] {
        let what = format!("{} of {bits} bits", kind.escape_ascii());
        assert_pcm(&what, &pcm(plain(kind, bits), packed(width, little)), width.min(3));
    }
    assert_pcm("fl32", &pcm(plain(b"fl32", 32), floats(4, false)), 3);
    assert_pcm("fl64", &pcm(plain(b"fl64", 64), floats(8, false)), 3);
    let unsigned: Vec<u8> = packed(1, false).iter().map(|byte| byte ^ 0x80).collect();
    assert_pcm("raw", &pcm(plain(b"raw ", 8), unsigned), 1);
}

#[test]
fn the_byte_order_of_a_sound_description_of_version_1_counts() {
    for (kind, width, float) in
        [(b"in24", 3, false), (b"in32", 4, false), (b"fl32", 4, true), (b"fl64", 8, true)]
    {
        for little in [false, true] {
            let more = [1, width, 2 * width, 2].map(|field: u32| field.to_be_bytes()).concat();
            let enda = boxed(b"enda", &[0, u8::from(little)]);
            let wave =
                boxed(b"wave", &[boxed(b"frma", kind), enda, table(b"\0\0\0\0", &[])].concat());
            let mut entry = description(kind, 2, 16, 44_100, &[more, wave].concat());
            entry[17] = 1;
            let width = width as usize;
            let data = if float { floats(width, little) } else { packed(width, little) };
            assert_pcm(&format!("{} {little}", kind.escape_ascii()), &pcm(entry, data), 3);
        }
    }
}

#[test]
fn the_flags_of_a_sound_description_of_version_2_count() {
    const FLOAT: u32 = 1;
    const BIG: u32 = 2;
    const SIGNED: u32 = 4;
    const HIGH: u32 = 16;
    for (bits, flags, bytes, data, width) in [
        (8, SIGNED, 1, packed(1, true), 1),
        (16, SIGNED, 2, packed(2, true), 2),
        (16, SIGNED | BIG, 2, packed(2, false), 2),
        (24, SIGNED, 3, packed(3, true), 3),
        (24, SIGNED | BIG, 3, packed(3, false), 3),
        (24, SIGNED | BIG | HIGH, 4, packed(4, false), 3),
        (32, SIGNED | BIG, 4, packed(4, false), 3),
        (32, FLOAT, 4, floats(4, true), 3),
        (32, FLOAT | BIG, 4, floats(4, false), 3),
        (64, FLOAT | BIG, 8, floats(8, false), 3),
    ] {
        let mut fields = 72_u32.to_be_bytes().to_vec();
        fields.extend(96_000_f64.to_be_bytes());
        fields.extend([2, 0x7f00_0000, bits, flags, 2 * bytes, 1].map(u32::to_be_bytes).concat());
        let mut entry = description(b"lpcm", 3, 16, 1, &fields);
        entry[17] = 2;
        let file = File { scale: 96_000, ..pcm(entry, data) };
        let audio = decode_bytes("x", file.bytes(), 96_000).unwrap();
        assert_eq!(audio.source_sample_rate_hz, 96_000);
        assert_eq!(audio.channels, expected(width), "{bits} bits, flags {flags}");
    }
}

#[test]
fn pcm_of_iso_files_is_read_in_its_byte_order_and_width() {
    for (kind, bits, little, data, width) in [
        (b"ipcm", 16, true, packed(2, true), 2),
        (b"ipcm", 24, false, packed(3, false), 3),
        (b"ipcm", 32, true, packed(4, true), 3),
        (b"fpcm", 32, true, floats(4, true), 3),
        (b"fpcm", 64, false, floats(8, false), 3),
    ] {
        let config = boxed(b"pcmC", &[0, 0, 0, 0, u8::from(little), bits]);
        let entry = description(kind, 2, u16::from(bits), 44_100, &config);
        assert_pcm(&format!("{} {bits}", kind.escape_ascii()), &pcm(entry, data), width);
    }
}

#[test]
fn old_pcm_files_say_one_byte_a_sample_and_mean_a_frame() {
    let entry = description(b"twos", 2, 16, 44_100, &[]);
    let file = File { sizes: Err((1, 300)), ..pcm(entry, packed(2, false)) };
    assert_pcm("twos", &file, 2);
}

// ---- Where the music begins and ends ----

#[test]
fn an_edit_list_begins_at_its_frame_and_ends_with_an_access_unit() {
    let whole = aac().decode();
    let frames = whole.channels[0].len();
    for (edits, from, to) in [
        (&[(700, 1024)][..], 1024, 1024 * 32),
        (&[(700, 1500)], 1500, 1024 * 32),
        (&[(300, 1500)], 1500, 1024 * 15),
        (&[(9000, 1500)], 1500, frames),
        (&[(0, 1500)], 1500, frames),
        // An empty edit delays the track within a film, which is not ours to do.
        (&[(500, -1), (9000, 1500)], 1500, frames),
    ] {
        let audio = aac().with_edits(edits).decode();
        assert_eq!(audio.warnings, [] as [String; 0], "{edits:?}");
        for (channel, all) in audio.channels.iter().zip(&whole.channels) {
            assert_eq!(channel, &all[from..to], "{edits:?}");
        }
    }
}

#[test]
fn an_edit_list_of_version_1_is_read() {
    let whole = aac().decode();
    let mut list = vec![1, 0, 0, 0, 0, 0, 0, 1];
    list.extend(9000_u64.to_be_bytes());
    list.extend(1500_u64.to_be_bytes());
    list.extend([0, 1, 0, 0]);
    let edits = boxed(b"edts", &boxed(b"elst", &list));
    let audio = File { edits, ..aac() }.decode();
    assert_eq!(audio.channels[1], whole.channels[1][1500..]);
}

#[test]
fn an_edit_list_is_scaled_where_the_time_scale_is_not_the_sample_rate() {
    let whole = aac().decode();
    for (scale, unit, start) in [(22_050, 512, 512), (88_200, 2048, 2048), (11_025, 256, 256)] {
        let file = File { scale, sample_units: unit, ..aac() }.with_edits(&[(9000, start)]);
        let audio = file.decode();
        assert_eq!(audio.channels[0], whole.channels[0][1024..], "{scale}");
    }
}

#[test]
fn several_edits_are_played_one_after_the_other() {
    let whole = aac().decode();
    // Ends behind access units 9 and 24: 200 ms are 8820 frames.
    let audio = aac().with_edits(&[(200, 1500), (200, 15_360)]).decode();
    let parts = [&whole.channels[0][1500..11_264], &whole.channels[0][15_360..24_576]].concat();
    assert_eq!(audio.channels[0].len(), parts.len());
    let other = audio.channels[0].iter().zip(&parts).position(|(ours, expected)| ours != expected);
    assert_eq!(other, None);
    assert_eq!(audio.warnings, [] as [String; 0]);
}

#[test]
fn the_itunes_note_goes_before_the_edit_list() {
    let whole = aac().decode();
    let note = b" 00000000 000004B0 00000000 0000000000007530 00000000 00000000 00000000 00000000";
    let item = [
        boxed(b"mean", b"\0\0\0\0com.apple.iTunes"),
        boxed(b"name", b"\0\0\0\0iTunSMPB"),
        boxed(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0], &note[..]].concat()),
    ]
    .concat();
    let list = boxed(b"ilst", &boxed(b"----", &item));
    let user = boxed(b"udta", &boxed(b"meta", &[&[0; 4][..], &list].concat()));
    let audio = File { user, ..aac() }.with_edits(&[(9000, 1024)]).decode();
    assert_eq!(audio.channels[0], whole.channels[0][1200..31_200]);
}

#[test]
fn a_start_that_ffmpeg_counts_in_another_way_is_told() {
    let file = File { scale: 88_200, sample_units: 2048, ..aac() }.with_edits(&[(9000, 3000)]);
    let (audio, whole) = (file.decode(), aac().decode());
    assert_eq!(audio.channels[0], whole.channels[0][1500..]);
    assert!(
        matches!(&audio.warnings[..], [text] if text.contains("1500") && text.contains("3000"))
    );
}

#[test]
fn access_units_without_channels_stand_for_no_time() {
    let whole = aac().decode();
    // Fill of 2 bytes and the end, as libfaac begins; at the end as well.
    let fill = [0b1100_0100, 0xaa, 0xab, 0b1100_0000];
    let mut file = aac();
    file.data = [&fill, &file.data[..], &fill].concat();
    file.sizes = file.sizes.map(|sizes| [&[4][..], &sizes, &[4]].concat());
    assert_eq!(file.decode().channels, whole.channels);
}

#[test]
fn the_first_block_of_libfaac_is_passed_over() {
    let whole = aac().decode();
    let mut file = aac();
    let sizes = file.sizes.clone().unwrap();
    // A fill element of 16 bytes: its kind, 13 bits, the name, 7 bits; then the access unit.
    let mut bits = vec![true, true, false, true, true, true, true];
    let mut push =
        |byte: u8, count: u8| bits.extend((0..count).rev().map(|bit| byte >> bit & 1 == 1));
    push(2, 8);
    [8, 8, 1].into_iter().for_each(|count| push(0, count));
    b"libfaac 1.28\0".iter().for_each(|byte| push(*byte, 8));
    push(0, 7);
    file.data[..sizes[0] as usize].iter().for_each(|byte| push(*byte, 8));
    let named: Vec<u8> = bits
        .chunks(8)
        .map(|byte| (0..8).fold(0, |sum, at| sum << 1 | u8::from(*byte.get(at).unwrap_or(&false))))
        .collect();
    file.data.splice(..sizes[0] as usize, named.iter().copied());
    file.sizes = Ok([&[named.len() as u32], &sizes[1..]].concat());
    let audio = file.decode();
    assert_eq!(audio.warnings, [] as [String; 0]);
    for (channel, whole) in audio.channels.iter().zip(&whole.channels) {
        assert_eq!(channel[..], whole[1024..]);
    }
    assert_eq!(file.with_edits(&[(9000, 0)]).decode().channels, audio.channels);
    // Not where an edit list says where the music begins.
    let edited = file.with_edits(&[(9000, 1500)]).decode();
    assert_eq!(edited.channels[0], whole.channels[0][1500..]);
}

// ---- Boxes and bytes around the track ----

#[test]
fn what_follows_the_last_box_is_no_damage() {
    let whole = aac().decode();
    let intact = aac().bytes();
    let free = boxed(b"free", &[7; 50]);
    for tail in
        [&[0; 100][..], &[0, 0, 1], &[0xff; 333], &free, b"TAG0123456789", b"\0\0\x13\x88freeabc"]
    {
        let audio = decode_bytes("x", [&intact[..], tail].concat(), 44_100).unwrap();
        assert_eq!(audio, whole, "{tail:?}");
    }
}

#[test]
fn the_header_may_come_last_and_the_samples_have_an_open_size() {
    let whole = aac().decode();
    assert_eq!(File { header_first: false, ..aac() }.decode(), whole);
    let mut open = aac().bytes();
    let at = open.windows(4).position(|kind| kind == b"mdat").unwrap();
    open[at - 4..at].fill(0);
    assert_eq!(decode_bytes("x", open, 44_100).unwrap(), whole);
    let mut wide = File { header_first: false, ..aac() }.bytes();
    wide.splice(16..16, boxed(b"wide", &[]).into_iter().chain(boxed(b"free", &[1; 20])));
    let at = wide.windows(4).position(|kind| kind == b"stco").unwrap() + 12;
    let offset = u32::from_be_bytes(wide[at..at + 4].try_into().unwrap()) + 36;
    wide[at..at + 4].copy_from_slice(&offset.to_be_bytes());
    assert_eq!(decode_bytes("x", wide, 44_100).unwrap(), whole);
}

#[test]
fn a_cut_file_gives_what_is_there_and_says_so() {
    let whole = aac().decode();
    let intact = aac().bytes();
    let audio = decode_bytes("x", intact[..intact.len() - 3000].to_vec(), 44_100).unwrap();
    let frames = audio.channels[0].len();
    assert!((10_000..whole.channels[0].len()).contains(&frames), "{frames}");
    assert_eq!(audio.channels[0], whole.channels[0][..frames]);
    assert!(audio.warnings[0].contains("truncated"), "{:?}", audio.warnings);
    let headless = File { header_first: false, ..aac() }.bytes();
    let error = decode_bytes("x", headless[..5000].to_vec(), 44_100).unwrap_err();
    assert!(error.to_string().contains("moov"), "{error}");
}

#[test]
fn codecs_that_are_not_read_are_named() {
    for (kind, name) in [
        (b"ac-3", "ac3"),
        (b"ec-3", "eac3"),
        (b"dtsc", "dts"),
        (b"samr", "AMR"),
        (b"QDM2", "QDM2"),
        (b"wxyz", "wxyz"),
    ] {
        let entry = description(kind, 2, 16, 44_100, &[]);
        let error = decode_bytes("x", File { entry, ..aac() }.bytes(), 44_100).unwrap_err();
        assert!(matches!(error, DecodeError::Codec { .. }), "{error:?}");
        assert!(error.to_string().contains(name), "{error}");
    }
    // xHE-AAC: object type 42, escaped.
    let entry = description(b"mp4a", 2, 16, 44_100, &esds(0x40, &[0xf9, 0x48, 0x84, 0x20]));
    let error = decode_bytes("x", File { entry, ..aac() }.bytes(), 44_100).unwrap_err();
    assert!(error.to_string().contains("xHE-AAC"), "{error}");
}

/// Checks that `bytes` are refused as encrypted, and not given to another program.
fn assert_encrypted(what: &str, bytes: Vec<u8>) {
    let error = decode_bytes("x", bytes, 44_100).unwrap_err();
    assert!(matches!(error, DecodeError::Encrypted { .. }), "{what}: {error:?}");
    assert!(error.unread_format().is_none(), "{what}");
}

#[test]
fn encrypted_sound_is_refused_by_name_however_it_is_announced() {
    for kind in [b"enca", b"drms", b"aavd"] {
        let entry = description(kind, 2, 16, 44_100, &[]);
        assert_encrypted(&String::from_utf8_lossy(kind), File { entry, ..aac() }.bytes());
    }
    let esds = esds(0x40, &[0x12, 0x10]);
    // The original format stays in place; the scheme follows it.
    let scheme = boxed(b"sinf", &boxed(b"frma", b"mp4a"));
    let piff = [
        0x89, 0x74, 0xdb, 0xce, 0x7b, 0xe7, 0x4c, 0x51, 0x84, 0xf9, 0x71, 0x48, 0xf9, 0x88, 0x25,
        0x54,
    ];
    for more in
        [scheme.clone(), boxed(b"wave", &scheme), boxed(b"uuid", &[&piff[..], &[0; 24]].concat())]
    {
        let entry = description(b"mp4a", 2, 16, 44_100, &[esds.clone(), more].concat());
        assert_encrypted("mp4a", File { entry, ..aac() }.bytes());
    }
    // Some seconds in clear come first.
    let entry = [aac().entry, description(b"enca", 2, 16, 44_100, &esds)].concat();
    assert_encrypted("second description", File { entry, ..aac() }.bytes());
}

/// A file in fragments, of the first two access units each; `more` is in each fragment of a track.
fn fragmented(more: &[&[u8]]) -> Vec<u8> {
    let whole = aac();
    let sizes = &whole.sizes.clone().unwrap()[..2];
    let data = &whole.data[..(sizes[0] + sizes[1]) as usize];
    let extends = boxed(b"mvex", &table(b"trex", &[0, 1, 1, 1024, 0, 0]));
    let mut file = File { sizes: Ok(Vec::new()), user: extends, ..whole.clone() }.header(0);
    for more in more {
        let run = |offset: u32| {
            let head = table(b"tfhd", &[0x2_0000, 1]);
            let run = table(b"trun", &[0x201, 2, offset, sizes[0], sizes[1]]);
            boxed(b"moof", &boxed(b"traf", &[&head[..], more, &run].concat()))
        };
        let offset = run(0).len() as u32 + 8;
        file.extend([run(offset), boxed(b"mdat", data)].concat());
    }
    file
}

#[test]
fn encryption_that_only_fragments_tell_of_is_refused_too() {
    let piff = [
        0xa2, 0x39, 0x4f, 0x52, 0x5a, 0x9b, 0x4f, 0x14, 0xa2, 0x44, 0x6c, 0x42, 0x7c, 0x64, 0x8d,
        0xf4,
    ];
    let vectors = [&[0, 0, 0, 2][..], &[7; 16]].concat();
    let senc = boxed(b"senc", &[&[0; 4][..], &vectors].concat());
    let old = boxed(b"uuid", &[&piff[..], &[0; 4], &vectors].concat());
    let clear = decode_bytes("x", fragmented(&[&[], &[]]), 44_100).unwrap();
    assert_eq!((clear.channels[0].len(), clear.warnings.len()), (4096, 0), "{:?}", clear.warnings);
    assert_encrypted("senc", fragmented(&[&senc]));
    assert_encrypted("PIFF", fragmented(&[&old, &old]));
    // No samples: nothing is encrypted.
    let none = boxed(b"senc", &[0; 8]);
    assert!(decode_bytes("x", fragmented(&[&none]), 44_100).is_ok());
    let later = decode_bytes("x", fragmented(&[&[], &senc]), 44_100).unwrap();
    assert_eq!(later.channels[0].len(), 2048);
    assert!(later.warnings[0].contains("encrypted"), "{:?}", later.warnings);
}

#[test]
fn damaged_access_units_cost_silence_and_nothing_moves() {
    let whole = aac().decode();
    let mut file = aac();
    file.data[4000..4600].fill(0xff);
    let audio = file.decode();
    assert_eq!(audio.channels[0].len(), whole.channels[0].len());
    assert_eq!(audio.channels[0][25_000..], whole.channels[0][25_000..]);
    assert!(!audio.warnings.is_empty());
}
