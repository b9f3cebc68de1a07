//! Values that stay open between calls.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Error;

/// Values by number; a number is never used twice.
pub(super) struct Handles<T> {
    last: AtomicU64,
    open: Mutex<HashMap<u64, Arc<T>>>,
}

impl<T> Default for Handles<T> {
    fn default() -> Self {
        Handles { last: AtomicU64::new(0), open: Mutex::default() }
    }
}

impl<T> Handles<T> {
    pub fn insert(&self, value: T) -> u64 {
        let handle = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        lock(&self.open).insert(handle, Arc::new(value));
        handle
    }

    pub fn remove(&self, handle: u64) {
        lock(&self.open).remove(&handle);
    }

    /// Runs `work` on an open value; others stay available meanwhile.
    pub fn with<R>(
        &self,
        handle: u64,
        work: impl FnOnce(&T) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let value = lock(&self.open).get(&handle).cloned();
        work(&*value.ok_or(Error::UnknownHandle(handle))?)
    }
}

/// Locks a value. A panic elsewhere does not matter: its call has reported a failure.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_handle_is_an_error() {
        let handles = Handles::default();
        let handle = handles.insert("value");
        assert_eq!(handles.with(handle, |value| Ok(*value)).unwrap(), "value");
        handles.remove(handle);
        let error = handles.with(handle, |_| Ok(())).unwrap_err();
        assert_eq!(error.to_string(), format!("Nothing is open under handle {handle}"));
    }
}
