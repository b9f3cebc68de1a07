//! Every format against what ffmpeg decodes the same file to.
//!
//! The files, ffmpeg's samples and `expected.tsv` are made by `fixtures/audio/make_formats.sh`.

use std::path::PathBuf;

use tactus_kernels::decode::{DecodedAudio, Part, decode, decode_bytes, decode_mix};

fn formats() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/audio/formats")
}

/// One line of `expected.tsv`, with ffmpeg's samples, interleaved.
struct Expected {
    name: String,
    frames: usize,
    channels: usize,
    rate_hz: u32,
    head_frames: usize,
    tail_frames: usize,
    samples: Vec<f32>,
}

fn expectations() -> Vec<Expected> {
    let table = std::fs::read_to_string(formats().join("expected.tsv")).unwrap();
    table
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let number = |at: usize| fields[at].parse::<usize>().unwrap();
            let bytes = std::fs::read(formats().join(format!("{}.f32", fields[0]))).unwrap();
            let (values, _) = bytes.as_chunks::<4>();
            Expected {
                name: fields[0].to_string(),
                frames: number(1),
                channels: number(2),
                rate_hz: number(3) as u32,
                head_frames: number(4),
                tail_frames: number(5),
                samples: values.iter().map(|b| f32::from_le_bytes(*b)).collect(),
            }
        })
        .collect()
}

fn decoded(expected: &Expected) -> DecodedAudio {
    decode(&formats().join(&expected.name), expected.rate_hz).unwrap()
}

/// Largest absolute difference from ffmpeg's samples, with its frame and channel.
fn worst_difference(audio: &DecodedAudio, expected: &Expected) -> (f64, usize, usize) {
    let head = 0..expected.head_frames;
    let tail = expected.frames - expected.tail_frames..expected.frames;
    let mut worst = (0.0, 0, 0);
    for (row, frame) in head.chain(tail).enumerate() {
        for channel in 0..expected.channels {
            let reference = expected.samples[row * expected.channels + channel];
            let difference =
                (f64::from(audio.channels[channel][frame]) - f64::from(reference)).abs();
            if difference > worst.0 {
                worst = (difference, frame, channel);
            }
        }
    }
    worst
}

