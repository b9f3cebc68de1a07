//! Asking for memory before it is needed.

use super::dispatch::dispatched;
use super::vector::{Portable, Vector};

/// Bytes that one request fetches.
const LINE: usize = 64;

dispatched! {
    /// Fetches values that will be read soon into the first cache, while work goes on. The processor itself looks
    /// ahead only within a page of memory.
    prefetch = prefetch_loop for {
        portable: [Portable<f32>],
        neon: [std::arch::aarch64::float32x4_t],
        avx2: [std::arch::x86_64::__m256],
        avx512: [std::arch::x86_64::__m512],
    } (values: &[f32])
}

#[inline(always)]
fn prefetch_loop<V: Vector<Element = f32>>(values: &[f32]) {
    for line in values.chunks(LINE / size_of::<f32>()) {
        V::prefetch(line.as_ptr());
    }
}
