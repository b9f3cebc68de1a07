//! Interruption of long work by another thread.
//!
//! A caller runs work with an [`Interruption`]. Long loops ask for it with [`check`], between parts of less than a
//! second, so that work ends soon after [`Interruption::interrupt`]. Work that runs on threads of a pool takes
//! [`current`] along, since it belongs to the calling thread.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;

/// A request to end work, which any thread can make.
#[derive(Debug, Clone, Default)]
pub struct Interruption(Arc<AtomicBool>);

/// The work was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("The work was interrupted")]
pub struct Interrupted;

thread_local! {
    static CURRENT: RefCell<Interruption> = RefCell::default();
}

impl Interruption {
    /// Requests that the work ends.
    pub fn interrupt(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the end was requested.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Returns whether work may go on.
    ///
    /// # Errors
    /// [`Interrupted`] if the end was requested.
    pub fn check(&self) -> Result<(), Interrupted> {
        if self.is_requested() { Err(Interrupted) } else { Ok(()) }
    }

    /// Runs work on this thread that the request ends.
    pub fn during<Output>(self, work: impl FnOnce() -> Output) -> Output {
        struct Restored(Interruption);
        impl Drop for Restored {
            fn drop(&mut self) {
                CURRENT.set(std::mem::take(&mut self.0));
            }
        }
        let _restored = Restored(CURRENT.replace(self));
        work()
    }
}

/// The interruption of the work on this thread; outside of [`Interruption::during`] one that is never requested.
pub fn current() -> Interruption {
    CURRENT.with_borrow(Clone::clone)
}

/// Returns whether the work on this thread may go on.
///
/// # Errors
/// [`Interrupted`] if its end was requested.
pub fn check() -> Result<(), Interrupted> {
    CURRENT.with_borrow(Interruption::check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_interrupted_from_another_thread_and_only_within_during() {
        let interruption = Interruption::default();
        let request = interruption.clone();
        interruption.during(|| {
            assert_eq!(check(), Ok(()));
            std::thread::spawn(move || request.interrupt()).join().unwrap();
            assert_eq!(check(), Err(Interrupted));
            assert!(current().is_requested());
            Interruption::default().during(|| assert_eq!(check(), Ok(())));
            assert_eq!(check(), Err(Interrupted));
        });
        assert_eq!(check(), Ok(()));
    }

    #[test]
    fn a_panic_ends_the_interruption_too() {
        let interruption = Interruption::default();
        interruption.interrupt();
        let panicked = std::panic::catch_unwind(|| interruption.during(|| panic!("expected")));
        assert!(panicked.is_err());
        assert_eq!(check(), Ok(()));
    }
}
