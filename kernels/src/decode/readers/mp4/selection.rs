//! Which samples of a track are decoded, and which of their frames are dropped.

use std::io::{self, Read, Seek};

use super::edits::{Edit, rescale};
use super::fragments::Fragments;
use super::sample_table::{Sample, SampleTable, Samples};

/// Times that an edit may go back to the start of the track: more is damage.
const MAX_REWINDS: u32 = 64;

/// How samples become frames.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frames {
    /// Sample rate of the output, Hz.
    pub rate_hz: u32,
    /// Units of the media's time a second.
    pub scale: u32,
    /// Frames of every sample, where the codec has blocks of one length.
    pub each: Option<u64>,
    /// Frames and bytes of a group, of PCM.
    pub group: Option<(u64, u64)>,
}

impl Frames {
    /// Frames that `sample` decodes to.
    pub fn of(&self, sample: &Sample) -> u64 {
        match (self.each, self.group) {
            (Some(frames), _) => frames,
            (None, Some((frames, bytes))) => sample.bytes / bytes * frames,
            (None, None) => {
                let end = self.at(sample.time.saturating_add(sample.duration));
                end.saturating_sub(self.at(sample.time))
            }
        }
    }

    /// Frames before a time of the media.
    pub fn at(&self, time: u64) -> u64 {
        rescale(time, self.rate_hz, self.scale).unwrap_or(0)
    }
}

/// A sample to decode and the frames to drop of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Selected {
    /// The sample.
    pub sample: Sample,
    /// Frames that it decodes to.
    pub frames: u64,
    /// Frames to drop at its start.
    pub drop_start: u64,
    /// Frames to drop at its end.
    pub drop_end: u64,
}

/// The part of a track that is music, where it is one part: frames from the first decoded one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    /// Frames to drop at the start.
    pub start: u64,
    /// Frames from the start to the end of the music; `None`: to the end of the track.
    pub end: Option<u64>,
    /// Time of the media after which no sample is decoded.
    pub last_time: Option<u64>,
}

/// The samples of one track, in the order in which they are decoded.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    table: SampleTable,
    at: Samples,
    fragments: Option<Fragments>,
    frames: Frames,
    span: Span,
    /// Two edits or more, in place of the span.
    edits: Vec<Edit>,
    edit: usize,
    rewinds: u32,
    /// Frames of the samples so far.
    position: u64,
    ended: bool,
    /// A sample that was read and is not yet given.
    pending: Option<Selected>,
    /// The last sample that was read, within the edits.
    previous: Option<Sample>,
    /// A sample that stands for no time, by its position in the file: it is passed over.
    empty: Option<u64>,
}

impl Selection {
    /// All samples of `table`, then those of `fragments`, within `span`; with more than one of `edits`, within these.
    pub fn new(
        table: SampleTable,
        fragments: Option<Fragments>,
        frames: Frames,
        span: Span,
        edits: &[Edit],
    ) -> Self {
        let at = table.samples();
        let edits = if edits.len() > 1 { edits.to_vec() } else { Vec::new() };
        Selection {
            table,
            at,
            fragments,
            frames,
            span,
            edits,
            edit: 0,
            rewinds: 0,
            position: 0,
            ended: false,
            pending: None,
            previous: None,
            empty: None,
        }
    }

    /// Passes over the sample at `offset`, which has no audio.
    pub fn pass_over(mut self, offset: Option<u64>) -> Self {
        self.empty = offset;
        self
    }

    /// Whether a fragment that was read tells of encryption.
    pub fn is_encrypted(&self) -> bool {
        self.fragments.as_ref().is_some_and(|fragments| fragments.is_encrypted)
    }

    /// Frames of all samples; `None` where fragments follow, which only reading finds.
    pub fn frames<S: Read + Seek + ?Sized>(&self, source: &mut S) -> io::Result<Option<u64>> {
        if self.fragments.is_some() {
            return Ok(None);
        }
        let mut copy = self.clone();
        let mut frames = 0_u64;
        while let Some(selected) = copy.next(source)? {
            frames = frames.saturating_add(selected.frames);
        }
        Ok(Some(frames))
    }

    /// The next sample to decode.
    pub fn next<S: Read + Seek + ?Sized>(
        &mut self,
        source: &mut S,
    ) -> io::Result<Option<Selected>> {
        if self.edits.is_empty() { self.next_of_span(source) } else { Ok(self.next_of_edits()) }
    }

    fn read<S: Read + Seek + ?Sized>(&mut self, source: &mut S) -> io::Result<Option<Sample>> {
        loop {
            let sample = match self.at.next(&self.table) {
                Some(sample) => Some(sample),
                None => self.fragments.as_mut().map_or(Ok(None), |all| all.next(source))?,
            };
            if sample.is_none_or(|sample| Some(sample.offset) != self.empty) {
                return Ok(sample);
            }
        }
    }

