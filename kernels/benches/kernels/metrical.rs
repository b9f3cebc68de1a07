//! The search for beats in three minutes of activations: `cargo bench metrical`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group};
use tactus_kernels::metrical::decode_beats;

use crate::noise::noise;
use crate::settings::settings;

const FRAMES: usize = 18_000;

fn search(criterion: &mut Criterion) {
    let mut activations: Vec<f32> = noise(1, 2 * FRAMES, 0.1).into_iter().map(f32::abs).collect();
    for (beat, frame) in (0..FRAMES).step_by(50).enumerate() {
        activations[2 * frame + usize::from(beat % 4 == 0)] += 0.6;
    }
    let mut group = criterion.benchmark_group("metrical");
    group.throughput(Throughput::Elements(FRAMES as u64));
    group.bench_function("both metres", |bencher| {
        bencher.iter(|| decode_beats(black_box(&activations), 0.24));
    });
    group.finish();
}

criterion_group! { name = benches; config = settings(); targets = search }
