//! One track on its way through the network, segment by segment.

use rayon::prelude::*;
use realfft::num_complex::Complex;

use super::normalisation::{Normalisation, SEGMENT_FLOOR};
use super::plan::{SEGMENT_SAMPLES, Segment, SegmentPlan, weight};
use super::spectrum::{BINS, FRAMES, Transforms};
use super::{CHANNELS, SOURCES, STEM_SOURCES};

/// Elements of one channel part (real or imaginary) of a segment's spectrum.
const PLANE: usize = BINS * FRAMES;

/// A mixture, its segments, and the stems as far as they are joined.
pub struct Separator {
    /// `[2][samples]` f32, full scale 1.0, 44.1 kHz.
    mixture: [Vec<f32>; CHANNELS],
    /// Of the whole mixture, averaged over its channels.
    normalisation: Normalisation,
    plan: SegmentPlan,
    /// Index of the segment whose output comes next.
    next: usize,
    /// `[4][2]`: weighted sums of the outputs from sample `joined` on.
    sums: Vec<Vec<f64>>,
    /// Sum of the weights from sample `joined` on.
    weights: Vec<f64>,
    /// Samples that have been handed out.
    joined: usize,
}

/// What the network is fed for one segment, and what is needed to bring its outputs back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SegmentInput {
    wave: Normalisation,
    spectrum: Normalisation,
}

/// Finished samples of all stems.
#[derive(Debug, Clone, PartialEq)]
pub struct StemBlock {
    /// Time of the first sample.
    pub start: usize,
    /// `[4][2][samples]` f32, full scale 1.0: bass, drums, other, vocals.
    pub stems: Vec<Vec<f32>>,
}

impl Separator {
    /// Prepares a mixture; `shift` as in [`SegmentPlan::new`].
    ///
    /// # Panics
    /// If the mixture is empty or its channels differ in length.
    pub fn new(mixture: [Vec<f32>; CHANNELS], shift: Option<usize>) -> Self {
        let [left, right] = &mixture;
        assert_eq!(left.len(), right.len(), "channels differ in length");
        let mono = left.iter().zip(right).map(|(&l, &r)| (f64::from(l) + f64::from(r)) / 2.0);
        let normalisation = Normalisation::of(mono);
        let plan = SegmentPlan::new(left.len(), shift);
        Separator {
            normalisation,
            plan,
            mixture,
            next: 0,
            sums: vec![Vec::new(); SOURCES * CHANNELS],
            weights: Vec::new(),
            joined: 0,
        }
    }

    /// The segments that the network has to see, in this order.
    pub fn segments(&self) -> &[Segment] {
        &self.plan.segments
    }

    /// The mixture where the input of segment `index` lies, normalised; silence beyond its ends.
    pub fn excerpt(&self, index: usize) -> Option<Excerpt> {
        let segment = self.plan.segments.get(index)?;
        Some(Excerpt { channels: self.mixture.each_ref().map(|c| self.cut(c, segment)) })
    }

    /// Takes the network's outputs for a segment and returns the samples that are finished.
    ///
    /// # Parameters
    /// - `index`: the segment; they come in order.
    /// - `input`: what [`Excerpt::transform`] returned for it.
    /// - `wave`: `[4, 2, SEGMENT_SAMPLES]` f32, normalised; drums, bass, other, vocals.
    /// - `spectrum`: `[4, 4, BINS, FRAMES]` f32, normalised.
    ///
    /// # Errors
    /// If it is another segment's turn or an array has another length.
    pub fn output(
        &mut self,
        index: usize,
        input: SegmentInput,
        wave: &[f32],
        spectrum: &[f32],
    ) -> Result<StemBlock, String> {
        if index != self.next || index >= self.plan.segments.len() {
            return Err(format!("Segment {index} came where {} was expected", self.next));
        }
        expect_length("wave", SOURCES * CHANNELS * SEGMENT_SAMPLES, wave.len())?;
        expect_length("spectrum", SOURCES * 2 * CHANNELS * PLANE, spectrum.len())?;
        let segment = self.plan.segments[index];
        self.next += 1;
        self.reserve(&segment);
        let (samples, joined) = (self.plan.samples, self.joined);
        let transforms = Transforms::shared();
        self.sums.par_iter_mut().enumerate().for_each(|(row, sums)| {
            // Rows are stems, the network's outputs sources.
            let source = STEM_SOURCES[row / CHANNELS] * CHANNELS + row % CHANNELS;
            let planes = &spectrum[source * 2 * PLANE..(source + 1) * 2 * PLANE];
            let from_spectrum = transforms.signal(&complex_frames(planes, &input));
            let wave = &wave[source * SEGMENT_SAMPLES..(source + 1) * SEGMENT_SAMPLES];
            for (time, position, at) in used(&segment, samples) {
                let value = input.wave.undo(f64::from(wave[at])) + from_spectrum[at];
                sums[time - joined] += weight(position) * value;
            }
        });
        for (time, position, _) in used(&segment, samples) {
            self.weights[time - joined] += weight(position);
        }
        Ok(self.take_finished())
    }

