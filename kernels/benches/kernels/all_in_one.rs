//! One fold of the published network on a minute of audio: `cargo bench all_in_one`.

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group};
use tactus_kernels::all_in_one::{Configuration, Fold, Runner, parameter_sizes};

use crate::noise::noise;
use crate::settings::settings;

const FRAMES: usize = 6000;

fn fold(criterion: &mut Criterion) {
    let configuration = Configuration::PUBLISHED;
    let parameters = parameter_sizes(&configuration);
    let parameters = parameters.safetensors(&noise(1, parameters.total(), 0.125));
    let fold = Fold::new(&configuration, &parameters).expect("the parameters are the network's");
    let spectrogram = noise(2, 4 * FRAMES * 81, 0.125);
    let mut logits = vec![0.0; 13 * FRAMES];
    let mut group = criterion.benchmark_group("fold");
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(FRAMES as u64));
    for threads in [1, 2] {
        let mut runner = Runner::new(&configuration, threads).expect("threads can be started");
        group.bench_function(BenchmarkId::new("threads", threads), |bencher| {
            bencher.iter(|| {
                runner.run(&fold, &spectrogram, &mut logits, &mut [], &mut ()).expect("sizes fit")
            });
        });
    }
    group.finish();
}

criterion_group! { name = benches; config = settings(); targets = fold }
