//! Each kind of layer against plain loops in double precision, on every instruction set.

use super::attention::{Heads, Memory, attend, store_keys, store_values};
use super::configuration::Configuration;
use super::configuration::tests::small;
use super::context::{Arena, Context};
use super::decoder::Decoder;
use super::encoder::Encoder;
use super::naive::{Cube, decode, encode};
use super::parameters::{Parameters, parameter_sizes, parse_parameters};
use super::plane::Plane;
use crate::linear::elementwise::Real;
use crate::linear::{Isa, LANES, TILE};
use crate::test_noise::numbers;

/// From −1 to 1.
fn noise(seed: u64, length: usize) -> Vec<f32> {
    numbers(seed).take(length).map(|n| (n >> 40) as f32 / (1 << 23) as f32 - 1.0).collect()
}

fn cube(seed: u64, [channels, rows, length]: [usize; 3]) -> Cube {
    let values = noise(seed, channels * rows * length);
    Cube::new([channels, rows, length], |c, r, l| values[(c * rows + r) * length + l].into())
}

fn plane<T: Real>(cube: &Cube) -> Plane<T> {
    let mut plane = Plane::zeros(cube.channels, cube.rows, cube.length);
    let (strips, size) = (plane.strips(), plane.panel_size());
    for (index, value) in plane.values_mut().iter_mut().enumerate() {
        let (panel, channel, lane) = (index / size, index % size / LANES, index % LANES);
        let position = panel % strips * LANES + lane;
        *value = T::from_f64(cube.at(channel, (panel / strips) as isize, position as isize));
    }
    plane
}

/// The largest error; panics if what fills up the last strip is not zero.
fn error<T: Real>(plane: &Plane<T>, expected: &Cube) -> f64 {
    assert_eq!(
        [plane.channels, plane.rows, plane.length],
        [expected.channels, expected.rows, expected.length]
    );
    let (strips, size) = (plane.strips(), plane.panel_size());
    plane.values().iter().enumerate().fold(0.0, |most: f64, (index, value)| {
        let (panel, channel, lane) = (index / size, index % size / LANES, index % LANES);
        let position = panel % strips * LANES + lane;
        let wanted = expected.at(channel, (panel / strips) as isize, position as isize);
        if position >= plane.length {
            assert_eq!(value.to_f64(), 0.0);
        }
        assert!(value.to_f64().is_finite());
        most.max((value.to_f64() - wanted).abs())
    })
}

fn with_network(work: impl Fn(&Configuration, &Parameters, &Context)) {
    let configuration = small();
    let sizes = parameter_sizes(&configuration);
    let values: Vec<f32> = noise(7, sizes.total()).iter().map(|value| 0.4 * value).collect();
    let bytes = sizes.safetensors(&values);
    let parameters = parse_parameters(&configuration, &bytes).unwrap();
    for isa in Isa::available() {
        work(&configuration, &parameters, &Context::new(isa, 2).unwrap());
    }
}

#[test]
fn encoders_of_a_spectrogram_equal_plain_loops() {
    with_network(|configuration, parameters, context| {
        let layers = configuration.dconv_depth;
        let encoder = Encoder::<f32>::new(parameters, configuration, "encoder.0", 4, 10);
        let input = cube(1, [4, 12, 50]);
        let expected = encode(parameters, "encoder.0", layers, &input, 0);
        let mut output = Plane::zeros(10, 3, 50);
        context.install(|| encoder.run_rows(context, &plane(&input), &mut output, None));
        let off = error(&output, &expected);
        assert!(off < 5e-6, "{off}");
    });
}

#[test]
fn encoders_of_a_wave_equal_plain_loops() {
    with_network(|configuration, parameters, context| {
        let layers = configuration.dconv_depth;
        let encoder = Encoder::<f64>::new(parameters, configuration, "tencoder.1", 10, 20);
        for length in [1999, 203] {
            let input = cube(2, [10, 1, length]);
            let expected = encode(parameters, "tencoder.1", layers, &input, 1);
            let shorter = length.div_ceil(4);
            let [mut middle, mut output] = [0, 0].map(|_| Plane::zeros(20, 1, shorter));
            let mut hidden = Plane::zeros(8, 1, shorter);
            let mut single = Plane::zeros(20, 1, shorter);
            let planes = [&mut middle, &mut hidden, &mut output];
            context
                .install(|| encoder.run_long(context, &plane(&input), planes, Some(&mut single)));
            // Gates and GELUs are in single precision.
            let off = error(&output, &expected);
            assert!(off < 1e-6, "{off}");
            assert!(error(&single, &expected) < 2e-6);
            let encoder = Encoder::<f32>::new(parameters, configuration, "tencoder.1", 10, 20);
            let mut middle = Plane::zeros(20, 1, shorter);
            let mut hidden = Plane::zeros(8, 1, shorter);
            let planes = [&mut middle, &mut hidden, &mut single];
            context.install(|| encoder.run_long(context, &plane(&input), planes, None));
            assert!(error(&single, &expected) < 1e-5);
        }
    });
}

