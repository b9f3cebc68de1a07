//! Naive reference implementation of the layers: plain loops in double precision, as upstream writes them.

use super::parameters::Parameters;
use crate::linear::elementwise::tests::gelu;

/// `[channels][rows][length]`.
#[derive(Debug, Clone)]
pub struct Cube {
    pub channels: usize,
    pub rows: usize,
    pub length: usize,
    pub values: Vec<f64>,
}

impl Cube {
    /// From a function of channel, row, position.
    pub fn new(
        [channels, rows, length]: [usize; 3],
        of: impl Fn(usize, usize, usize) -> f64,
    ) -> Cube {
        let places = (0..rows).flat_map(|r| (0..length).map(move |l| (r, l)));
        let places: Vec<_> = places.collect();
        let values = (0..channels)
            .flat_map(|c| places.iter().map(move |(r, l)| (c, *r, *l)))
            .map(|(c, r, l)| of(c, r, l))
            .collect();
        Cube { channels, rows, length, values }
    }

    /// The value at a place; 0 beyond the edges.
    pub fn at(&self, channel: usize, row: isize, position: isize) -> f64 {
        let inside =
            (0..self.rows as isize).contains(&row) && (0..self.length as isize).contains(&position);
        if !inside {
            return 0.0;
        }
        self.values[(channel * self.rows + row as usize) * self.length + position as usize]
    }

    fn shape(&self) -> [usize; 3] {
        [self.channels, self.rows, self.length]
    }

    /// Another of the same shape, element by element.
    pub fn map(&self, of: impl Fn(f64) -> f64) -> Cube {
        Cube { values: self.values.iter().map(|x| of(*x)).collect(), ..*self }
    }
}

/// A convolution: `taps` are offsets of rows and positions in the order of the weights, from the place that
/// `stride` times the output's is.
pub fn convolve(
    x: &Cube,
    (weight, bias): (&[f32], &[f32]),
    [rows, length]: [usize; 2],
    stride: [usize; 2],
    taps: &[[isize; 2]],
) -> Cube {
    Cube::new([bias.len(), rows, length], |o, r, l| {
        let mut sum = f64::from(bias[o]);
        for i in 0..x.channels {
            for (tap, [down, along]) in taps.iter().enumerate() {
                let place = [(r * stride[0]) as isize + down, (l * stride[1]) as isize + along];
                let weight = weight[(o * x.channels + i) * taps.len() + tap];
                sum += f64::from(weight) * x.at(i, place[0], place[1]);
            }
        }
        sum
    })
}

fn glu(x: &Cube) -> Cube {
    let half = x.channels / 2;
    Cube::new([half, x.rows, x.length], |c, r, l| {
        let gate = x.at(half + c, r as isize, l as isize);
        x.at(c, r as isize, l as isize) / (1.0 + (-gate).exp())
    })
}

/// A norm of each row over its channels and positions.
fn norm(x: &Cube, gain: &[f32], shift: &[f32]) -> Cube {
    let count = (x.channels * x.length) as f64;
    let moments: Vec<[f64; 2]> = (0..x.rows)
        .map(|row| {
            let values = || {
                (0..x.channels * x.length)
                    .map(|at| x.at(at / x.length, row as isize, (at % x.length) as isize))
            };
            let mean = values().sum::<f64>() / count;
            [mean, values().map(|x| (x - mean).powi(2)).sum::<f64>() / count]
        })
        .collect();
    Cube::new(x.shape(), |c, r, l| {
        let [mean, variance] = moments[r];
        let normed = (x.at(c, r as isize, l as isize) - mean) / (variance + 1e-5).sqrt();
        normed * f64::from(gain[c]) + f64::from(shift[c])
    })
}

/// `demucs.demucs.DConv`.
pub fn branch(parameters: &Parameters, name: &str, layers: usize, x: &Cube) -> Cube {
    let mut x = x.clone();
    for index in 0..layers {
        let get = |part: &str| parameters.get(&format!("{name}.dconv.layers.{index}.{part}"));
        let (rows, dilation) = ([x.rows, x.length], 1 << index);
        let taps = [[0, -dilation], [0, 0], [0, dilation]];
        let inner = convolve(&x, (get("0.weight"), get("0.bias")), rows, [1, 1], &taps);
        let inner = norm(&inner, get("1.weight"), get("1.bias")).map(gelu);
        let outer = convolve(&inner, (get("3.weight"), get("3.bias")), rows, [1, 1], &[[0, 0]]);
        let outer = glu(&norm(&outer, get("4.weight"), get("4.bias")));
        let scale = get("6.scale");
        x = Cube::new(x.shape(), |c, r, l| {
            let (r, l) = (r as isize, l as isize);
            x.at(c, r, l) + f64::from(scale[c]) * outer.at(c, r, l)
        });
    }
    x
}

/// `demucs.hdemucs.HEncLayer`, along the rows or along the length.
pub fn encode(parameters: &Parameters, name: &str, layers: usize, x: &Cube, along: usize) -> Cube {
    let get = |part: &str| parameters.get(&format!("{name}.{part}"));
    let mut sizes = [x.rows, x.length];
    sizes[along] = sizes[along].div_ceil(4);
    let mut stride = [1, 1];
    stride[along] = 4;
    let taps: Vec<[isize; 2]> =
        (-2..6).map(|tap| if along == 0 { [tap, 0] } else { [0, tap] }).collect();
    let y = convolve(x, (get("conv.weight"), get("conv.bias")), sizes, stride, &taps).map(gelu);
    let y = branch(parameters, name, layers, &y);
    glu(&convolve(&y, (get("rewrite.weight"), get("rewrite.bias")), sizes, [1, 1], &[[0, 0]]))
}

/// `demucs.hdemucs.HDecLayer`, along the rows or along the length, to the given number of them.
pub fn decode(
    parameters: &Parameters,
    (name, layers): (&str, usize),
    x: &Cube,
    (along, size): (usize, usize),
    last: bool,
) -> Cube {
    let get = |part: &str| parameters.get(&format!("{name}.{part}"));
    let taps: Vec<[isize; 2]> = if along == 0 {
        (0..9).map(|tap| [tap / 3 - 1, tap % 3 - 1]).collect()
    } else {
        (-1..2).map(|tap| [0, tap]).collect()
    };
    let both = (get("rewrite.weight"), get("rewrite.bias"));
    let y = glu(&convolve(x, both, [x.rows, x.length], [1, 1], &taps));
    let y = branch(parameters, name, layers, &y);
    let (weight, bias) = (get("conv_tr.weight"), get("conv_tr.bias"));
    let mut sizes = [x.rows, x.length];
    sizes[along] = size;
    let z = Cube::new([bias.len(), sizes[0], sizes[1]], |o, r, l| {
        let mut sum = f64::from(bias[o]);
        for tap in 0..8usize {
            let from = [r, l][along] + 2;
            if from < tap || (from - tap) % 4 != 0 {
                continue;
            }
            let mut place = [r as isize, l as isize];
            place[along] = ((from - tap) / 4) as isize;
            for i in 0..x.channels {
                let weight = weight[(i * bias.len() + o) * 8 + tap];
                sum += f64::from(weight) * y.at(i, place[0], place[1]);
            }
        }
        sum
    });
    if last { z } else { z.map(gelu) }
}
