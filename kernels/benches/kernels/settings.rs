//! Settings of all benches: few samples, since most of them take long.

use std::time::Duration;

use criterion::Criterion;

/// Ten samples in about two seconds.
pub fn settings() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
}
