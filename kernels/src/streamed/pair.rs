//! Two channels.

/// Left and right, of equal length.
pub type Pair<'a> = [&'a [f32]; 2];
