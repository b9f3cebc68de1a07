//! Conversion of results and panics to status numbers.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{LazyLock, Mutex, Once};

use super::handles::lock;
use crate::error::Error;

/// Largest number of messages that wait to be taken; the oldest are dropped first.
const KEPT_MESSAGES: usize = 1000;

#[derive(Default)]
struct Messages {
    last_ticket: i32,
    by_ticket: BTreeMap<i32, String>,
}

static MESSAGES: LazyLock<Mutex<Messages>> = LazyLock::new(Mutex::default);

/// Runs `work` and returns 0, or a ticket for the message of its error or panic.
///
/// After a panic only the caller's output may be inconsistent, and the caller discards it when the status is
/// not 0.
pub(super) fn outcome(work: impl FnOnce() -> Result<(), Error>) -> i32 {
    silence_panics();
    let message = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => return 0,
        Ok(Err(error)) => error.to_string(),
        Err(panic) => {
            let text = panic
                .downcast_ref::<&str>()
                .map(ToString::to_string)
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            format!("A kernel panicked, which is a defect in tactus: {text}; report it")
        }
    };
    let mut messages = lock(&MESSAGES);
    messages.last_ticket = messages.last_ticket.checked_add(1).unwrap_or(1);
    let ticket = messages.last_ticket;
    messages.by_ticket.insert(ticket, message);
    if messages.by_ticket.len() > KEPT_MESSAGES {
        messages.by_ticket.pop_first();
    }
    ticket
}

/// Keeps panics, which all become messages, from also being printed: codecs can panic on damaged files.
fn silence_panics() {
    static SILENCED: Once = Once::new();
    if !cfg!(test) {
        SILENCED.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    }
}

/// Moves the message of a ticket into `buffer`, cut at its length, and returns the bytes written.
pub(super) fn take_message(ticket: i32, buffer: &mut [u8]) -> usize {
    let Some(message) = lock(&MESSAGES).by_ticket.remove(&ticket) else {
        return 0;
    };
    let length = message.floor_char_boundary(buffer.len());
    buffer[..length].copy_from_slice(&message.as_bytes()[..length]);
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(ticket: i32, capacity: usize) -> String {
        let mut buffer = vec![0; capacity];
        let length = take_message(ticket, &mut buffer);
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    #[test]
    fn success_is_zero() {
        assert_eq!(outcome(|| Ok(())), 0);
    }

    #[test]
    fn an_error_is_a_ticket_for_its_message_once() {
        let ticket = outcome(|| Err(Error::UnknownHandle(7)));
        assert_eq!(text_of(ticket, 100), "Nothing is open under handle 7");
        assert_eq!(text_of(ticket, 100), "");
    }

    #[test]
    fn a_panic_becomes_a_message() {
        let ticket = outcome(|| panic!("index out of range"));
        assert!(text_of(ticket, 1000).contains("index out of range"));
    }

    #[test]
    fn a_cut_message_is_still_text() {
        let ticket = outcome(|| panic!("ää"));
        let whole = "A kernel panicked, which is a defect in tactus: ä".len();
        assert!(text_of(ticket, whole + 1).ends_with(": ä"));
    }
}
