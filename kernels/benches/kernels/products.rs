//! The matrix products of the separation network, on one thread: `cargo bench products`.
//! An element is one multiplication with its addition, so 1 Gelem/s are 2 GFLOP/s.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use tactus_kernels::linear::{Aligned, Isa, LANES, ROWS, TILE, Weights};

use crate::noise::noise;
use crate::settings::settings;

/// Outputs, inputs, columns, and how many panels of columns are taken at once.
const SHAPES: [[usize; 4]; 7] = [
    [768, 3456, 672, 1],
    [512, 512, 2688, 2],
    [2048, 512, 672, 2],
    [512, 2048, 672, 2],
    [96, 432, 10_752, 7],
    [96, 48, 10_752, 7],
    [8, 48, 10_752, 7],
];

fn products(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("products");
    for [outputs, inputs, count, at_once] in SHAPES {
        let weights = Weights::<f32>::pack_rows(outputs, 1, inputs, |o, _, i| {
            ((o * 31 + i * 17) % 13) as f64
        });
        let mut values = Aligned::zeros(count.div_ceil(LANES) * inputs * LANES);
        let random = noise(1, values.len(), 1.0);
        values.iter_mut().zip(random).for_each(|(value, random)| *value = random);
        let mut output =
            Aligned::zeros(count.div_ceil(LANES) * outputs.next_multiple_of(ROWS) * LANES);
        group.throughput(Throughput::Elements((outputs * inputs * count) as u64));
        for isa in Isa::available() {
            let name = format!("{outputs}x{inputs}x{count}");
            group.bench_function(BenchmarkId::new(name, format!("{isa:?}")), |bencher| {
                bencher.iter(|| {
                    for (block, out) in values
                        .chunks(at_once * inputs * LANES)
                        .zip(output.chunks_mut(at_once * outputs * LANES))
                    {
                        let columns: Vec<_> =
                            block.chunks(inputs * LANES).map(|panel| [Some(panel)]).collect();
                        weights.multiply(isa, &columns, |column, panel, tile| {
                            let at = (column * outputs + panel * ROWS) * LANES;
                            out[at..at + TILE].copy_from_slice(tile);
                        });
                    }
                });
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = settings().measurement_time(std::time::Duration::from_millis(500));
    targets = products
}
