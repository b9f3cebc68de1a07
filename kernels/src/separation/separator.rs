//! One track on its way through the network, segment by segment, as often as there are shifts.

use rayon::prelude::*;

use super::kept::Kept;
use super::layout::{CHANNELS, MixturePart, STEMS};
use super::normalisation::{Normalisation, SEGMENT_FLOOR};
use super::plan::{SEGMENT_SAMPLES, Segment, SegmentPlan, weight};
use super::spectrum::{BINS, FRAMES, Transforms};
use crate::error::Error;

/// Elements of one channel part (real or imaginary) of a segment's spectrum.
const PLANE: usize = BINS * FRAMES;

/// Bins whose frames are brought together at a time; they divide [`BINS`].
const TURNED_BINS: usize = 8;

/// The segments of a mixture, and the stems as far as they are joined.
pub struct Separator {
    /// Of the whole mixture, averaged over its channels.
    normalisation: Normalisation,
    /// The segments of every pass over the mixture; the stems are the mean of the passes.
    passes: Vec<SegmentPlan>,
    /// Number of sources of the network.
    sources: usize,
    /// The sources of each stem.
    stem_sources: [Vec<usize>; STEMS],
    /// The pass that the next segment belongs to.
    pass: usize,
    /// Index within its pass of the segment whose output comes next.
    next: usize,
    /// `[4][2]`: weighted sums of this pass's outputs from sample `joined` on.
    sums: Vec<Vec<f64>>,
    /// Sum of this pass's weights from sample `joined` on.
    weights: Vec<f64>,
    /// Samples that this pass has finished.
    joined: usize,
    /// Stems so far: of several passes, the sum of each one's share.
    kept: Kept,
}

/// A mixture: left and right, f32, full scale 1.0, 44.1 kHz, of the same length.
pub type Mixture<'a> = [&'a [f32]; CHANNELS];

/// How a mixture is passed through the network.
#[derive(Debug, Clone, Copy)]
pub struct Passes<'a> {
    /// One for each pass, as in [`SegmentPlan::new`].
    pub shifts: &'a [Option<usize>],
    /// As in [`SegmentPlan::new`].
    pub overlap: f64,
    /// The stem of each source of the network; several sources of one stem are added.
    pub source_stems: &'a [usize],
}

/// Normalisation of one segment's inputs, which its outputs need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SegmentInput {
    wave: Normalisation,
    spectrum: Normalisation,
}

impl Separator {
    /// Prepares a mixture.
    ///
    /// # Parameters
    /// - `mixture`: not kept; pass the same one to [`Separator::excerpt`].
    /// - `passes`: shifts, overlap and sources.
    /// - `kept`: floats as long as the mixture; mono stems are for a single pass.
    /// - `wanted`: how many samples, from the first on, are separated.
    ///
    /// # Panics
    /// If there are no samples, none are wanted, or there are no passes, or several for mono stems, or the channels differ in
    /// length, or a stem has no source.
    pub fn new([left, right]: Mixture, passes: Passes, kept: Kept, wanted: usize) -> Self {
        assert_eq!(left.len(), right.len(), "channels differ in length");
        let mono = left.iter().zip(right).map(|(&l, &r)| (f64::from(l) + f64::from(r)) / 2.0);
        Separator::of(Normalisation::of(mono), left.len(), passes, kept, wanted)
    }

    /// Prepares a mixture of `samples` samples that is not in memory; `normalisation` is that of its mean over the
    /// channels.
    ///
    /// # Panics
    /// As [`Separator::new`].
    pub fn of(
        normalisation: Normalisation,
        samples: usize,
        passes: Passes,
        kept: Kept,
        wanted: usize,
    ) -> Self {
        let Passes { shifts, overlap, source_stems } = passes;
        let stem_sources: [Vec<usize>; STEMS] = std::array::from_fn(|stem| {
            let sources = source_stems.iter().enumerate().filter(|&(_, &of)| of == stem);
            sources.map(|(source, _)| source).collect()
        });
        assert!(stem_sources.iter().all(|sources| !sources.is_empty()), "a stem has no source");
        assert!(!shifts.is_empty(), "a separation has a pass");
        assert!(wanted > 0, "a separation has samples");
        let is_used_up = !matches!(kept, Kept::Floats(_));
        assert!(!is_used_up || shifts.len() == 1, "the mean of several passes needs floats");
        Separator {
            normalisation,
            passes: shifts
                .iter()
                .map(|&shift| SegmentPlan::new(samples, shift, overlap).up_to(wanted))
                .collect(),
            sources: source_stems.len(),
            stem_sources,
            pass: 0,
            next: 0,
            sums: vec![Vec::new(); STEMS * CHANNELS],
            weights: Vec::new(),
            joined: 0,
            kept,
        }
    }

