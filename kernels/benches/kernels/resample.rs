//! Converting ten seconds of stereo to 44.1 kHz, with reading them from a WAV file in memory, which is a
//! small part of it: `cargo bench resample`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group};
use tactus_kernels::decode::decode_bytes;

use crate::noise::noise;
use crate::settings::settings;

/// A WAV file of stereo f32.
fn wav(samples: &[f32], rate_hz: u32) -> Vec<u8> {
    let data = samples.iter().flat_map(|sample| sample.to_le_bytes());
    let size = 4 * samples.len() as u32;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + size).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x03\0\x02\0");
    file.extend(rate_hz.to_le_bytes());
    file.extend((8 * rate_hz).to_le_bytes());
    file.extend(b"\x08\0\x20\0data");
    file.extend(size.to_le_bytes());
    file.extend(data);
    file
}

fn resample(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("resample");
    group.sampling_mode(SamplingMode::Flat);
    for rate_hz in [44_100, 48_000, 96_000] {
        let samples = noise(1, 20 * rate_hz as usize, 0.5);
        let file = wav(&samples, rate_hz);
        group.throughput(Throughput::Elements(samples.len() as u64));
        group.bench_function(BenchmarkId::new("from Hz", rate_hz), |bencher| {
            bencher.iter(|| {
                black_box(decode_bytes("noise.wav", file.clone(), 44_100))
                    .expect("the file is intact")
            });
        });
    }
    group.finish();
}

criterion_group! { name = benches; config = settings(); targets = resample }