fn is_lossless(name: &str) -> bool {
    ["wav_", "aiff_", "caf_", "au_", "flac_", "alac_", "pcm_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

#[test]
fn expectations_cover_every_supported_format() {
    let names: Vec<String> = expectations().into_iter().map(|e| e.name).collect();
    assert!(names.len() >= 25, "only {} files", names.len());
    for ending in [
        ".wav", ".w64", ".aiff", ".aifc", ".caf", ".au", ".flac", ".mp1", ".mp2", ".mp3", ".ogg",
        ".opus", ".oga", ".m4a", ".aac",
    ] {
        assert!(names.iter().any(|name| name.ends_with(ending)), "no {ending}");
    }
}

#[test]
fn every_format_gives_the_frames_channels_and_rate_of_ffmpeg_without_warnings() {
    for expected in expectations() {
        let audio = decoded(&expected);
        let name = &expected.name;
        assert_eq!(audio.channels.len(), expected.channels, "{name}");
        for channel in &audio.channels {
            assert_eq!(channel.len(), expected.frames, "{name}");
        }
        assert_eq!(audio.source_sample_rate_hz, expected.rate_hz, "{name}");
        assert_eq!(audio.warnings, [] as [String; 0], "{name}");
    }
}

#[test]
fn lossless_formats_equal_ffmpeg_bit_for_bit() {
    for expected in expectations().iter().filter(|e| is_lossless(&e.name)) {
        let (difference, frame, channel) = worst_difference(&decoded(expected), expected);
        assert_eq!(difference, 0.0, "{} at frame {frame} of channel {channel}", expected.name);
    }
}

#[test]
fn lossy_formats_are_aligned_with_ffmpeg_to_the_sample() {
    for expected in expectations().iter().filter(|e| !is_lossless(&e.name)) {
        let (difference, frame, channel) = worst_difference(&decoded(expected), expected);
        // Measured: 1.8e-6 for MP3, 3.2e-5 for MP1 and MP2, 3e-7 for AAC and Vorbis. A shift by one sample costs over 0.1.
        let coarse = ["mp1", "mp2"].iter().any(|layer| expected.name.starts_with(layer));
        let tolerance = if coarse { 5e-5 } else { 5e-6 };
        assert!(
            difference <= tolerance,
            "{}: {difference} at frame {frame} of channel {channel}",
            expected.name
        );
    }
}

#[test]
fn codec_names_and_bits_tell_lossless_from_lossy() {
    let found: Vec<(String, String, Option<u32>)> = expectations()
        .iter()
        .map(|e| (e.name.clone(), decoded(e)))
        .map(|(name, audio)| (name, audio.codec, audio.source_bits))
        .collect();
    let of = |name: &str| {
        let (_, codec, bits) = found.iter().find(|row| row.0 == name).unwrap();
        (codec.as_str(), *bits)
    };
    assert_eq!(of("wav_u8.wav"), ("pcm_u8", Some(8)));
    assert_eq!(of("wav_s16le.wav"), ("pcm_s16le", Some(16)));
    assert_eq!(of("wav_s24le.wav"), ("pcm_s24le", Some(24)));
    assert_eq!(of("wav_s32le.wav"), ("pcm_s32le", Some(32)));
    assert_eq!(of("wav_f32le.wav"), ("pcm_f32le", None));
    assert_eq!(of("wav_f64le.wav"), ("pcm_f64le", None));
    assert_eq!(of("aiff_s24be.aiff"), ("pcm_s24be", Some(24)));
    assert_eq!(of("flac_16.flac"), ("flac", Some(16)));
    assert_eq!(of("flac_24.flac"), ("flac", Some(24)));
    assert_eq!(of("alac_16.m4a"), ("alac", Some(16)));
    assert_eq!(of("alac_24.m4a"), ("alac", Some(24)));
    assert_eq!(of("wav_adpcm_ms.wav"), ("adpcm_ms", None));
    assert_eq!(of("wav_adpcm_ima.wav"), ("adpcm_ima_wav", None));
    assert_eq!(of("caf_ima4.caf"), ("adpcm_ima_qt", None));
    assert_eq!(of("caf_alac.caf"), ("alac", Some(16)));
    assert_eq!(of("mp1_joint.mp1"), ("mp1", None));
    assert_eq!(of("mp3_cbr.mp3"), ("mp3", None));
    assert_eq!(of("aac.m4a"), ("aac", None));
    assert_eq!(of("aac.aac"), ("aac", None));
    assert_eq!(of("vorbis.ogg"), ("vorbis", None));
    assert_eq!(of("opus_stereo.opus"), ("opus", None));
    assert_eq!(of("flac_in_ogg.oga"), ("flac", Some(16)));
    assert_eq!(of("pcm_in_matroska.mka"), ("pcm_s24le", Some(24)));
    assert_eq!(of("alac_in_matroska.mka"), ("alac", Some(16)));
}

#[test]
fn the_extension_and_the_way_in_do_not_matter() {
    let path = formats().join("mp3_cbr.mp3");
    let bytes = std::fs::read(&path).unwrap();
    let from_bytes = decode_bytes("song.wav", bytes, 44_100).unwrap();
    assert_eq!(decode(&path, 44_100).unwrap(), from_bytes);
}

#[test]
fn mp3_after_a_large_id3v2_tag_is_the_same_audio() {
    let bytes = std::fs::read(formats().join("mp3_no_header.mp3")).unwrap();
    // A picture frame of 200 000 bytes that look like MPEG sync words.
    let body = 200_000_usize;
    let frame_size = u32::try_from(body).unwrap();
    let synchsafe = |n: usize| [21, 14, 7, 0].map(|shift| ((n >> shift) & 0x7f) as u8);
    let mut tagged = b"ID3\x03\x00\x00".to_vec();
    tagged.extend(synchsafe(body + 10));
    tagged.extend(b"APIC");
    tagged.extend(frame_size.to_be_bytes());
    tagged.extend([0, 0]);
    tagged.extend([0xff, 0xfb, 0x90, 0x64].iter().cycle().take(body));
    tagged.extend(&bytes);
    assert_eq!(
        decode_bytes("a", tagged, 44_100).unwrap().channels,
        decode_bytes("a", bytes, 44_100).unwrap().channels
    );
}

#[test]
fn the_rate_asked_for_sets_the_length() {
    for (name, frames) in [("wav_six_channels.wav", 882), ("mp3_vbr_mono_22050.mp3", 33_076)] {
        let audio = decode(&formats().join(name), 44_100).unwrap();
        assert_eq!(audio.sample_rate_hz, 44_100);
        assert!(audio.channels.iter().all(|channel| channel.len() == frames), "{name}");
    }
}

#[test]
fn fewer_valid_bits_than_the_container_do_not_change_the_scale() {
    let whole = decode(&formats().join("wav_s24le.wav"), 44_100).unwrap();
    let mut bytes = std::fs::read(formats().join("wav_s24le.wav")).unwrap();
    assert_eq!(bytes[38..40], [24, 0], "valid bits of WAVE_FORMAT_EXTENSIBLE");
    bytes[38] = 20;
    let audio = decode_bytes("x", bytes, 44_100).unwrap();
    assert_eq!(audio.channels, whole.channels);
    assert_eq!(audio.source_bits, Some(20));
}

#[test]
fn the_itunes_note_sets_start_and_length() {
    let whole = decode(&formats().join("aac.m4a"), 44_100).unwrap();
    let boxed = |kind: &[u8; 4], body: &[u8]| {
        [&(body.len() as u32 + 8).to_be_bytes(), &kind[..], body].concat()
    };
    // 1200 frames of priming, 30 000 of music. ffmpeg's edit list starts at 1024.
    let note = b" 00000000 000004B0 00000000 0000000000007530 00000000 00000000 00000000 00000000";
    let item = [
        boxed(b"mean", b"\0\0\0\0com.apple.iTunes"),
        boxed(b"name", b"\0\0\0\0iTunSMPB"),
        boxed(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0], &note[..]].concat()),
    ]
    .concat();
    let handler = boxed(b"hdlr", &[&[0; 8][..], b"mdirappl", &[0; 9]].concat());
    let list = boxed(b"ilst", &boxed(b"----", &item));
    let meta = boxed(b"meta", &[&[0; 4][..], &handler, &list].concat());
    let user_data = boxed(b"udta", &meta);
    let mut bytes = std::fs::read(formats().join("aac.m4a")).unwrap();
    // The file ends with moov, and that with a udta of ffmpeg's, which makes room for ours.
    let moov = bytes.windows(4).rposition(|w| w == b"moov").unwrap() - 4;
    if let Some(old) = bytes.windows(4).rposition(|w| w == b"udta") {
        bytes.truncate(old - 4);
    }
    bytes.extend(user_data);
    let moov_bytes = (bytes.len() - moov) as u32;
    bytes[moov..moov + 4].copy_from_slice(&moov_bytes.to_be_bytes());
    let audio = decode_bytes("x", bytes, 44_100).unwrap();
    assert_eq!(audio.channels[0], whole.channels[0][176..30_176]);
    assert_eq!(audio.warnings, [] as [String; 0]);
}