    /// The segments of all passes, in the order in which the network processes them.
    pub fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.passes.iter().flat_map(|pass| &pass.segments)
    }

    /// The mixture where the input of segment `index` lies, normalised; silence beyond its ends.
    ///
    /// # Parameters
    /// - `mixture`: all of it, or a part in which the segment's input lies.
    pub fn excerpt<'a>(
        &self,
        mixture: impl Into<MixturePart<'a>>,
        index: usize,
    ) -> Option<Excerpt> {
        let segment = self.segments().nth(index)?;
        let MixturePart { channels, start } = mixture.into();
        Some(Excerpt { channels: channels.map(|channel| self.cut(channel, start, segment)) })
    }

    /// Joins the network's outputs for a segment to the stems.
    ///
    /// # Parameters
    /// - `index`: the segment; they come in order.
    /// - `input`: what [`Excerpt::transform`] returned for it.
    /// - `wave`: `[sources, 2, SEGMENT_SAMPLES]` f32, normalised; of the published network drums, bass, other,
    ///   vocals.
    /// - `spectrum`: `[sources, 4, BINS, FRAMES]` f32, normalised.
    ///
    /// # Errors
    /// If it is another segment's turn or an array has another length.
    pub fn output(
        &mut self,
        index: usize,
        input: SegmentInput,
        wave: &[f32],
        spectrum: &[f32],
    ) -> Result<(), Error> {
        let before: usize = self.passes[..self.pass].iter().map(|pass| pass.segments.len()).sum();
        let turn = before + self.next;
        if index != turn || index >= self.segments().count() {
            return Err(Error::SegmentOrder { expected: turn, found: index });
        }
        Error::expect_length(
            "wave of a segment",
            self.sources * CHANNELS * SEGMENT_SAMPLES,
            wave.len(),
        )?;
        Error::expect_length(
            "spectrum of a segment",
            self.sources * 2 * CHANNELS * PLANE,
            spectrum.len(),
        )?;
        let plan = &self.passes[self.pass];
        let (segment, samples, joined) = (plan.segments[self.next], plan.samples, self.joined);
        self.next += 1;
        self.reserve(&segment, samples);
        let transforms = Transforms::shared();
        let stem_sources = &self.stem_sources;
        self.sums.par_iter_mut().enumerate().for_each(|(row, sums)| {
            // Rows are stems, the network's outputs sources.
            for source in &stem_sources[row / CHANNELS] {
                let source = source * CHANNELS + row % CHANNELS;
                let planes = &spectrum[source * 2 * PLANE..(source + 1) * 2 * PLANE];
                let (re, im) = planes.split_at(PLANE);
                let undo = |value: f32| input.spectrum.undo(f64::from(value));
                let from_spectrum = transforms.signal(re, im, undo);
                let wave = &wave[source * SEGMENT_SAMPLES..(source + 1) * SEGMENT_SAMPLES];
                for (time, position, at) in used(&segment, samples) {
                    let value = input.wave.undo(f64::from(wave[at])) + from_spectrum[at];
                    sums[time - joined] += weight(position) * value;
                }
            }
        });
        for (time, position, _) in used(&segment, samples) {
            self.weights[time - joined] += weight(position);
        }
        self.finish_samples()
    }

    /// The stems, when the outputs of all segments have come.
    pub fn finished(&mut self) -> Option<&mut Kept> {
        (self.pass == self.passes.len()).then_some(&mut self.kept)
    }

    /// The stems, however far they are.
    pub fn kept(&mut self) -> &mut Kept {
        &mut self.kept
    }

    fn cut(&self, channel: &[f32], start: usize, segment: &Segment) -> Vec<f64> {
        let first = segment.input_start - start as i64;
        (0..SEGMENT_SAMPLES as i64)
            .map(|position| {
                let time = usize::try_from(first + position).ok();
                time.and_then(|time| channel.get(time))
                    .map_or(0.0, |&sample| self.normalisation.apply(f64::from(sample), 0.0))
            })
            .collect()
    }

    /// Makes room for everything that the segment adds to.
    fn reserve(&mut self, segment: &Segment, samples: usize) {
        let end = (segment.start + segment.length as i64).clamp(0, samples as i64);
        let length = (end as usize).saturating_sub(self.joined).max(self.weights.len());
        self.weights.resize(length, 0.0);
        for sums in &mut self.sums {
            sums.resize(length, 0.0);
        }
    }

    /// Adds to the stems what no later segment of the pass adds to, and ends the pass with its last.
    fn finish_samples(&mut self) -> Result<(), Error> {
        let plan = &self.passes[self.pass];
        let until = match plan.segments.get(self.next) {
            Some(segment) => segment.start.clamp(0, plan.samples as i64) as usize,
            None => plan.samples,
        };
        let (start, share) = (self.joined, 1.0 / self.passes.len() as f64);
        let weights: Vec<f64> = self.weights.drain(..until - start).collect();
        let normalisation = self.normalisation;
        for (stem, sums) in self.sums.chunks_mut(CHANNELS).enumerate() {
            let sources = self.stem_sources[stem].len();
            let finished: [Vec<f32>; CHANNELS] = std::array::from_fn(|channel| {
                let sums = sums[channel].drain(..weights.len()).zip(&weights);
                sums.map(|(sum, w)| (normalisation.undo_sum(sum / w, sources) * share) as f32)
                    .collect()
            });
            self.kept.add(stem, start, &finished.each_ref().map(Vec::as_slice))?;
        }
        self.joined = until;
        if self.next == plan.segments.len() {
            (self.pass, self.next, self.joined) = (self.pass + 1, 0, 0);
        }
        Ok(())
    }
}

