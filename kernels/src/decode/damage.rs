//! A record of what went wrong in a track, and what to say about it.

use thiserror::Error;

/// A file that ends between two packets, but without the mark of its end.
#[derive(Debug, Error)]
#[error("the file may be cut: {0}")]
pub(super) struct MayBeCut(pub &'static str);

/// Something to tell that a reader found between packets, and that costs nothing more.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct Notice(pub String);

impl From<Notice> for symphonia::core::errors::Error {
    fn from(notice: Notice) -> Self {
        Self::IoError(std::io::Error::other(notice))
    }
}

/// Damage found in a file. It grows by a few sentences at most, however damaged the file.
#[derive(Debug, Default)]
pub(super) struct Damage {
    notes: Vec<String>,
    first_reason: Option<String>,
    lost_packets: u64,
    first_lost_seconds: f64,
    frames_before_audio: usize,
    kept_before_audio: usize,
    format_changes: u64,
    first_format_change: String,
    low_rate_frames: u64,
    doubtful_frames: u64,
    unreadable: u64,
    gaps: u64,
    first_gap_seconds: f64,
    stopped: Option<String>,
    file_ended: bool,
    missing: Option<(u64, u64)>,
}

impl Damage {
    /// Something to tell that was found in the headers or between packets.
    pub fn note(&mut self, text: String) {
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    /// A packet at `position` could not be decoded.
    pub fn lost(&mut self, position: u64, rate_hz: u32, reason: String) {
        if self.lost_packets == 0 {
            self.first_lost_seconds = position as f64 / f64::from(rate_hz.max(1));
        }
        self.lost_packets += 1;
        self.first_reason.get_or_insert(reason);
    }

    /// A packet of `frames`, of which `kept` are not trimmed, could not be decoded, and none before it.
    pub fn lost_before_audio(&mut self, frames: usize, kept: usize, reason: String) {
        self.lost_packets += 1;
        self.frames_before_audio = self.frames_before_audio.saturating_add(frames);
        self.kept_before_audio = self.kept_before_audio.saturating_add(kept);
        self.first_reason.get_or_insert(reason);
    }

    /// Frames that are missing in the file, and none before them.
    pub fn missing_before_audio(&mut self, frames: usize) {
        self.frames_before_audio = self.frames_before_audio.saturating_add(frames);
        self.kept_before_audio = self.kept_before_audio.saturating_add(frames);
    }

    /// Frames of all packets that were lost before the first good one, and those that are not trimmed.
    pub fn frames_before_audio(&self) -> (usize, usize) {
        (self.frames_before_audio, self.kept_before_audio)
    }

    /// The rate in Hz or the number of channels changes at `position` to those of `now`; `first` are those of
    /// the first block.
    pub fn format_changed(&mut self, position: u64, first: (u32, usize), now: (u32, usize)) {
        if self.format_changes == 0 {
            let (rate_hz, channels) = now;
            self.first_format_change = format!(
                "{:.3} s to {rate_hz} Hz and {}",
                position as f64 / f64::from(first.0.max(1)),
                counted(channels as u64, "channel").0
            );
        }
        self.format_changes += 1;
    }

    /// A frame of MP3 at a rate of MPEG-2 or 2.5, and whether decoders may disagree on its stereo.
    pub fn low_rate_frame(&mut self, is_doubtful: bool) {
        self.low_rate_frames += 1;
        self.doubtful_frames += u64::from(is_doubtful);
    }

    /// The container could not make a packet of what it read.
    pub fn unreadable(&mut self, reason: String) {
        self.unreadable += 1;
        self.first_reason.get_or_insert(reason);
    }

    /// Frames are missing at `position`.
    pub fn gap(&mut self, position: u64, rate_hz: u32) {
        if self.gaps == 0 {
            self.first_gap_seconds = position as f64 / f64::from(rate_hz.max(1));
        }
        self.gaps += 1;
    }

    /// Reading was given up.
    pub fn stopped(&mut self, reason: String) {
        self.first_reason.get_or_insert_with(|| reason.clone());
        self.stopped.get_or_insert(reason);
    }

    /// The file ended within a packet, or without the mark of its end.
    pub fn file_ended(&mut self) {
        self.file_ended = true;
        self.first_reason.get_or_insert_with(|| "the file ends within a packet".to_string());
    }

    /// Compares the length that the headers promise with the length found.
    pub fn check_length(&mut self, promised: Option<u64>, found: u64) {
        self.missing =
            promised.filter(|promised| *promised > found).map(|promised| (promised, found));
    }

    /// The first thing that went wrong.
    pub fn first_reason(&self) -> Option<String> {
        self.first_reason.clone()
    }

    /// One sentence for each kind of trouble. `frames` were decoded.
    pub fn into_warnings(self, frames: usize) -> Vec<String> {
        let mut warnings = self.notes;
        if self.format_changes > 0 {
            let (times, first) = counted(self.format_changes, "time");
            warnings.push(format!(
                "the sample rate or the channels change {times} in the file, {first} {}; all is converted to those \
                 of the start",
                self.first_format_change
            ));
        }
        // Encoders of music leave the place for such positions in some frames, and do not write them.
        if self.doubtful_frames > self.low_rate_frames / 100 {
            warnings.push(format!(
                "{} of {} frames have intensity stereo that decoders of MP3 read differently: the balance of left and \
                 right in the upper bands may not be that of the encoder",
                self.doubtful_frames, self.low_rate_frames
            ));
        }
        let reason = self.first_reason.unwrap_or_default();
        if self.lost_packets > 0 {
            let (packets, first) = counted(self.lost_packets, "damaged packet");
            warnings.push(format!(
                "silence replaces {packets}, {first} {:.3} s ({reason})",
                self.first_lost_seconds
            ));
        }
        if self.gaps > 0 {
            let (gaps, first) = counted(self.gaps, "gap");
            warnings.push(format!(
                "silence fills {gaps} between packets, {first} {:.3} s",
                self.first_gap_seconds
            ));
        }
        if self.unreadable > 0 {
            let (times, _) = counted(self.unreadable, "time");
            warnings.push(format!(
                "the container could not be read {times} ({reason}); what follows may be early"
            ));
        }
        if let Some(stopped) = self.stopped {
            warnings.push(format!("decoding stopped after {frames} frames: {stopped}"));
        }
        if let Some((promised, found)) = self.missing {
            warnings.push(format!(
                "the file is truncated or damaged: its header promises {promised} frames, but {found} were found; \
                 {frames} frames are decoded"
            ));
        } else if self.file_ended {
            warnings.push(format!(
                "the file is truncated: {frames} frames are decoded up to the damage"
            ));
        }
        warnings
    }
}

/// A number of things in words, and those before the place of the first.
fn counted(number: u64, thing: &str) -> (String, &'static str) {
    match number {
        1 => (format!("1 {thing}"), "at"),
        _ => (format!("{number} {thing}s"), "the first at"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_count_in_words() {
        let warnings = |times: u64| {
            let mut damage = Damage::default();
            for at in 0..times {
                damage.gap(100 * (at + 1), 1000);
                damage.lost(500, 1000, "broken".into());
                damage.format_changed(200, (1000, 2), (2000, 1));
            }
            damage.into_warnings(1000)
        };
        assert_eq!(
            warnings(1),
            [
                "the sample rate or the channels change 1 time in the file, at 0.200 s to 2000 Hz and 1 channel; \
                 all is converted to those of the start",
                "silence replaces 1 damaged packet, at 0.500 s (broken)",
                "silence fills 1 gap between packets, at 0.100 s",
            ]
        );
        assert_eq!(warnings(2)[2], "silence fills 2 gaps between packets, the first at 0.100 s");
    }
}
