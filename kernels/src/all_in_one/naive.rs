//! Naive reference implementation of the network: plain loops in double precision, as upstream states it.

use super::configuration::{Configuration, EMBEDDING_KERNELS, INSTRUMENT_KERNEL, POOLED_BANDS};
use super::parameters::{Parameters, parameter_sizes, parse_parameters};
use crate::test_noise::numbers;

/// Rows of channels, one a frame.
pub type Rows = Vec<Vec<f64>>;

/// Noise from −1 to 1.
pub fn noise(seed: u64, length: usize) -> Vec<f32> {
    numbers(seed).take(length).map(|n| (n >> 40) as f32 / (1 << 23) as f32 - 1.0).collect()
}

/// Parameters in safetensors format that leave values of about one.
pub fn random_parameters(configuration: &Configuration) -> Vec<u8> {
    let sizes = parameter_sizes(configuration);
    let values: Vec<f32> = noise(11, sizes.total()).iter().map(|x| 0.6 * x).collect();
    sizes.safetensors(&values)
}

/// A network.
pub struct Naive<'a> {
    pub configuration: &'a Configuration,
    pub parameters: Parameters<'a>,
}

impl<'a> Naive<'a> {
    pub fn new(configuration: &'a Configuration, parameters: &'a [u8]) -> Self {
        let parameters = parse_parameters(configuration, parameters).unwrap();
        Naive { configuration, parameters }
    }

    /// A linear layer.
    fn linear(&self, name: &str, x: &Rows) -> Rows {
        let weight = self.parameters.double(&format!("{name}.weight"));
        let bias = self.parameters.double(&format!("{name}.bias"));
        let output = |x: &Vec<f64>, o: usize| {
            let row = &weight[o * x.len()..(o + 1) * x.len()];
            bias[o] + row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>()
        };
        x.iter().map(|x| (0..bias.len()).map(|o| output(x, o)).collect()).collect()
    }

    /// A layer norm.
    pub fn norm(&self, name: &str, x: &Rows, epsilon: f64) -> Rows {
        let gain = self.parameters.double(&format!("{name}.weight"));
        let shift = self.parameters.double(&format!("{name}.bias"));
        let row = |x: &Vec<f64>| {
            let count = x.len() as f64;
            let mean = x.iter().sum::<f64>() / count;
            let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
            let parts = x.iter().zip(&gain).zip(&shift);
            parts.map(|((x, g), s)| (x - mean) / (variance + epsilon).sqrt() * g + s).collect()
        };
        x.iter().map(row).collect()
    }

    /// Embeds one stem's spectrogram `[frames][bands]`.
    pub fn embed(&self, spectrogram: &[f32]) -> Rows {
        let bands = self.configuration.dim_input;
        // [channels][frames][bands]
        let mut x: Vec<Rows> = vec![
            spectrogram
                .chunks(bands)
                .map(|frame| frame.iter().map(|x| f64::from(*x)).collect())
                .collect(),
        ];
        for (i, [taps, width]) in EMBEDDING_KERNELS.into_iter().enumerate() {
            let weight = self.parameters.double(&format!("embeddings.conv{i}.weight"));
            let bias = self.parameters.double(&format!("embeddings.conv{i}.bias"));
            let (frames, bands) = (x[0].len(), x[0][0].len());
            let convolved = |o: usize, frame: usize, band: usize| {
                let mut sum = bias[o];
                for (c, x) in x.iter().enumerate() {
                    for tap in 0..taps {
                        let Some(x) = (frame + tap).checked_sub(taps / 2).and_then(|f| x.get(f))
                        else {
                            continue;
                        };
                        for w in 0..width {
                            let at = ((o * self.channels(i) + c) * taps + tap) * width + w;
                            sum += weight[at] * x[band + w];
                        }
                    }
                }
                sum
            };
            let pooled = |o: usize, frame: usize, band: usize| {
                let most = (0..POOLED_BANDS)
                    .map(|b| convolved(o, frame, band * POOLED_BANDS + b))
                    .fold(f64::MIN, f64::max);
                if most > 0.0 { most } else { most.exp_m1() }
            };
            let after = (bands - width + 1) / POOLED_BANDS;
            x = (0..bias.len())
                .map(|o| {
                    let row = |frame| (0..after).map(|band| pooled(o, frame, band)).collect();
                    (0..frames).map(row).collect()
                })
                .collect();
        }
        let rows = (0..x[0].len()).map(|frame| x.iter().map(|x| x[frame][0]).collect()).collect();
        self.norm("embeddings.norm", &rows, 1e-5)
    }

