//! Access to the inner seams of a stage: an observer receives them, a recorder keeps them.

/// Values of an inner seam, in C order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Values<'a> {
    /// 16-bit integers.
    I16(&'a [i16]),
    /// Single precision.
    F32(&'a [f32]),
    /// Double precision.
    F64(&'a [f64]),
}

/// Receives the inner seams of a run.
pub trait Observer: Send {
    /// Whether [`Observer::seam`] is to be called; a run is slower then.
    fn wants_seams(&self) -> bool {
        false
    }

    /// Receives an inner seam: its name, the length of each axis, and the values.
    fn seam(&mut self, _name: &str, _shape: &[usize], _values: Values) {}

    /// Receives the name of a part of the work that has just finished.
    fn part_done(&mut self, _part: &str) {}
}

/// Observes nothing.
impl Observer for () {}

/// An inner seam that was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Seam {
    /// Name, unique in the stage.
    pub name: String,
    /// Type of the values: `i16`, `f32` or `f64`.
    pub dtype: &'static str,
    /// Length of each axis, outermost first.
    pub shape: Vec<usize>,
    /// Values in C order, in the byte order of the machine.
    pub bytes: Vec<u8>,
}

/// Keeps every inner seam of a run, in the order of the computation.
#[derive(Debug, Default)]
pub struct Recorder(pub Vec<Seam>);

impl Observer for Recorder {
    fn wants_seams(&self) -> bool {
        true
    }

    fn seam(&mut self, name: &str, shape: &[usize], values: Values) {
        let (dtype, bytes) = match values {
            Values::I16(values) => ("i16", bytemuck::cast_slice(values)),
            Values::F32(values) => ("f32", bytemuck::cast_slice(values)),
            Values::F64(values) => ("f64", bytemuck::cast_slice(values)),
        };
        let (name, shape) = (name.into(), shape.to_vec());
        self.0.push(Seam { name, dtype, shape, bytes: bytes.to_vec() });
    }
}

#[cfg(test)]
impl Seam {
    /// The values of a seam of f64.
    pub fn doubles(&self) -> Vec<f64> {
        assert_eq!(self.dtype, "f64");
        bytemuck::pod_collect_to_vec(&self.bytes)
    }
}
