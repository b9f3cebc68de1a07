//! The functions for the separation network: open, run for each segment, close.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::handles::Handles;
use super::outcome::outcome;
use super::{expect_length, slice, slice_mut};
use crate::htdemucs::{Configuration, Htdemucs, Observer};

static NETWORKS: LazyLock<Handles<Mutex<Open>>> = LazyLock::new(Handles::default);

/// A network and the inner seams of its last run, if they were asked for.
struct Open {
    network: Htdemucs,
    seams: HashMap<String, Vec<f32>>,
}

/// Keeps the seams.
struct Keeper<'a>(Option<&'a mut HashMap<String, Vec<f32>>>);

impl Observer for Keeper<'_> {
    fn wants_seams(&self) -> bool {
        self.0.is_some()
    }

    fn seam(&mut self, name: &str, values: &[f32]) {
        if let Some(seams) = &mut self.0 {
            seams.insert(name.into(), values.to_vec());
        }
    }
}

/// Makes a network of a configuration, the values of [`Configuration`]'s fields in their order, and of
/// its parameters, f32, in the order of upstream's `state_dict`. `handle` receives one u64.
///
/// # Safety
/// `configuration` and `parameters` must be valid for reads of their lengths, `handle` for a write of
/// one u64.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_htdemucs_open(
    configuration: *const f64,
    configuration_length: usize,
    parameters: *const f32,
    parameters_length: usize,
    threads: usize,
    handle: *mut u64,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (numbers, parameters, handle) = unsafe {
            (
                slice(configuration, configuration_length),
                slice(parameters, parameters_length),
                slice_mut(handle, 1),
            )
        };
        let configuration = Configuration::from_numbers(numbers)?;
        let network = Htdemucs::new(configuration, parameters, threads)?;
        handle[0] = NETWORKS.insert(Mutex::new(Open { network, seams: HashMap::new() }));
        Ok(())
    })
}

/// Runs one segment: `wave` `[audio channels, samples]` and `spectrum`
/// `[2 · audio channels, frequencies, frames]` to `wave_out` and `spectrum_out`, which have another first axis,
/// the sources; all f32. If `keep_seams` is not 0, [`tactus_htdemucs_seam`] can be asked for the inner seams.
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
    keep_seams: u32,
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
        NETWORKS.with(handle, |open| {
            let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
            let Open { network, seams } = &mut *open;
            seams.clear();
            network.run(inputs, outputs, &mut Keeper((keep_seams != 0).then_some(seams)))
        })
    })
}

/// Copies an inner seam of the last run, f32; its name is UTF-8.
///
/// # Safety
/// `name` must be valid for reads of `name_length` bytes, `output` for writes of `length` f32.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tactus_htdemucs_seam(
    handle: u64,
    name: *const u8,
    name_length: usize,
    output: *mut f32,
    length: usize,
) -> i32 {
    outcome(|| {
        // SAFETY: the caller's promise.
        let (name, output) = unsafe { (slice(name, name_length), slice_mut(output, length)) };
        let name = String::from_utf8_lossy(name);
        NETWORKS.with(handle, |open| {
            let open = open.lock().unwrap_or_else(PoisonError::into_inner);
            let seam = open
                .seams
                .get(name.as_ref())
                .ok_or_else(|| format!("The last run has kept no seam {name}"))?;
            expect_length("values", seam.len(), output.len())?;
            output.copy_from_slice(seam);
            Ok(())
        })
    })
}

/// Frees a network; an unknown handle is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn tactus_htdemucs_close(handle: u64) {
    NETWORKS.remove(handle);
}
