//! What waits between calls: decoded audio, and tracks on their way through the separation.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::decode::{Decoded, DecodedAudio, DecodedStem};

/// Every open file, by handle.
pub(super) static AUDIO: LazyLock<Handles<DecodedAudio>> = LazyLock::new(Handles::default);

/// Every open stem, by handle.
pub(super) static STEMS: LazyLock<Handles<DecodedStem>> = LazyLock::new(Handles::default);

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
        self.table().insert(handle, Arc::new(value));
        handle
    }

    pub fn remove(&self, handle: u64) {
        self.table().remove(&handle);
    }

    /// Runs `work` on an open value; others stay available meanwhile.
    pub fn with(
        &self,
        handle: u64,
        work: impl FnOnce(&T) -> Result<(), String>,
    ) -> Result<(), String> {
        let value = self.table().get(&handle).cloned();
        match value {
            Some(value) => work(&value),
            None => Err(format!("Nothing is open under handle {handle}")),
        }
    }

    fn table(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<T>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known of a file besides its samples, as JSON: `codec`, `sourceSampleRateHz`,
/// `sourceBits` (null for lossy and float sources) and `warnings`.
pub(super) fn describe<Sample>(audio: &Decoded<Sample>) -> String {
    let bits = audio.source_bits.map_or("null".into(), |bits| bits.to_string());
    let warnings: Vec<String> = audio.warnings.iter().map(|text| quote(text)).collect();
    format!(
        r#"{{"codec":{},"sourceSampleRateHz":{},"sourceBits":{bits},"warnings":[{}]}}"#,
        quote(&audio.codec),
        audio.source_sample_rate_hz,
        warnings.join(","),
    )
}

/// A JSON string.
fn quote(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            c if c.is_control() => format!("\\u{:04x}", c as u32),
            c => c.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audio() -> DecodedAudio {
        DecodedAudio {
            channels: vec![vec![0.0]],
            sample_rate_hz: 44_100,
            source_sample_rate_hz: 8000,
            source_bits: None,
            codec: "mp3".into(),
            warnings: vec!["a \"quoted\"\nline".into()],
        }
    }

    #[test]
    fn a_description_is_json() {
        assert_eq!(
            describe(&audio()),
            r#"{"codec":"mp3","sourceSampleRateHz":8000,"sourceBits":null,"warnings":["a \"quoted\"\u000aline"]}"#
        );
    }

    #[test]
    fn a_removed_handle_is_an_error() {
        let handles = Handles::default();
        let handle = handles.insert(audio());
        assert!(handles.with(handle, |_| Ok(())).is_ok());
        handles.remove(handle);
        assert!(handles.with(handle, |_| Ok(())).is_err());
    }
}
