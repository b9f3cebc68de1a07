//! The whole network.

use super::configuration::Configuration;
use super::context::Context;
use super::decoder::Decoder;
use super::encoder::Encoder;
use super::exchange::{load, store};
use super::memory::Memory;
use super::parameters::parse_parameters;
use super::plane::Plane;
use super::transformer::{self, Branch};
use super::transformer_layer::TransformerLayer;
use crate::error::Error;
use crate::interruption;
use crate::linear::Isa;
use crate::linear::elementwise::add;
use crate::observer::{Observer, Values};

/// Wave encoders that are in double precision, from the first on. With two, the stems of the clip `mono` need more than
/// their tolerance; that the fourth of the published network is in single precision does not show.
const DOUBLE_ENCODERS: usize = 3;

/// A network with its weights and working memory.
#[derive(Debug)]
pub struct Htdemucs {
    configuration: Configuration,
    context: Context,
    encoders: Vec<Encoder<f32>>,
    encoders_t: Vec<Encoder<f64>>,
    /// Those after the first few, in single precision.
    deep_encoders_t: Vec<Encoder<f32>>,
    decoders: Vec<Decoder>,
    decoders_t: Vec<Decoder>,
    /// `[rows of the first encoder's output][channels]`.
    embedding: Vec<f32>,
    transformer: [Branch<TransformerLayer>; 2],
    memory: Memory,
}

