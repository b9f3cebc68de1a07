//! A network that hands back its input separates every mixture into copies of itself.

use super::*;
use crate::separation::{OVERLAP, SOURCE_STEMS, TakenMono};
use crate::test_noise::numbers;

fn noise(samples: usize, seed: u64) -> Vec<f32> {
    let sample = |number| ((number >> 40) as f32 / 16_777_216.0 - 0.5) * 0.8;
    numbers(seed).map(sample).take(samples).collect()
}

fn passes(shifts: &[Option<usize>]) -> Passes<'_> {
    Passes { shifts, overlap: OVERLAP, source_stems: &SOURCE_STEMS }
}

/// Runs all segments through a network that gives each source the share of the input that
/// `wave_share` and `spectrum_share` say; `[8][samples]`.
fn separate(
    mixture: [&[f32]; 2],
    shifts: &[Option<usize>],
    wave_share: f32,
    spectrum_share: f32,
) -> Vec<Vec<f32>> {
    separate_with(mixture, passes(shifts), wave_share, spectrum_share)
}

/// The same with other passes.
fn separate_with(
    mixture: [&[f32]; 2],
    passes: Passes,
    wave_share: f32,
    spectrum_share: f32,
) -> Vec<Vec<f32>> {
    let mut separator = Separator::new(mixture, passes, Kept::floats(mixture[0].len()), usize::MAX);
    run(&mut separator, mixture, wave_share, spectrum_share);
    let Some(Kept::Floats(stems)) = separator.finished() else { panic!("floats were kept") };
    stems.iter().flat_map(|stem| stem.chunks(mixture[0].len())).map(<[f32]>::to_vec).collect()
}

/// Runs all segments through such a network.
fn run(separator: &mut Separator, mixture: [&[f32]; 2], wave_share: f32, spectrum_share: f32) {
    for index in 0..separator.segments().count() {
        let mut wave = vec![f32::NAN; CHANNELS * SEGMENT_SAMPLES];
        let mut spectrum = vec![f32::NAN; 2 * CHANNELS * PLANE];
        let excerpt = separator.excerpt(mixture, index).unwrap();
        let input = excerpt.transform(&mut wave, &mut spectrum).unwrap();
        let scale = |values: &[f32], share: f32| -> Vec<f32> {
            let scaled: Vec<f32> = values.iter().map(|value| value * share).collect();
            scaled.repeat(separator.sources)
        };
        let wave = scale(&wave, wave_share);
        let spectrum = scale(&spectrum, spectrum_share);
        assert!(separator.finished().is_none(), "the stems came before they were finished");
        separator.output(index, input, &wave, &spectrum).unwrap();
    }
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
}

#[test]
fn the_waveform_branch_brings_back_the_mixture() {
    let cases: [(usize, &[Option<usize>]); 5] = [
        (1, &[None]),
        (50_000, &[None]),
        (600_000, &[None]),
        (400_000, &[Some(12_345)]),
        (400_000, &[Some(1), Some(22_050), Some(7)]),
    ];
    for (samples, shifts) in cases {
        let mixture = [noise(samples, 1), noise(samples, 2)];
        let stems = separate(mixture.each_ref().map(Vec::as_slice), shifts, 1.0, 0.0);
        for (row, stem) in stems.iter().enumerate() {
            let difference = largest_difference(stem, &mixture[row % 2]);
            // The 1e-5 in a segment's normalisation is not undone, here as upstream.
            assert!(samples == 1 || difference < 2e-5, "{samples} {shifts:?}: {difference}");
        }
    }
}

#[test]
fn the_spectrum_branch_brings_back_the_mixture_but_for_the_highest_bin() {
    // Low-passed noise has nothing at half the sample rate.
    let smooth = |seed| -> Vec<f32> {
        noise(600_000, seed).windows(9).map(|w| w.iter().sum::<f32>() / 9.0).collect()
    };
    let mixture = [smooth(1), smooth(2)];
    let stems = separate(mixture.each_ref().map(Vec::as_slice), &[None], 0.0, 1.0);
    for (row, stem) in stems.iter().enumerate() {
        // Frames beyond a segment's ends count as silence, so its edges fade.
        let inner = 5000..mixture[0].len() - 5000;
        let difference = largest_difference(&stem[inner.clone()], &mixture[row % 2][inner]);
        assert!(difference < 2e-3, "{difference}");
    }
}

#[test]
fn silence_gives_silence() {
    let stems = separate([&[0.0; 1000]; 2], &[None, Some(5)], 1.0, 1.0);
    assert!(stems.iter().flatten().all(|&sample| sample == 0.0));
}

#[test]
fn sources_come_out_as_bass_drums_other_vocals() {
    let channels = [noise(1000, 1), noise(1000, 2)];
    let mixture = channels.each_ref().map(Vec::as_slice);
    let mut separator =
        Separator::new(mixture, passes(&[None]), Kept::floats(mixture[0].len()), usize::MAX);
    let (mut wave, mut spectrum) =
        (vec![0.0; CHANNELS * SEGMENT_SAMPLES], vec![0.0; 2 * CHANNELS * PLANE]);
    let excerpt = separator.excerpt(mixture, 0).unwrap();
    let input = excerpt.transform(&mut wave, &mut spectrum).unwrap();
    // Drums, bass, other, vocals at levels 1 to 4.
    let levels: Vec<f32> =
        (1..=4).flat_map(|level| wave.iter().map(move |value| value * level as f32)).collect();
    let silent = vec![0.0; STEMS * 2 * CHANNELS * PLANE];
    separator.output(0, input, &levels, &silent).unwrap();
    let Some(Kept::Floats(stems)) = separator.finished() else { panic!("floats were kept") };
    let level = |stem: usize| stems[stem].iter().map(|v| v.abs()).sum::<f32>();
    let [bass, drums, other, vocals] = [0, 1, 2, 3].map(level);
    assert!((bass / drums - 2.0).abs() < 0.01);
    assert!((vocals / other - 4.0 / 3.0).abs() < 0.01);
}

