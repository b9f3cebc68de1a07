//! Results of decoding files that are damaged, empty, or not audio.

use std::path::{Path, PathBuf};

use tactus_kernels::decode::{DecodeError, DecodedAudio, decode, decode_bytes};

fn formats() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/audio/formats")
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(formats().join(name)).unwrap()
}

fn intact(name: &str) -> DecodedAudio {
    decode(&formats().join(name), 44_100).unwrap()
}

/// A WAV file with a 16 byte format chunk.
fn wav(
    tag: u16,
    channels: u16,
    rate_hz: u32,
    bits: u16,
    claimed_bytes: u32,
    data: &[u8],
) -> Vec<u8> {
    let frame_bytes = channels.wrapping_mul(bits / 8);
    let mut file = b"RIFF".to_vec();
    file.extend(claimed_bytes.saturating_add(36).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0");
    file.extend(tag.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(rate_hz.to_le_bytes());
    file.extend(rate_hz.wrapping_mul(u32::from(frame_bytes)).to_le_bytes());
    file.extend(frame_bytes.to_le_bytes());
    file.extend(bits.to_le_bytes());
    file.extend(b"data");
    file.extend(claimed_bytes.to_le_bytes());
    file.extend(data);
    file
}

/// The error, after a check that its text names the file and says what was expected and what was found.
fn refusal(bytes: Vec<u8>) -> DecodeError {
    let error = decode_bytes("some/track", bytes, 44_100).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("'some/track'"), "{text}");
    assert!(text.contains("expected") && text.contains("found"), "{text}");
    assert!(!text.ends_with('.'), "{text}");
    error
}

#[test]
fn a_missing_file_is_refused_with_the_cause() {
    let error = decode(Path::new("no/such/file.wav"), 44_100).unwrap_err();
    assert!(matches!(&error, DecodeError::Open { .. }), "{error:?}");
    assert!(std::error::Error::source(&error).is_some());
    assert!(error.to_string().contains("no/such/file.wav"));
}

#[test]
fn a_directory_is_refused() {
    let error = decode(&formats(), 44_100).unwrap_err();
    assert!(matches!(error, DecodeError::NotAFile { .. }), "{error:?}");
}

#[test]
fn an_empty_file_is_refused() {
    assert!(matches!(refusal(Vec::new()), DecodeError::Empty { .. }));
}

#[test]
fn text_is_refused_whatever_its_name() {
    let text = "Verse one\nand chorus\n".repeat(5000).into_bytes();
    assert!(matches!(refusal(text), DecodeError::NotAudio { what: "text", .. }));
    for length in 1..64 {
        refusal(vec![b'R'; length]);
    }
}

#[test]
fn ac3_is_named_with_what_is_supported_instead() {
    let error = refusal(fixture("ac3.mp4"));
    assert!(matches!(&error, DecodeError::Codec { codec, .. } if codec == "ac3"), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("FLAC") && text.contains("ffmpeg -i"), "{text}");
}

#[test]
fn a_format_without_a_header_is_named_by_the_ending_and_nothing_else_is() {
    let bytes: Vec<u8> = (0..4000_u32).map(|i| ((i * 7919) >> 3) as u8).collect();
    let error = decode_bytes("prompt.g722", bytes.clone(), 44_100).unwrap_err();
    assert_eq!(error.unread_format(), Some("raw G.722"));
    // A file that has a signature is what the signature says.
    let error = decode_bytes("prompt.g722", fixture("flac_16.flac"), 44_100);
    assert!(error.is_ok(), "{error:?}");
    let error = decode_bytes("prompt.bin", bytes, 44_100).unwrap_err();
    assert!(error.unread_format().is_none(), "{error:?}");
    assert!(!error.to_string().contains("adts"), "{error}");
}

#[test]
fn video_without_sound_is_refused() {
    let error = refusal(fixture("video_only.mp4"));
    assert!(matches!(error, DecodeError::NoAudioTrack { .. }));
    assert!(error.to_string().contains("found an MP4 or QuickTime file without one"), "{error}");
}

/// Words of libraries and of this program that mean nothing to the reader of a message.
const INTERNAL: [&str; 6] =
    ["malformed stream", "unsupported feature", "core (codec)", "isomp4", "0x8000", "codec ?"];

#[test]
fn messages_say_what_is_wrong_first_and_in_words_of_the_user() {
    let unnamed = wav(0x3030, 2, 44_100, 16, 4, &[0; 4]);
    let cut = |name: &str, length: usize| fixture(name)[..length].to_vec();
    for (bytes, beginning) in [
        (
            (0..4000_u32).map(|i| ((i * 7919) >> 3) as u8).collect(),
            "Decoding 'some/track': found no known format; expected",
        ),
        (
            b"wvpk\x10\0\0\0".to_vec(),
            "Decoding 'some/track': found WavPack, which is not read; expected",
        ),
        (
            fixture("ac3.mp4"),
            "Decoding 'some/track': found sound in ac3, which is not read; expected",
        ),
        (unnamed, "Decoding 'some/track': found sound in WAV format 0x3030, which"),
        (
            cut("aac.m4a", 5000),
            "Reading the headers of 'some/track': expected those of an MP4 or QuickTime file, found damage (no \
             header (moov): the file is cut",
        ),
        (
            cut("opus_in_webm.webm", 60),
            "Reading the headers of 'some/track': expected those of a Matroska or WebM file, found damage (",
        ),
        (
            cut("wav_s16le.wav", 30),
            "Reading the headers of 'some/track': expected those of a WAV file, found",
        ),
        (
            cut("flac_16.flac", 20),
            "Reading the headers of 'some/track': expected those of a FLAC file, found",
        ),
    ] {
        let text = refusal(bytes).to_string();
        assert!(text.starts_with(beginning), "{text}");
        assert!(text.contains("; "), "no remedy: {text}");
        let internal = INTERNAL.iter().find(|words| text.contains(**words));
        assert_eq!(internal, None, "{text}");
    }
}

#[test]
fn warnings_have_no_words_of_libraries() {
    let mut mp3 = fixture("mp3_cbr.mp3");
    let middle = mp3.len() / 2;
    mp3[middle..middle + 900].fill(0xff);
    let mut m4a = fixture("aac.m4a");
    m4a[5_000..5_400].fill(0xff);
    for bytes in [mp3, m4a] {
        let audio = decode_bytes("x", bytes, 44_100).unwrap();
        assert!(!audio.warnings.is_empty());
        for words in INTERNAL {
            assert!(
                audio.warnings.iter().all(|text| !text.contains(words)),
                "{:?}",
                audio.warnings
            );
        }
    }
}

#[test]
fn zero_samples_are_refused() {
    assert!(matches!(refusal(wav(1, 2, 44_100, 16, 0, &[])), DecodeError::NoSamples { .. }));
}

#[test]
fn nan_and_infinity_are_counted_and_located() {
    let mut samples = vec![0.25_f32; 200];
    samples[2 * 40 + 1] = f32::NAN;
    samples[2 * 70] = f32::INFINITY;
    let data: Vec<u8> = samples.iter().flat_map(|v| v.to_le_bytes()).collect();
    let error = refusal(wav(3, 2, 44_100, 32, data.len() as u32, &data));
    assert!(
        matches!(error, DecodeError::NotFinite { count: 2, frame: 40, channel: 1, .. }),
        "{error:?}"
    );
}

#[test]
fn absurd_rates_and_channel_counts_are_refused() {
    let data = [0; 4096];
    for rate_hz in [0, 1, 999, 768_001, u32::MAX] {
        let error = refusal(wav(1, 2, rate_hz, 16, 4096, &data));
        assert!(matches!(error, DecodeError::Limit { .. }), "{rate_hz}: {error:?}");
    }
    for channels in [0, 65, 255, 4096, u16::MAX] {
        refusal(wav(1, channels, 44_100, 16, 4096, &data));
    }
    for target in [0, 999, 768_001, u32::MAX] {
        let error = decode_bytes("x", wav(1, 1, 44_100, 16, 4096, &data), target).unwrap_err();
        assert!(matches!(error, DecodeError::Limit { .. }), "{target}: {error:?}");
    }
}

#[test]
fn a_claimed_size_beyond_the_file_gives_what_is_there_and_takes_no_memory() {
    let data = [0x11; 4000];
    for claimed in [4001, 1 << 30, u32::MAX - 36] {
        let audio = decode_bytes("x", wav(1, 2, 44_100, 16, claimed, &data), 44_100).unwrap();
        assert_eq!(audio.channels[1].len(), 1000, "{claimed}");
        assert!(audio.channels[0].capacity() <= 4 * 4044, "{}", audio.channels[0].capacity());
    }
    let mut flac = fixture("flac_16.flac");
    flac[21] |= 0x0f; // STREAMINFO's 36 bit count of samples
    flac[22..26].fill(0xff);
    let size = flac.len();
    let audio = decode_bytes("x", flac, 44_100).unwrap();
    assert_eq!(audio.channels, intact("flac_16.flac").channels);
    assert!(audio.channels[0].capacity() <= 4 * size);
    assert_eq!(audio.warnings.len(), 1, "{:?}", audio.warnings);
}

#[test]
fn a_wav_of_unknown_size_as_from_a_pipe_is_decoded_whole() {
    let data = [0x11; 4000];
    let mut file = wav(1, 2, 44_100, 16, u32::MAX, &data);
    file[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    let audio = decode_bytes("x", file, 44_100).unwrap();
    assert_eq!(audio.channels[0].len(), 1000);
    assert_eq!(audio.warnings, [] as [String; 0]);
}

#[test]
fn a_wav_of_a_recorder_that_never_finished_its_header_is_decoded_whole() {
    let mut file = wav(1, 2, 44_100, 16, 0, &[0x11; 4000]);
    file[4..8].fill(0);
    assert_eq!(decode_bytes("x", file, 44_100).unwrap().channels[0].len(), 1000);
}

/// A file cut at `length` gives a prefix of the intact one, and says so.
fn assert_prefix(name: &str, length: usize, least_frames: usize) {
    let whole = intact(name);
    let cut = decode_bytes(name, fixture(name)[..length].to_vec(), 44_100).unwrap();
    let frames = cut.channels[0].len();
    assert!(frames >= least_frames && frames < whole.channels[0].len(), "{name}: {frames}");
    for (part, all) in cut.channels.iter().zip(&whole.channels) {
        assert_eq!(part, &all[..frames], "{name}");
    }
    assert!(cut.warnings.iter().any(|w| w.contains("truncated")), "{name}: {:?}", cut.warnings);
}

#[test]
fn truncated_files_give_the_audio_up_to_the_cut_with_a_warning() {
    assert_prefix("wav_s16le.wav", 78 + 4 * 500 + 3, 480);
    assert_prefix("aiff_s16be.aiff", 54 + 4 * 500 + 1, 480);
    assert_prefix("flac_16.flac", 50_000, 18_000);
    assert_prefix("mp3_cbr.mp3", 6_000, 18_000);
    assert_prefix("aac_faststart.m4a", 6_000, 14_000);
    assert_prefix("vorbis_pages.ogg", 12_000, 8_000);
}

#[test]
fn files_cut_before_any_audio_are_refused() {
    for (name, length) in [
        ("wav_s16le.wav", 40),
        ("flac_16.flac", 60),
        ("mp3_cbr.mp3", 70),
        ("aac.m4a", 5_000),
        ("vorbis.ogg", 3_000),
        ("aiff_s16be.aiff", 30),
    ] {
        refusal(fixture(name)[..length].to_vec());
    }
}

/// Damage in the middle costs some blocks; what follows keeps its place.
fn assert_survives(name: &str, damage: impl Fn(&mut [u8]), tail_frames: usize) {
    let whole = intact(name);
    let mut bytes = fixture(name);
    damage(&mut bytes);
    let audio = decode_bytes(name, bytes, 44_100).unwrap();
    assert!(!audio.warnings.is_empty(), "{name}");
    let frames = whole.channels[0].len();
    assert_eq!(audio.channels[0].len(), frames, "{name}: {:?}", audio.warnings);
    let tail = frames - tail_frames..frames;
    assert_eq!(audio.channels[0][tail.clone()], whole.channels[0][tail], "{name}");
}

#[test]
fn damage_in_the_middle_does_not_move_what_follows() {
    assert_survives("flac_16.flac", |b| b[30_000..30_040].fill(0x55), 12_000);
    assert_survives("aac.m4a", |b| b[5_000..5_040].fill(0xff), 12_000);
    // The side information of one frame.
    let frame = |bytes: &[u8]| {
        (5_000..).find(|at| bytes[*at] == 0xff && bytes[at + 1] == 0xfb).unwrap_or_default()
    };
    let at = frame(&fixture("mp3_cbr.mp3"));
    assert_survives("mp3_cbr.mp3", |b| b[at + 4..at + 36].fill(0xff), 12_000);
}

#[test]
fn a_file_of_damage_alone_is_refused() {
    let mut flac = fixture("flac_16.flac");
    flac[100..].fill(0x55);
    refusal(flac);
    let mut aac = fixture("aac_faststart.m4a");
    let samples = aac.windows(4).position(|name| name == b"mdat").unwrap() + 4;
    aac[samples..].fill(0x55);
    refusal(aac);
}