    fn channels(&self, convolution: usize) -> usize {
        self.configuration.embedding_channels()[convolution]
    }

    /// The attention of a grid of `rows` × `columns` padded rows of channels, `[row · columns + column]`.
    fn attention(&self, name: &str, x: &Rows, grid: &Grid) -> Rows {
        let heads = self.configuration.num_heads;
        let [q, k, v] =
            ["query", "key", "value"].map(|part| self.linear(&format!("{name}.self.{part}"), x));
        let table = self.parameters.double(&format!("{name}.self.rpb"));
        let entries = table.len() / heads;
        let size = self.configuration.dim_embed / heads;
        let mut context = vec![vec![0.0; size * heads]; x.len()];
        for at in 0..x.len() {
            let seen = grid.seen(at);
            for head in 0..heads {
                let channels = head * size..(head + 1) * size;
                let score = |(key, entry): &(usize, usize)| {
                    let dot: f64 = channels.clone().map(|c| q[at][c] * k[*key][c]).sum();
                    (dot / (size as f64).sqrt() + table[head * entries + entry]).exp()
                };
                let weights: Vec<f64> = seen.iter().map(score).collect();
                let sum: f64 = weights.iter().sum();
                for ((key, _), weight) in seen.iter().zip(&weights) {
                    for c in channels.clone() {
                        context[at][c] += weight / sum * v[*key][c];
                    }
                }
            }
        }
        self.linear(&format!("{name}.output.dense"), &context)
    }

    /// The perceptron of a layer, with the shortcut around it.
    fn perceptron(&self, name: &str, x: &Rows, shortcut: &Rows) -> Rows {
        let epsilon = self.configuration.layer_norm_eps;
        let normed = self.norm(&format!("{name}.layernorm_after"), x, epsilon);
        let mut hidden = self.linear(&format!("{name}.intermediate.dense"), &normed);
        hidden.iter_mut().flatten().for_each(|x| *x = gelu(*x));
        add(&self.linear(&format!("{name}.output.dense"), &hidden), shortcut)
    }

