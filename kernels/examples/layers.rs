//! Processor time of each layer of the published HTDemucs on a segment, and of a fold of the network on 155 s, next to
//! what this machine's processor can do: `cargo run --release --example layers [ROUNDS]`. One thread.
//!
//! Times are the least of some rounds, of processor time where the system tells it (Linux), so other work on the
//! machine hardly changes them.

use std::collections::BTreeMap;
use std::time::Instant;

use tactus_kernels::Observer;
use tactus_kernels::all_in_one::{self, Fold, Runner};
use tactus_kernels::htdemucs::{self, Configuration, Htdemucs};
use tactus_kernels::linear::{Aligned, Element, Isa, LANES, ROWS, Segment, TILE, Tile};

/// Frames of the network's track, 155 s.
const FRAMES: usize = 15_500;

/// Seconds of all threads of this process.
fn now(start: Instant) -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let seconds = tasks.filter_map(|task| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    let seconds = seconds.sum::<f64>() * 1e-9;
    if seconds > 0.0 { seconds } else { start.elapsed().as_secs_f64() }
}

/// Numbers from −scale to scale.
fn noise(length: usize, scale: f32) -> Vec<f32> {
    let mut state = 1u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state as f32 / u32::MAX as f32 - 0.5) * 2.0 * scale
    };
    (0..length).map(next).collect()
}

/// The least seconds of each part, in order.
struct Clock {
    start: Instant,
    last: f64,
    order: Vec<String>,
    least: BTreeMap<String, f64>,
}

impl Observer for Clock {
    fn part_done(&mut self, part: &str) {
        let seconds = now(self.start) - self.last;
        if !self.order.iter().any(|name| name == part) {
            self.order.push(part.into());
        }
        let least = self.least.entry(part.into()).or_insert(seconds);
        *least = least.min(seconds);
        self.last = now(self.start);
    }
}

/// GFLOP/s of the innermost product, whose operands stay in the first cache.
fn roof(start: Instant) -> f64 {
    const DEPTH: usize = 128;
    const TIMES: usize = 100_000;
    let (mut weights, mut values) = (Aligned::zeros(DEPTH * ROWS), Aligned::zeros(DEPTH * LANES));
    weights.fill(0.5f32);
    values.fill(0.25f32);
    let mut tile = Tile([0.0; TILE]);
    let mut most = 0f64;
    for _ in 0..5 {
        let before = now(start);
        for _ in 0..TIMES {
            f32::multiply(Isa::best(), &[Segment::new(&weights, &values)], &mut tile.0, false);
        }
        let seconds = now(start) - before;
        most = most.max((2 * DEPTH * TILE * TIMES) as f64 / seconds * 1e-9);
    }
    most
}

/// Operations of a part of HTDemucs in 10⁹: those of the plain formulas, and those that are made, of which one in
/// double precision counts as two.
fn operations(part: &str, c: &Configuration) -> [f64; 2] {
    let (branch, level) = part.split_once('.').unwrap_or((part, "0"));
    let index: usize = level.parse().unwrap_or(0);
    let in_wave = branch.starts_with('t');
    let level = if part.contains("decoder") { c.depth - 1 - index } else { index };
    let frames = c.segment_samples.div_ceil(c.nfft / 4);
    let positions = if in_wave {
        (0..=level).fold(c.segment_samples, |length, _| length.div_ceil(4))
    } else {
        c.nfft / 2 / 4usize.pow(level as u32 + 1) * frames
    } as f64;
    let channels = (c.channels * c.growth.pow(level as u32)) as f64;
    let audio = (c.audio_channels * if in_wave { 1 } else { 2 }) as f64;
    let below = |ends: f64| if level == 0 { ends } else { channels / c.growth as f64 };
    let hidden = channels / c.dconv_comp as f64;
    let inner = c.dconv_depth as f64 * 3.0 * channels * hidden;
    let outer = c.dconv_depth as f64 * 2.0 * channels * hidden;
    let scale = 2e-9 * positions;
    match branch {
        "encoder" | "tencoder" => {
            let (convolution, gate) = (8.0 * below(audio) * channels, 2.0 * channels * channels);
            let plain = convolution + gate + inner + outer;
            let double = in_wave && level < 3;
            let made =
                if double { 2.0 * (convolution + inner) + 1.5 * (gate + outer) } else { plain };
            [plain * scale, made * scale]
        }
        "decoder" | "tdecoder" => {
            let taps = if in_wave { 3.0 } else { 9.0 };
            let gate = taps * 2.0 * channels * channels;
            let saved = if in_wave { 1.0 } else { 4.0 / 9.0 };
            let rest = inner + outer + 8.0 * channels * below(audio * c.sources as f64);
            [(gate + rest) * scale, (gate * saved + rest) * scale]
        }
        "crosstransformer" => {
            let strips = 4usize.pow(c.depth as u32);
            let tokens =
                [(c.nfft / 2 / strips * frames) as f64, c.segment_samples.div_ceil(strips) as f64];
            let width = c.bottom_channels as f64;
            let last = (c.channels * c.growth.pow(c.depth as u32 - 1)) as f64;
            let layer = 4.0 * width * width + 2.0 * c.t_hidden_scale * width * width;
            let linear = (tokens[0] + tokens[1]) * (c.t_layers as f64 * layer + 2.0 * last * width);
            let own = tokens[0] * tokens[0] + tokens[1] * tokens[1];
            let crossing = (c.t_layers / 2) as f64;
            let pairs =
                (c.t_layers as f64 - crossing) * own + crossing * 2.0 * tokens[0] * tokens[1];
            let attention = 2.0 * width * pairs;
            [2e-9 * (linear + attention), 2e-9 * (linear * 7.0 / 8.0 + attention)]
        }
        _ => [0.0; 2],
    }
}

