//! The spectrograms of four stereo stems of thirty seconds: `cargo bench spectrogram`.

use criterion::{Criterion, SamplingMode, Throughput, criterion_group};
use tactus_kernels::spectrogram::{BANDS, frame_count, spectrogram};

use crate::noise::noise;
use crate::settings::settings;

const SAMPLES: usize = 30 * 44_100;

fn four_stems(criterion: &mut Criterion) {
    let channel = |seed| -> Vec<i16> {
        noise(seed, SAMPLES, 20_000.0).into_iter().map(|sample| sample as i16).collect()
    };
    let channels: Vec<Vec<i16>> = (0..8).map(channel).collect();
    let mut output = vec![0.0; frame_count(SAMPLES) * BANDS];
    let mut group = criterion.benchmark_group("spectrogram");
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(8 * SAMPLES as u64));
    group.bench_function("four stems", |bencher| {
        bencher.iter(|| {
            for stem in channels.chunks(2) {
                spectrogram(&[&stem[0], &stem[1]], &mut output).unwrap();
            }
        });
    });
    group.finish();
}

criterion_group! { name = benches; config = settings(); targets = four_stems }
