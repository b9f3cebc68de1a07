//! Compares each layer, and all of them, with the naive reference implementation.

use super::configuration::tests::small;
use super::embedding::WINDOW_FRAMES;
use super::instrument_layer::AROUND;
use super::naive::{Naive, Rows, noise, random_parameters};
use super::plane::Plane;
use super::runner::clear_beyond;
use super::{Configuration, Fold, Runner};
use super::{embedding, heads, instrument_layer, time_layer};
use crate::linear::{Isa, LANES};
use crate::observer::{Observer, Values};

/// Lengths at which padding, borders and the ends of tiles fall differently.
const LENGTHS: [usize; 8] = [1, 2, 6, 13, 47, 48, 100, 203];

/// Sizes with remainders; those of the published network, but five instruments, so that none is
/// appended; the least of everything.
fn configurations() -> [Configuration; 3] {
    let published = Configuration::PUBLISHED;
    let five =
        Configuration { num_instruments: 5, depth: 2, dilation_factor: 8, ..published.clone() };
    let least = Configuration {
        num_instruments: 1,
        num_labels: 1,
        depth: 1,
        dilation_factor: 1,
        dilation_max: 1,
        num_heads: 1,
        kernel_size: 1,
        dim_embed: 2,
        mlp_ratio: 0.1,
        ..published
    };
    [small(), five, least]
}

/// Calls `check` with each configuration, its naive reference implementation, its fold, and each instruction set.
fn on_all(check: impl Fn(&Configuration, &Naive, &Fold, Isa)) {
    for configuration in configurations() {
        let parameters = random_parameters(&configuration);
        let naive = Naive::new(&configuration, &parameters);
        let fold = Fold::new(&configuration, &parameters).unwrap();
        for isa in Isa::available() {
            check(&configuration, &naive, &fold, isa);
        }
    }
}

fn stems(configuration: &Configuration, frames: usize) -> Vec<Rows> {
    let width = configuration.dim_embed;
    let row = |values: &[f32]| values.iter().map(|x| f64::from(*x)).collect();
    (0..configuration.num_instruments)
        .map(|i| noise(i as u64, frames * width).chunks(width).map(row).collect())
        .collect()
}

/// Stems as tiles; lanes beyond the end hold zeros.
fn plane(stems: &[Rows]) -> Plane {
    let (frames, width) = (stems[0].len(), stems[0][0].len());
    let mut plane = Plane::new(frames, stems.len(), width);
    for (i, rows) in stems.iter().enumerate() {
        for (frame, row) in rows.iter().enumerate() {
            let panel = (frame / LANES * stems.len() + i) * width;
            for (c, value) in row.iter().enumerate() {
                plane.all_mut()[(panel + c) * LANES + frame % LANES] = *value as f32;
            }
        }
    }
    plane
}

/// Compares one instrument's tile with rows of the same frames. The limit is for sums of
/// up to 192 products of about one, of which little may remain.
fn compare(found: &[f32], expected: &Rows, tile: usize, what: &str) {
    let mut compared = 0;
    for (frame, row) in expected.iter().enumerate().skip(tile * LANES).take(LANES) {
        for (c, expected) in row.iter().enumerate() {
            let found = f64::from(found[c * LANES + frame % LANES]);
            let error = (found - expected).abs() / (1.0 + expected.abs());
            assert!(error < 2e-5, "{what}, frame {frame}, channel {c}: {found}, not {expected}");
            compared += 1;
        }
    }
    assert!(compared > 0);
}

/// The normed rows of a plane.
fn normed(plane: &Plane, norm: &super::dense::Norm, frames: usize, isa: Isa) -> Plane {
    let mut normed = Plane::new(frames, plane.instruments, plane.width);
    let size = plane.panel_size();
    for (at, output) in normed.all_mut().chunks_mut(size).enumerate() {
        let tile = at / plane.instruments;
        norm.apply(isa, plane.panel(tile, at % plane.instruments), output);
        clear_beyond(frames, tile, output);
    }
    normed
}

#[test]
fn the_embedding_is_upstreams_on_every_instruction_set() {
    on_all(|configuration, naive, fold, isa| {
        let mut space = embedding::Space::new(configuration);
        for frames in [1, 2, 46, 47, 100] {
            let spectrogram = noise(7, frames * configuration.dim_input);
            let expected = naive.embed(&spectrogram);
            for first in (0..frames).step_by(WINDOW_FRAMES) {
                let found = fold.embedding.apply(isa, &spectrogram, first, &mut space);
                for frame in first..frames.min(first + WINDOW_FRAMES) {
                    for (c, expected) in expected[frame].iter().enumerate() {
                        let found = found[c * LANES + frame - first + 1];
                        assert!((found - expected).abs() < 4e-6, "{found}, not {expected}");
                    }
                }
            }
        }
    });
}