fn print(name: &str, [plain, made]: [f64; 2], seconds: f64, roof: f64) {
    let share = 100.0 * made / seconds / roof;
    println!("| {name} | {plain:.1} | {made:.1} | {seconds:.4} | {share:.0} % |");
}

fn main() {
    let rounds = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(5);
    let start = Instant::now();
    let roof = roof(start);
    println!("One core makes {roof:.0} GFLOP/s in the innermost product.\n");
    println!("| layer | GFLOP | made | s | of the roof |\n| --- | --- | --- | --- | --- |");
    let configuration = Configuration::PUBLISHED;
    let sizes = htdemucs::parameter_sizes(&configuration);
    let parameters = sizes.safetensors(&noise(sizes.total(), 0.05));
    let inputs = [configuration.wave_size(), configuration.spectrum_size()];
    let mut outputs = inputs.map(|size| vec![0.0; configuration.sources * size]);
    let inputs = inputs.map(|size| noise(size, 1.0));
    let mut network = Htdemucs::new(configuration.clone(), &parameters, 1).expect("sizes fit");
    let mut clock = Clock { start, last: 0.0, order: Vec::new(), least: BTreeMap::new() };
    for round in 0..=rounds {
        let [wave, spectrum] = &mut outputs;
        clock.last = now(start);
        network.run([&inputs[0], &inputs[1]], [wave, spectrum], &mut clock).expect("sizes fit");
        if round == 0 {
            // The first run touches its memory for the first time.
            clock.least.clear();
        }
    }
    let mut total = ([0.0; 2], 0.0);
    for part in &clock.order {
        let [plain, made] = operations(part, &configuration);
        let seconds = clock.least[part];
        print(part, [plain, made], seconds, roof);
        total = ([total.0[0] + plain, total.0[1] + made], total.1 + seconds);
    }
    print("a segment of HTDemucs", total.0, total.1, roof);
    fold(start, rounds, roof);
}

/// A fold of the network; five ninths of the embedding's second and third convolutions are made, in double precision.
fn fold(start: Instant, rounds: usize, roof: f64) {
    let configuration = all_in_one::Configuration::PUBLISHED;
    let sizes = all_in_one::parameter_sizes(&configuration);
    let parameters = sizes.safetensors(&noise(sizes.total(), 0.125));
    let fold = Fold::new(&configuration, &parameters).expect("sizes fit");
    let spectrogram = noise(4 * FRAMES * 81, 0.125);
    let mut logits = vec![0.0; 13 * FRAMES];
    let mut runner = Runner::new(&configuration, 1).expect("a thread can be started");
    let mut least = f64::INFINITY;
    for round in 0..=rounds {
        let before = now(start);
        runner.run(&fold, &spectrogram, &mut logits, &mut [], &mut ()).expect("sizes fit");
        if round > 0 {
            least = least.min(now(start) - before);
        }
    }
    // Multiplications for a frame of a stem: both layers of eleven blocks, then the embedding's convolutions.
    let blocks = 11.0 * 28_224.0;
    let (first, others) = (8424.0, 51_840.0 + 15_552.0);
    let scale = 2e-9 * (4 * FRAMES) as f64;
    let [plain, made] = [others, others * 5.0 / 9.0 * 2.0].map(|double| blocks + first + double);
    print("a fold of the network, 155 s", [plain * scale, made * scale], least, roof);
}
