//! One pass over a mix.

use std::path::PathBuf;
use std::time::Instant;

use serde::Deserialize;

use super::layout::{Busy, MIX};
use super::measure::Measured;
use super::window::Window;

use crate::decode::Blocks;
use crate::error::Error;
use crate::hpss::{Hpss, HpssSeparator};
use crate::separation::{
    Excerpt, Kept, MOST_OVERLAP, MixturePart, Normalisation, Passes, SEGMENT_SAMPLES, STEMS,
    SegmentInput, Separator, StreamedStems,
};
use crate::streamed::{Spool, StreamedStem, Uses};

/// Samples of a loud stem that filters made, or of the mix, that are kept in memory, 56 MB; they are quickly made again.
const SPOOLED_SAMPLES: usize = 7_000_000;

/// Samples of the mix in a step where nothing is separated.
const STEP_SAMPLES: usize = 1 << 20;

/// Method by which a mix is separated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Not at all.
    None,
    /// Bass and drums by filters.
    Rhythm,
    /// All stems by filters.
    Filters,
    /// By a network.
    Network,
}

/// Settings of a separation.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Factor of all samples.
    pub gain: f64,
    /// Method.
    pub method: Method,
    /// Stems, 0 to 3, and 4 for the mix itself, whose spectrograms are computed.
    pub spectrograms: Vec<usize>,
    /// WAV files to be written: stem and path.
    pub files: Vec<(usize, PathBuf)>,
    /// Shift of the network's segments; none for null.
    pub shift: Option<usize>,
    /// Share of a segment that overlaps the next one.
    pub overlap: f64,
    /// Stem of each source of the network.
    pub source_stems: Vec<usize>,
}

/// Work of a pass.
enum Work {
    Nothing(Box<StreamedStems>),
    Filters(Box<HpssSeparator>),
    Network(Box<Separator>),
}

/// A pass on its way.
pub(super) struct Pass {
    settings: Settings,
    window: Window,
    work: Work,
    mix: Option<StreamedStem>,
    /// Samples of the mix that were used.
    mixed: usize,
    /// Samples up to which the mix is needed.
    until: usize,
}

/// What follows a pass.
pub(super) enum Next {
    /// Another one.
    Again(Box<Again>),
    /// Nothing: all stems are made.
    Done(Vec<(usize, StreamedStem)>),
}

/// A pass that makes loud stems again.
pub(super) struct Again {
    settings: Settings,
    stems: Box<StreamedStems>,
    mix: Option<StreamedStem>,
    /// Samples that must be separated, and those of the mix.
    stale: (usize, usize),
}

impl Pass {
    /// The first pass over a mix, of as many samples as are known.
    pub fn first(
        settings: Settings,
        blocks: Blocks,
        samples: Option<usize>,
        measured: &Measured,
    ) -> Result<Self, Error> {
        let expected = samples.unwrap_or(blocks.expected_samples());
        let mut stems = Box::<StreamedStems>::default();
        let mut mix = None;
        for at in 0..=MIX {
            let file = settings.files.iter().find(|(stem, _)| *stem == at);
            let uses = Uses {
                spectrogram: settings.spectrograms.contains(&at),
                file: file.map(|(_, path)| path.clone()),
            };
            if !uses.spectrogram && uses.file.is_none() {
                continue;
            }
            let spool: fn() -> Spool = match settings.method {
                Method::Network if at < MIX => Spool::in_file,
                _ => || Spool::in_memory(SPOOLED_SAMPLES),
            };
            let stem = Some(StreamedStem::rescaled(uses, expected, spool)?);
            *stems.stems.get_mut(at).unwrap_or(&mut mix) = stem;
        }
        Pass::new(settings, blocks, samples, measured, (stems, mix), (usize::MAX, usize::MAX))
    }