#[test]
fn the_time_layer_is_upstreams_on_every_instruction_set() {
    on_all(|configuration, naive, fold, isa| {
        let mut space = time_layer::Space::new(configuration);
        for frames in LENGTHS {
            let stems = stems(configuration, frames);
            let x = plane(&stems);
            for (block, layers) in fold.blocks.iter().enumerate() {
                let normed = normed(&x, &layers.time.norm, frames, isa);
                for (i, stem) in stems.iter().enumerate() {
                    let expected = naive.time_layer(block, stem);
                    for tile in 0..x.tiles {
                        let mut found = x.panel(tile, i).to_vec();
                        layers.time.apply(isa, &normed, tile, i, frames, &mut found, &mut space);
                        let what = format!("{isa:?}, {frames} frames, block {block}, stem {i}");
                        compare(&found, &expected, tile, &what);
                    }
                }
            }
        }
    });
}

#[test]
fn the_instrument_layer_is_upstreams_on_every_instruction_set() {
    on_all(|configuration, naive, fold, isa| {
        let mut space = instrument_layer::Space::new(configuration);
        for frames in LENGTHS {
            let stems = stems(configuration, frames);
            let x = plane(&stems);
            let layer = &fold.blocks[0].instrument;
            let normed = normed(&x, &layer.norm, frames, isa);
            let expected = naive.instrument_layer(0, &stems);
            for tile in 0..x.tiles {
                let mut found = x.tile(tile).to_vec();
                let mut around = Plane::new(AROUND * LANES, x.instruments, x.width);
                for (at, around) in around.all_mut().chunks_mut(found.len()).enumerate() {
                    let neighbour = (tile + at).checked_sub(1).filter(|tile| *tile < x.tiles);
                    neighbour.inspect(|tile| around.copy_from_slice(normed.tile(*tile)));
                }
                layer.apply(isa, &around, tile, frames, &mut found, &mut space);
                for (i, found) in found.chunks(x.panel_size()).enumerate() {
                    let what = format!("{isa:?}, {frames} frames, stem {i}");
                    compare(found, &expected[i], tile, &what);
                }
            }
        }
    });
}

#[test]
fn the_heads_are_upstreams_on_every_instruction_set() {
    on_all(|configuration, naive, fold, isa| {
        let stems = stems(configuration, LANES);
        let (expected, _) = naive.heads(&stems);
        let mut logits = vec![0.0; configuration.num_logits() * LANES];
        let mut space = heads::Space::new(configuration);
        fold.heads.apply(isa, plane(&stems).tile(0), &mut logits, &mut space);
        for (at, found) in logits.iter().enumerate() {
            let expected = expected[at / LANES][at % LANES];
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{found}, not {expected}");
        }
    });
}

#[test]
fn a_fold_is_upstreams_from_one_frame_to_several_parts() {
    on_all(|configuration, naive, fold, isa| {
        let mut runner = Runner::with_isa(configuration, 2, isa).unwrap();
        for frames in [1, 5, 60, if configuration.dim_embed == 9 { 1110 } else { 97 }] {
            let stems = configuration.num_instruments;
            let spectrogram = noise(8, stems * frames * configuration.dim_input);
            let (expected_logits, expected_embeddings) = naive.run(&spectrogram);
            let mut logits = vec![0.0; configuration.num_logits() * frames];
            let mut embeddings = vec![0.0; stems * frames * configuration.dim_embed];
            runner.run(fold, &spectrogram, &mut logits, &mut embeddings, &mut ()).unwrap();
            let found = logits.iter().chain(&embeddings);
            let embeddings = expected_embeddings.iter().flatten().flatten();
            let expected = expected_logits.iter().flatten().chain(embeddings);
            for (found, expected) in found.zip(expected) {
                let error = (f64::from(*found) - expected).abs() / (1.0 + expected.abs());
                assert!(error < 4e-5, "{isa:?}, {frames} frames: {found}, not {expected}");
            }
        }
    });
}

/// Keeps the seams of a run.
struct Keeper(Vec<(String, Vec<f32>)>);

impl Observer for Keeper {
    fn wants_seams(&self) -> bool {
        true
    }

    fn seam(&mut self, name: &str, shape: &[usize], values: Values) {
        let Values::F32(values) = values else { panic!("{name} is not f32") };
        assert_eq!(shape.iter().product::<usize>(), values.len(), "{name}");
        self.0.push((name.into(), values.to_vec()));
    }
}

#[test]
fn an_observer_receives_the_output_of_every_layer() {
    let [_, configuration, _] = configurations();
    let parameters = random_parameters(&configuration);
    let (fold, naive) =
        (Fold::new(&configuration, &parameters).unwrap(), Naive::new(&configuration, &parameters));
    let (stems, frames) = (configuration.num_instruments, 70);
    let spectrogram = noise(8, stems * frames * configuration.dim_input);
    let mut keeper = Keeper(Vec::new());
    let mut logits = vec![0.0; configuration.num_logits() * frames];
    let mut runner = Runner::new(&configuration, 2).unwrap();
    runner.run(&fold, &spectrogram, &mut logits, &mut [], &mut keeper).unwrap();
    let mut x: Vec<Rows> =
        spectrogram.chunks(spectrogram.len() / stems).map(|stem| naive.embed(stem)).collect();
    let mut expected = vec![("embedded".to_string(), x.clone())];
    for block in 0..configuration.depth {
        x = x.iter().map(|x| naive.time_layer(block, x)).collect();
        expected.push((format!("block.{block}.time"), x.clone()));
        x = naive.instrument_layer(block, &x);
        expected.push((format!("block.{block}.instruments"), x.clone()));
    }
    assert_eq!(keeper.0.len(), expected.len());
    for ((name, found), (expected_name, expected)) in keeper.0.iter().zip(&expected) {
        assert_eq!(name, expected_name);
        for (found, expected) in found.iter().zip(expected.iter().flatten().flatten()) {
            let error = (f64::from(*found) - expected).abs() / (1.0 + expected.abs());
            assert!(error < 4e-5, "{name}: {found}, not {expected}");
        }
    }
}

