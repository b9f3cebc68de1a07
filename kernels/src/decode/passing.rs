//! Decoded samples that are passed on block by block and not kept.

use super::collect::Sink;
use super::error::DecodeError;
use super::finite::Finite;
use super::part::{Cutter, Part};
use super::pcm::Pcm;
use super::resample::Conversion;

/// Receiver of the blocks of a file.
pub(super) trait Receiver {
    /// Told once, before the first block: how many samples the headers make plausible.
    fn begin(&mut self, samples: usize) -> Result<(), DecodeError>;

    /// Takes the next samples of the first two channels, or of the only one: `[1 or 2][frames]` f32, full scale 1.0.
    fn receive(&mut self, block: &[Vec<f32>]) -> Result<(), DecodeError>;
}

/// The way of the samples to a receiver, at the rate of the analysis.
pub(super) struct Passing<'a> {
    name: &'a str,
    to_hz: u32,
    part: Part,
    finite: Finite,
    conversion: Conversion,
    cutter: Cutter,
    /// Absent where hash and levels are known already.
    pcm: Option<Pcm>,
    receiver: &'a mut dyn Receiver,
}

impl<'a> Passing<'a> {
    /// Nothing yet; hash and levels are found where `measures` is set.
    pub fn new(
        name: &'a str,
        to_hz: u32,
        part: Part,
        measures: bool,
        receiver: &'a mut dyn Receiver,
    ) -> Self {
        Passing {
            name,
            to_hz,
            part,
            finite: Finite::default(),
            conversion: Conversion::default(),
            cutter: Cutter::new(part),
            pcm: measures.then(|| Pcm::new(to_hz)),
            receiver,
        }
    }

    /// Passes the rest on, and returns what was found out about the samples.
    pub fn finish(mut self) -> Result<Pcm, DecodeError> {
        self.finite.verdict(self.name)?;
        let conversion = std::mem::take(&mut self.conversion);
        let (pcm, cutter, receiver) = (&mut self.pcm, &mut self.cutter, &mut self.receiver);
        conversion.finish(&mut |block| pass(cutter.cut(block), pcm, *receiver))?;
        self.cutter.verdict(self.name, self.to_hz)?;
        Ok(self.pcm.unwrap_or_else(|| Pcm::new(self.to_hz)))
    }
}

impl Sink for Passing<'_> {
    fn begin(&mut self, rate_hz: u32, channels: usize, frames: usize) -> Result<(), DecodeError> {
        self.conversion = Conversion::new(self.name, channels.min(2), rate_hz, self.to_hz)?;
        self.receiver.begin(self.part.of(self.conversion.frames_after(frames)))
    }

    fn append(&mut self, block: &[Vec<f32>]) -> Result<(), DecodeError> {
        // A file with a sample that is no number is refused in the end; until then it is only counted.
        if !self.finite.look(block) {
            return Ok(());
        }
        let (pcm, cutter, receiver) = (&mut self.pcm, &mut self.cutter, &mut self.receiver);
        self.conversion.push(block, &mut |block| pass(cutter.cut(block), pcm, *receiver))
    }

    fn is_done(&self) -> bool {
        self.cutter.is_done()
    }
}

fn pass(
    block: &[Vec<f32>],
    pcm: &mut Option<Pcm>,
    receiver: &mut dyn Receiver,
) -> Result<(), DecodeError> {
    if let Some(pcm) = pcm {
        pcm.look(block);
    }
    receiver.receive(block)
}
