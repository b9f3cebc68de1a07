//! A mix from its file to spectrograms, piece by piece: decoded on a thread of its own, separated, rounded, and turned into
//! spectrograms, of which alone something grows with the length of the mix.
//!
//! A file is read as often as it is needed: what depends on all of a mix, such as the mean that HTDemucs subtracts, is
//! measured in a pass of its own, and a stem that turns out to be too loud for 16 bits is made again from the start.

mod layout;
mod measure;
mod pass;
mod window;

use std::path::Path;

pub use layout::{Busy, MIX};
pub use measure::{Kinds, Measured};
pub use pass::{Method, Settings};

use crate::decode::{Blocks, DecodeError, MixFile, Part, Passed};
use crate::error::Error;
use crate::separation::{Excerpt, STEMS, SegmentInput};
use crate::streamed::{Finished, StreamedStem};
use measure::measure;
use pass::{Next, Pass};

/// A mix on its way.
pub struct Mix {
    file: MixFile,
    /// A decoding that was begun, and of which nothing was taken yet.
    fresh: Option<Blocks>,
    passed: Option<Passed>,
    measured: Measured,
    pass: Option<Pass>,
    /// Bass, drums, other, vocals, and the mix itself.
    finished: [Option<Finished>; STEMS + 1],
    busy: Busy,
}

impl Mix {
    /// Opens the file at `path`, and starts to decode it.
    ///
    /// # Errors
    /// If its headers cannot be read.
    pub fn open(path: &Path, rate_hz: u32, part: Part) -> Result<Self, DecodeError> {
        let file = MixFile::open(path, rate_hz, part)?;
        let fresh = Some(file.decode(true)?);
        Ok(Mix {
            file,
            fresh,
            passed: None,
            measured: Measured::default(),
            pass: None,
            finished: Default::default(),
            busy: Busy::default(),
        })
    }

    /// Number of samples that the headers make plausible.
    pub fn expected_samples(&self) -> usize {
        self.passed
            .as_ref()
            .map(|passed| passed.samples)
            .or(self.fresh.as_ref().map(Blocks::expected_samples))
            .unwrap_or(0)
    }

    /// Reads all of the mix, times `gain`, to find out what `kinds` names.
    ///
    /// # Errors
    /// If it cannot be decoded.
    pub fn measure(&mut self, gain: f64, kinds: Kinds) -> Result<&Measured, Error> {
        let mut blocks = self.blocks()?;
        let first = measure(&mut blocks, gain, kinds, &mut self.measured)?;
        self.end_blocks(blocks)?;
        if !first.is_enough() {
            let mut blocks = self.blocks()?;
            first.second_pass(&mut blocks, gain, &mut self.measured)?;
            self.end_blocks(blocks)?;
        }
        Ok(&self.measured)
    }

    /// The findings about the file, after it was read to its end.
    pub fn passed(&self) -> Option<&Passed> {
        self.passed.as_ref()
    }

    /// Time of the work so far.
    pub fn busy(&self) -> Busy {
        self.busy
    }

    /// Begins a separation; returns the number of segments of a network.
    ///
    /// # Errors
    /// If the settings do not fit to what was measured, or a file cannot be opened.
    pub fn begin(&mut self, settings: Settings) -> Result<usize, Error> {
        let blocks = self.blocks()?;
        let samples = self.passed.as_ref().map(|passed| passed.samples);
        let pass = Pass::first(settings, blocks, samples, &self.measured)?;
        let segments = pass.segments();
        self.pass = Some(pass);
        Ok(segments)
    }

    /// Goes on without a network; returns whether the pass is at its end, and the samples so far.
    ///
    /// # Errors
    /// If the mix cannot be decoded, or a stem cannot be written.
    pub fn step(&mut self) -> Result<(bool, usize), Error> {
        let pass = self.pass.as_mut().ok_or(Error::MixOrder("a step"))?;
        pass.step(&mut self.busy)
    }

    /// The input of segment `index`. Segments come in order.
    ///
    /// # Errors
    /// As [`Mix::step`].
    pub fn excerpt(&mut self, index: usize) -> Result<Excerpt, Error> {
        self.pass.as_mut().ok_or(Error::MixOrder("an input"))?.excerpt(index)
    }

    /// Joins the output of segment `index`, as [`crate::separation::Separator::output`].
    ///
    /// # Errors
    /// As [`Mix::step`], and of the separator.
    pub fn output(
        &mut self,
        index: usize,
        input: SegmentInput,
        wave: &[f32],
        spectrum: &[f32],
    ) -> Result<(), Error> {
        let pass = self.pass.as_mut().ok_or(Error::MixOrder("an output"))?;
        pass.output(index, input, wave, spectrum, &mut self.busy)
    }

    /// Ends a pass. Returns the number of segments of the pass that must follow, in which stems that are too loud for
    /// 16 bits are made again, 0 without a network; `None` where all stems are finished.
    ///
    /// # Errors
    /// As [`Mix::step`].
    pub fn end(&mut self) -> Result<Option<usize>, Error> {
        let pass = self.pass.take().ok_or(Error::MixOrder("its end"))?;
        let (next, blocks) = pass.end(&mut self.busy)?;
        self.end_blocks(blocks)?;
        let passed = self.passed.as_ref().ok_or(Error::MixOrder("its end"))?;
        match next {
            Next::Again(again) => {
                let (samples, blocks) = (passed.samples, self.blocks()?);
                let pass = again.pass(blocks, samples, &self.measured)?;
                let segments = pass.segments();
                self.pass = Some(pass);
                Ok(Some(segments))
            }
            Next::Done(stems) => {
                let samples = passed.samples;
                for (at, stem) in stems {
                    self.finished[at] = finish(stem, samples)?;
                }
                Ok(None)
            }
        }
    }

    /// Takes what was made of a stem, or of the [`MIX`]; `None` the second time.
    pub fn take(&mut self, stem: usize) -> Option<Finished> {
        self.finished.get_mut(stem)?.take()
    }

    fn blocks(&mut self) -> Result<Blocks, DecodeError> {
        match self.fresh.take() {
            Some(blocks) => Ok(blocks),
            None => self.file.decode(self.passed.is_none()),
        }
    }

    /// Keeps the findings of a decoding that has come to its end.
    fn end_blocks(&mut self, blocks: Blocks) -> Result<(), Error> {
        let Some(now) = blocks.into_passed() else { return Ok(()) };
        self.busy.decode += now.busy;
        match &self.passed {
            None => self.passed = Some(now),
            Some(Passed { samples, .. }) if *samples != now.samples => {
                let name = self.file.name().to_string();
                return Err(Error::Changed { name, expected: *samples, found: now.samples });
            }
            Some(_) => {}
        }
        Ok(())
    }
}

fn finish(mut stem: StreamedStem, samples: usize) -> Result<Option<Finished>, Error> {
    stem.finish(samples)?;
    Ok(stem.take())
}

#[cfg(test)]
mod tests;
