//! Decoded samples as floats at the rate of the analysis.

use super::collect::Sink;
use super::error::DecodeError;
use super::finite::Finite;
use super::limits;
use super::part::{Cutter, Part};
use super::pcm::Pcm;
use super::resample::Conversion;

/// One plane for each of the first channels.
pub(super) struct Floats<'a> {
    name: &'a str,
    to_hz: u32,
    most_channels: usize,
    part: Part,
    finite: Finite,
    conversion: Conversion,
    cutter: Cutter,
    pcm: Pcm,
    /// `[channels][frames]` f32, full scale 1.0.
    planes: Vec<Vec<f32>>,
}

impl<'a> Floats<'a> {
    /// Nothing yet; no more than `most_channels` are kept, and of these a part.
    pub fn new(name: &'a str, to_hz: u32, most_channels: usize, part: Part) -> Self {
        Floats {
            name,
            to_hz,
            most_channels,
            part,
            finite: Finite::default(),
            conversion: Conversion::default(),
            cutter: Cutter::new(part),
            pcm: Pcm::new(to_hz),
            planes: Vec::new(),
        }
    }

    /// The planes, and what was found out about them.
    pub fn finish(mut self) -> Result<(Vec<Vec<f32>>, Pcm), DecodeError> {
        self.finite.verdict(self.name)?;
        let conversion = std::mem::take(&mut self.conversion);
        let (name, planes, pcm) = (self.name, &mut self.planes, &mut self.pcm);
        conversion.finish(&mut |block| keep(name, planes, pcm, self.cutter.cut(block)))?;
        self.cutter.verdict(name, self.to_hz)?;
        Ok((self.planes, self.pcm))
    }
}

impl Sink for Floats<'_> {
    fn begin(&mut self, rate_hz: u32, channels: usize, frames: usize) -> Result<(), DecodeError> {
        let kept = channels.min(self.most_channels);
        self.conversion = Conversion::new(self.name, kept, rate_hz, self.to_hz)?;
        self.planes = vec![Vec::new(); kept];
        let frames = self.part.of(self.conversion.frames_after(frames));
        self.planes.iter_mut().try_for_each(|plane| limits::make_room(self.name, plane, frames))
    }

    fn append(&mut self, block: &[Vec<f32>]) -> Result<(), DecodeError> {
        // A file with a sample that is no number is refused in the end; until then it is only counted.
        if !self.finite.look(block) {
            return Ok(());
        }
        let (name, planes, pcm) = (self.name, &mut self.planes, &mut self.pcm);
        let cutter = &mut self.cutter;
        self.conversion.push(block, &mut |block| keep(name, planes, pcm, cutter.cut(block)))
    }

    fn is_done(&self) -> bool {
        self.cutter.is_done()
    }
}

fn keep(
    name: &str,
    planes: &mut [Vec<f32>],
    pcm: &mut Pcm,
    block: &[Vec<f32>],
) -> Result<(), DecodeError> {
    pcm.look(block);
    for (plane, samples) in planes.iter_mut().zip(block) {
        limits::make_room(name, plane, samples.len())?;
        plane.extend_from_slice(samples);
    }
    Ok(())
}
