//! Speed of each kernel by itself, one file a kernel. All: `cargo bench`; one: `cargo bench metrical`;
//! once each, to see that they run: `cargo bench -- --test`.

mod all_in_one;
mod decode;
mod htdemucs;
mod metrical;
mod noise;
mod products;
mod resample;
mod separation;
mod settings;
mod spectrogram;

criterion::criterion_main!(
    decode::benches,
    resample::benches,
    spectrogram::benches,
    all_in_one::benches,
    metrical::benches,
    separation::benches,
    htdemucs::benches,
    products::benches,
);