/// The part of a mixture that the network processes at a time.
pub struct Excerpt {
    /// `[2][SEGMENT_SAMPLES]`.
    channels: [Vec<f64>; CHANNELS],
}

impl Excerpt {
    /// Computes the network's inputs.
    ///
    /// # Parameters
    /// - `wave`: receives `[2, SEGMENT_SAMPLES]` f32, normalised.
    /// - `spectrum`: receives `[4, BINS, FRAMES]` f32, normalised; left real, left imaginary, right
    ///   real, right imaginary.
    ///
    /// # Errors
    /// If an output has another length.
    pub fn transform(&self, wave: &mut [f32], spectrum: &mut [f32]) -> Result<SegmentInput, Error> {
        Error::expect_length("wave of a segment", CHANNELS * SEGMENT_SAMPLES, wave.len())?;
        Error::expect_length("spectrum of a segment", 2 * CHANNELS * PLANE, spectrum.len())?;
        let transforms = Transforms::shared();
        let spectra = self.channels.each_ref().map(|signal| transforms.spectrum(signal));
        let input = SegmentInput {
            wave: Normalisation::of(self.channels.iter().flatten().copied()),
            spectrum: Normalisation::of(spectra.iter().flatten().flat_map(|bin| [bin.re, bin.im])),
        };
        for (value, &sample) in wave.iter_mut().zip(self.channels.iter().flatten()) {
            *value = input.wave.apply(sample, SEGMENT_FLOOR) as f32;
        }
        spectrum.par_chunks_mut(TURNED_BINS * FRAMES).enumerate().for_each(|(rows, values)| {
            let (plane, first) = (rows * TURNED_BINS / BINS, rows * TURNED_BINS % BINS);
            for (frame, spectrum) in spectra[plane / 2].chunks(BINS).enumerate() {
                for (row, complex) in spectrum[first..first + TURNED_BINS].iter().enumerate() {
                    let part = if plane % 2 == 0 { complex.re } else { complex.im };
                    let normal = input.spectrum.apply(part, SEGMENT_FLOOR) as f32;
                    values[row * FRAMES + frame] = normal;
                }
            }
        });
        Ok(input)
    }
}

/// For each used sample of a segment: its time in the mixture, its position in the used part (which
/// gives its weight), and its place in the network's output.
fn used(segment: &Segment, samples: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    let lead = (segment.start - segment.input_start) as usize;
    let first = (-segment.start).max(0) as usize;
    let start = segment.start;
    (first..segment.length)
        .map(move |position| ((start + position as i64) as usize, position, lead + position))
        .take_while(move |(time, ..)| *time < samples)
}

#[cfg(test)]
mod tests;
