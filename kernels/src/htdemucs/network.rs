//! The whole network.

use rayon::prelude::*;

use super::configuration::{Configuration, STRIDE};
use super::context::Context;
use super::decoder::Decoder;
use super::encoder::Encoder;
use super::parameters::Parameters;
use super::plane::Plane;
use super::transformer::{self, Branch};
use crate::linear::elementwise::{Real, add};
use crate::linear::{Element, Isa, LANES};

/// Watches a run.
pub trait Observer {
    /// Whether [`Observer::seam`] is to be called; a run is slower then.
    fn wants_seams(&self) -> bool {
        false
    }

    /// An inner seam: `encoder.N`, `tencoder.N`, `decoder.N`, `tdecoder.N` `[channels, rows, length]`, or
    /// `[channels, length]` in the wave's branch, `crosstransformer` and `crosstransformer_t`
    /// `[tokens, channels]`, where the spectrogram's tokens are in the order frequency, frame; f32.
    fn seam(&mut self, _name: &str, _values: &[f32]) {}

    /// A part of the network is done.
    fn done(&mut self, _part: &str) {}
}

/// Watches nothing.
impl Observer for () {}

/// A network that is ready to run.
#[derive(Debug)]
pub struct Htdemucs {
    configuration: Configuration,
    context: Context,
    encoders: Vec<Encoder<f32>>,
    encoders_t: Vec<Encoder<f64>>,
    decoders: Vec<Decoder>,
    decoders_t: Vec<Decoder>,
    /// `[rows of the first encoder's output][channels]`.
    embedding: Vec<f32>,
    transformer: [Branch; 2],
    memory: Memory,
}

/// What a run works in, kept from one to the next.
#[derive(Debug)]
struct Memory {
    /// The inputs, and the last decoders' outputs.
    ends: Ends,
    /// Outputs of the encoders, to which the decoders' are added on the way back.
    skips: Vec<Plane<f32>>,
    skips_t: Vec<Plane<f32>>,
    /// Of the wave's encoders: what is between their convolutions, the residual branch, their outputs.
    waves: Vec<[Plane<f64>; 3]>,
    /// Of the decoders: what is between their convolutions; for the wave also the residual branch.
    middles: Vec<Plane<f32>>,
    middles_t: Vec<[Plane<f32>; 2]>,
}

#[derive(Debug)]
struct Ends {
    spectrum: Plane<f32>,
    wave: Plane<f64>,
    spectrum_out: Plane<f32>,
    wave_out: Plane<f32>,
}

impl Htdemucs {
    /// Packs the weights and takes all memory that runs need.
    ///
    /// `parameters` are all of them, f32, in the order of upstream's `state_dict`.
    ///
    /// # Errors
    /// If their number is not that of the configuration, or the threads cannot be started.
    pub fn new(
        configuration: Configuration,
        parameters: &[f32],
        threads: usize,
    ) -> Result<Self, String> {
        Htdemucs::with_isa(configuration, parameters, threads, Isa::best())
    }

