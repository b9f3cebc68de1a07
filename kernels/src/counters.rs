//! Hardware counters of the process: what its threads executed in user mode, whatever else the machine does.
//!
//! Each thread that exists when the counters are opened has its own; threads that start later are counted with the
//! thread that started them. Linux only; virtual machines often have no such counters.

use crate::error::Error;

/// Names of the counts, in their order.
pub const COUNTS: [&str; 3] = ["instructions", "cycles", "cache misses"];

/// Open counters.
#[derive(Debug)]
pub struct Counters {
    #[cfg(target_os = "linux")]
    events: [Vec<perf_event::Counter>; COUNTS.len()],
}

#[cfg(target_os = "linux")]
impl Counters {
    /// Opens the counters of all threads of this process, and starts them.
    ///
    /// # Errors
    /// Fails where the system has no such counters or does not allow them.
    pub fn open() -> Result<Self, Error> {
        use perf_event::events::Hardware;

        let threads = std::fs::read_dir("/proc/self/task").map_err(|error| refused(&error))?;
        let threads: Vec<i32> =
            threads.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
        let open = |event: Hardware| {
            let mut counters = Vec::with_capacity(threads.len());
            for &thread in &threads {
                let mut builder = perf_event::Builder::new(event);
                builder.observe_pid(thread).any_cpu().inherit(true).enabled(true);
                match builder.build() {
                    Ok(counter) => counters.push(counter),
                    // The thread has ended in the meantime.
                    Err(error) if error.raw_os_error() == Some(NO_SUCH_THREAD) => {}
                    Err(error) => return Err(refused(&error)),
                }
            }
            Ok(counters)
        };
        let events = [Hardware::INSTRUCTIONS, Hardware::CPU_CYCLES, Hardware::CACHE_MISSES];
        let [instructions, cycles, misses] = events.map(open);
        Ok(Self { events: [instructions?, cycles?, misses?] })
    }

    /// Returns the counts since the counters were opened, in the order of [`COUNTS`]. Where the processor has too few
    /// counters for all at a time, a count is scaled from the time in which it was taken.
    ///
    /// # Errors
    /// Fails if a counter cannot be read.
    pub fn read(&mut self) -> Result<[f64; COUNTS.len()], Error> {
        let mut counts = [0.0; COUNTS.len()];
        for (count, counters) in counts.iter_mut().zip(&mut self.events) {
            for counter in counters {
                let taken = counter.read_count_and_time().map_err(|error| refused(&error))?;
                *count += scaled(taken.count, taken.time_enabled, taken.time_running);
            }
        }
        Ok(counts)
    }
}

#[cfg(not(target_os = "linux"))]
impl Counters {
    /// Fails: the counters of this system are not supported.
    ///
    /// # Errors
    /// Always.
    pub fn open() -> Result<Self, Error> {
        Err(Error::Counters { reason: "only Linux is supported".to_owned() })
    }

    /// Fails: there are no counters.
    ///
    /// # Errors
    /// Always.
    pub fn read(&mut self) -> Result<[f64; COUNTS.len()], Error> {
        Err(Error::Counters { reason: "only Linux is supported".to_owned() })
    }
}

/// `ESRCH`.
#[cfg(target_os = "linux")]
const NO_SUCH_THREAD: i32 = 3;

#[cfg(target_os = "linux")]
fn refused(error: &std::io::Error) -> Error {
    use std::io::ErrorKind;

    let reason = match error.kind() {
        ErrorKind::NotFound => "this processor or virtual machine has none".to_owned(),
        ErrorKind::PermissionDenied => {
            "the system does not allow them: set kernel.perf_event_paranoid to 2 or less".to_owned()
        }
        _ => error.to_string(),
    };
    Error::Counters { reason }
}

/// Returns a count that was taken for a part of the time as that of all the time.
#[cfg(target_os = "linux")]
fn scaled(count: u64, enabled: u64, running: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of an analysis are far below 2^53")]
    let [count, enabled, running] = [count, enabled, running].map(|value| value as f64);
    if running == 0.0 { 0.0 } else { count * enabled / running }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::hint::black_box;

    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "both are exact")]
    fn a_count_of_a_part_of_the_time_is_scaled() {
        assert_eq!(scaled(10, 4, 4), 10.0);
        assert_eq!(scaled(10, 4, 1), 40.0);
        assert_eq!(scaled(0, 4, 0), 0.0);
    }

    #[test]
    fn counters_count_the_work_of_this_thread_and_of_new_ones_or_say_why_not() {
        let work = |rounds: u64| black_box((0..rounds).fold(1_u64, |a, b| black_box(a ^ b)));
        match Counters::open() {
            Ok(mut counters) => {
                let [before, ..] = counters.read().unwrap();
                work(1_000_000);
                let [between, ..] = counters.read().unwrap();
                std::thread::spawn(move || work(1_000_000)).join().unwrap();
                let [after, ..] = counters.read().unwrap();
                assert!(between - before > 1e6 && after - between > 1e6);
            }
            Err(error) => assert!(error.to_string().starts_with("No hardware counters: ")),
        }
    }

    #[test]
    fn the_reason_of_a_refusal_is_named() {
        let text = |code| refused(&std::io::Error::from_raw_os_error(code)).to_string();
        assert_eq!(text(2), "No hardware counters: this processor or virtual machine has none");
        assert!(text(13).contains("kernel.perf_event_paranoid"));
        assert!(text(22).contains("os error 22"));
    }
}
