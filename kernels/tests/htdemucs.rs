//! The separation network as a whole: the same bits on any number of threads, and the same values on any
//! instruction set. A test in TypeScript compares the values with those of demucs.

use std::collections::BTreeMap;

use tactus_kernels::htdemucs::{Configuration, Htdemucs, parameter_sizes};
use tactus_kernels::linear::Isa;
use tactus_kernels::{Observer, Values};

fn configuration() -> Configuration {
    Configuration {
        sources: 3,
        channels: 10,
        depth: 2,
        nfft: 256,
        dconv_comp: 3,
        bottom_channels: 12,
        t_layers: 3,
        t_heads: 3,
        t_hidden_scale: 2.5,
        segment_samples: 8000,
        ..Configuration::PUBLISHED
    }
}

fn parameters() -> Vec<u8> {
    let sizes = parameter_sizes(&configuration());
    sizes.safetensors(&noise(1, sizes.total(), 0.4))
}

/// Numbers from −scale to scale.
fn noise(seed: u32, length: usize, scale: f32) -> Vec<f32> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state as f32 / u32::MAX as f32 - 0.5) * 2.0 * scale
    };
    (0..length).map(next).collect()
}

fn run(isa: Isa, threads: usize, observer: &mut dyn Observer) -> [Vec<f32>; 2] {
    let configuration = configuration();
    let wave = noise(2, configuration.wave_size(), 1.0);
    let spectrum = noise(3, configuration.spectrum_size(), 1.0);
    let mut outputs = [vec![f32::NAN; 3 * wave.len()], vec![f32::NAN; 3 * spectrum.len()]];
    let mut network = Htdemucs::with_isa(configuration, &parameters(), threads, isa).unwrap();
    let [wave_out, spectrum_out] = &mut outputs;
    network.run([&wave, &spectrum], [wave_out, spectrum_out], observer).unwrap();
    outputs
}

fn bits(outputs: &[Vec<f32>; 2]) -> Vec<u32> {
    outputs.iter().flatten().map(|value| value.to_bits()).collect()
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for isa in Isa::available() {
        let one = run(isa, 1, &mut ());
        assert!(one.iter().flatten().all(|value| value.is_finite()));
        assert!(one.iter().all(|values| values.iter().any(|value| value.abs() > 0.1)));
        for threads in [2, 3, 5] {
            assert_eq!(bits(&one), bits(&run(isa, threads, &mut ())), "{isa:?}, {threads} threads");
        }
    }
}

#[test]
fn every_instruction_set_gives_the_same_values() {
    let plain = run(Isa::available()[0], 2, &mut ());
    for isa in Isa::available() {
        let other = run(isa, 2, &mut ());
        for (a, b) in plain.iter().flatten().zip(other.iter().flatten()) {
            assert!((a - b).abs() < 1e-4, "{isa:?}: {a}, not {b}");
        }
    }
}

#[derive(Default)]
struct Seams(BTreeMap<String, Vec<usize>>);

impl Observer for Seams {
    fn wants_seams(&self) -> bool {
        true
    }

    fn seam(&mut self, name: &str, shape: &[usize], values: Values) {
        let Values::F32(values) = values else { panic!("{name} is not f32") };
        assert_eq!(shape.iter().product::<usize>(), values.len(), "{name}");
        self.0.insert(name.into(), shape.to_vec());
    }
}

#[test]
fn an_observer_sees_every_seam_and_changes_nothing() {
    let mut seams = Seams::default();
    let outputs = run(Isa::best(), 2, &mut seams);
    assert_eq!(bits(&outputs), bits(&run(Isa::best(), 2, &mut ())));
    let sizes = [
        ("crosstransformer", vec![8 * 125, 12]),
        ("crosstransformer_t", vec![500, 12]),
        ("decoder.0", vec![10, 32, 125]),
        ("decoder.1", vec![12, 128, 125]),
        ("encoder.0", vec![10, 32, 125]),
        ("encoder.1", vec![20, 8, 125]),
        ("tdecoder.0", vec![10, 2000]),
        ("tdecoder.1", vec![6, 8000]),
        ("tencoder.0", vec![10, 2000]),
        ("tencoder.1", vec![20, 500]),
    ];
    assert_eq!(seams.0, sizes.map(|(name, shape)| (name.to_owned(), shape)).into());
}

#[test]
fn arrays_of_another_length_are_refused() {
    let sizes = parameter_sizes(&Configuration { sources: 2, ..configuration() });
    let others = sizes.safetensors(&noise(1, sizes.total(), 0.4));
    assert!(Htdemucs::new(configuration(), &others, 1).is_err());
    let mut network = Htdemucs::new(configuration(), &parameters(), 1).unwrap();
    let error = network.run([&[], &[]], [&mut [], &mut []], &mut ()).unwrap_err();
    assert!(error.to_string().contains("wave must have 16000 values, but has 0"), "{error}");
}
