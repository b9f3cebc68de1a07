//! The functions for the separation network: open, run for each segment, close.

use std::sync::{LazyLock, Mutex};

use super::handles::{Handles, lock};
use super::interruption::interruptible;
use super::memory::{slice, slice_mut, write};
use super::outcome::outcome;
use super::seams::observed;
use crate::error::Error;
use crate::htdemucs::{Bf16Htdemucs, Configuration, Htdemucs};
use crate::linear::Isa;
use crate::linear::bf16::Unit;

static NETWORKS: LazyLock<Handles<Mutex<Network>>> = LazyLock::new(Handles::default);

/// A network in one precision.
enum Network {
    F32(Htdemucs),
    Bf16(Bf16Htdemucs),
}

/// Opens a network. `configuration` is UTF-8 JSON with exactly the fields of [`Configuration`], in camel
/// case; `parameters` are f32 in safetensors format, by the names of upstream's `state_dict`. `precision` is that of the
/// products: 0 for f32, 1 for bfloat16. `handle` receives one u64.
///
/// # Safety
/// `configuration` and `parameters` must be valid for reads, `handle` for writes of its length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_htdemucs_open(
    configuration: *const u8,
    configuration_length: usize,
    parameters: *const u8,
    parameters_length: usize,
    threads: usize,
    precision: u32,
    handle: *mut u64,
    handle_length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (configuration, parameters, handle) = unsafe {
            (
                slice(configuration, configuration_length),
                slice(parameters, parameters_length),
                slice_mut(handle, handle_length),
            )
        };
        let configuration = Configuration::from_json(configuration)?;
        let network = match precision {
            0 => Network::F32(Htdemucs::new(configuration, parameters, threads)?),
            1 => Network::Bf16(Bf16Htdemucs::new(configuration, parameters, threads)?),
            _ => return Err(Error::Precision(precision)),
        };
        write("handle", &[NETWORKS.insert(Mutex::new(network))], handle)
    })
}

/// Runs one segment: `wave` `[audio channels, samples]` and `spectrum`
/// `[2 · audio channels, frequencies, frames]` to `wave_out` and `spectrum_out`, which have another first axis,
/// the sources; all f32. Inner seams: those of [`Htdemucs::run`].
///
/// # Safety
/// `wave` and `spectrum` must be valid for reads, `wave_out` and `spectrum_out` for writes of their
/// lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_htdemucs_run(
    handle: u64,
    wave: *const f32,
    wave_length: usize,
    spectrum: *const f32,
    spectrum_length: usize,
    wave_out: *mut f32,
    wave_out_length: usize,
    spectrum_out: *mut f32,
    spectrum_out_length: usize,
    seams: u64,
    interruption: u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (inputs, outputs) = unsafe {
            (
                [slice(wave, wave_length), slice(spectrum, spectrum_length)],
                [
                    slice_mut(wave_out, wave_out_length),
                    slice_mut(spectrum_out, spectrum_out_length),
                ],
            )
        };
        NETWORKS.with(handle, |network| {
            observed(seams, |observer| {
                interruptible(interruption, || match &mut *lock(network) {
                    Network::F32(network) => network.run(inputs, outputs, observer),
                    Network::Bf16(network) => network.run(inputs, outputs, observer),
                })
            })
        })
    })
}

/// Returns whether this machine has instructions for products in bfloat16: 1, or 0 where they are emulated.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_bf16_is_fast() -> u32 {
    Unit::of(Isa::best()).is_fast().into()
}

/// Frees a network; an unknown handle is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_htdemucs_close(handle: u64) {
    NETWORKS.remove(handle);
}