    fn cut(&self, channel: &[f32], segment: &Segment) -> Vec<f64> {
        (0..SEGMENT_SAMPLES as i64)
            .map(|position| {
                let time = usize::try_from(segment.input_start + position).ok();
                time.and_then(|time| channel.get(time))
                    .map_or(0.0, |&sample| self.normalisation.apply(f64::from(sample), 0.0))
            })
            .collect()
    }

    /// Makes room for everything that the segment adds to.
    fn reserve(&mut self, segment: &Segment) {
        let end = (segment.start + segment.length as i64).clamp(0, self.plan.samples as i64);
        let length = (end as usize).saturating_sub(self.joined).max(self.weights.len());
        self.weights.resize(length, 0.0);
        for sums in &mut self.sums {
            sums.resize(length, 0.0);
        }
    }

    /// Hands out the samples that no later segment adds to.
    fn take_finished(&mut self) -> StemBlock {
        let until = match self.plan.segments.get(self.next) {
            Some(segment) => segment.start.clamp(0, self.plan.samples as i64) as usize,
            None => self.plan.samples,
        };
        let start = self.joined;
        let count = until - start;
        let weights: Vec<f64> = self.weights.drain(..count).collect();
        let stems = self
            .sums
            .iter_mut()
            .map(|sums| {
                let finished = sums.drain(..count).zip(&weights);
                finished.map(|(sum, w)| self.normalisation.undo(sum / w) as f32).collect()
            })
            .collect();
        self.joined = until;
        StemBlock { start, stems }
    }
}

/// The part of a mixture that the network sees at a time.
pub struct Excerpt {
    /// `[2][SEGMENT_SAMPLES]`.
    channels: [Vec<f64>; CHANNELS],
}

impl Excerpt {
    /// Computes what the network is fed.
    ///
    /// # Parameters
    /// - `wave`: receives `[2, SEGMENT_SAMPLES]` f32, normalised.
    /// - `spectrum`: receives `[4, BINS, FRAMES]` f32, normalised; left real, left imaginary, right
    ///   real, right imaginary.
    ///
    /// # Errors
    /// If an output has another length.
    pub fn transform(
        &self,
        wave: &mut [f32],
        spectrum: &mut [f32],
    ) -> Result<SegmentInput, String> {
        expect_length("wave", CHANNELS * SEGMENT_SAMPLES, wave.len())?;
        expect_length("spectrum", 2 * CHANNELS * PLANE, spectrum.len())?;
        let transforms = Transforms::shared();
        let spectra = self.channels.each_ref().map(|signal| transforms.spectrum(signal));
        let input = SegmentInput {
            wave: Normalisation::of(self.channels.iter().flatten().copied()),
            spectrum: Normalisation::of(spectra.iter().flatten().flat_map(|bin| [bin.re, bin.im])),
        };
        for (value, &sample) in wave.iter_mut().zip(self.channels.iter().flatten()) {
            *value = input.wave.apply(sample, SEGMENT_FLOOR) as f32;
        }
        spectrum.par_chunks_mut(FRAMES).enumerate().for_each(|(row, frames)| {
            let (plane, bin) = (row / BINS, row % BINS);
            for (frame, value) in frames.iter_mut().enumerate() {
                let complex = spectra[plane / 2][frame * BINS + bin];
                let part = if plane % 2 == 0 { complex.re } else { complex.im };
                *value = input.spectrum.apply(part, SEGMENT_FLOOR) as f32;
            }
        });
        Ok(input)
    }
}

fn expect_length(what: &str, expected: usize, actual: usize) -> Result<(), String> {
    if expected == actual {
        return Ok(());
    }
    Err(format!("The {what} of a segment has {expected} values, but {actual} came"))
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

/// Two planes `[2][BINS][FRAMES]`, real and imaginary, as `[FRAMES][BINS]` complex, brought back
/// from their normalisation.
fn complex_frames(planes: &[f32], input: &SegmentInput) -> Vec<Complex<f64>> {
    let (re, im) = planes.split_at(PLANE);
    let undo = |value: f32| input.spectrum.undo(f64::from(value));
    (0..PLANE)
        .map(|at| {
            let from = at % BINS * FRAMES + at / BINS;
            Complex::new(undo(re[from]), undo(im[from]))
        })
        .collect()
}

#[cfg(test)]
mod tests;
