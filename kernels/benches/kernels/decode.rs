//! Decoding a FLAC file: `cargo bench decode`.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group};
use tactus_kernels::decode::decode_bytes;

use crate::settings::settings;

fn decode(criterion: &mut Criterion) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/audio/four_four/mix.flac");
    let file = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let run = || decode_bytes("mix.flac", file.clone(), 44_100).expect("the file is intact");
    let audio = run();
    let samples = audio.channels.iter().map(|channel| channel.len() as u64).sum();
    let mut group = criterion.benchmark_group("decode");
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(samples));
    group.bench_function("flac", |bencher| bencher.iter(|| black_box(run())));
    group.finish();
}

criterion_group! { name = benches; config = settings(); targets = decode }
