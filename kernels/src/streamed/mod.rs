//! Stems that are used up as they are made: rounded, written to a file, and turned into a spectrogram, of which alone
//! something grows with their length.

mod floats;
mod pair;
mod spool;
mod stem;
mod unnamed_file;
mod wav;

pub use floats::Floats;
pub use pair::Pair;
pub use spool::Spool;
pub use stem::{Finished, StreamedStem, Uses};
pub use wav::WavWriter;
