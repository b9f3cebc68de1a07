//! The function that describes the processor.

use serde_json::json;

use super::memory::{slice_mut, write, write_json};
use super::outcome::outcome;
use crate::linear::{Isa, processor_features};

/// Describes the processor in UTF-8 JSON: `architecture`, `features` that bear on the speed, and the names of the
/// `paths` that are compiled for it, the one that the kernels take last. `written` receives the number of bytes, one
/// u64.
///
/// # Safety
/// `description` and `written` must be valid for writes of their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_processor(
    description: *mut u8,
    description_length: usize,
    written: *mut u64,
    written_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (description, written) = unsafe {
            (slice_mut(description, description_length), slice_mut(written, written_length))
        };
        let processor = json!({
            "architecture": std::env::consts::ARCH,
            "features": processor_features(),
            "paths": Isa::available().into_iter().map(Isa::name).collect::<Vec<_>>(),
        });
        write("bytes", &[write_json(&processor, description)], written)
    })
}
