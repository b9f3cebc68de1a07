use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::*;
use crate::hpss::{HpssSeparator, Wanted};
use crate::separation::{
    CHANNELS, Kept, OVERLAP, Passes, SEGMENT_SAMPLES, SOURCE_STEMS, Separator,
};
use crate::spectrogram::{BANDS, frame_count, mean_of_16_bit, spectrogram};
use crate::stems16::requantize;
use crate::test_noise::numbers;

/// A WAV file of floats that is removed in the end.
struct Wav {
    path: PathBuf,
    channels: [Vec<f32>; 2],
}

impl Drop for Wav {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Noise and a tone; `level` tells how loud it is at which sample.
fn wav(name: &str, samples: usize, level: impl Fn(usize) -> f32) -> Wav {
    let noise = |seed: u64| numbers(seed).map(|n| (n >> 40) as f32 / (1 << 23) as f32 - 1.0);
    let [left, right] = [7, 8].map(|seed| -> Vec<f32> {
        let tone = |at: usize| (at as f32 * 0.02).sin();
        noise(seed)
            .take(samples)
            .enumerate()
            .map(|(at, n)| level(at) * (0.4 * n + 0.6 * tone(at)))
            .collect()
    });
    let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x03\0\x02\0".to_vec();
    bytes.extend(44_100_u32.to_le_bytes());
    bytes.extend((8 * 44_100_u32).to_le_bytes());
    bytes.extend(b"\x08\0\x20\0data");
    bytes.extend((8 * samples as u32).to_le_bytes());
    let frames = left.iter().zip(&right);
    bytes.extend(frames.flat_map(|(l, r)| [l.to_le_bytes(), r.to_le_bytes()]).flatten());
    let size = (bytes.len() as u32 - 8).to_le_bytes();
    bytes[4..8].copy_from_slice(&size);
    let path = std::env::temp_dir().join(format!("tactus_mix_{}_{name}.wav", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    Wav { path, channels: [left, right] }
}

/// Hexadecimal, of floats in little-endian order.
fn sha256(samples: &[f32]) -> String {
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn settings(method: Method, spectrograms: &[usize]) -> Settings {
    Settings {
        gain: 1.0,
        method,
        spectrograms: spectrograms.to_vec(),
        files: Vec::new(),
        shift: None,
        overlap: OVERLAP,
        source_stems: SOURCE_STEMS.to_vec(),
    }
}

/// Rows and digest of a whole stem, `[2 · samples]`.
fn expected(stem: &[f32]) -> Finished {
    let mut rounded = vec![0; stem.len()];
    requantize(stem, &mut rounded);
    let (left, right) = rounded.split_at(stem.len() / 2);
    let mono: Vec<i16> = left.iter().zip(right).map(|(&l, &r)| mean_of_16_bit(l, r)).collect();
    let mut rows = vec![0.0; frame_count(mono.len()) * BANDS];
    spectrogram(&[&mono], &mut rows).unwrap();
    let bytes: Vec<u8> = mono.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    use sha2::Digest;
    Finished { rows, digest: sha2::Sha256::digest(bytes).into() }
}

fn by_filters(file: &Wav, wanted: Wanted) -> Vec<Vec<f32>> {
    let mixture = file.channels.each_ref().map(Vec::as_slice);
    let samples = mixture[0].len();
    let mut separator = HpssSeparator::new(mixture, Kept::floats(samples), samples, wanted);
    for _ in 0..separator.steps() {
        separator.step(mixture).unwrap();
    }
    let Some(Kept::Floats(stems)) = separator.finished() else { panic!("floats") };
    stems.clone()
}

/// Runs all passes without a network; returns how many there were.
fn run(mix: &mut Mix, settings: Settings) -> usize {
    mix.begin(settings).unwrap();
    for pass in 1.. {
        while !mix.step().unwrap().0 {}
        if mix.end().unwrap().is_none() {
            return pass;
        }
    }
    unreachable!()
}

/// More samples than a step has.
const LATE: usize = 1_100_000;

type Level = (&'static str, fn(usize) -> f32);

/// Levels with nothing, something late, the first samples, or everything beyond full scale.
const LEVELS: [Level; 4] = [
    ("quiet", |_| 0.4),
    ("late", |at| if at > LATE { 1.6 } else { 0.4 }),
    ("early", |at| if at < 10 { 3.0 } else { 0.4 }),
    ("loud", |_| 1.5),
];

#[test]
fn filters_in_pieces_give_the_stems_of_the_whole_mix() {
    let lengths = [1, 441, 9216, 131_071, 131_072, 131_073, 1_200_000];
    for samples in lengths {
        for (name, level) in LEVELS {
            // Short ones are made in a step.
            if (name == "late") != (samples == 1_200_000) {
                continue;
            }
            let file = wav(&format!("filters_{name}_{samples}"), samples, level);
            let mut mix = Mix::open(&file.path, 44_100, Part::WHOLE).unwrap();
            let stems = by_filters(&file, Wanted::Rhythm);
            run(&mut mix, settings(Method::Rhythm, &[0, 1, MIX]));
            for (at, stem) in stems[..2].iter().chain([&file.channels.concat()]).enumerate() {
                let found = mix.take([0, 1, MIX][at]).unwrap();
                assert!(found == expected(stem), "{name} {samples}: stem {at}");
            }
            if samples != 1_200_000 {
                continue;
            }
            let kinds = Kinds { width: true, sha256: true, ..Kinds::default() };
            let measured = mix.measure(1.0, kinds).unwrap();
            assert_eq!(measured.sha256, Some(sha256(&file.channels.concat())));
            run(&mut mix, settings(Method::Filters, &[0, 1, 2, 3]));
            for (at, stem) in by_filters(&file, Wanted::All).iter().enumerate() {
                assert!(
                    mix.take(at).unwrap() == expected(stem),
                    "{name} {samples}: stem {at} of all"
                );
            }
        }
    }
}

#[test]
fn the_mix_alone_is_made_again_only_where_it_is_loud_behind_the_start() {
    for (name, level) in LEVELS {
        let file = wav(&format!("none_{name}"), 1_500_000, level);
        let mut mix = Mix::open(&file.path, 44_100, Part::WHOLE).unwrap();
        let passes = run(&mut mix, settings(Method::None, &[MIX]));
        assert_eq!(passes, if name == "late" { 2 } else { 1 }, "{name}");
        assert!(mix.take(MIX).unwrap() == expected(&file.channels.concat()), "{name}");
        assert!(mix.take(MIX).is_none());
    }
}

#[test]
fn a_part_with_a_gain_is_that_of_the_file() {
    let file = wav("part", 600_000, |_| 0.9);
    let part = Part { first: 100_001, end: 500_000 };
    let mut mix = Mix::open(&file.path, 44_100, part).unwrap();
    run(&mut mix, Settings { gain: 1.3, ..settings(Method::None, &[MIX]) });
    let gained = file.channels.each_ref().map(|channel| -> Vec<f32> {
        channel[100_001..500_000].iter().map(|&v| (f64::from(v) * 1.3) as f32).collect()
    });
    assert!(mix.take(MIX).unwrap() == expected(&gained.concat()));
    assert_eq!(mix.passed().unwrap().samples, 399_999);
}

#[test]
fn a_network_in_pieces_gives_the_stems_of_the_whole_mix() {
    let path = |stem: usize| {
        std::env::temp_dir().join(format!("tactus_net_{}_{stem}.wav", std::process::id()))
    };
    for (name, level) in LEVELS {
        for shift in [None, Some(12_345)] {
            // A shift is of no matter to loudness.
            if shift.is_some() != (name == "late") {
                continue;
            }
            let samples = 360_000;
            let level = |at: usize| level(if name == "late" { at + LATE - 270_000 } else { at });
            let file = wav(&format!("net_{name}_{}", shift.unwrap_or(0)), samples, level);
            let mixture = file.channels.each_ref().map(Vec::as_slice);
            let passes = Passes { shifts: &[shift], overlap: OVERLAP, source_stems: &SOURCE_STEMS };
            let mut whole = Separator::new(mixture, passes, Kept::floats(samples), usize::MAX);
            // Hands back its input, at another level for each source.
            let echo = |values: &[f32]| -> Vec<f32> {
                [0.3, 0.6, 0.1, 0.5]
                    .iter()
                    .flat_map(|share| values.iter().map(move |v| v * share))
                    .collect()
            };
            let mut wave = vec![0.0; CHANNELS * SEGMENT_SAMPLES];
            let mut spectrum =
                vec![0.0; 2 * CHANNELS * crate::separation::BINS * crate::separation::FRAMES];
            for index in 0..whole.segments().count() {
                let excerpt = whole.excerpt(mixture, index).unwrap();
                let input = excerpt.transform(&mut wave, &mut spectrum).unwrap();
                whole.output(index, input, &echo(&wave), &echo(&spectrum)).unwrap();
            }
            let Some(Kept::Floats(stems)) = whole.finished() else { panic!("floats") };
            let mut mix = Mix::open(&file.path, 44_100, Part::WHOLE).unwrap();
            let kinds = Kinds { normalisation: true, sha256: true, ..Kinds::default() };
            let measured = mix.measure(1.0, kinds).unwrap();
            assert_eq!(measured.sha256, Some(sha256(&file.channels.concat())));
            let files = vec![(2, path(2))];
            let settings = Settings { shift, files, ..settings(Method::Network, &[0, 1, 2, 3]) };
            let mut segments = mix.begin(settings).unwrap();
            loop {
                for index in 0..segments {
                    let excerpt = mix.excerpt(index).unwrap();
                    let input = excerpt.transform(&mut wave, &mut spectrum).unwrap();
                    mix.output(index, input, &echo(&wave), &echo(&spectrum)).unwrap();
                }
                match mix.end().unwrap() {
                    Some(again) => segments = again,
                    None => break,
                }
            }
            for (at, stem) in stems.iter().enumerate() {
                assert!(mix.take(at).unwrap() == expected(stem), "{name} {shift:?}: stem {at}");
            }
            let mut rounded = vec![0; 2 * samples];
            requantize(&stems[2], &mut rounded);
            let (left, right) = rounded.split_at(samples);
            let frames =
                left.iter().zip(right).flat_map(|(l, r)| [l.to_le_bytes(), r.to_le_bytes()]);
            assert!(std::fs::read(path(2)).unwrap()[44..] == frames.flatten().collect::<Vec<u8>>());
        }
    }
    std::fs::remove_file(path(2)).unwrap();
}

#[test]
fn a_file_that_changes_between_two_passes_is_refused() {
    let file = wav("changed", 1_500_000, |_| 0.3);
    let mut mix = Mix::open(&file.path, 44_100, Part::WHOLE).unwrap();
    mix.measure(1.0, Kinds::default()).unwrap();
    let shorter = std::fs::read(&file.path).unwrap();
    std::fs::write(&file.path, &shorter[..shorter.len() / 2]).unwrap();
    mix.begin(settings(Method::None, &[MIX])).unwrap();
    while !mix.step().unwrap().0 {}
    let error = mix.end().unwrap_err().to_string();
    assert!(error.contains("changed while it was read"), "{error}");
}