    /// The time layer of a block, for one instrument.
    pub fn time_layer(&self, block: usize, x: &Rows) -> Rows {
        let name = format!("encoder.layers.{block}.timelayer");
        let Configuration { kernel_size: kernel, layer_norm_eps, .. } = *self.configuration;
        let dilation = self.configuration.dilation(block);
        let mut normed = self.norm(&format!("{name}.layernorm_before"), x, layer_norm_eps);
        let columns = x.len().max(2 * dilation * kernel);
        normed.resize(columns, vec![0.0; x[0].len()]);
        let [a, b] = [("attention", 1), ("attention2", 2)].map(|(part, factor)| {
            let grid =
                Grid { rows: [1, 1], columns: [columns, kernel], dilation: factor * dilation };
            add(&self.attention(&format!("{name}.{part}"), &normed, &grid), x)
        });
        let joined = a.iter().zip(&b).map(|(a, b)| [a.as_slice(), b].concat()).collect();
        let shortcut =
            a.iter().zip(&b).map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a + b) / 2.0).collect());
        self.perceptron(&name, &joined, &shortcut.collect())
    }

    /// The instrument layer of a block, for all instruments.
    pub fn instrument_layer(&self, block: usize, x: &[Rows]) -> Vec<Rows> {
        let name = format!("encoder.layers.{block}.instlayer");
        let (frames, width) = (x[0].len(), x[0][0].len());
        let columns = frames.max(INSTRUMENT_KERNEL);
        let zeros = vec![0.0; width];
        let mut padded = Vec::new();
        for row in 0..INSTRUMENT_KERNEL {
            let mut rows = x.get(row).map_or(Vec::new(), |x| {
                let epsilon = self.configuration.layer_norm_eps;
                self.norm(&format!("{name}.layernorm_before"), x, epsilon)
            });
            rows.resize(columns, zeros.clone());
            padded.extend(rows);
        }
        let sides = [INSTRUMENT_KERNEL, columns].map(|length| [length, INSTRUMENT_KERNEL]);
        let grid = Grid { rows: sides[0], columns: sides[1], dilation: 1 };
        let attended = self.attention(&format!("{name}.attention"), &padded, &grid);
        let rows = |(i, x): (usize, &Rows)| {
            let attended = add(&attended[i * columns..i * columns + frames].to_vec(), x);
            self.perceptron(&name, &attended, &attended)
        };
        x.iter().enumerate().map(rows).collect()
    }

    /// Logits `[3 + labels][frames]` and embeddings.
    pub fn heads(&self, x: &[Rows]) -> (Rows, Vec<Rows>) {
        let epsilon = self.configuration.layer_norm_eps;
        let normed: Vec<Rows> = x.iter().map(|x| self.norm("norm", x, epsilon)).collect();
        let joined: Rows = (0..x[0].len())
            .map(|frame| normed.iter().flat_map(|x| x[frame].clone()).collect())
            .collect();
        let mut logits = Vec::new();
        for head in ["beat", "downbeat", "section", "function"] {
            let by_frame = self.linear(&format!("{head}_classifier.classifier"), &joined);
            for class in 0..by_frame[0].len() {
                logits.push(by_frame.iter().map(|row| row[class]).collect());
            }
        }
        (logits, normed)
    }

    /// The whole network.
    pub fn run(&self, spectrogram: &[f32]) -> (Rows, Vec<Rows>) {
        let stems = spectrogram.chunks(spectrogram.len() / self.configuration.num_instruments);
        let mut x: Vec<Rows> = stems.map(|stem| self.embed(stem)).collect();
        for block in 0..self.configuration.depth {
            x = x.iter().map(|x| self.time_layer(block, x)).collect();
            x = self.instrument_layer(block, &x);
        }
        self.heads(&x)
    }
}

/// The keys in a query's window: along either axis, `[length, kernel]`; dilated along the columns.
struct Grid {
    rows: [usize; 2],
    columns: [usize; 2],
    dilation: usize,
}

impl Grid {
    /// The keys of a query and each one's entry in the table of position biases.
    fn seen(&self, at: usize) -> Vec<(usize, usize)> {
        let [length, kernel] = self.columns;
        let down = window(at / length, self.rows, 1);
        let across = window(at % length, self.columns, self.dilation);
        let pair = |(row, i): (usize, usize), (column, j): (usize, usize)| {
            (row * length + column, i * (2 * kernel - 1) + j)
        };
        down.iter().flat_map(|a| across.iter().map(move |b| pair(*a, *b))).collect()
    }
}

/// The positions in the window of a position along an axis, and each one's offset, from 0 to 2 · kernel − 2.
fn window(at: usize, [length, kernel]: [usize; 2], dilation: usize) -> Vec<(usize, usize)> {
    let phase: Vec<usize> = (at % dilation..length).step_by(dilation).collect();
    let position = at / dilation;
    let start = position.saturating_sub(kernel / 2).min(phase.len() - kernel);
    (start..start + kernel).map(|key| (phase[key], key + kernel - 1 - position)).collect()
}

fn add(x: &Rows, y: &Rows) -> Rows {
    x.iter().zip(y).map(|(x, y)| x.iter().zip(y).map(|(x, y)| x + y).collect()).collect()
}

/// x Φ(x), with Φ's series, which converges everywhere.
fn gelu(x: f64) -> f64 {
    if x.abs() > 8.0 {
        return x.max(0.0);
    }
    let z = x / 2f64.sqrt();
    let (mut term, mut sum) = (z, z);
    for n in 1..200 {
        term *= -z * z / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    x * (0.5 + sum / std::f64::consts::PI.sqrt())
}
