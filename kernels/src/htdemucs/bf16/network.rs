//! The whole network.

use super::decoder::{PackedDecoder, Work};
use super::encoder::{Output, PackedEncoder};
use super::memory::{Input, Level, Memory};
use super::packing::pack_plane;
use super::transformer_layer::PackedTransformerLayer;
use crate::error::Error;
use crate::htdemucs::configuration::Configuration;
use crate::htdemucs::context::Context;
use crate::htdemucs::exchange::{load, store};
use crate::htdemucs::network::{aside, restore, show};
use crate::htdemucs::parameters::parse_parameters;
use crate::htdemucs::transformer::{self, Branch};
use crate::interruption;
use crate::linear::Isa;
use crate::observer::{Observer, Values};

/// A network with its weights in bfloat16, and working memory.
#[derive(Debug)]
pub struct Bf16Htdemucs {
    configuration: Configuration,
    context: Context,
    /// Of the spectrogram's branch, of the wave's.
    encoders: [Vec<PackedEncoder>; 2],
    decoders: [Vec<PackedDecoder>; 2],
    /// `[rows of the first encoder's output][channels]`.
    embedding: Vec<f32>,
    transformer: [Branch<PackedTransformerLayer>; 2],
    memory: Memory,
}

impl Bf16Htdemucs {
    /// Packs the weights and takes all memory that runs need.
    ///
    /// # Parameters
    /// - `parameters`: f32 in safetensors format, by the names of upstream's `state_dict`.
    ///
    /// # Errors
    /// If a parameter is missing or of another size, or the threads cannot be started.
    pub fn new(
        configuration: Configuration,
        parameters: &[u8],
        threads: usize,
    ) -> Result<Self, Error> {
        Bf16Htdemucs::with_isa(configuration, parameters, threads, Isa::best())
    }

    /// As [`Bf16Htdemucs::new`], with an instruction set of choice.
    ///
    /// # Errors
    /// As [`Bf16Htdemucs::new`].
    pub fn with_isa(
        configuration: Configuration,
        parameters: &[u8],
        threads: usize,
        isa: Isa,
    ) -> Result<Self, Error> {
        let parameters = parse_parameters(&configuration, parameters)?;
        let context = Context::new(isa, threads.max(1))?;
        let widths = configuration.encoder_channels();
        let audio = configuration.audio_channels;
        let mixed = audio * configuration.sources;
        let below = |level: usize, first: usize| if level == 0 { first } else { widths[level - 1] };
        let encoders = |branch: &str, inputs: usize| {
            let encoder = |(level, width): (usize, &usize)| {
                let name = format!("{branch}encoder.{level}");
                let inputs = below(level, inputs);
                PackedEncoder::new(&parameters, &configuration, &name, inputs, *width)
            };
            widths.iter().enumerate().map(encoder).collect()
        };
        let decoders = |branch: &str, outputs: usize, along_rows: bool| {
            let decoder = |(level, width): (usize, &usize)| {
                let name = format!("{branch}decoder.{}", widths.len() - 1 - level);
                let sizes = [*width, below(level, outputs)];
                let kind = [along_rows, level == 0];
                PackedDecoder::new(&parameters, &configuration, &name, sizes, kind)
            };
            widths.iter().enumerate().rev().map(decoder).collect()
        };
        let scale = configuration.freq_emb * configuration.emb_scale;
        let embedding = parameters.get("freq_emb.embedding.weight").iter();
        let memory = Memory::new(&configuration);
        let branch = |suffix: &str, levels: &[Level]| {
            let last = levels.last().map_or([1, 1], |level| [level.skip.rows, level.skip.length]);
            Branch::new(&parameters, &configuration, suffix, last[0], last[1])
        };
        Ok(Bf16Htdemucs {
            encoders: [encoders("", 2 * audio), encoders("t", audio)],
            decoders: [decoders("", 2 * mixed, true), decoders("t", mixed, false)],
            embedding: embedding.map(|value| (scale * f64::from(*value)) as f32).collect(),
            transformer: [branch("", &memory.levels), branch("_t", &memory.levels_t)],
            memory,
            context,
            configuration,
        })
    }

