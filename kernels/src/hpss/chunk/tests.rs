use super::super::layout::SAMPLE_RATE_HZ;
use super::*;
use crate::test_noise::numbers;

const STEM_NAMES: [&str; STEMS] = ["bass", "drums", "other", "vocals"];

fn noise(samples: usize, seed: u64) -> Vec<f32> {
    numbers(seed)
        .map(|number| (number >> 40) as f32 / (1 << 24) as f32 - 0.5)
        .take(samples)
        .collect()
}

fn sine(hz: f32, samples: usize) -> Vec<f32> {
    (0..samples).map(|n| 0.3 * (TAU * hz * n as f32 / SAMPLE_RATE_HZ).sin()).collect()
}

fn separate(mixture: Mixture) -> [[Vec<f32>; CHANNELS]; STEMS] {
    separate_wanted(mixture, Wanted::All)
}

fn separate_wanted(mixture: Mixture, wanted: Wanted) -> [[Vec<f32>; CHANNELS]; STEMS] {
    let hpss = Hpss::new(mixture, wanted);
    let mut stems: [[Vec<f32>; CHANNELS]; STEMS] = Default::default();
    let mut work = Work::new();
    for index in 0..mixture[0].len().div_ceil(CHUNK_SAMPLES) {
        for (stem, chunk) in stems.iter_mut().zip(work.separate(&hpss, mixture, index)) {
            for (channel, samples) in stem.iter_mut().zip(chunk) {
                channel.extend(samples);
            }
        }
    }
    stems
}

/// Share of the energy of the left channel that is in each stem, without the first and last tenth.
fn shares(mixture: Mixture) -> [f32; STEMS] {
    let stems = separate(mixture);
    let inner = |signal: &[f32]| {
        let range = signal.len() / 10..signal.len() * 9 / 10;
        signal[range].iter().map(|v| v * v).sum::<f32>()
    };
    stems.map(|stem| inner(&stem[0]) / inner(mixture[0]))
}

#[test]
fn the_stems_sum_to_the_mixture() {
    for samples in [1, 511, 512, 10_000, CHUNK_SAMPLES, CHUNK_SAMPLES + 1, 2 * CHUNK_SAMPLES + 777]
    {
        let (left, right) = (noise(samples, 1), noise(samples, 2));
        let stems = separate([&left, &right]);
        for (channel, whole) in [left, right].iter().enumerate() {
            for (n, &value) in whole.iter().enumerate() {
                let sum: f64 = stems.iter().map(|stem| f64::from(stem[channel][n])).sum();
                assert!((sum - f64::from(value)).abs() < 1e-6, "{samples} {n}");
            }
            assert!(stems.iter().all(|stem| stem[channel].len() == samples));
        }
    }
}

#[test]
fn sounds_go_to_the_stem_that_they_are_like() {
    let samples = 3 * 44_100;
    let silence = vec![0.0; samples];
    // Clicks of 5 ms, four a second.
    let noise = noise(samples, 3);
    let clicks: Vec<f32> =
        noise.iter().enumerate().map(|(n, v)| if n % 11_025 < 220 { *v } else { 0.0 }).collect();
    let (low, high) = (sine(80.0, samples), sine(1000.0, samples));
    for (stem, [left, right]) in
        [[&low, &low], [&clicks, &clicks], [&high, &silence], [&high, &high]].iter().enumerate()
    {
        // Something quiet on one side makes it a stereo mixture.
        let right: Vec<f32> = right.iter().zip(&noise).map(|(a, b)| a + 0.03 * b).collect();
        let found = shares([left, &right]);
        assert!(found[stem] > 0.8, "{}: {found:?}", STEM_NAMES[stem]);
    }
}

#[test]
fn bass_and_drums_alone_are_the_same_bit_for_bit() {
    for right_seed in [6, 7] {
        let samples = CHUNK_SAMPLES + 777;
        // Mono, then stereo.
        let (left, right) = (noise(samples, 6), noise(samples, right_seed));
        let all = separate([&left, &right]);
        let rhythm = separate_wanted([&left, &right], Wanted::Rhythm);
        assert_eq!(rhythm[..2], all[..2]);
        assert!(rhythm[2..].iter().flatten().all(Vec::is_empty));
    }
}

#[test]
fn a_mono_mixture_has_no_vocals() {
    let high = sine(1000.0, 44_100);
    let found = shares([&high, &high]);
    assert_eq!(found[3], 0.0);
    assert!(found[2] > 0.8, "{found:?}");
}

#[test]
fn a_border_between_chunks_is_not_heard() {
    let samples = 2 * CHUNK_SAMPLES;
    let (left, right) = (noise(samples, 4), noise(samples, 5));
    let whole = separate([&left, &right]);
    // The same sound half a chunk later: what was at a border is now in the middle of a chunk.
    let moved = |signal: &[f32]| [&vec![0.0; CHUNK_SAMPLES / 2], signal].concat();
    let (left, right) = (moved(&left), moved(&right));
    let later = separate([&left, &right]);
    for (stem, later) in whole.iter().zip(&later) {
        for (one, other) in stem[0].iter().zip(&later[0][CHUNK_SAMPLES / 2..]) {
            assert!((one - other).abs() < 1e-5);
        }
    }
}

#[test]
fn silence_stays_silent() {
    let silence = vec![0.0; 5000];
    assert!(separate([&silence, &silence]).iter().flatten().flatten().all(|&v| v == 0.0));
}