    fn next_of_span<S: Read + Seek + ?Sized>(
        &mut self,
        source: &mut S,
    ) -> io::Result<Option<Selected>> {
        if self.ended {
            return Ok(None);
        }
        let Some(sample) = self.read(source)? else {
            self.ended = true;
            return Ok(None);
        };
        // As ffmpeg does: the sample at the end of the edit is kept whole.
        let behind = sample.time.saturating_add(sample.duration);
        self.ended = self.span.last_time.is_some_and(|end| behind >= end);
        let frames = self.frames.of(&sample);
        let end = self.position.saturating_add(frames);
        let drop_start = self.span.start.saturating_sub(self.position).min(frames);
        let past = self.span.end.map_or(0, |last| end.saturating_sub(last));
        let drop_end = past.min(frames - drop_start);
        self.position = end;
        Ok(Some(Selected { sample, frames, drop_start, drop_end }))
    }

    /// The next sample of a list of edits. As in ffmpeg, an edit begins at a sample, but for the first edit, which
    /// begins at a frame, and ends behind one; the sample before it is decoded for what it adds to the first one.
    fn next_of_edits(&mut self) -> Option<Selected> {
        if let Some(pending) = self.pending.take() {
            return Some(pending);
        }
        loop {
            let edit = *self.edits.get(self.edit)?;
            let Some(sample) = self.at.next(&self.table) else {
                self.next_edit();
                continue;
            };
            if Some(sample.offset) == self.empty {
                continue;
            }
            let behind = sample.time.saturating_add(sample.duration);
            let frames = self.frames.of(&sample);
            let whole = Selected { sample, frames, drop_start: 0, drop_end: 0 };
            // Of the first edit, a sample that begins before it gives its last frames.
            let partly = self.edit == 0 && sample.time < edit.start && behind > edit.start;
            if sample.time < edit.start && !partly {
                self.previous = Some(sample);
                continue;
            }
            let mut whole = whole;
            if partly {
                let early = self.frames.at(edit.start) - self.frames.at(sample.time);
                whole.drop_start = early.min(frames);
            }
            let before = self.previous.take();
            if edit.end.is_some_and(|end| behind >= end) {
                self.next_edit();
            }
            if edit.end.is_some_and(|end| sample.time >= end) {
                continue;
            }
            if let Some(before) = before {
                let frames = self.frames.of(&before);
                self.pending = Some(whole);
                return Some(Selected { sample: before, frames, drop_start: frames, drop_end: 0 });
            }
            return Some(whole);
        }
    }

    /// Goes on to the next edit, from the start of the track.
    fn next_edit(&mut self) {
        self.edit += 1;
        self.previous = None;
        self.rewinds += 1;
        if self.rewinds > MAX_REWINDS {
            self.edit = self.edits.len();
        }
        self.at = self.table.samples();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> SampleTable {
        let boxed = |kind: &[u8; 4], words: &[u32]| {
            let body: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
            [&(body.len() as u32 + 8).to_be_bytes(), &kind[..], &body].concat()
        };
        let stbl = [
            boxed(b"stsc", &[0, 1, 1, 6, 1]),
            boxed(b"stco", &[0, 1, 0]),
            boxed(b"stsz", &[0, 10, 6]),
            boxed(b"stts", &[0, 1, 6, 512]),
        ]
        .concat();
        SampleTable::read(&stbl, None)
    }

    /// Blocks of 1024 frames at 44.1 kHz in a time scale of half the rate.
    const FRAMES: Frames = Frames { rate_hz: 44_100, scale: 22_050, each: Some(1024), group: None };

    fn all(span: Span, edits: &[Edit]) -> Vec<(u64, u64, u64)> {
        let mut selection = Selection::new(table(), None, FRAMES, span, edits);
        let mut file = io::Cursor::new(Vec::new());
        std::iter::from_fn(|| selection.next(&mut file).unwrap())
            .map(|s| (s.sample.time / 512, s.drop_start, s.drop_end))
            .collect()
    }

    #[test]
    fn a_span_drops_frames_at_both_ends_and_ends_with_a_sample() {
        let span = Span { start: 1500, end: None, last_time: Some(2000) };
        assert_eq!(all(span, &[]), [(0, 1024, 0), (1, 476, 0), (2, 0, 0), (3, 0, 0)]);
        let span = Span { start: 0, end: Some(1500), last_time: None };
        let expected =
            [(0, 0, 0), (1, 0, 548), (2, 0, 1024), (3, 0, 1024), (4, 0, 1024), (5, 0, 1024)];
        assert_eq!(all(span, &[]), expected);
    }

    #[test]
    fn several_edits_are_played_one_after_the_other() {
        let edits = [Edit { start: 600, end: Some(1100) }, Edit { start: 512, end: Some(1024) }];
        let expected = [(0, 1024, 0), (1, 176, 0), (2, 0, 0), (0, 1024, 0), (1, 0, 0)];
        assert_eq!(all(Span::default(), &edits), expected);
    }
}