    /// Runs one segment, as [`Htdemucs::run`](crate::htdemucs::Htdemucs::run) does.
    ///
    /// # Errors
    /// If an array has another length, or the work is interrupted, for which the run looks between two layers.
    pub fn run(
        &mut self,
        [wave, spectrum]: [&[f32]; 2],
        [wave_out, spectrum_out]: [&mut [f32]; 2],
        observer: &mut dyn Observer,
    ) -> Result<(), Error> {
        let sizes = self.configuration.run_sizes();
        let found = [wave.len(), spectrum.len(), wave_out.len(), spectrum_out.len()];
        for ((name, expected), found) in sizes.into_iter().zip(found) {
            Error::expect_length(name, expected, found)?;
        }
        let context = &self.context;
        context.install(|| {
            for (Input { values, words }, given) in
                self.memory.inputs.iter_mut().zip([spectrum, wave])
            {
                load(given, values);
                pack_plane(context, values, words);
            }
        });
        observer.part_done("inputs");
        self.encode(observer)?;
        self.transform(observer);
        self.decode(observer)?;
        let [spectrum, wave] = &self.memory.outputs;
        self.context.install(|| {
            store(wave, wave_out);
            store(spectrum, spectrum_out);
        });
        observer.part_done("outputs");
        Ok(())
    }

    fn encode(&mut self, observer: &mut dyn Observer) -> Result<(), Error> {
        let Memory { inputs: [spectrum, wave], levels, levels_t, long, .. } = &mut self.memory;
        let (context, [encoders, encoders_t]) = (&self.context, &self.encoders);
        let seams = observer.wants_seams();
        for (index, (encoder, encoder_t)) in encoders.iter().zip(encoders_t).enumerate() {
            interruption::check()?;
            let (before, here) = levels_t.split_at_mut(index);
            let input = before.last().map_or(&wave.words, |level| &level.words);
            let Level { skip, words, .. } = &mut here[0];
            let output = Output { values: skip, words };
            let work = long[index].each_mut();
            context.install(|| encoder_t.run_long(context, input, work, output));
            observer.part_done(&format!("tencoder.{index}"));
            interruption::check()?;
            let (before, here) = levels.split_at_mut(index);
            let input = before.last().map_or(&spectrum.words, |level| &level.words);
            let Level { skip, words, .. } = &mut here[0];
            let width = skip.channels;
            let embed = |row: usize, channel: usize| self.embedding[row * width + channel];
            let embedding: Option<&(dyn Fn(usize, usize) -> f32 + Sync)> =
                if index == 0 { Some(&embed) } else { None };
            let output = Output { values: skip, words };
            context.install(|| encoder.run_rows(context, input, output, embedding));
            observer.part_done(&format!("encoder.{index}"));
            if seams {
                show(observer, &format!("encoder.{index}"), &levels[index].skip);
                show(observer, &format!("tencoder.{index}"), &levels_t[index].skip);
            }
        }
        interruption::check()?;
        Ok(())
    }

    fn transform(&mut self, observer: &mut dyn Observer) {
        let Memory { levels, levels_t, .. } = &mut self.memory;
        let (Some(level), Some(level_t)) = (levels.last_mut(), levels_t.last_mut()) else { return };
        let [x, xt] = &mut self.transformer;
        let context = &self.context;
        let inputs = [&level.skip, &level_t.skip];
        context.install(|| transformer::run(context, [x, xt], inputs));
        if observer.wants_seams() {
            for (name, branch) in [("crosstransformer", &*x), ("crosstransformer_t", &*xt)] {
                let (tokens, width) = (branch.tokens(), self.configuration.width());
                observer.seam(name, &[tokens.len() / width, width], Values::F32(&tokens));
            }
        }
        context.install(|| {
            x.add_to(context, &mut level.skip);
            xt.add_to(context, &mut level_t.skip);
        });
        observer.part_done("crosstransformer");
    }

