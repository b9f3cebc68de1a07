//! The functions for interrupting a call: open an interruption, pass its handle to a function that takes one,
//! request the end of the call from another thread, close.
//!
//! Functions that can be interrupted have a last argument `interruption`: its handle, or 0 for none.

use std::sync::LazyLock;

use super::handles::Handles;
use crate::error::Error;
use crate::interruption::Interruption;

static INTERRUPTIONS: LazyLock<Handles<Interruption>> = LazyLock::new(Handles::default);

/// Runs `work`, which the interruption of a handle ends; for 0 nothing does.
pub(super) fn interruptible<Output>(
    handle: u64,
    work: impl FnOnce() -> Result<Output, Error>,
) -> Result<Output, Error> {
    let interruption = match handle {
        0 => Interruption::default(),
        _ => INTERRUPTIONS.with(handle, |interruption| Ok(interruption.clone()))?,
    };
    interruption.during(work)
}

/// Opens an interruption and returns its handle.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_interruption_open() -> u64 {
    INTERRUPTIONS.insert(Interruption::default())
}

/// Requests the end of the calls that have this interruption; an unknown handle is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_interruption_request(handle: u64) {
    // An unknown handle belongs to a call that has ended.
    let _ = INTERRUPTIONS.with(handle, |interruption| {
        interruption.interrupt();
        Ok(())
    });
}

/// Frees an interruption; an unknown handle is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_interruption_close(handle: u64) {
    INTERRUPTIONS.remove(handle);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requested_interruption_ends_the_work_that_has_it() {
        let handle = tactus_interruption_open();
        let work = || Ok(crate::interruption::check()?);
        assert!(interruptible(handle, work).is_ok());
        tactus_interruption_request(handle);
        assert!(matches!(interruptible(handle, work), Err(Error::Interrupted(_))));
        assert!(interruptible(0, work).is_ok());
        tactus_interruption_close(handle);
        assert!(matches!(interruptible(handle, work), Err(Error::UnknownHandle(_))));
    }
}
