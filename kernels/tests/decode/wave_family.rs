//! Headers of WAV, RF64, Wave64, AIFF, AU and CAF as programs write them, right and wrong.
//!
//! The samples of each file are known, and so is what ffmpeg makes of such a file: where it refuses or reads
//! noise, the note says so.

use tactus_kernels::decode::{DecodeError, DecodedAudio, decode_bytes};

const FRAMES: usize = 500;

/// Frame `frame` of channel `channel`, 16 bits: loud, quiet, and different from its neighbours.
fn sample(frame: usize, channel: usize) -> i16 {
    let mixed = (frame * 2 + channel + 1).wrapping_mul(0x9e37_79b1) >> 9;
    (mixed as i16) >> (frame % 7)
}

/// All samples, interleaved, stereo.
fn samples() -> Vec<i16> {
    (0..2 * FRAMES).map(|n| sample(n / 2, n % 2)).collect()
}

fn little() -> Vec<u8> {
    samples().iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn big() -> Vec<u8> {
    samples().iter().flat_map(|v| v.to_be_bytes()).collect()
}

/// Containers of four bytes with the samples shifted to the left.
fn wide(shift: u32) -> Vec<u8> {
    samples().iter().flat_map(|v| (i32::from(*v) << shift).to_le_bytes()).collect()
}

fn padded(mut body: Vec<u8>) -> Vec<u8> {
    if body.len() % 2 == 1 {
        body.push(0);
    }
    body
}

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&id[..], &(body.len() as u32).to_le_bytes(), &padded(body.to_vec())].concat()
}

fn big_chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&id[..], &(body.len() as u32).to_be_bytes(), &padded(body.to_vec())].concat()
}

fn fmt_body(tag: u16, bits: u16, block: u16) -> Vec<u8> {
    let mut body = Vec::new();
    for (value, bytes) in [
        (u32::from(tag), 2),
        (2, 2),
        (44_100, 4),
        (44_100 * u32::from(block), 4),
        (u32::from(block), 2),
        (u32::from(bits), 2),
    ] {
        body.extend(&value.to_le_bytes()[..bytes]);
    }
    body
}

fn fmt(tag: u16, bits: u16, block: u16) -> Vec<u8> {
    chunk(b"fmt ", &fmt_body(tag, bits, block))
}

const GUID_TAIL: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

fn extensible(tag: u16, bits: u16, block: u16, valid_bits: u16) -> Vec<u8> {
    let mut body = fmt_body(0xfffe, bits, block);
    body.extend([22, 0]);
    body.extend(valid_bits.to_le_bytes());
    body.extend([3, 0, 0, 0]);
    body.extend(tag.to_le_bytes());
    body.extend(GUID_TAIL);
    chunk(b"fmt ", &body)
}

fn riff(chunks: &[&[u8]]) -> Vec<u8> {
    let body = chunks.concat();
    [&b"RIFF"[..], &(body.len() as u32 + 4).to_le_bytes(), b"WAVE", &body].concat()
}

fn plain() -> Vec<u8> {
    fmt(1, 16, 4)
}

fn data() -> Vec<u8> {
    chunk(b"data", &little())
}

fn form(kind: &[u8; 4], chunks: &[&[u8]]) -> Vec<u8> {
    let body = chunks.concat();
    [&b"FORM"[..], &(body.len() as u32 + 4).to_be_bytes(), &kind[..], &body].concat()
}

const RATE_44100: [u8; 10] = [0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0];

fn common(bits: u16, compression: &[u8]) -> Vec<u8> {
    let mut body = vec![0, 2];
    body.extend((FRAMES as u32).to_be_bytes());
    body.extend(bits.to_be_bytes());
    body.extend(RATE_44100);
    body.extend(compression);
    big_chunk(b"COMM", &body)
}

fn ssnd(samples: &[u8]) -> Vec<u8> {
    big_chunk(b"SSND", &[&[0; 8], samples].concat())
}