    fn decode(&mut self, observer: &mut dyn Observer) -> Result<(), Error> {
        let Memory { outputs: [spectrum, wave], levels, levels_t, long, .. } = &mut self.memory;
        let (context, [decoders, decoders_t]) = (&self.context, &self.decoders);
        let seams = observer.wants_seams();
        for (index, (decoder, decoder_t)) in decoders.iter().zip(decoders_t).enumerate() {
            let at = decoders.len() - 1 - index;
            interruption::check()?;
            let (below, here) = levels_t.split_at_mut(at);
            let output = below.last_mut().map_or(&mut *wave, |level| &mut level.skip);
            let kept = aside(output, at != 0 && seams);
            let Level { skip, words, middle } = &mut here[0];
            let work = Work { words, middle, long: Some(long[at].each_mut()) };
            context.install(|| decoder_t.run_long(context, skip, work, output));
            observer.part_done(&format!("tdecoder.{index}"));
            if seams {
                show(observer, &format!("tdecoder.{index}"), output);
                restore(context, output, &kept);
            }
            interruption::check()?;
            let (below, here) = levels.split_at_mut(at);
            let output = below.last_mut().map_or(&mut *spectrum, |level| &mut level.skip);
            let kept = aside(output, at != 0 && seams);
            let Level { skip, words, middle } = &mut here[0];
            let work = Work { words, middle, long: None };
            context.install(|| decoder.run_rows(context, skip, work, output));
            observer.part_done(&format!("decoder.{index}"));
            if seams {
                show(observer, &format!("decoder.{index}"), output);
                restore(context, output, &kept);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::htdemucs::configuration::tests::small;
    use crate::htdemucs::{Htdemucs, parameter_sizes};
    use crate::test_noise::numbers;

    fn noise(seed: u64, length: usize) -> Vec<f32> {
        numbers(seed).take(length).map(|n| (n >> 40) as f32 / (1 << 23) as f32 - 1.0).collect()
    }

    /// Wave and spectrum of a run.
    type Outputs = [Vec<f32>; 2];

    /// Ratio of signal and noise in decibels.
    fn snr(found: &[f32], expected: &[f32]) -> f64 {
        let square = |x: f32| f64::from(x) * f64::from(x);
        let signal: f64 = expected.iter().map(|x| square(*x)).sum();
        let noise: f64 = expected.iter().zip(found).map(|(x, y)| square(x - y)).sum();
        10.0 * (signal / noise).log10()
    }

    /// Runs the small network in single precision, and in bfloat16 with an instruction set.
    fn run(isa: Isa) -> [Outputs; 2] {
        let configuration = small();
        let sizes = parameter_sizes(&configuration);
        let values: Vec<f32> = noise(7, sizes.total()).iter().map(|value| 0.4 * value).collect();
        let bytes = sizes.safetensors(&values);
        let wave = noise(8, configuration.wave_size());
        let spectrum = noise(9, configuration.spectrum_size());
        let sizes = configuration.run_sizes();
        let outputs = || [sizes[2], sizes[3]].map(|(_, size)| vec![f32::NAN; size]);
        let [mut single, mut half] = [outputs(), outputs()];
        let mut network =
            Htdemucs::with_isa(configuration.clone(), &bytes, 2, Isa::best()).unwrap();
        let into = single.each_mut().map(|values| &mut values[..]);
        network.run([&wave, &spectrum], into, &mut ()).unwrap();
        let mut network = Bf16Htdemucs::with_isa(configuration, &bytes, 2, isa).unwrap();
        // The second run finds what the first has left.
        for _ in 0..2 {
            let into = half.each_mut().map(|values| &mut values[..]);
            network.run([&wave, &spectrum], into, &mut ()).unwrap();
        }
        [single, half]
    }

    #[test]
    fn is_near_single_precision_but_not_equal_on_every_instruction_set() {
        for isa in Isa::available() {
            let [single, half] = run(isa);
            for (single, half) in single.iter().zip(&half) {
                let snr = snr(half, single);
                assert!((30.0..60.0).contains(&snr), "{isa:?}: {snr} dB");
            }
        }
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn returns_the_same_bits_with_and_without_instructions_for_bfloat16() {
        let fused: Vec<Isa> = Isa::available().into_iter().skip(1).collect();
        let [_, expected] = run(Isa::best());
        for isa in fused {
            let [_, found] = run(isa);
            let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            for (found, expected) in found.iter().zip(&expected) {
                assert_eq!(bits(found), bits(expected), "{isa:?}");
            }
        }
    }

    #[test]
    fn refuses_arrays_of_another_length() {
        let configuration = small();
        let sizes = parameter_sizes(&configuration);
        let bytes = sizes.safetensors(&vec![0.0; sizes.total()]);
        let mut network = Bf16Htdemucs::new(configuration.clone(), &bytes, 1).unwrap();
        let wave = vec![0.0; configuration.wave_size()];
        let error = network.run([&wave, &wave[1..]], [&mut [], &mut []], &mut ()).unwrap_err();
        assert!(error.to_string().starts_with("The spectrum must have"), "{error}");
    }
}
