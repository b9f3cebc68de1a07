//! The parameters of a network by upstream's names, from safetensors.

use std::borrow::Cow;
use std::collections::HashMap;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::error::Error;

/// The parameters of a network, f32 in C order, by the names of upstream's `state_dict`.
#[derive(Debug)]
pub(crate) struct Parameters<'a> {
    network: &'static str,
    values: HashMap<String, Cow<'a, [f32]>>,
}

impl<'a> Parameters<'a> {
    /// Reads the parameters of a network from safetensors; values are borrowed where they are aligned.
    ///
    /// # Errors
    /// If the bytes are not in safetensors format, or a parameter is missing, unknown, not f32 or of
    /// another size.
    pub fn parse(network: &'static str, sizes: &Sizes, bytes: &'a [u8]) -> Result<Self, Error> {
        let tensors = SafeTensors::deserialize(bytes)
            .map_err(|source| Error::Safetensors { network, source })?;
        let mut found: HashMap<String, TensorView<'a>> = tensors.tensors().into_iter().collect();
        let mut values = HashMap::new();
        for (name, size) in &sizes.0 {
            let tensor = found.remove(name);
            let fits = |tensor: &TensorView| {
                tensor.dtype() == Dtype::F32 && tensor.data().len() == 4 * size
            };
            let Some(tensor) = tensor.as_ref().filter(|tensor| fits(tensor)) else {
                return Err(Error::Parameter {
                    network,
                    name: name.clone(),
                    expected: format!("{size} values of F32"),
                    found: tensor.as_ref().map_or("missing".into(), describe),
                });
            };
            values.insert(name.clone(), floats(tensor.data()));
        }
        if let Some((name, tensor)) = found.into_iter().min_by(|(a, _), (b, _)| a.cmp(b)) {
            let (expected, found) = ("absent, being unknown to it".into(), describe(&tensor));
            return Err(Error::Parameter { network, name, expected, found });
        }
        Ok(Parameters { network, values })
    }

    /// A parameter's values.
    ///
    /// # Panics
    /// If the network has no parameter of that name.
    pub fn get(&self, name: &str) -> &[f32] {
        match self.values.get(name) {
            Some(values) => values,
            None => panic!("{} has no parameter {name}", self.network),
        }
    }

    /// A parameter in double precision.
    pub fn double(&self, name: &str) -> Vec<f64> {
        self.get(name).iter().map(|x| f64::from(*x)).collect()
    }
}

/// Bytes as floats, copied only where they are not aligned.
fn floats(bytes: &[u8]) -> Cow<'_, [f32]> {
    match bytemuck::try_cast_slice(bytes) {
        Ok(values) => Cow::Borrowed(values),
        Err(_) => Cow::Owned(bytemuck::pod_collect_to_vec(bytes)),
    }
}

fn describe(tensor: &TensorView) -> String {
    format!("{} values of {:?}", tensor.shape().iter().product::<usize>(), tensor.dtype())
}

/// Name and number of values of each parameter of a network.
#[derive(Debug, Default)]
pub struct Sizes(Vec<(String, usize)>);

impl Sizes {
    /// Adds a parameter of `size` values.
    pub(crate) fn add(&mut self, name: String, size: usize) {
        self.0.push((name, size));
    }

    /// Adds a weight of `inputs` values an output, and a bias.
    pub(crate) fn layer(&mut self, name: &str, outputs: usize, inputs: usize) {
        self.add(format!("{name}.weight"), outputs * inputs);
        self.add(format!("{name}.bias"), outputs);
    }

    /// Number of values of all parameters.
    pub fn total(&self) -> usize {
        self.0.iter().map(|(_, size)| size).sum()
    }

    /// Writes parameters in safetensors format, for tests and benchmarks.
    ///
    /// # Panics
    /// If there are not [`Sizes::total`] values.
    pub fn safetensors(&self, values: &[f32]) -> Vec<u8> {
        assert_eq!(values.len(), self.total());
        let mut rest = bytemuck::cast_slice(values);
        let tensors = self.0.iter().map(|(name, size)| {
            let (data, after) = rest.split_at(4 * size);
            rest = after;
            let tensor = TensorView::new(Dtype::F32, vec![*size], data);
            (name, tensor.expect("the data is as long as the shape says"))
        });
        safetensors::serialize(tensors, None).expect("names and shapes can be written as JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(names: &[(&str, usize)]) -> Sizes {
        Sizes(names.iter().map(|(name, size)| ((*name).into(), *size)).collect())
    }

    fn error(wanted: &[(&str, usize)], bytes: &[u8]) -> String {
        Parameters::parse("Net", &sizes(wanted), bytes).unwrap_err().to_string()
    }

    #[test]
    fn parameters_are_found_by_name_whatever_their_order_and_alignment() {
        let bytes = sizes(&[("b", 1), ("a", 2)]).safetensors(&[3.0, 1.0, 2.0]);
        for shift in 0..4 {
            let moved = [&vec![0; shift][..], &bytes].concat();
            let wanted = sizes(&[("a", 2), ("b", 1)]);
            let found = Parameters::parse("Net", &wanted, &moved[shift..]).unwrap();
            assert_eq!((found.get("a"), found.double("b")), (&[1.0, 2.0][..], vec![3.0]));
        }
    }

    #[test]
    fn a_wrong_parameter_is_named() {
        let bytes = sizes(&[("a", 2), ("b", 1)]).safetensors(&[1.0, 2.0, 3.0]);
        let missing = error(&[("a", 2), ("b", 1), ("c", 5)], &bytes);
        assert_eq!(missing, "Net needs parameter c as 5 values of F32, but it is missing");
        let other_size = error(&[("a", 3), ("b", 1)], &bytes);
        assert!(other_size.contains("parameter a as 3 values of F32, but it is 2 values of F32"));
        assert!(error(&[("a", 2)], &bytes).contains("parameter b as absent"));
        assert!(error(&[("a", 2)], &bytes[..9]).contains("safetensors format"));
    }
}