#[test]
fn decoders_of_a_spectrogram_equal_plain_loops_and_add_to_what_is_there() {
    with_network(|configuration, parameters, context| {
        let layers = configuration.dconv_depth;
        for (name, channels, outputs, last) in
            [("decoder.0", 20, 10, false), ("decoder.1", 10, 12, true)]
        {
            let sizes = [channels, outputs];
            let decoder = Decoder::new(parameters, configuration, name, sizes, [true, last]);
            let input = cube(3, [channels, 3, 50]);
            let there = cube(4, [outputs, 12, 50]);
            let mut expected = decode(parameters, (name, layers), &input, (0, 12), last);
            if !last {
                expected.values.iter_mut().zip(&there.values).for_each(|(x, y)| *x += y);
            }
            let mut output = plane(&there);
            let mut middle = Plane::zeros(channels, 3, 50);
            context.install(|| decoder.run_rows(context, &plane(&input), &mut middle, &mut output));
            let off = error(&output, &expected);
            assert!(off < 2e-5, "{name}: {off}");
        }
    });
}

#[test]
fn decoders_of_a_wave_equal_plain_loops_and_add_to_what_is_there() {
    with_network(|configuration, parameters, context| {
        let layers = configuration.dconv_depth;
        for (name, channels, outputs, last) in
            [("tdecoder.0", 20, 10, false), ("tdecoder.1", 10, 6, true)]
        {
            for length in [999usize, 4 * 48] {
                let sizes = [channels, outputs];
                let decoder = Decoder::new(parameters, configuration, name, sizes, [false, last]);
                let input = cube(5, [channels, 1, length.div_ceil(4)]);
                let there = cube(6, [outputs, 1, length]);
                let mut expected = decode(parameters, (name, layers), &input, (1, length), last);
                if !last {
                    expected.values.iter_mut().zip(&there.values).for_each(|(x, y)| *x += y);
                }
                let mut output = plane(&there);
                let [mut middle, mut hidden] =
                    [channels, 8].map(|channels| Plane::zeros(channels, 1, input.length));
                let planes = [&mut middle, &mut hidden];
                context.install(|| {
                    decoder.run_long(context, &plane(&input), planes, &mut output);
                });
                let off = error(&output, &expected);
                assert!(off < 2e-5, "{name}: {off}");
            }
        }
    });
}

#[test]
fn attention_in_blocks_equals_a_softmax_over_all_real_tokens() {
    let heads = Heads { count: 2, channels: 5 };
    let whole = heads.width() * LANES;
    let valid = [48, 48, 30, 48, 48, 7];
    let panels = |seed| noise(seed, valid.len() * whole);
    let (queries, keys, values) = (panels(1), panels(2), panels(3));
    let queries: Vec<f32> = queries[..3 * whole].iter().map(|query| 20.0 * query).collect();
    let mut stored = [vec![0.0; keys.len()], vec![0.0; keys.len()]];
    for (index, tile) in keys.as_chunks::<TILE>().0.iter().enumerate() {
        let (panel, row) = (index * TILE / whole, index * TILE % whole / LANES);
        store_keys(heads, tile, row, &mut stored[0][panel * whole..][..whole]);
    }
    for (index, tile) in values.as_chunks::<TILE>().0.iter().enumerate() {
        let (panel, row) = (index * TILE / whole, index * TILE % whole / LANES);
        store_values(tile, row, &mut stored[1][panel * whole..][..whole]);
    }
    let memory = Memory { keys: &stored[0], values: &stored[1], valid: &valid };
    let tokens: Vec<(usize, usize)> =
        valid.iter().enumerate().flat_map(|(p, n)| (0..*n).map(move |lane| (p, lane))).collect();
    for isa in Isa::available() {
        let mut output = vec![f32::NAN; queries.len()];
        attend(isa, heads, &queries, memory, &mut output, &mut Arena::default());
        for (index, found) in output.iter().enumerate() {
            let (panel, row, lane) = (index / whole, index % whole / LANES, index % LANES);
            let head = row / heads.padded() * heads.padded();
            let at = |list: &[f32], panel: usize, row: usize, lane: usize| {
                f64::from(list[panel * whole + row * LANES + lane])
            };
            let (mut sum, mut weighted) = (0.0, 0.0);
            for (p, key) in &tokens {
                let score: f64 = (head..head + heads.padded())
                    .map(|row| at(&queries, panel, row, lane) * at(&keys, *p, row, *key))
                    .sum();
                sum += score.exp2();
                weighted += score.exp2() * at(&values, *p, row, *key);
            }
            let off = (f64::from(*found) - weighted / sum).abs();
            assert!(off < 1e-5, "{isa:?}: {off}");
        }
    }
}
