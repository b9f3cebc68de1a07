//! The function for hardware counters, which are opened once for the process.

use std::sync::{LazyLock, Mutex};

use super::handles::lock;
use super::memory::{slice_mut, write};
use super::outcome::outcome;
use crate::counters::Counters;

static COUNTERS: LazyLock<Mutex<Option<Counters>>> = LazyLock::new(Mutex::default);

/// Writes the counts of the process since the first call to `counts`: as many f64 as [`crate::counters::COUNTS`].
///
/// # Safety
/// `counts` must be valid for writes of `counts_length` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_counters_read(counts: *mut f64, counts_length: usize) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let counts = unsafe { slice_mut(counts, counts_length) };
        let mut counters = lock(&COUNTERS);
        let open = match counters.take() {
            Some(open) => open,
            None => Counters::open()?,
        };
        write("counts", &counters.insert(open).read()?, counts)
    })
}
