//! The parameters of a network by upstream's names.

use std::collections::HashMap;
use std::ops::Range;

/// All parameters in one array, in the order of upstream's `state_dict`, f32.
#[derive(Debug)]
pub(crate) struct Parameters<'a> {
    network: &'static str,
    values: &'a [f32],
    ranges: HashMap<String, Range<usize>>,
}

impl<'a> Parameters<'a> {
    /// Finds where each parameter of a network lies.
    ///
    /// # Errors
    /// If the array's length is not that of the listed parameters.
    pub fn new(network: &'static str, listing: Listing, values: &'a [f32]) -> Result<Self, String> {
        let Listing { ranges, end } = listing;
        if end != values.len() {
            let found = values.len();
            return Err(format!(
                "{network} of this configuration has {end} parameters, not {found}"
            ));
        }
        Ok(Parameters { network, values, ranges })
    }

    /// A parameter's values, C order.
    ///
    /// # Panics
    /// If the network has no parameter of that name.
    pub fn get(&self, name: &str) -> &'a [f32] {
        match self.ranges.get(name) {
            Some(range) => &self.values[range.clone()],
            None => panic!("{} has no parameter {name}", self.network),
        }
    }

    /// A parameter in double precision.
    pub fn double(&self, name: &str) -> Vec<f64> {
        self.get(name).iter().map(|x| f64::from(*x)).collect()
    }
}

/// Where each parameter lies, in the order of upstream's `state_dict`.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    ranges: HashMap<String, Range<usize>>,
    end: usize,
}

impl Listing {
    /// The next parameter, of `size` values.
    pub fn add(&mut self, name: String, size: usize) {
        self.ranges.insert(name, self.end..self.end + size);
        self.end += size;
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.end
    }

    /// A weight of `inputs` values an output, and a bias.
    pub fn layer(&mut self, name: &str, outputs: usize, inputs: usize) {
        self.add(format!("{name}.weight"), outputs * inputs);
        self.add(format!("{name}.bias"), outputs);
    }
}