    fn new(
        settings: Settings,
        blocks: Blocks,
        samples: Option<usize>,
        measured: &Measured,
        (stems, mix): (Box<StreamedStems>, Option<StreamedStem>),
        (separated, mixed): (usize, usize),
    ) -> Result<Self, Error> {
        let kept = Kept::Streamed(stems);
        let method = if separated == 0 { Method::None } else { settings.method };
        let filters =
            |hpss, kept| Work::Filters(Box::new(HpssSeparator::of(hpss, kept, separated)));
        let work = match method {
            Method::None => {
                let Kept::Streamed(stems) = kept else { unreachable!("made above") };
                Work::Nothing(stems)
            }
            Method::Rhythm => filters(Hpss::rhythm(), kept),
            Method::Filters => {
                let width =
                    measured.width.ok_or(Error::MixOrder("all stems: measure its width"))?;
                filters(Hpss::all(width), kept)
            }
            Method::Network => {
                let normalisation = measured.normalisation;
                let unmeasured = Error::MixOrder("a network: measure its normalisation");
                let (Some(normalisation), Some(samples)) = (normalisation, samples) else {
                    return Err(unmeasured);
                };
                Work::Network(Box::new(network(
                    &settings,
                    normalisation,
                    samples,
                    kept,
                    separated,
                )?))
            }
        };
        let until = if mix.is_some() { mixed.max(separated) } else { separated };
        Ok(Pass {
            window: Window::new(blocks, settings.gain),
            settings,
            work,
            mix,
            mixed: 0,
            until,
        })
    }

    /// Number of segments of a network.
    pub fn segments(&self) -> usize {
        match &self.work {
            Work::Network(separator) => separator.segments().count(),
            _ => 0,
        }
    }

    /// Goes on with filters or without; returns whether the pass is at its end, and the samples so far.
    pub fn step(&mut self, busy: &mut Busy) -> Result<(bool, usize), Error> {
        let (window, mix, mixed) = (&mut self.window, &mut self.mix, &mut self.mixed);
        let filters = match &mut self.work {
            Work::Network(_) => return Err(Error::SeparationKind { opened: "with a network" }),
            Work::Filters(filters) if !filters.is_done() => Some(filters),
            Work::Filters(_) | Work::Nothing(_) => None,
        };
        let Some(filters) = filters else {
            window.reach(mixed.saturating_add(STEP_SAMPLES).min(self.until))?;
            let begin = Instant::now();
            let end = window.part().end().min(self.until);
            use_mix(mix, window.part(), mixed, end)?;
            busy.spectrogram += begin.elapsed();
            window.drop_before(end);
            let is_end = window.is_end() || end >= self.until;
            return Ok((is_end, end));
        };
        window.reach(filters.reach())?;
        let (begin, used) = (Instant::now(), streamed(filters.kept()).busy);
        let (part, is_end) = (window.part(), window.is_end());
        filters.advance(part, is_end, |end| use_mix(mix, part, mixed, end))?;
        let used = streamed(filters.kept()).busy - used;
        busy.spectrogram += used;
        busy.demix += begin.elapsed().saturating_sub(used);
        window.drop_before(filters.needs());
        let position = filters.position().min(window.part().end());
        let is_whole = is_end && filters.position() >= window.part().end();
        let is_separated = filters.is_done();
        Ok((is_whole || (is_separated && *mixed >= self.until), position))
    }

    /// The input of segment `index` of the network.
    pub fn excerpt(&mut self, index: usize) -> Result<Excerpt, Error> {
        let Work::Network(separator) = &self.work else {
            return Err(Error::SeparationKind { opened: "without a network" });
        };
        let segment = separator.segments().nth(index).ok_or(Error::UnknownSegment(index))?;
        let start = usize::try_from(segment.input_start).unwrap_or(0);
        let end = segment.input_start + SEGMENT_SAMPLES as i64;
        // Segments begin one after the other.
        self.window.drop_before(start);
        self.window.reach(usize::try_from(end).unwrap_or(0))?;
        if self.window.part().start > start {
            return Err(Error::SegmentOrder { expected: index + 1, found: index });
        }
        separator.excerpt(self.window.part(), index).ok_or(Error::UnknownSegment(index))
    }

