//! Separation without a network, by duration, frequency and position in the stereo image.
//!
//! In a spectrogram steady sounds are lines along time and drums are lines along frequency; a median along
//! either direction keeps the one and removes the other. Soft masks made from the two medians split the
//! mixture into a harmonic and a percussive part. The percussive part is the drums; of the harmonic part
//! the low band is the bass, the centre of a stereo mixture at the frequencies of voices is the vocals, and
//! the rest is the other stem, which also takes the remainder of rounding: the four stems sum to the mixture.
//!
//! The mixture is cut into chunks that are computed independently, each with as much of its surroundings as
//! the filters reach, so that the result does not depend on the number of threads.
//!
//! Source: Fitzgerald, "Harmonic/percussive separation using median filtering", DAFx 2010.
//!
//! ```
//! use tactus_kernels::hpss::{Hpss, Wanted, Work};
//! let silence = vec![0.0_f32; 1000];
//! let mixture = [silence.as_slice(); 2];
//! let hpss = Hpss::new(mixture, Wanted::All);
//! let mut work = Work::new();
//! let stems = work.separate(&hpss, mixture, 0);
//! assert_eq!(stems.map(|[left, _]| left.len()), [1000; 4]);
//! ```

mod chunk;
mod layout;
mod loops;
mod masks;
mod median;
mod separator;

pub use chunk::{Hpss, Width, Work};
pub use layout::{CHANNELS, CHUNK_SAMPLES, Mixture, STEMS, SURROUNDINGS, Wanted};
pub use separator::HpssSeparator;
