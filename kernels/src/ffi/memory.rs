//! Arrays that the caller owns.

use crate::error::Error;

/// Reads UTF-8.
pub(super) fn text<'a>(what: &'static str, bytes: &'a [u8]) -> Result<&'a str, Error> {
    std::str::from_utf8(bytes).map_err(|source| Error::NotUtf8 { what, source })
}

/// Writes `values` into an array of as many elements.
pub(super) fn write<T: Copy>(
    what: &'static str,
    values: &[T],
    output: &mut [T],
) -> Result<(), Error> {
    Error::expect_length(what, values.len(), output.len())?;
    output.copy_from_slice(values);
    Ok(())
}

/// Writes JSON, cut at the end of `output`, and returns the number of bytes written.
pub(super) fn write_json(value: &serde_json::Value, output: &mut [u8]) -> u64 {
    let json = value.to_string();
    let bytes = json.len().min(output.len());
    output[..bytes].copy_from_slice(&json.as_bytes()[..bytes]);
    bytes as u64
}

/// Returns the caller's array.
///
/// # Safety
/// `pointer` must be valid for reads of `length` elements; it may be anything when `length` is 0.
pub(super) unsafe fn slice<'a, T>(pointer: *const T, length: usize) -> &'a [T] {
    if length == 0 {
        return &[];
    }
    // SAFETY: the caller's promise; typed arrays are aligned to their elements.
    unsafe { std::slice::from_raw_parts(pointer, length) }
}

/// Returns the caller's array for writing.
///
/// # Safety
/// As [`slice`], for writes, with no other reference to the memory.
pub(super) unsafe fn slice_mut<'a, T>(pointer: *mut T, length: usize) -> &'a mut [T] {
    if length == 0 {
        return &mut [];
    }
    // SAFETY: the caller's promise; typed arrays are aligned to their elements.
    unsafe { std::slice::from_raw_parts_mut(pointer, length) }
}