#[test]
fn what_is_noted_of_a_file_is_its_decoder_its_hash_and_what_was_cut() {
    let noted = |name: &str| decode(&formats().join(name), 44_100).unwrap();
    let wav = noted("wav_s16le.wav");
    assert_eq!((wav.decoder.as_str(), wav.trimmed), ("symphonia 0.6.1", (0, 0)));
    // The same samples in another container and codec have the same hash, other samples another one.
    let names = ["wav_s16le.wav", "wav_s24le.wav", "aiff_s16be.aiff", "mp3_cbr.mp3"];
    let hashes: Vec<String> = names.iter().map(|name| noted(name).pcm_sha256).collect();
    assert!(hashes.iter().all(|hash| hash.len() == 64), "{hashes:?}");
    for (at, name) in names.iter().enumerate() {
        for (other, hash) in hashes.iter().enumerate() {
            let same = noted(name).channels == noted(names[other]).channels;
            assert_eq!(&hashes[at] == hash, same, "{name} {}", names[other]);
        }
    }
    // LAME's delay and the decoder's own 529 samples; the padding is what is left of whole frames.
    let mp3 = noted("mp3_cbr.mp3");
    let (start, end) = mp3.trimmed;
    assert_eq!(start, 1105);
    assert_eq!((mp3.channels[0].len() as u64 + start + end) % 1152, 0, "{end}");
}

#[test]
fn a_part_has_the_samples_of_the_whole() {
    for expected in expectations() {
        let path = formats().join(&expected.name);
        let decode = |part| decode_mix(&path, 44_100, part).unwrap();
        let whole = decode(Part::WHOLE);
        let frames = whole.channels[0].len();
        let (first, end) = (frames / 3, frames / 2);
        let part = decode(Part { first, end });
        assert_eq!(part.channels.len(), whole.channels.len(), "{}", expected.name);
        for (part, whole) in part.channels.iter().zip(&whole.channels) {
            assert!(part == &whole[first..end], "{}", expected.name);
        }
    }
}

#[test]
fn a_mix_keeps_the_first_two_of_more_channels() {
    let Some(expected) = expectations().into_iter().find(|expected| expected.channels > 2) else {
        panic!("no file has more than two channels");
    };
    let path = formats().join(&expected.name);
    let (all, mix) =
        (decode(&path, 44_100).unwrap(), decode_mix(&path, 44_100, Part::WHOLE).unwrap());
    assert_eq!(mix.channels, all.channels[..2]);
    assert_eq!((mix.pcm_sha256, mix.levels), (all.pcm_sha256, all.levels));
}