fn decoded(name: &str, file: Vec<u8>) -> DecodedAudio {
    decode_bytes(name, file, 44_100).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Asserts that `file` holds the first `frames` frames, bit for bit, and that nothing is said about it.
fn assert_frames(name: &str, file: Vec<u8>, frames: usize) -> DecodedAudio {
    let audio = decoded(name, file);
    assert_samples(name, &audio, 0..frames);
    assert_eq!(audio.warnings, [] as [String; 0], "{name}");
    audio
}

fn assert_samples(name: &str, audio: &DecodedAudio, frames: std::ops::Range<usize>) {
    assert_eq!(audio.channels.len(), 2, "{name}");
    for (channel, found) in audio.channels.iter().enumerate() {
        let expected: Vec<f32> =
            frames.clone().map(|n| f32::from(sample(n, channel)) / 32_768.0).collect();
        assert_eq!(*found, expected, "{name}, channel {channel}");
    }
}

fn assert_whole(name: &str, file: Vec<u8>) -> DecodedAudio {
    assert_frames(name, file, FRAMES)
}

#[test]
fn the_container_of_24_bits_is_found_from_the_block() {
    // ffmpeg takes 24 bits in four bytes for floats, and gives noise.
    let file = |bytes: Vec<u8>| riff(&[&fmt(1, 24, 8), &chunk(b"data", &bytes)]);
    for (name, shift) in [("above", 16), ("below", 8)] {
        let audio = assert_whole(name, file(wide(shift)));
        assert_eq!((audio.codec.contains("pcm_s"), audio.source_bits), (true, Some(24)));
    }
    let silence = decoded("silence", file(vec![0; 800]));
    assert_eq!(silence.channels, [[0.0; 100], [0.0; 100]]);
    // Cool Edit's floats up to 2^23: the one kind that ffmpeg has in mind.
    let floats = samples().iter().flat_map(|v| (f32::from(*v) * 256.0).to_le_bytes()).collect();
    assert_eq!(assert_whole("floats", file(floats)).codec, "pcm_f24le");
    // Valid bits of 24 in 32 are above, by definition.
    let file = riff(&[&extensible(1, 32, 8, 24), &chunk(b"data", &wide(16))]);
    assert_eq!(assert_whole("extensible", file).source_bits, Some(24));
    let file = riff(&[&extensible(1, 24, 8, 24), &chunk(b"data", &wide(16))]);
    assert_whole("extensible with 24 bits", file);
    // Quiet, so that the upper byte is never more than a sign: the definition decides.
    let quiet: Vec<u8> = (0..400_i32).flat_map(|v| ((v - 200) << 8).to_le_bytes()).collect();
    let audio = decoded("quiet", riff(&[&extensible(1, 32, 8, 24), &chunk(b"data", &quiet)]));
    assert_eq!(audio.channels[0][0], -200.0 / 8_388_608.0);
    // Below, though the header says otherwise, with zeros above instead of the sign.
    let masked: Vec<u8> =
        samples().iter().flat_map(|v| ((i32::from(*v) << 8) & 0xff_ffff).to_le_bytes()).collect();
    let odd = |fmt: Vec<u8>| {
        let mut bytes = masked.clone();
        bytes[0] |= 1;
        let mut audio = decoded("masked", riff(&[&fmt, &chunk(b"data", &bytes)]));
        audio.channels[0][0] = f32::from(sample(0, 0)) / 32_768.0;
        assert_samples("masked", &audio, 0..FRAMES);
    };
    odd(fmt(1, 24, 8));
    odd(extensible(1, 32, 8, 24));
}

#[test]
fn widths_between_whole_bytes_are_scaled_by_their_container() {
    assert_eq!(assert_whole("12 bits", riff(&[&fmt(1, 12, 4), &data()])).source_bits, Some(12));
    let three: Vec<u8> =
        samples().iter().flat_map(|v| [&[0][..], &v.to_le_bytes()].concat()).collect();
    assert_eq!(
        assert_whole("20 bits in 3 bytes", riff(&[&fmt(1, 20, 6), &chunk(b"data", &three)]))
            .source_bits,
        Some(20)
    );
    // ffmpeg reads these as packed, and gives noise.
    assert_whole("20 bits in 4 bytes", riff(&[&fmt(1, 20, 8), &chunk(b"data", &wide(16))]));
    let long: Vec<u8> =
        samples().iter().flat_map(|v| (i64::from(*v) << 48).to_le_bytes()).collect();
    assert_whole("64 bits", riff(&[&fmt(1, 64, 16), &chunk(b"data", &long)]));
    // ffmpeg refuses 0 bits.
    assert_whole("0 bits", riff(&[&fmt(1, 0, 4), &data()]));
    assert_whole("no block", riff(&[&fmt(1, 16, 0), &data()]));
    // A block of twice the size: ffmpeg believes the bits.
    assert_whole("wrong block", riff(&[&fmt(1, 16, 8), &data()]));
}

#[test]
fn floats_keep_their_scale() {
    let floats = |scale: f32| -> Vec<u8> {
        samples().iter().flat_map(|v| (f32::from(*v) * scale).to_le_bytes()).collect()
    };
    let of_one = floats(1.0 / 32_768.0);
    assert_whole("f32", riff(&[&fmt(3, 32, 8), &chunk(b"data", &of_one)]));
    assert_whole("f32 extensible", riff(&[&extensible(3, 32, 8, 32), &chunk(b"data", &of_one)]));
    let double: Vec<u8> =
        samples().iter().flat_map(|v| (f64::from(*v) / 32_768.0).to_le_bytes()).collect();
    // Only the valid bits are given.
    assert_whole("f32 of 0 bits", riff(&[&extensible(3, 0, 0, 32), &chunk(b"data", &of_one)]));
    assert_whole("f64", riff(&[&fmt(3, 64, 16), &chunk(b"data", &double)]));
    // Cool Edit's "16.8 float": full scale 2^15.
    let body = [&fmt_body(1, 32, 8)[..], &[2, 0, 1, 0]].concat();
    let file = riff(&[&chunk(b"fmt ", &body), &chunk(b"data", &floats(1.0))]);
    assert_eq!(assert_whole("16.8 float", file).codec, "pcm_f16le");
}

#[test]
fn chunks_of_any_size_before_the_samples_are_passed_over() {
    let list = |body: &[u8]| [&b"LIST"[..], &(body.len() as u32).to_le_bytes(), body].concat();
    let odd = list(b"INFOIART\x03\0\0\0abc");
    let rest = plain();
    for (name, between) in [
        // ffmpeg refuses these two.
        ("unpadded", odd.clone()),
        ("unpadded and unknown", b"abcd\x03\0\0\0xyz".to_vec()),
        ("padded outside", [&odd[..], &[0]].concat()),
        ("padded", chunk(b"LIST", b"INFOIART\x03\0\0\0abc\0")),
        ("unknown", chunk(b"a1B ", b"xyz")),
        // ffmpeg refuses these two.
        ("empty list", list(b"")),
        ("short list", list(b"IN")),
        ("zeros", list(&[b'I'; 60])),
        ("odd fact", chunk(b"fact", &[0, 0, 0])),
        ("long fact", chunk(b"fact", &[1; 12])),
        ("none", Vec::new()),
    ] {
        assert_whole(name, riff(&[&rest, &between, &data()]));
        assert_whole(name, riff(&[&between, &rest, &data()]));
    }
    // A list that claims to reach into the samples, and one that claims to go beyond the file.
    for claimed in [200, 100_000_u32] {
        let list = [&b"LIST"[..], &claimed.to_le_bytes(), b"INFOIART\x04\0\0\0abcd"].concat();
        assert_whole("over-long", riff(&[&rest, &list, &data()]));
    }
}

#[test]
fn format_chunks_of_any_size_are_read() {
    for more in [&[][..], &[0], &[0, 0], &[0, 0, 1, 2], &[0; 24]] {
        let body = [&fmt_body(1, 16, 4)[..], more].concat();
        assert_whole("fmt", riff(&[&chunk(b"fmt ", &body), &data()]));
    }
    // Without an extension, though the tag says that there is one: ffmpeg refuses it.
    assert_whole("short", riff(&[&fmt(0xfffe, 16, 4), &data()]));
    let mut ambisonic = extensible(1, 16, 4, 16);
    let tail = [0, 0, 0x21, 0x07, 0xd3, 0x11, 0x86, 0x44, 0xc8, 0xc1, 0xca, 0, 0, 0];
    ambisonic[8 + 26..8 + 40].copy_from_slice(&tail);
    assert_whole("ambisonic", riff(&[&ambisonic, &data()]));
    // The first of two counts, as for ffmpeg; it may stand after the samples.
    assert_whole("two", riff(&[&plain(), &fmt(1, 8, 2), &data()]));
    assert_whole("last", riff(&[&data(), &plain()]));
}

#[test]
fn what_follows_the_samples_is_no_sound() {
    for tail in [
        &chunk(b"LIST", b"INFOIART\x04\0\0\0abcd")[..],
        &b"LIST\x05\0\0\0INFOa\0"[..],
        &b"a"[..],
        &[0; 100],
        &chunk(b"id3 ", b"ID3\x03\0\0\0\0\0\0"),
        &b"TAGtitle"[..],
    ] {
        assert_whole("tail", riff(&[&plain(), &data(), tail]));
    }
    let odd = [&b"data\x03\0\0\0abc"[..], b"LIST\x04\0\0\0INFO"].concat();
    let audio = decoded("odd", riff(&[&fmt(1, 8, 2), &odd]));
    assert_eq!(audio.channels[0], [f32::from(b'a') / 128.0 - 1.0]);
}

#[test]
fn the_last_of_several_chunks_of_samples_counts_as_for_ffmpeg() {
    let all = little();
    let (first, second) = all.split_at(400);
    let file =
        riff(&[&plain(), &chunk(b"data", first), &chunk(b"junk", b"x"), &chunk(b"data", second)]);
    let audio = decoded("two", file);
    assert_samples("two", &audio, 100..FRAMES);
}

#[test]
fn sizes_that_were_never_written_or_not_known_give_all_samples_and_no_warning() {
    for size in [0, 0x7fff_f000_u32, 0x8000_0000, u32::MAX - 36, u32::MAX] {
        for outer in [0, 36, u32::MAX] {
            let mut file = riff(&[&plain(), &data()]);
            file[4..8].copy_from_slice(&outer.to_le_bytes());
            file[40..44].copy_from_slice(&size.to_le_bytes());
            assert_whole("size", file);
        }
    }
    // Chunks follow, and no samples.
    let file = riff(&[&plain(), b"data\0\0\0\0", &chunk(b"LIST", b"INFO")]);
    assert!(matches!(decode_bytes("x", file, 44_100), Err(DecodeError::NoSamples { .. })));
}

#[test]
fn sizes_beyond_the_file_give_what_is_there_and_a_warning() {
    let whole = riff(&[&plain(), &data()]);
    for cut in [1, 2, 3, 4, 1_000] {
        let audio = decoded("cut", whole[..whole.len() - cut].to_vec());
        assert_samples("cut", &audio, 0..FRAMES - cut.div_ceil(4));
        assert!(audio.warnings[0].contains("truncated"), "{:?}", audio.warnings);
    }
}

#[test]
fn rifx_has_everything_big_endian() {
    let mut body: Vec<u8> = [1_u16, 2].iter().flat_map(|v| v.to_be_bytes()).collect();
    body.extend([44_100_u32, 176_400].iter().flat_map(|v| v.to_be_bytes()));
    body.extend([4_u16, 16].iter().flat_map(|v| v.to_be_bytes()));
    let chunks = [big_chunk(b"fmt ", &body), big_chunk(b"data", &big())].concat();
    let size = (chunks.len() as u32 + 4).to_be_bytes();
    let file = [&b"RIFX"[..], &size, b"WAVE", &chunks].concat();
    assert_eq!(assert_whole("rifx", file).codec, "pcm_s16be");
}

#[test]
fn rf64_and_bw64_have_their_size_in_a_chunk_of_its_own() {
    let file = |id: &[u8; 4], long_size: u64, size: u32, data: &[u8]| {
        let mut sizes = (data.len() as u64 + 72).to_le_bytes().to_vec();
        sizes.extend(long_size.to_le_bytes());
        sizes.extend([0; 12]);
        let head =
            [&id[..], &[0xff; 4], b"WAVE", &chunk(b"ds64", &sizes), &plain(), b"data"].concat();
        [&head[..], &size.to_le_bytes(), data].concat()
    };
    for id in [b"RF64", b"BW64"] {
        let exact = 4 * FRAMES as u64;
        assert_whole("exact", file(id, exact, u32::MAX, &little()));
        let tail = [&little()[..], &chunk(b"LIST", b"INFO")].concat();
        assert_whole("tail", file(id, exact, u32::MAX, &tail));
        // Never written: ffmpeg gives nothing.
        assert_whole("zero", file(id, 0, u32::MAX, &little()));
        let audio = decoded("cut", file(id, 1 << 40, u32::MAX, &little()));
        assert_samples("cut", &audio, 0..FRAMES);
        assert!(audio.warnings[0].contains("truncated"), "{:?}", audio.warnings);
    }
}

#[test]
fn wave64_has_guids_and_long_sizes() {
    let guid = |id: &[u8; 4]| {
        let tail = match id {
            b"riff" => [0x2e, 0x91, 0xcf, 0x11, 0xa5, 0xd6, 0x28, 0xdb, 0x04, 0xc1, 0, 0],
            _ => [0xf3, 0xac, 0xd3, 0x11, 0x8c, 0xd1, 0, 0xc0, 0x4f, 0x8e, 0xdb, 0x8a],
        };
        [&id[..], &tail].concat()
    };
    let part = |id: &[u8; 4], size: u64, body: &[u8]| {
        let mut part = [&guid(id)[..], &size.to_le_bytes(), body].concat();
        part.resize(part.len().next_multiple_of(8), 0);
        part
    };
    let file = |size: u64, tail: &[u8]| {
        let format = part(b"fmt ", 40, &fmt_body(1, 16, 4));
        let fact = part(b"fact", 24 + 3, &[0; 3]);
        let samples = part(b"data", size, &little());
        let body = [&guid(b"wave")[..], &format, &fact, &samples, tail].concat();
        [&guid(b"riff")[..], &(body.len() as u64 + 24).to_le_bytes(), &body].concat()
    };
    let size = 24 + 4 * FRAMES as u64;
    assert_whole("w64", file(size, &[]));
    assert_whole("w64 with a tail", file(size, &part(b"levl", 32, &[1; 8])));
    for unknown in [0, 24, u64::MAX] {
        assert_whole("w64 of unknown size", file(unknown, &[]));
    }
    let audio = decoded("cut", file(size + 4000, &[]));
    assert!(audio.warnings[0].contains("truncated"), "{:?}", audio.warnings);
}

#[test]
fn codecs_that_wav_may_hold_and_that_are_not_read_are_named() {
    for (tag, name) in [
        (0x00ff, "AAC in WAV"),
        (0x1600, "AAC in WAV"),
        (0xf1ac, "FLAC in WAV"),
        (0x6771, "Vorbis in WAV"),
        (0x0161, "WMA in WAV"),
        (0x2000, "AC-3 in WAV"),
        (0x0031, "GSM 6.10 in WAV"),
        (0x1234, "WAV format 0x1234"),
    ] {
        let error = decode_bytes("x", riff(&[&fmt(tag, 16, 4), &data()]), 44_100).unwrap_err();
        assert!(matches!(&error, DecodeError::Codec { codec, .. } if codec == name), "{error}");
    }
    let error = decode_bytes("x", riff(&[&fmt(3, 16, 4), &data()]), 44_100).unwrap_err();
    assert!(error.to_string().contains("float PCM of an unusual width"), "{error}");
    for name in [b"opus", b"flac", b"QDM2"] {
        let file = caf(name, 0, 4, 0, &[&caf_chunk(b"data", 8, &[0; 8])]);
        let error = decode_bytes("x", file, 44_100).unwrap_err();
        assert!(matches!(error, DecodeError::Codec { .. }), "{error}");
    }
    for (compression, name) in [(b"MAC3", "'MAC3'"), (b"QDM2", "'QDM2'"), (b"GSM ", "'GSM '")] {
        let file = form(b"AIFC", &[&common(16, compression), &ssnd(&big())]);
        let error = decode_bytes("x", file, 44_100).unwrap_err();
        assert!(matches!(&error, DecodeError::Codec { codec, .. } if codec == name), "{error}");
    }
}

/// A Pascal string, padded or not.
fn pascal(text: &str, is_padded: bool) -> Vec<u8> {
    let mut bytes = [&[text.len() as u8], text.as_bytes()].concat();
    if is_padded && bytes.len() % 2 == 1 {
        bytes.push(0);
    }
    bytes
}

#[test]
fn aiff_c_names_its_samples_in_four_characters() {
    let version = big_chunk(b"FVER", &[0xa2, 0x80, 0x51, 0x40]);
    let of = |bytes: Vec<u8>, bits: u16, compression: &[u8; 4]| {
        let name = pascal("Linear PCM", true);
        let common = common(bits, &[&compression[..], &name].concat());
        form(b"AIFC", &[&version, &common, &ssnd(&bytes)])
    };
    let each = |convert: fn(i16) -> Vec<u8>| -> Vec<u8> {
        samples().into_iter().flat_map(convert).collect()
    };
    let le24 = || each(|v| (i32::from(v) << 8).to_le_bytes()[..3].to_vec());
    let be24 = || each(|v| (i32::from(v) << 8).to_be_bytes()[1..].to_vec());
    let le32 = || each(|v| (i32::from(v) << 16).to_le_bytes().to_vec());
    let be32 = || each(|v| (i32::from(v) << 16).to_be_bytes().to_vec());
    let f32s = || each(|v| (f32::from(v) / 32_768.0).to_be_bytes().to_vec());
    let f64s = || each(|v| (f64::from(v) / 32_768.0).to_be_bytes().to_vec());
    for (compression, bits, bytes, codec) in [
        (b"NONE", 16, big(), "pcm_s16be"),
        (b"twos", 16, big(), "pcm_s16be"),
        (b"sowt", 16, little(), "pcm_s16le"),
        (b"NONE", 12, big(), "pcm_s16be"),
        (b"NONE", 24, be24(), "pcm_s24be"),
        (b"twos", 24, be24(), "pcm_s24be"),
        (b"twos", 32, be32(), "pcm_s32be"),
        (b"sowt", 24, le24(), "pcm_s24le"),
        (b"sowt", 32, le32(), "pcm_s32le"),
        (b"in24", 24, be24(), "pcm_s24be"),
        (b"in24", 16, be24(), "pcm_s24be"),
        (b"in32", 32, be32(), "pcm_s32be"),
        (b"42ni", 24, le24(), "pcm_s24le"),
        (b"23ni", 32, le32(), "pcm_s32le"),
        (b"fl32", 32, f32s(), "pcm_f32be"),
        (b"FL32", 32, f32s(), "pcm_f32be"),
        (b"fl64", 64, f64s(), "pcm_f64be"),
        (b"FL64", 16, f64s(), "pcm_f64be"),
    ] {
        assert_eq!(assert_whole(codec, of(bytes, bits, compression)).codec, codec);
    }
    for (compression, codec, expected) in [
        (b"raw ", "pcm_u8", [0.0, -1.0]),
        (b"NONE", "pcm_s8", [-1.0, 0.0]),
        (b"twos", "pcm_s8", [-1.0, 0.0]),
        (b"sowt", "pcm_s8", [-1.0, 0.0]),
    ] {
        let audio = decoded(codec, of(vec![0x80, 0x80, 0, 0], 8, compression));
        assert_eq!((audio.codec.as_str(), &audio.channels[0][..]), (codec, &expected[..]));
    }
}

#[test]
fn names_of_aiff_c_may_be_odd_unpadded_or_missing() {
    for name in [
        Vec::new(),
        vec![0],
        vec![0, 0],
        pascal("not compressed", true),
        pascal("not compressed", false),
        pascal("odd", true),
        pascal("even", false),
    ] {
        for unpadded in [false, true] {
            let body = [&b"sowt"[..], &name].concat();
            let mut common = common(16, &body);
            // The size says how long the body is without its pad byte; some programs do not write one.
            if unpadded && name.len() % 2 == 1 {
                common.pop();
            }
            assert_whole("name", form(b"AIFC", &[&common, &ssnd(&little())]));
        }
    }
    // AIFF-C without a compression at all.
    assert_whole("none", form(b"AIFC", &[&common(16, b""), &ssnd(&big())]));
}

#[test]
fn the_outer_size_and_the_count_of_frames_in_aiff_are_not_believed() {
    for outer in [0, 4, 100, 1 << 20, u32::MAX] {
        let mut file = form(b"AIFF", &[&common(16, b""), &ssnd(&big())]);
        file[4..8].copy_from_slice(&outer.to_be_bytes());
        assert_whole("outer size", file);
    }
    for frames in [0, 1, FRAMES as u32 + 1, u32::MAX] {
        let mut file = form(b"AIFF", &[&common(16, b""), &ssnd(&big())]);
        file[22..26].copy_from_slice(&frames.to_be_bytes());
        assert_whole("frames", file);
    }
}

#[test]
fn chunks_of_aiff_come_in_any_order() {
    let (common, samples) = (common(16, b""), ssnd(&big()));
    let mark = big_chunk(b"MARK", &[0, 1, 0, 1, 0, 0, 0, 9, 3, b'e', b'n', b'd', 0]);
    let apple = big_chunk(b"basc", &[7; 84]);
    assert_whole("before", form(b"AIFF", &[&mark, &common, &apple, &samples]));
    assert_whole("after", form(b"AIFF", &[&samples, &mark, &apple, &common]));
    assert_whole("unpadded", form(b"AIFF", &[b"NAME\0\0\0\x03abc", &common, &samples]));
    assert_whole("tail", form(b"AIFF", &[&common, &samples, b"ID3 \0\0\0\x03abc\0"]));
    // The first sample after an offset.
    let body = [&[0, 0, 0, 6, 0, 0, 2, 0], &[9; 6][..], &big()].concat();
    assert_whole("offset", form(b"AIFF", &[&common, &big_chunk(b"SSND", &body)]));
}

#[test]
fn the_last_chunk_of_samples_in_aiff_counts_unless_it_follows_the_outer_chunk() {
    let (common, other) = (common(16, b""), ssnd(&[1, 2, 3, 4]));
    assert_whole("two", form(b"AIFF", &[&common, &other, &ssnd(&big())]));
    let file = [form(b"AIFF", &[&common, &ssnd(&big())]), other].concat();
    assert_whole("after", file);
}

#[test]
fn a_cut_aiff_gives_what_is_there_and_a_warning() {
    let whole = form(b"AIFF", &[&common(16, b""), &ssnd(&big())]);
    let audio = decoded("cut", whole[..whole.len() - 401].to_vec());
    assert_samples("cut", &audio, 0..FRAMES - 101);
    assert!(audio.warnings[0].contains("truncated"), "{:?}", audio.warnings);
    let mut unknown = whole.clone();
    let at = whole.len() - 4 * FRAMES - 12;
    for size in [[0; 4], [0xff; 4]] {
        unknown[at..at + 4].copy_from_slice(&size);
        assert_whole("unknown size", unknown.clone());
    }
}

#[test]
fn au_is_big_endian() {
    let file = |encoding: u32, size: u32, samples: &[u8]| {
        let words = [28, size, encoding, 44_100, 2].map(u32::to_be_bytes).concat();
        [&b".snd"[..], &words, b"note", samples].concat()
    };
    let size = 4 * FRAMES as u32;
    for size in [size, 0, u32::MAX] {
        assert_eq!(assert_whole("au", file(3, size, &big())).codec, "pcm_s16be");
    }
    let floats: Vec<u8> =
        samples().iter().flat_map(|v| (f32::from(*v) / 32_768.0).to_be_bytes()).collect();
    assert_whole("au of floats", file(6, 2 * size, &floats));
    let error = decode_bytes("x", file(23, size, &big()), 44_100).unwrap_err();
    assert!(matches!(error, DecodeError::Codec { .. }), "{error}");
}

fn caf_chunk(id: &[u8; 4], size: i64, body: &[u8]) -> Vec<u8> {
    [&id[..], &size.to_be_bytes(), body].concat()
}

/// A CAF file of `chunks` after the description.
fn caf(format: &[u8; 4], flags: u32, packet_bytes: u32, bits: u32, chunks: &[&[u8]]) -> Vec<u8> {
    let words = [flags, packet_bytes, 1, 2, bits].map(u32::to_be_bytes).concat();
    let body = [&44_100_f64.to_be_bytes()[..], &format[..], &words].concat();
    [&b"caff\0\x01\0\0"[..], &caf_chunk(b"desc", 32, &body), &chunks.concat()].concat()
}

#[test]
fn caf_has_pcm_of_both_byte_orders() {
    let data = |bytes: &[u8]| {
        let body = [&[0; 4], bytes].concat();
        caf_chunk(b"data", body.len() as i64, &body)
    };
    assert_whole("big", caf(b"lpcm", 0, 4, 16, &[&data(&big())]));
    assert_whole("little", caf(b"lpcm", 2, 4, 16, &[&data(&little())]));
    assert_whole("24 in 32", caf(b"lpcm", 2, 8, 24, &[&data(&wide(16))]));
    let floats: Vec<u8> =
        samples().iter().flat_map(|v| (f32::from(*v) / 32_768.0).to_le_bytes()).collect();
    assert_whole("float", caf(b"lpcm", 3, 8, 32, &[&data(&floats)]));
    let free = caf_chunk(b"free", 5, &[0; 5]);
    assert_whole("free", caf(b"lpcm", 2, 4, 16, &[&free, &data(&little()), &free]));
    // A size of -1 stands for the rest of the file.
    let open = [&[0; 4], &little()[..]].concat();
    assert_whole("open", caf(b"lpcm", 2, 4, 16, &[&caf_chunk(b"data", -1, &open)]));
    let audio = decoded("cut", caf(b"lpcm", 2, 4, 16, &[&caf_chunk(b"data", 9_000, &open)]));
    assert!(audio.warnings[0].contains("truncated"), "{:?}", audio.warnings);
}

#[test]
fn caf_says_how_many_frames_the_encoder_added() {
    let table = |valid: i64, priming: i32, remainder: i32| {
        let numbers = [0_i64, valid].map(i64::to_be_bytes).concat();
        let more = [priming, remainder].map(i32::to_be_bytes).concat();
        caf_chunk(b"pakt", 24, &[numbers, more].concat())
    };
    let samples = [&[0; 4], &little()[..]].concat();
    let samples = caf_chunk(b"data", samples.len() as i64, &samples);
    let file = caf(b"lpcm", 2, 4, 16, &[&table(FRAMES as i64 - 30, 20, 10), &samples]);
    let audio = decoded("priming", file);
    assert_samples("priming", &audio, 20..FRAMES - 10);
    assert_eq!(audio.warnings, [] as [String; 0]);
}

/// The frames of an ADTS file, without their headers.
fn adts_frames(file: &[u8]) -> Vec<&[u8]> {
    let (mut frames, mut at) = (Vec::new(), 0);
    while let Some(header) = file.get(at..at + 7) {
        let [_, _, _, high, middle, low, _] = header.try_into().unwrap();
        let [high, middle, low] = [high & 3, middle, low >> 5].map(usize::from);
        let size = high << 11 | middle << 3 | low;
        frames.push(&file[at + 7..at + size]);
        at += size;
    }
    frames
}

#[test]
fn aac_in_caf_begins_and_ends_where_its_table_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/audio/formats/aac.aac");
    let file = std::fs::read(path).unwrap();
    let expected = decoded("adts", file.clone());
    let frames = adts_frames(&file);
    let decoded_frames = expected.channels[0].len();
    assert_eq!(decoded_frames, 1024 * frames.len());
    // Object type 2, 44.1 kHz, two channels, in the descriptors of MPEG-4.
    let specific = [5, 2, 0x12, 0x10];
    let decoder = [&[4, 0x80, 0x80, 0x80, 17, 0x40, 0x15][..], &[0; 11], &specific].concat();
    let cookie = [&[3, 0x80, 0x80, 0x80, 25, 0, 0, 0][..], &decoder].concat();
    let (priming, remainder) = (2112, 500);
    let mut table = (frames.len() as i64).to_be_bytes().to_vec();
    table.extend((decoded_frames as i64 - priming - remainder).to_be_bytes());
    table.extend([priming as i32, remainder as i32].map(i32::to_be_bytes).concat());
    for frame in &frames {
        table.extend([(frame.len() >> 7) as u8 | 0x80, frame.len() as u8 & 0x7f]);
    }
    let body = [&[0; 4], &frames.concat()[..]].concat();
    let words = [0, 0, 1024, 2, 0].map(u32::to_be_bytes).concat();
    let description = [&44_100_f64.to_be_bytes()[..], b"aac ", &words].concat();
    let caf = [
        b"caff\0\x01\0\0".to_vec(),
        caf_chunk(b"desc", 32, &description),
        caf_chunk(b"kuki", cookie.len() as i64, &cookie),
        caf_chunk(b"data", body.len() as i64, &body),
        caf_chunk(b"pakt", table.len() as i64, &table),
    ];
    let audio = decoded("caf", caf.concat());
    let kept = priming as usize..decoded_frames - remainder as usize;
    for (found, expected) in audio.channels.iter().zip(&expected.channels) {
        assert_eq!(*found, expected[kept.clone()]);
    }
    assert_eq!(audio.warnings, [] as [String; 0]);
    let cut = caf[..4].concat();
    assert!(matches!(decode_bytes("x", cut, 44_100), Err(DecodeError::Headers { .. })));
}
