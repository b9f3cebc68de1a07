//! Mean and standard deviation over long arrays.

/// Mean and standard deviation, and the change to values with mean 0 and deviation 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normalisation {
    /// Mean.
    pub mean: f64,
    /// Unbiased standard deviation.
    pub deviation: f64,
}

/// Term that upstream adds to the deviation of a segment, so that a silent one does not divide by zero.
pub(super) const SEGMENT_FLOOR: f64 = 1e-5;

impl Normalisation {
    /// Of values that can be walked over twice: the mean, and the unbiased standard deviation from
    /// values that the mean was taken from first.
    pub fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let mut mean = Mean::default();
        mean.add(values.clone());
        let mut deviation = mean.finish();
        deviation.add(values);
        deviation.finish()
    }

    /// (value - mean) / (deviation + floor); 0 where that would divide by zero.
    pub fn apply(&self, value: f64, floor: f64) -> f64 {
        let divisor = self.deviation + floor;
        if divisor == 0.0 { 0.0 } else { (value - self.mean) / divisor }
    }

    /// value · deviation + mean. Upstream adds no floor on the way back.
    pub fn undo(&self, value: f64) -> f64 {
        self.undo_sum(value, 1)
    }

    /// The same for the sum of `count` values: each has the mean.
    pub fn undo_sum(&self, sum: f64, count: usize) -> f64 {
        sum * self.deviation + count as f64 * self.mean
    }
}

/// The mean of values that come in parts: the first of two walks over them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mean {
    sum: f64,
    count: usize,
}

/// The deviation of the same values: the second walk.
#[derive(Debug, Clone, Copy)]
pub struct Deviation {
    mean: f64,
    count: usize,
    squares: f64,
}

impl Mean {
    /// Takes the next values.
    pub fn add(&mut self, values: impl Iterator<Item = f64>) {
        for value in values {
            self.sum += value;
            self.count += 1;
        }
    }

    /// Begins the second walk.
    pub fn finish(self) -> Deviation {
        Deviation { mean: self.sum / self.count as f64, count: self.count, squares: 0.0 }
    }
}

impl Deviation {
    /// Takes the next values, in the same order.
    pub fn add(&mut self, values: impl Iterator<Item = f64>) {
        for value in values {
            self.squares += (value - self.mean) * (value - self.mean);
        }
    }

    /// Mean and deviation of all.
    pub fn finish(self) -> Normalisation {
        let deviation = (self.squares / (self.count - 1) as f64).sqrt();
        Normalisation { mean: self.mean, deviation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviation_is_unbiased() {
        let normalisation = Normalisation::of([1.0, 2.0, 3.0, 4.0].into_iter());
        assert_eq!(normalisation.mean, 2.5);
        assert!((normalisation.deviation - (5.0_f64 / 3.0).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn a_sum_is_undone_as_its_values_are() {
        let normalisation = Normalisation { mean: 0.25, deviation: 2.0 };
        let sum = normalisation.undo(3.0) + normalisation.undo(-1.0) + normalisation.undo(0.5);
        assert_eq!(normalisation.undo_sum(2.5, 3), sum);
    }

    #[test]
    fn silence_stays_silent_both_ways() {
        let silence = Normalisation::of([0.0; 5].into_iter());
        assert_eq!((silence.apply(0.0, 0.0), silence.undo(123.0)), (0.0, 0.0));
    }
}