#[test]
fn equal_instruments_are_embedded_once_and_others_on_their_own() {
    let [_, configuration, _] = configurations();
    let fold = Fold::new(&configuration, &random_parameters(&configuration)).unwrap();
    let (stems, frames) = (configuration.num_instruments, 1300);
    let embedded = |spectrogram: &[f32]| {
        let mut keeper = Keeper(Vec::new());
        let mut logits = vec![0.0; configuration.num_logits() * frames];
        let mut runner = Runner::new(&configuration, 2).unwrap();
        runner.run(&fold, spectrogram, &mut logits, &mut [], &mut keeper).unwrap();
        assert_eq!(keeper.0[0].0, "embedded");
        keeper.0.swap_remove(0).1.into_iter().map(f32::to_bits).collect::<Vec<_>>()
    };
    let stem = frames * configuration.dim_input;
    let mut spectrogram = noise(8, stems * stem);
    // The order is a, b, b, a, c.
    spectrogram.copy_within(stem..2 * stem, 2 * stem);
    spectrogram.copy_within(..stem, 3 * stem);
    let equal = embedded(&spectrogram);
    let size = frames * configuration.dim_embed;
    let of = |all: &[u32], at: usize| all[at * size..][..size].to_vec();
    assert!(of(&equal, 2) == of(&equal, 1) && of(&equal, 3) == of(&equal, 0));
    assert!(of(&equal, 1) != of(&equal, 0) && of(&equal, 4) != of(&equal, 0));
    // With one value changed in the last frame, nothing is shared: only the frames around it differ.
    for end in [3 * stem, 4 * stem] {
        spectrogram[end - configuration.dim_input / 2] += 1.0;
    }
    let changed = embedded(&spectrogram);
    let before = size - 3 * configuration.dim_embed;
    for at in 0..stems {
        assert!(of(&changed, at)[..before] == of(&equal, at)[..before], "{at}");
        assert_eq!(of(&changed, at) != of(&equal, at), [2, 3].contains(&at));
    }
}

#[test]
fn the_bits_depend_neither_on_threads_nor_on_what_ran_before() {
    let [_, configuration, _] = configurations();
    let fold = Fold::new(&configuration, &random_parameters(&configuration)).unwrap();
    let frames = 1300;
    let spectrogram = noise(9, 5 * frames * 81);
    let run = |runner: &mut Runner, frames: usize| {
        let (mut logits, mut embeddings) = (vec![0.0; 13 * frames], vec![0.0; 5 * frames * 24]);
        let spectrogram = &spectrogram[..5 * frames * 81];
        runner.run(&fold, spectrogram, &mut logits, &mut embeddings, &mut ()).unwrap();
        [logits, embeddings].concat().into_iter().map(f32::to_bits).collect::<Vec<_>>()
    };
    let mut one = Runner::new(&configuration, 1).unwrap();
    let expected = run(&mut one, frames);
    for threads in [2, 3, 8] {
        let mut several = Runner::new(&configuration, threads).unwrap();
        assert_eq!(run(&mut several, frames), expected);
        run(&mut several, 70);
        assert_eq!(run(&mut several, frames), expected);
    }
}

#[test]
fn refuses_arrays_of_other_lengths_and_folds_of_other_sizes() {
    let [small, five, _] = configurations();
    let fold = Fold::new(&small, &random_parameters(&small)).unwrap();
    let mut runner = Runner::new(&small, 1).unwrap();
    let spectrogram = vec![0.0; 3 * 2 * 83];
    let mut run = |spectrogram: &[f32], logits: usize, embeddings: usize| {
        runner.run(&fold, spectrogram, &mut vec![0.0; logits], &mut vec![0.0; embeddings], &mut ())
    };
    assert!(run(&spectrogram, 14, 0).is_ok());
    assert!(run(&spectrogram, 14, 3 * 2 * 9).is_ok());
    assert!(
        run(&spectrogram[1..], 14, 0)
            .unwrap_err()
            .to_string()
            .contains("[3, 1 or more frames, 83]")
    );
    assert!(run(&[], 0, 0).is_err());
    assert!(run(&spectrogram, 13, 0).is_err());
    assert!(run(&spectrogram, 14, 1).is_err());
    let mut other = Runner::new(&five, 1).unwrap();
    assert!(other.run(&fold, &spectrogram, &mut [0.0; 14], &mut [], &mut ()).is_err());
    assert!(Runner::new(&small, 0).is_err());
    assert!(Fold::new(&small, &[0; 5]).is_err());
}
