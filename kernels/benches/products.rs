//! How fast the matrix products are, on one thread: `cargo bench --bench products`.

use std::time::Instant;

use tactus_kernels::linear::{Aligned, Isa, LANES, ROWS, TILE, Weights};

fn main() {
    for isa in Isa::available() {
        for (outputs, inputs, count, at_once) in [
            (768, 3456, 2688, 1),
            (512, 512, 2688, 2),
            (2048, 512, 2688, 2),
            (512, 2048, 2688, 2),
            (96, 432, 10752, 7),
            (96, 48, 10752, 7),
            (8, 48, 10752, 7),
        ] {
            let weights = Weights::<f32>::pack_rows(outputs, 1, inputs, |o, _, i| {
                ((o * 31 + i * 17) % 13) as f64
            });
            let panels = count / LANES;
            let mut values = Aligned::zeros(panels * inputs * LANES);
            values.iter_mut().enumerate().for_each(|(i, v)| *v = (i % 7) as f32);
            let mut output = Aligned::zeros(panels * outputs.next_multiple_of(ROWS) * LANES);
            let mut best = f64::INFINITY;
            for _ in 0..5 {
                let start = Instant::now();
                for (block, out) in values
                    .chunks(at_once * inputs * LANES)
                    .zip(output.chunks_mut(at_once * outputs * LANES))
                {
                    let columns: Vec<_> = block.chunks(inputs * LANES).map(|p| [Some(p)]).collect();
                    weights.multiply(isa, &columns, |column, panel, tile| {
                        let at = (column * outputs + panel * ROWS) * LANES;
                        out[at..at + TILE].copy_from_slice(tile);
                    });
                }
                best = best.min(start.elapsed().as_secs_f64());
            }
            let rate = 2e-9 * (outputs * inputs * count) as f64 / best;
            println!(
                "{isa:?} {outputs:5} x {inputs:5} x {count:6}, {at_once} at once: {rate:6.1} GFLOP/s"
            );
        }
    }
}