#[test]
fn the_mixture_comes_back_at_every_overlap() {
    let mixture = [noise(400_000, 1), noise(400_000, 2)];
    let mixture = mixture.each_ref().map(Vec::as_slice);
    for overlap in [0.0, 0.1, 0.5, 0.8] {
        let passes = Passes { overlap, ..passes(&[Some(12_345)]) };
        for (row, stem) in separate_with(mixture, passes, 1.0, 0.0).iter().enumerate() {
            let difference = largest_difference(stem, mixture[row % 2]);
            assert!(difference < 2e-5, "{overlap}: {difference}");
        }
    }
}

#[test]
fn sources_of_one_stem_are_added_with_their_means() {
    // A mean that is not 0 is in each source.
    let lifted = |seed| noise(5000, seed).iter().map(|v| v + 0.1).collect::<Vec<f32>>();
    let mixture = [lifted(1), lifted(2)];
    let mixture = mixture.each_ref().map(Vec::as_slice);
    let passes = Passes { source_stems: &[1, 0, 2, 3, 2, 2], ..passes(&[None]) };
    for (row, stem) in separate_with(mixture, passes, 1.0, 0.0).iter().enumerate() {
        let count = if row / 2 == 2 { 3.0 } else { 1.0 };
        let expected: Vec<f32> = mixture[row % 2].iter().map(|v| count * v).collect();
        let difference = largest_difference(stem, &expected);
        assert!(difference < 1e-4, "{row}: {difference}");
    }
}

#[test]
fn a_segment_out_of_turn_is_an_error() {
    let channels = [noise(600_000, 1), noise(600_000, 2)];
    let mixture = channels.each_ref().map(Vec::as_slice);
    let mut separator =
        Separator::new(mixture, passes(&[None]), Kept::floats(mixture[0].len()), usize::MAX);
    let (mut wave, mut spectrum) =
        (vec![0.0; CHANNELS * SEGMENT_SAMPLES], vec![0.0; 2 * CHANNELS * PLANE]);
    let excerpt = separator.excerpt(mixture, 1).unwrap();
    let input = excerpt.transform(&mut wave, &mut spectrum).unwrap();
    assert!(separator.output(1, input, &wave, &spectrum).is_err());
    assert!(separator.output(0, input, &wave, &spectrum).unwrap_err().to_string().contains("wave"));
    assert!(excerpt.transform(&mut wave[1..], &mut spectrum).is_err());
    assert!(separator.excerpt(mixture, 3).is_none());
}

#[test]
fn mono_stems_are_the_mean_of_the_rounded_stereo_stems() {
    let channels = [noise(600_000, 1), noise(600_000, 2)];
    // Too loud nowhere, from the first sample on, or late, in the third segment.
    for (gain, from) in [(1.0, 0), (3.0, 0), (3.0, 520_000)] {
        let loud = channels.each_ref().map(|channel| {
            let gains = (0..).map(|at| if at < from { 1.0 } else { gain });
            channel.iter().zip(gains).map(|(v, gain)| v * gain).collect::<Vec<f32>>()
        });
        let mixture = loud.each_ref().map(Vec::as_slice);
        let stereo = separate(mixture, &[Some(7)], 0.5, 0.5);
        let mono = |divisors, wanted| {
            let mut separator =
                Separator::new(mixture, passes(&[Some(7)]), Kept::mono(divisors), wanted);
            run(&mut separator, mixture, 0.5, 0.5);
            let Some(Kept::Mono(stems)) = separator.finished() else { panic!("mono was kept") };
            let taken = stems.each_mut().map(|stem| stem.take().unwrap());
            assert!(stems[0].take().is_none());
            taken
        };
        let first = mono(None, usize::MAX);
        let divisors = first.each_ref().map(|stem| stem.divisor);
        assert_eq!(divisors.iter().any(|&divisor| divisor > 1.0), gain > 1.0);
        let stale = first.iter().map(|stem| stem.stale).max().unwrap_or(0);
        assert_eq!(stale > 0, from > 0, "{stale}");
        assert!(stale <= from);
        let again = (stale > 0).then(|| mono(Some(divisors), stale));
        for (stem, TakenMono { samples, divisor, .. }) in first.into_iter().enumerate() {
            let samples = match &again {
                None => samples,
                Some(again) => {
                    assert_eq!((again[stem].divisor, again[stem].stale), (divisor, 0));
                    [&again[stem].samples, &samples[stale..]].concat()
                }
            };
            let mut rounded = vec![0; 2 * samples.len()];
            let both = [&stereo[2 * stem][..], &stereo[2 * stem + 1][..]].concat();
            crate::stems16::requantize(&both, &mut rounded);
            let (left, right) = rounded.split_at(samples.len());
            let expected: Vec<i16> = left
                .iter()
                .zip(right)
                .map(|(&l, &r)| crate::spectrogram::mean_of_16_bit(l, r))
                .collect();
            assert!(samples == expected, "stem {stem} at gain {gain} from {from}");
        }
    }
}