    /// Joins the output of segment `index` of the network.
    pub fn output(
        &mut self,
        index: usize,
        input: SegmentInput,
        wave: &[f32],
        spectrum: &[f32],
        busy: &mut Busy,
    ) -> Result<(), Error> {
        let Work::Network(separator) = &mut self.work else {
            return Err(Error::SeparationKind { opened: "without a network" });
        };
        let (begin, used) = (Instant::now(), streamed(separator.kept()).busy);
        separator.output(index, input, wave, spectrum)?;
        let used = streamed(separator.kept()).busy - used;
        busy.spectrogram += used;
        busy.demix += begin.elapsed().saturating_sub(used);
        Ok(())
    }

    /// Ends the pass, and returns the decoding too.
    pub fn end(mut self, busy: &mut Busy) -> Result<(Next, Blocks), Error> {
        // The last segments may not reach the end of the file, which is where a decoder reports its findings.
        if self.until == usize::MAX {
            while !self.window.is_end() {
                self.window.reach(self.window.part().end() + STEP_SAMPLES)?;
                self.window.drop_before(self.window.part().end());
            }
        }
        let begin = Instant::now();
        let kept = match &mut self.work {
            Work::Nothing(stems) => std::mem::take(stems),
            Work::Filters(filters) => std::mem::take(streamed(filters.kept())).into(),
            Work::Network(separator) => {
                separator.finished().ok_or(Error::MixOrder("its end"))?;
                std::mem::take(streamed(separator.kept())).into()
            }
        };
        let (mut stems, mut mix) = (kept, self.mix);
        let mut stale = (0, 0);
        for stem in stems.stems.iter_mut().flatten() {
            stale.0 = stem.end_pass()?.max(stale.0);
        }
        if let Some(mix) = &mut mix {
            stale.1 = mix.end_pass()?;
        }
        busy.spectrogram += begin.elapsed();
        let next = if stale == (0, 0) {
            let stems = stems.stems.into_iter().chain([mix]).enumerate();
            Next::Done(stems.filter_map(|(at, stem)| Some((at, stem?))).collect())
        } else {
            Next::Again(Box::new(Again { settings: self.settings, stems, mix, stale }))
        };
        Ok((next, self.window.into_blocks()))
    }
}

impl Again {
    /// The pass.
    pub fn pass(self, blocks: Blocks, samples: usize, measured: &Measured) -> Result<Pass, Error> {
        let Again { settings, stems, mix, stale } = self;
        let stale = (stale.0.min(samples), stale.1.min(samples));
        Pass::new(settings, blocks, Some(samples), measured, (stems, mix), stale)
    }
}

/// A network's separator of the first `separated` samples.
fn network(
    settings: &Settings,
    normalisation: Normalisation,
    samples: usize,
    kept: Kept,
    separated: usize,
) -> Result<Separator, Error> {
    let Settings { shift, overlap, source_stems, .. } = settings;
    if !(0.0..=MOST_OVERLAP).contains(overlap) {
        return Err(Error::Overlap { most: MOST_OVERLAP, found: *overlap });
    }
    if !(0..STEMS).all(|stem| source_stems.contains(&stem))
        || source_stems.iter().any(|&stem| stem >= STEMS)
    {
        return Err(Error::SourceStems(source_stems.clone()));
    }
    let passes = Passes { shifts: &[*shift], overlap: *overlap, source_stems };
    Ok(Separator::of(normalisation, samples, passes, kept, separated))
}

fn streamed(kept: &mut Kept) -> &mut StreamedStems {
    let Kept::Streamed(streamed) = kept else { unreachable!("a pass uses its stems up") };
    streamed
}

/// Uses the samples of the mix up to `end`.
fn use_mix(
    mix: &mut Option<StreamedStem>,
    part: MixturePart,
    mixed: &mut usize,
    end: usize,
) -> Result<(), Error> {
    let end = end.max(*mixed);
    if let Some(mix) = mix {
        let range = *mixed - part.start..end - part.start;
        mix.add(part.channels.map(|channel| &channel[range.clone()]))?;
    }
    *mixed = end;
    Ok(())
}
