//! How long one fold of the published network takes: `cargo bench --bench all_in_one [frames] [threads]`.

use std::time::Instant;

use tactus_kernels::all_in_one::{Configuration, Fold, Runner, parameter_count};

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse().ok());
    let frames = arguments.next().unwrap_or(15_400);
    let threads = arguments.next().unwrap_or(1);
    let numbers = [4.0, 10.0, 11.0, 2.0, 3200.0, 2.0, 5.0, 81.0, 24.0, 4.0, 1e-5];
    let configuration = Configuration::from_numbers(&numbers).unwrap();
    let mut state = 1u64;
    let mut noise = |length: usize| -> Vec<f32> {
        let next = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f32 / (1 << 26) as f32 - 0.125
        };
        (0..length).map(next).collect()
    };
    let fold = Fold::new(&configuration, &noise(parameter_count(&configuration))).unwrap();
    let spectrogram = noise(4 * frames * 81);
    let mut logits = vec![0.0; 13 * frames];
    let mut runner = Runner::new(&configuration, threads).unwrap();
    for _ in 0..5 {
        let start = Instant::now();
        runner.run(&fold, &spectrogram, &mut logits, &mut []).unwrap();
        println!(
            "{frames} frames, {threads} threads: {:.3} s a fold",
            start.elapsed().as_secs_f64()
        );
    }
}