impl Htdemucs {
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
        Htdemucs::with_isa(configuration, parameters, threads, Isa::best())
    }

    /// As [`Htdemucs::new`], with an instruction set of choice.
    ///
    /// # Errors
    /// As [`Htdemucs::new`].
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
        let decoders = |branch: &str, outputs: usize, along_rows: bool| {
            widths
                .iter()
                .enumerate()
                .rev()
                .map(|(level, width)| {
                    Decoder::new(
                        &parameters,
                        &configuration,
                        &format!("{branch}decoder.{}", widths.len() - 1 - level),
                        [*width, below(level, outputs)],
                        [along_rows, level == 0],
                    )
                })
                .collect::<Vec<_>>()
        };
        let encoders = widths.iter().enumerate().map(|(level, width)| {
            let inputs = below(level, 2 * audio);
            Encoder::new(&parameters, &configuration, &format!("encoder.{level}"), inputs, *width)
        });
        let name_t = |level: usize| format!("tencoder.{level}");
        let inputs_t = |level: usize| below(level, audio);
        let double = widths.len().min(DOUBLE_ENCODERS);
        let encoders_t = (0..double).map(|level| {
            let (inputs, width) = (inputs_t(level), widths[level]);
            Encoder::new(&parameters, &configuration, &name_t(level), inputs, width)
        });
        let deep_encoders_t = (double..widths.len()).map(|level| {
            let (inputs, width) = (inputs_t(level), widths[level]);
            Encoder::new(&parameters, &configuration, &name_t(level), inputs, width)
        });
        let scale = configuration.freq_emb * configuration.emb_scale;
        let embedding = parameters.get("freq_emb.embedding.weight").iter();
        let encoders: Vec<_> = encoders.collect();
        let encoders_t: Vec<_> = encoders_t.collect();
        let deep_encoders_t = deep_encoders_t.collect();
        let decoders_t = decoders("t", mixed, false);
        let decoders = decoders("", 2 * mixed, true);
        let memory = Memory::new(&configuration, &encoders_t, &decoders_t);
        let (skip, skip_t) = (&memory.skips[widths.len() - 1], &memory.skips_t[widths.len() - 1]);
        let transformer = [
            Branch::new(&parameters, &configuration, "", skip.rows, skip.length),
            Branch::new(&parameters, &configuration, "_t", 1, skip_t.length),
        ];
        Ok(Htdemucs {
            encoders,
            encoders_t,
            deep_encoders_t,
            decoders,
            decoders_t,
            embedding: embedding.map(|value| (scale * f64::from(*value)) as f32).collect(),
            transformer,
            memory,
            context,
            configuration,
        })
    }

    /// The sizes.
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// Runs one segment.
    ///
    /// Inputs, f32: `wave` `[audio channels, samples]`, less its mean and divided by its deviation;
    /// `spectrum` `[2 · audio channels, frequencies, frames]`, the spectrogram with real and imaginary parts
    /// as channels, normalised likewise. Outputs, f32, to which each input's deviation and mean are still to
    /// be applied: `wave_out` `[sources, audio channels, samples]` and `spectrum_out`
    /// `[sources, 2 · audio channels, frequencies, frames]`.
    ///
    /// Inner seams, f32: `encoder.N`, `decoder.N` `[channels, rows, length]`, `tencoder.N`, `tdecoder.N`
    /// `[channels, length]`, and `crosstransformer` and `crosstransformer_t` `[tokens, channels]`, where the
    /// spectrogram's tokens are in the order frequency, frame.
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
        let ends = &mut self.memory.ends;
        self.context.install(|| {
            load(wave, &mut ends.wave);
            load(spectrum, &mut ends.spectrum);
        });
        observer.part_done("inputs");
        self.encode(observer)?;
        self.transform(observer);
        self.decode(observer)?;
        let ends = &self.memory.ends;
        self.context.install(|| {
            store(&ends.wave_out, wave_out);
            store(&ends.spectrum_out, spectrum_out);
        });
        observer.part_done("outputs");
        Ok(())
    }

    fn encode(&mut self, observer: &mut dyn Observer) -> Result<(), Error> {
        let Memory { ends, skips, skips_t, waves, middles_t, .. } = &mut self.memory;
        let context = &self.context;
        let double = self.encoders_t.len();
        for (level, encoder) in self.encoders.iter().enumerate() {
            interruption::check()?;
            if let Some(encoder_t) = self.encoders_t.get(level) {
                let (before, here) = waves.split_at_mut(level);
                let input = before.last().map_or(&ends.wave, |[_, _, output]| output);
                let planes = here[0].each_mut();
                let single = Some(&mut skips_t[level]);
                context.install(|| encoder_t.run_long(context, input, planes, single));
            } else {
                let (before, here) = skips_t.split_at_mut(level);
                let [middle, hidden] = &mut middles_t[level];
                let encoder_t = &self.deep_encoders_t[level - double];
                let planes = [middle, hidden, &mut here[0]];
                context.install(|| encoder_t.run_long(context, &before[level - 1], planes, None));
            }
            observer.part_done(&format!("tencoder.{level}"));
            interruption::check()?;
            let (before, here) = skips.split_at_mut(level);
            let input = before.last().unwrap_or(&ends.spectrum);
            let width = here[0].channels;
            let embed = |row: usize, channel: usize| self.embedding[row * width + channel];
            let embedding: Option<&(dyn Fn(usize, usize) -> f32 + Sync)> =
                if level == 0 { Some(&embed) } else { None };
            context.install(|| encoder.run_rows(context, input, &mut here[0], embedding));
            observer.part_done(&format!("encoder.{level}"));
            if observer.wants_seams() {
                show(observer, &format!("encoder.{level}"), &skips[level]);
                show(observer, &format!("tencoder.{level}"), &skips_t[level]);
            }
        }
        interruption::check()?;
        Ok(())
    }

    fn transform(&mut self, observer: &mut dyn Observer) {
        let Memory { skips, skips_t, .. } = &mut self.memory;
        let (Some(skip), Some(skip_t)) = (skips.last_mut(), skips_t.last_mut()) else { return };
        let [x, xt] = &mut self.transformer;
        let context = &self.context;
        context.install(|| transformer::run(context, [x, xt], [skip, skip_t]));
        if observer.wants_seams() {
            for (name, branch) in [("crosstransformer", &*x), ("crosstransformer_t", &*xt)] {
                let tokens = branch.tokens();
                let width = self.configuration.width();
                observer.seam(name, &[tokens.len() / width, width], Values::F32(&tokens));
            }
        }
        context.install(|| {
            x.add_to(context, skip);
            xt.add_to(context, skip_t);
        });
        observer.part_done("crosstransformer");
    }

    fn decode(&mut self, observer: &mut dyn Observer) -> Result<(), Error> {
        let Memory { ends, skips, skips_t, middles, middles_t, .. } = &mut self.memory;
        let context = &self.context;
        let seams = observer.wants_seams();
        for (index, (decoder, decoder_t)) in self.decoders.iter().zip(&self.decoders_t).enumerate()
        {
            interruption::check()?;
            let level = self.decoders.len() - 1 - index;
            let (below, input) = skips_t.split_at_mut(level);
            let output = below.last_mut().unwrap_or(&mut ends.wave_out);
            let kept = aside(output, level != 0 && seams);
            let [middle, hidden] = &mut middles_t[level];
            context.install(|| decoder_t.run_long(context, &input[0], [middle, hidden], output));
            observer.part_done(&format!("tdecoder.{index}"));
            if seams {
                show(observer, &format!("tdecoder.{index}"), output);
                restore(context, output, &kept);
            }
            interruption::check()?;
            let (below, input) = skips.split_at_mut(level);
            let output = below.last_mut().unwrap_or(&mut ends.spectrum_out);
            let kept = aside(output, level != 0 && seams);
            let middle = &mut middles[level];
            context.install(|| decoder.run_rows(context, &input[0], middle, output));
            observer.part_done(&format!("decoder.{index}"));
            if seams {
                show(observer, &format!("decoder.{index}"), output);
                restore(context, output, &kept);
            }
        }
        Ok(())
    }
}

/// Empties a plane that is added to, and returns what was in it.
pub(super) fn aside(plane: &mut Plane<f32>, empty: bool) -> Vec<f32> {
    if !empty {
        return Vec::new();
    }
    let kept = plane.values().to_vec();
    plane.values_mut().fill(0.0);
    kept
}

/// Adds what [`aside`] returned.
pub(super) fn restore(context: &Context, plane: &mut Plane<f32>, kept: &[f32]) {
    add(context.isa, plane.values_mut(), kept);
}

/// Passes a plane to an observer.
pub(super) fn show(observer: &mut dyn Observer, name: &str, plane: &Plane<f32>) {
    let mut values = vec![0.0; plane.channels * plane.rows * plane.length];
    store(plane, &mut values);
    let shape = [plane.channels, plane.rows, plane.length];
    let in_wave = name.starts_with('t');
    let shape = if in_wave { vec![shape[0], shape[2]] } else { shape.to_vec() };
    observer.seam(name, &shape, Values::F32(&values));
}
