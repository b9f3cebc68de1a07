//! Time of each part of a segment of the published separation network:
//! `cargo bench htdemucs`.
//!
//! One run of the network takes seconds and gives one sample of every part, so the parts share runs:
//! a part takes its next sample from those that are there, and starts a run where there is none.
//! Criterion therefore warns that it could not fill the time that it was given.

use std::cell::{LazyCell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode, Throughput, criterion_group};
use tactus_kernels::Observer;
use tactus_kernels::htdemucs::{Configuration, Htdemucs, parameter_sizes};

use crate::noise::noise;
use crate::settings::settings;

/// Parts of the work that the network reports, in order.
const PARTS: [&str; 19] = [
    "inputs",
    "tencoder.0",
    "encoder.0",
    "tencoder.1",
    "encoder.1",
    "tencoder.2",
    "encoder.2",
    "tencoder.3",
    "encoder.3",
    "crosstransformer",
    "tdecoder.0",
    "decoder.0",
    "tdecoder.1",
    "decoder.1",
    "tdecoder.2",
    "decoder.2",
    "tdecoder.3",
    "decoder.3",
    "outputs",
];

/// The name of the whole.
const WHOLE: &str = "segment";

/// Times of the parts that have been measured and not yet been used.
struct Clock {
    last: Instant,
    times: BTreeMap<String, VecDeque<Duration>>,
}

impl Observer for Clock {
    fn part_done(&mut self, part: &str) {
        let now = Instant::now();
        self.times.entry(part.into()).or_default().push_back(now - self.last);
        self.last = now;
    }
}

struct Segment {
    network: Htdemucs,
    inputs: [Vec<f32>; 2],
    outputs: [Vec<f32>; 2],
    clock: Clock,
}

impl Segment {
    fn new() -> Self {
        let configuration = Configuration::PUBLISHED;
        let parameters = parameter_sizes(&configuration);
        let parameters = parameters.safetensors(&noise(1, parameters.total(), 0.05));
        let sizes = [configuration.wave_size(), configuration.spectrum_size()];
        let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let network = Htdemucs::new(configuration, &parameters, threads)
            .expect("the parameters are the network's");
        let mut segment = Segment {
            network,
            inputs: sizes.map(|size| noise(2, size, 1.0)),
            outputs: sizes.map(|size| vec![0.0; 4 * size]),
            clock: Clock { last: Instant::now(), times: BTreeMap::new() },
        };
        // The first run touches its memory for the first time; its times are not used.
        segment.run();
        segment.clock.times.values_mut().for_each(VecDeque::clear);
        segment
    }

    fn run(&mut self) {
        let [wave, spectrum] = &self.inputs;
        let [wave_out, spectrum_out] = &mut self.outputs;
        let start = Instant::now();
        self.clock.last = start;
        self.network
            .run([wave, spectrum], [wave_out, spectrum_out], &mut self.clock)
            .expect("the sizes are the network's");
        self.clock.times.entry(WHOLE.into()).or_default().push_back(start.elapsed());
    }

    /// The next time of a part that has not been used yet.
    fn next(&mut self, part: &str) -> Duration {
        loop {
            if let Some(time) = self.clock.times.get_mut(part).and_then(VecDeque::pop_front) {
                return time;
            }
            let known = self.clock.times.contains_key(part);
            assert!(known, "the network has no part {part}");
            self.run();
        }
    }
}

fn parts(criterion: &mut Criterion) {
    // Opened only if a part is measured: a filter may leave all of them out.
    let segment = LazyCell::new(|| RefCell::new(Segment::new()));
    let mut group = criterion.benchmark_group("htdemucs");
    group.sampling_mode(SamplingMode::Flat);
    for name in PARTS.into_iter().chain([WHOLE]) {
        if name == WHOLE {
            group.throughput(Throughput::Elements(Configuration::PUBLISHED.wave_size() as u64));
        }
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|runs| (0..runs).map(|_| segment.borrow_mut().next(name)).sum());
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    // So little time that each of the ten samples is a single run.
    config = settings()
        .warm_up_time(Duration::from_nanos(1))
        .measurement_time(Duration::from_nanos(1));
    targets = parts
}