    /// As [`Htdemucs::new`], with an instruction set of choice.
    ///
    /// # Errors
    /// As [`Htdemucs::new`].
    pub fn with_isa(
        configuration: Configuration,
        parameters: &[f32],
        threads: usize,
        isa: Isa,
    ) -> Result<Self, String> {
        let parameters = Parameters::new(&configuration, parameters)?;
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
        let encoders_t = widths.iter().enumerate().map(|(level, width)| {
            let inputs = below(level, audio);
            Encoder::new(&parameters, &configuration, &format!("tencoder.{level}"), inputs, *width)
        });
        let scale = configuration.freq_emb * configuration.emb_scale;
        let embedding = parameters.get("freq_emb.embedding.weight").iter();
        let encoders: Vec<_> = encoders.collect();
        let encoders_t: Vec<_> = encoders_t.collect();
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
    /// # Errors
    /// If an array has another length.
    pub fn run(
        &mut self,
        [wave, spectrum]: [&[f32]; 2],
        [wave_out, spectrum_out]: [&mut [f32]; 2],
        observer: &mut dyn Observer,
    ) -> Result<(), String> {
        let (wave_size, spectrum_size) =
            (self.configuration.wave_size(), self.configuration.spectrum_size());
        let sources = self.configuration.sources;
        for (name, expected, found) in [
            ("wave", wave_size, wave.len()),
            ("spectrum", spectrum_size, spectrum.len()),
            ("wave's output", sources * wave_size, wave_out.len()),
            ("spectrum's output", sources * spectrum_size, spectrum_out.len()),
        ] {
            if expected != found {
                return Err(format!("The {name} must have {expected} values, but has {found}"));
            }
        }
        let ends = &mut self.memory.ends;
        self.context.install(|| {
            load(wave, &mut ends.wave);
            load(spectrum, &mut ends.spectrum);
        });
        observer.done("inputs");
        self.encode(observer);
        self.transform(observer);
        self.decode(observer);
        let ends = &self.memory.ends;
        self.context.install(|| {
            store(&ends.wave_out, wave_out);
            store(&ends.spectrum_out, spectrum_out);
        });
        observer.done("outputs");
        Ok(())
    }

    fn encode(&mut self, observer: &mut dyn Observer) {
        let Memory { ends, skips, skips_t, waves, .. } = &mut self.memory;
        let context = &self.context;
        for (level, (encoder, encoder_t)) in self.encoders.iter().zip(&self.encoders_t).enumerate()
        {
            let (before, here) = waves.split_at_mut(level);
            let input = before.last().map_or(&ends.wave, |[_, _, output]| output);
            let [middle, hidden, output] = &mut here[0];
            context.install(|| {
                encoder_t.run_long(context, input, [middle, hidden, output], &mut skips_t[level]);
            });
            observer.done(&format!("tencoder.{level}"));
            let (before, here) = skips.split_at_mut(level);
            let input = before.last().unwrap_or(&ends.spectrum);
            let width = here[0].channels;
            let embed = |row: usize, channel: usize| self.embedding[row * width + channel];
            let embedding: Option<&(dyn Fn(usize, usize) -> f32 + Sync)> =
                if level == 0 { Some(&embed) } else { None };
            context.install(|| encoder.run_rows(context, input, &mut here[0], embedding));
            observer.done(&format!("encoder.{level}"));
            if observer.wants_seams() {
                show(observer, &format!("encoder.{level}"), &skips[level]);
                show(observer, &format!("tencoder.{level}"), &skips_t[level]);
            }
        }
    }

    fn transform(&mut self, observer: &mut dyn Observer) {
        let Memory { skips, skips_t, .. } = &mut self.memory;
        let (Some(skip), Some(skip_t)) = (skips.last_mut(), skips_t.last_mut()) else { return };
        let [x, xt] = &mut self.transformer;
        let context = &self.context;
        context.install(|| transformer::run(context, [x, xt], [skip, skip_t]));
        if observer.wants_seams() {
            observer.seam("crosstransformer", &x.tokens());
            observer.seam("crosstransformer_t", &xt.tokens());
        }
        context.install(|| {
            x.add_to(context, skip);
            xt.add_to(context, skip_t);
        });
        observer.done("crosstransformer");
    }

    fn decode(&mut self, observer: &mut dyn Observer) {
        let Memory { ends, skips, skips_t, middles, middles_t, .. } = &mut self.memory;
        let context = &self.context;
        let seams = observer.wants_seams();
        for (index, (decoder, decoder_t)) in self.decoders.iter().zip(&self.decoders_t).enumerate()
        {
            let level = self.decoders.len() - 1 - index;
            let (below, input) = skips_t.split_at_mut(level);
            let output = below.last_mut().unwrap_or(&mut ends.wave_out);
            let kept = aside(output, level != 0 && seams);
            let [middle, hidden] = &mut middles_t[level];
            context.install(|| decoder_t.run_long(context, &input[0], [middle, hidden], output));
            observer.done(&format!("tdecoder.{index}"));
            if seams {
                show(observer, &format!("tdecoder.{index}"), output);
                restore(context, output, &kept);
            }
            let (below, input) = skips.split_at_mut(level);
            let output = below.last_mut().unwrap_or(&mut ends.spectrum_out);
            let kept = aside(output, level != 0 && seams);
            let middle = &mut middles[level];
            context.install(|| decoder.run_rows(context, &input[0], middle, output));
            observer.done(&format!("decoder.{index}"));
            if seams {
                show(observer, &format!("decoder.{index}"), output);
                restore(context, output, &kept);
            }
        }
    }
}

/// Empties a plane that is added to, and returns what was in it.
fn aside(plane: &mut Plane<f32>, empty: bool) -> Vec<f32> {
    if !empty {
        return Vec::new();
    }
    let kept = plane.values().to_vec();
    plane.values_mut().fill(0.0);
    kept
}

/// Adds what [`aside`] returned.
fn restore(context: &Context, plane: &mut Plane<f32>, kept: &[f32]) {
    add(context.isa, plane.values_mut(), kept);
}

impl Memory {
    fn new(
        configuration: &Configuration,
        encoders_t: &[Encoder<f64>],
        decoders_t: &[Decoder],
    ) -> Self {
        let Configuration { audio_channels: audio, sources, .. } = *configuration;
        let (frequencies, frames) = (configuration.frequencies(), configuration.frames());
        let samples = configuration.segment_samples;
        let widths = configuration.encoder_channels();
        let ends = Ends {
            spectrum: Plane::zeros(2 * audio, frequencies, frames),
            wave: Plane::zeros(audio, 1, samples),
            spectrum_out: Plane::zeros(2 * audio * sources, frequencies, frames),
            wave_out: Plane::zeros(audio * sources, 1, samples),
        };
        let mut length = samples;
        let lengths: Vec<usize> = widths
            .iter()
            .map(|_| {
                length = length.div_ceil(STRIDE);
                length
            })
            .collect();
        let rows = |level: usize| frequencies / STRIDE.pow(level as u32 + 1);
        let whole = |hidden: usize| hidden.next_multiple_of(crate::linear::ROWS);
        let levels = || widths.iter().copied().enumerate();
        Memory {
            ends,
            skips: levels().map(|(i, width)| Plane::zeros(width, rows(i), frames)).collect(),
            skips_t: levels().map(|(i, width)| Plane::zeros(width, 1, lengths[i])).collect(),
            waves: levels()
                .map(|(i, width)| {
                    [width, whole(encoders_t[i].hidden()), width]
                        .map(|channels| Plane::zeros(channels, 1, lengths[i]))
                })
                .collect(),
            middles: levels().map(|(i, width)| Plane::zeros(width, rows(i), frames)).collect(),
            middles_t: levels()
                .map(|(i, width)| {
                    let hidden = decoders_t[widths.len() - 1 - i].hidden();
                    [width, whole(hidden)].map(|channels| Plane::zeros(channels, 1, lengths[i]))
                })
                .collect(),
        }
    }
}

/// Reads `[channels, rows, length]` into a plane.
fn load<T: Real>(values: &[f32], plane: &mut Plane<T>) {
    let (channels, rows, length) = (plane.channels, plane.rows, plane.length);
    let (size, strips) = (plane.panel_size(), plane.strips());
    plane.values_mut().par_chunks_mut(size).enumerate().for_each(|(index, panel)| {
        let (row, start) = (index / strips, index % strips * LANES);
        let count = (length - start).min(LANES);
        for channel in 0..channels {
            let from = &values[(channel * rows + row) * length + start..][..count];
            for (to, from) in panel[channel * LANES..].iter_mut().zip(from) {
                *to = T::from_f32(*from);
            }
        }
    });
}

/// Writes a plane as `[channels, rows, length]`.
fn store<T: Element>(plane: &Plane<T>, values: &mut [T]) {
    let (rows, length) = (plane.rows, plane.length);
    let (size, strips) = (plane.panel_size(), plane.strips());
    // A long row is cut so that several threads have some of it.
    let cut = if rows == 1 { 256 * LANES } else { length };
    let cuts = length.div_ceil(cut);
    let pieces = values.par_chunks_mut(length).enumerate().flat_map(|(line, values)| {
        values
            .par_chunks_mut(cut)
            .enumerate()
            .map(move |(piece, values)| (line * cuts + piece, values))
    });
    pieces.for_each(|(index, values)| {
        let (line, piece) = (index / cuts, index % cuts);
        let (channel, row) = (line / rows, line % rows);
        for (strip, values) in values.chunks_mut(LANES).enumerate() {
            let panel = row * strips + piece * cut / LANES + strip;
            let from = &plane.values()[panel * size + channel * LANES..][..values.len()];
            values.copy_from_slice(from);
        }
    });
}

/// Hands a plane to an observer.
fn show(observer: &mut dyn Observer, name: &str, plane: &Plane<f32>) {
    let mut values = vec![0.0; plane.channels * plane.rows * plane.length];
    store(plane, &mut values);
    observer.seam(name, &values);
}
