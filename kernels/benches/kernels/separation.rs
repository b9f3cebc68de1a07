//! The Fourier transforms on either side of the separation network, of one segment, with all that is
//! done between the mixture, the network and the stems: `cargo bench separation`.

use criterion::{BatchSize, Criterion, SamplingMode, Throughput, criterion_group};
use tactus_kernels::separation::{
    BINS, CHANNELS, FRAMES, Kept, OVERLAP, Passes, SEGMENT_SAMPLES, SOURCE_STEMS, STEMS, Separator,
};

use crate::noise::noise;
use crate::settings::settings;

fn transforms(criterion: &mut Criterion) {
    let channels = [1, 2].map(|seed| noise(seed, SEGMENT_SAMPLES, 0.5));
    let mixture = channels.each_ref().map(Vec::as_slice);
    let passes = Passes { shifts: &[None], overlap: OVERLAP, source_stems: &SOURCE_STEMS };
    let separator =
        || Separator::new(mixture, passes, Kept::floats(SEGMENT_SAMPLES), SEGMENT_SAMPLES);
    let excerpt = separator().excerpt(mixture, 0).expect("there is a segment");
    let mut wave = vec![0.0; CHANNELS * SEGMENT_SAMPLES];
    let mut spectrum = vec![0.0; 2 * CHANNELS * BINS * FRAMES];
    let input = excerpt.transform(&mut wave, &mut spectrum).expect("the sizes fit");
    let [waves, spectra] = [wave.repeat(STEMS), spectrum.repeat(STEMS)];
    let mut group = criterion.benchmark_group("separation");
    group.sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Elements((CHANNELS * SEGMENT_SAMPLES) as u64));
    group.bench_function("stft", |bencher| {
        bencher.iter(|| excerpt.transform(&mut wave, &mut spectrum).expect("the sizes fit"));
    });
    group.throughput(Throughput::Elements((STEMS * CHANNELS * SEGMENT_SAMPLES) as u64));
    group.bench_function("istft", |bencher| {
        let join = |mut separator: Separator| {
            separator.output(0, input, &waves, &spectra).expect("the sizes fit");
            separator
        };
        bencher.iter_batched(separator, join, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group! { name = benches; config = settings(); targets = transforms }
