//! Which samples each segment covers.

/// Samples that the network processes at a time: 39/5 s at 44.1 kHz.
pub const SEGMENT_SAMPLES: usize = 343_980;

/// Upstream's default of the share of a segment that overlaps the next one.
pub const OVERLAP: f64 = 0.25;

/// The largest share of a segment that may overlap the next one.
pub const MOST_OVERLAP: f64 = 0.99;

/// The largest shift, in samples: half a second. A shifted mixture is padded by as much.
pub const SHIFT_LIMIT: usize = 22_050;

/// One pass of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// First sample of the network's input, in the mixture's time; may be negative, and the input
    /// may reach past the end of the mixture: there it is silent.
    pub input_start: i64,
    /// First sample of the part of the output that is used.
    pub start: i64,
    /// Length of that part, in samples.
    pub length: usize,
}

/// The segments of one track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentPlan {
    /// In ascending time.
    pub segments: Vec<Segment>,
    /// Samples of the mixture, as many as are wanted.
    pub samples: usize,
}

impl SegmentPlan {
    /// Lays out the segments of a mixture.
    ///
    /// With a shift, the mixture is padded with half a second of silence on both sides and the
    /// first `shift` samples of it are passed over, so that the segments begin elsewhere. A last
    /// segment that is shorter than the network's input is centred in it, and what surrounds it is
    /// the neighbouring audio.
    ///
    /// # Parameters
    /// - `samples`: length of the mixture.
    /// - `shift`: samples that are passed over, or none for a mixture without padding.
    /// - `overlap`: share of a segment that overlaps the next one, 0 to [`MOST_OVERLAP`].
    ///
    /// # Panics
    /// If there are no samples, or the shift is above [`SHIFT_LIMIT`], or the overlap is out of its range.
    pub fn new(samples: usize, shift: Option<usize>, overlap: f64) -> Self {
        assert!(samples > 0, "a mixture has samples");
        assert!((0.0..=MOST_OVERLAP).contains(&overlap), "segments overlap in part");
        // As Python: float arithmetic, rounded down.
        let stride = ((1.0 - overlap) * SEGMENT_SAMPLES as f64) as usize;
        let (origin, length) = match shift {
            None => (0, samples),
            Some(shift) => {
                assert!(shift <= SHIFT_LIMIT, "the shift is at most half a second");
                (shift as i64 - SHIFT_LIMIT as i64, samples + SHIFT_LIMIT - shift)
            }
        };
        let segments = (0..length)
            .step_by(stride)
            .map(|offset| {
                let start = origin + offset as i64;
                let used = (length - offset).min(SEGMENT_SAMPLES);
                let before = (SEGMENT_SAMPLES - used) / 2;
                Segment { input_start: start - before as i64, start, length: used }
            })
            .collect();
        SegmentPlan { segments, samples }
    }

    /// The segments that the first `wanted` samples need, and no others.
    pub fn up_to(mut self, wanted: usize) -> Self {
        self.samples = self.samples.min(wanted);
        self.segments.retain(|segment| segment.start < self.samples as i64);
        self
    }
}

/// Weight of a sample at `position` in a segment: a triangle with its peak of 1 in the middle.
pub(super) fn weight(position: usize) -> f64 {
    let half = SEGMENT_SAMPLES / 2;
    let height = if position < half { position + 1 } else { SEGMENT_SAMPLES - position };
    height as f64 / (SEGMENT_SAMPLES - half) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_shift_segments_start_every_three_quarters() {
        let plan = SegmentPlan::new(600_000, None, OVERLAP);
        let starts: Vec<i64> = plan.segments.iter().map(|s| s.start).collect();
        assert_eq!(starts, [0, 257_985, 515_970]);
        assert_eq!(plan.segments[1].length, 342_015);
        // The short segment is centred: half of what it lacks lies before it.
        assert_eq!(plan.segments[1].input_start, 257_985 - (343_980 - 342_015) / 2);
        assert_eq!(plan.segments[2].length, 600_000 - 515_970);
    }

    #[test]
    fn a_shift_of_zero_starts_half_a_second_early() {
        let plan = SegmentPlan::new(1000, Some(0), OVERLAP);
        assert_eq!(plan.segments.len(), 1);
        let segment = plan.segments[0];
        assert_eq!((segment.start, segment.length), (-22_050, 23_050));
    }

    #[test]
    fn the_largest_shift_starts_at_the_first_sample() {
        let segment = SegmentPlan::new(1000, Some(SHIFT_LIMIT), OVERLAP).segments[0];
        assert_eq!((segment.start, segment.length), (0, 1000));
    }

    #[test]
    fn every_sample_is_covered() {
        for samples in [1, 257_985, 257_986, 343_980, 343_981, 1_000_000] {
            for shift in [None, Some(0), Some(12_345), Some(SHIFT_LIMIT)] {
                for overlap in [0.0, 0.1, OVERLAP, 0.5, MOST_OVERLAP] {
                    let plan = SegmentPlan::new(samples, shift, overlap);
                    let mut covered = plan.segments[0].start.min(0);
                    for segment in &plan.segments {
                        assert!(segment.start <= covered);
                        covered = covered.max(segment.start + segment.length as i64);
                    }
                    assert_eq!(covered, samples as i64);
                }
            }
        }
    }

    #[test]
    fn the_overlap_gives_the_stride_of_upstream() {
        // python3: [int((1 - overlap) * 343980) for overlap in (0, .1, .25, .3, .5, .75, .9, .99)]
        for (overlap, stride) in [
            (0.0, 343_980),
            (0.1, 309_582),
            (0.25, 257_985),
            (0.3, 240_785),
            (0.5, 171_990),
            (0.75, 85_995),
            (0.9, 34_397),
            (0.99, 3_439),
        ] {
            let plan = SegmentPlan::new(1_000_000, None, overlap);
            assert_eq!(plan.segments[1].start, stride, "{overlap}");
        }
    }

    #[test]
    fn only_what_is_wanted_is_covered() {
        let whole = || SegmentPlan::new(1_000_000, Some(SHIFT_LIMIT), OVERLAP);
        let plan = |wanted| whole().up_to(wanted);
        assert_eq!(plan(1).segments.len(), 1);
        assert_eq!(plan(257_985).segments.len(), 1);
        assert_eq!((plan(257_986).segments.len(), plan(257_986).samples), (2, 257_986));
        assert_eq!(plan(usize::MAX), whole());
    }

    #[test]
    fn weights_rise_to_one_and_fall_again() {
        assert_eq!(weight(0), 1.0 / 171_990.0);
        assert_eq!((weight(171_989), weight(171_990)), (1.0, 1.0));
        assert_eq!(weight(SEGMENT_SAMPLES - 1), 1.0 / 171_990.0);
    }
}
