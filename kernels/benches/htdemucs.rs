//! Where the time of a segment goes: `cargo bench --bench htdemucs -- [threads] [segments]`.
//!
//! Prints, for each part of the network, the least and the median wall time over the segments, and
//! the processor time of all threads, which other work on the machine disturbs less.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tactus_kernels::htdemucs::{Configuration, Htdemucs, Observer, parameter_count};

/// The published network.
const PUBLISHED: [f64; Configuration::NUMBERS] = [
    4.0, 2.0, 48.0, 2.0, 4.0, 4096.0, 0.2, 10.0, 2.0, 8.0, 512.0, 5.0, 8.0, 4.0, 1e4, 1.0,
    343_980.0,
];

struct Clock {
    last: Instant,
    parts: BTreeMap<String, Vec<f64>>,
}

impl Observer for Clock {
    fn done(&mut self, part: &str) {
        let now = Instant::now();
        let milliseconds = (now - self.last).as_secs_f64() * 1e3;
        self.parts.entry(part.into()).or_default().push(milliseconds);
        self.last = now;
    }
}

/// Processor time of this process, where the system tells it: in hundredths of a second.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks: u64 = text
        .rsplit(')')
        .next()
        .into_iter()
        .flat_map(|rest| rest.split_whitespace().skip(11).take(2))
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum();
    Duration::from_millis(10 * ticks)
}

fn least_and_median(times: &[f64]) -> (f64, f64) {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    (times[0], times[times.len() / 2])
}

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<usize>().ok());
    let threads = numbers.next().unwrap_or(2);
    let segments = numbers.next().unwrap_or(7).max(1);
    let configuration = Configuration::from_numbers(&PUBLISHED).expect("it is the published one");
    let mut state = 1u32;
    let mut noise = |scale: f32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state as f32 / u32::MAX as f32 - 0.5) * scale
    };
    let parameters: Vec<f32> = (0..parameter_count(&configuration)).map(|_| noise(0.1)).collect();
    let wave: Vec<f32> = (0..configuration.wave_size()).map(|_| noise(2.0)).collect();
    let spectrum: Vec<f32> = (0..configuration.spectrum_size()).map(|_| noise(2.0)).collect();
    let mut outputs = [vec![0.0; 4 * wave.len()], vec![0.0; 4 * spectrum.len()]];
    let start = Instant::now();
    let mut network =
        Htdemucs::new(configuration, &parameters, threads).expect("its parameters are counted");
    println!("opened in {:.0} ms, {threads} threads", start.elapsed().as_secs_f64() * 1e3);
    let mut clock = Clock { last: Instant::now(), parts: BTreeMap::new() };
    let mut totals = Vec::new();
    let mut processor = Vec::new();
    for segment in 0..=segments {
        if segment == 1 {
            // The first run touches its memory for the first time.
            clock.parts.clear();
        }
        let (start, before) = (Instant::now(), processor_time());
        clock.last = start;
        let [wave_out, spectrum_out] = &mut outputs;
        network
            .run([&wave, &spectrum], [wave_out, spectrum_out], &mut clock)
            .expect("the sizes are the network's");
        if segment > 0 {
            totals.push(start.elapsed().as_secs_f64() * 1e3);
            processor.push((processor_time() - before).as_secs_f64() * 1e3);
        }
    }
    println!("{:24} {:>8} {:>8}  ms", "part", "least", "median");
    for (part, times) in &clock.parts {
        let (least, median) = least_and_median(times);
        println!("{part:24} {least:8.1} {median:8.1}");
    }
    for (name, times) in [("segment", &totals), ("processor / threads", &processor)] {
        let divisor = if name == "segment" { 1.0 } else { threads as f64 };
        let (least, median) = least_and_median(times);
        println!("{name:24} {:8.1} {:8.1}", least / divisor, median / divisor);
    }
}
