//! A file that is decoded on a thread of its own while its blocks are used, as often as they are needed.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::again::Reading;
use super::error::DecodeError;
use super::part::Part;
use super::passing::{Passing, Receiver};
use super::{Contents, Decoded, check_is_file, decode_source, stream};
use crate::interruption::{self, Interruption};

/// Samples that are gathered before they are passed on.
const BLOCK_SAMPLES: usize = 1 << 14;

/// Blocks that the decoder may be ahead: 24 s of sound, 8 MB.
const BLOCKS_AHEAD: usize = 64;

/// Time between two looks for an interruption while there is no block.
const PATIENCE: Duration = Duration::from_millis(20);

/// Left and right of some samples that follow one another, f32, full scale 1.0.
pub type StereoBlock = [Vec<f32>; 2];

/// An open file, of which a part can be decoded several times.
pub struct MixFile {
    name: String,
    file: Arc<File>,
    part: Part,
    rate_hz: u32,
}

impl MixFile {
    /// Opens the file at `path`; its samples will be those of [`super::decode_mix`].
    ///
    /// # Errors
    ///
    /// As [`super::decode`] for what is no file or cannot be opened.
    pub fn open(path: &Path, rate_hz: u32, part: Part) -> Result<Self, DecodeError> {
        let name = path.display().to_string();
        check_is_file(path, &name)?;
        let open_error = |error| DecodeError::Open { name: name.clone(), error };
        let file = Arc::new(File::open(path).map_err(open_error)?);
        Ok(MixFile { name, file, part, rate_hz })
    }

    /// Name of the file for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Starts to decode, and waits until the headers are read. Hash and levels are found where `measures` is set.
    ///
    /// # Errors
    ///
    /// As [`super::decode_mix`] for a file whose headers cannot be read.
    pub fn decode(&self, measures: bool) -> Result<Blocks, DecodeError> {
        let (sender, receiver) = mpsc::sync_channel(BLOCKS_AHEAD);
        let interruption = Interruption::default();
        let (name, rate_hz, part) = (self.name.clone(), self.rate_hz, self.part);
        let (source, request) = (Box::new(Reading::new(&self.file)), interruption.clone());
        let work = move || {
            let mut gathering = Gathering::new(name.clone(), sender);
            let decoded = request.during(|| {
                decode_source(name, rate_hz, |name| {
                    let mut passing = Passing::new(name, rate_hz, part, measures, &mut gathering);
                    let stream = stream::read(name, source, &mut passing)?;
                    let pcm = passing.finish()?;
                    gathering.flush()?;
                    Ok(Contents { channels: Vec::new(), clipped: 0, pcm, stream })
                })
            });
            gathering.end(decoded);
        };
        let thread = std::thread::Builder::new().name("decoder".into()).spawn(work);
        let thread =
            thread.map_err(|error| DecodeError::Open { name: self.name.clone(), error })?;
        let mut blocks = Blocks {
            name: self.name.clone(),
            receiver: Some(receiver),
            thread: Some(thread),
            interruption,
            expected: 0,
            ended: None,
        };
        match blocks.receive()? {
            Message::Begun(samples) => blocks.expected = samples,
            Message::Block(_) => unreachable!("a file begins before its first block"),
            Message::End(decoded, _) => {
                (*decoded)?;
            }
        }
        Ok(blocks)
    }
}

/// A file that is being decoded. Dropping it ends the decoding.
pub struct Blocks {
    name: String,
    receiver: Option<mpsc::Receiver<Message>>,
    thread: Option<JoinHandle<()>>,
    interruption: Interruption,
    expected: usize,
    ended: Option<Passed>,
}

/// Findings about a file whose blocks were all passed on.
#[derive(Debug)]
pub struct Passed {
    /// The description; without samples, and with hash and levels where they were measured.
    pub audio: Decoded<f32>,
    /// Channels of the file that were used: one, which was passed on twice, or two.
    pub channels: usize,
    /// Samples of each.
    pub samples: usize,
    /// Time of the decoder, without that in which it waited.
    pub busy: Duration,
}

impl Blocks {
    /// Number of samples that the headers make plausible; 0 for none.
    pub fn expected_samples(&self) -> usize {
        self.expected
    }

    /// The next samples; `None` at the end.
    ///
    /// # Errors
    ///
    /// As [`super::decode_mix`]; [`DecodeError::Interrupted`] by the interruption of the calling thread.
    pub fn next_block(&mut self) -> Result<Option<StereoBlock>, DecodeError> {
        if self.ended.is_some() {
            return Ok(None);
        }
        match self.receive()? {
            Message::Begun(_) => unreachable!("a file begins once"),
            Message::Block(block) => Ok(Some(block)),
            Message::End(decoded, counts) => {
                let Counts { channels, samples, busy } = counts;
                self.ended = Some(Passed { audio: (*decoded)?, channels, samples, busy });
                Ok(None)
            }
        }
    }

    /// The findings, after the last block.
    pub fn passed(&self) -> Option<&Passed> {
        self.ended.as_ref()
    }

    /// Takes the findings out, after the last block.
    pub fn into_passed(mut self) -> Option<Passed> {
        self.ended.take()
    }

    fn receive(&mut self) -> Result<Message, DecodeError> {
        let interrupted = || DecodeError::Interrupted { name: self.name.clone() };
        let receiver = self.receiver.as_ref().ok_or_else(interrupted)?;
        loop {
            interruption::check().map_err(|_| interrupted())?;
            match receiver.recv_timeout(PATIENCE) {
                Ok(message) => return Ok(message),
                Err(RecvTimeoutError::Timeout) => {}
                // The thread ends without a message only after an error that was received before.
                Err(RecvTimeoutError::Disconnected) => return Err(interrupted()),
            }
        }
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        self.interruption.interrupt();
        // A decoder that waits for room goes on with an error.
        self.receiver = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

enum Message {
    Begun(usize),
    Block(StereoBlock),
    End(Box<Result<Decoded<f32>, DecodeError>>, Counts),
}

#[derive(Default)]
struct Counts {
    channels: usize,
    samples: usize,
    busy: Duration,
}

/// Gathers small blocks and sends them.
struct Gathering {
    name: String,
    sender: SyncSender<Message>,
    block: StereoBlock,
    counts: Counts,
    start: Instant,
    waited: Duration,
}

impl Gathering {
    fn new(name: String, sender: SyncSender<Message>) -> Self {
        let block = StereoBlock::default();
        let (start, waited) = (Instant::now(), Duration::ZERO);
        Gathering { name, sender, block, counts: Counts::default(), start, waited }
    }

    fn send(&mut self, message: Message) -> Result<(), DecodeError> {
        let start = Instant::now();
        let sent = self.sender.send(message);
        self.waited += start.elapsed();
        sent.map_err(|_| DecodeError::Interrupted { name: self.name.clone() })
    }

    fn flush(&mut self) -> Result<(), DecodeError> {
        if self.block[0].is_empty() {
            return Ok(());
        }
        let block =
            std::mem::replace(&mut self.block, [(); 2].map(|()| Vec::with_capacity(BLOCK_SAMPLES)));
        self.send(Message::Block(block))
    }

    fn end(mut self, decoded: Result<Decoded<f32>, DecodeError>) {
        self.counts.busy = self.start.elapsed().saturating_sub(self.waited);
        let counts = std::mem::take(&mut self.counts);
        // Where nothing waits for it any more, it is of no use.
        let _ = self.send(Message::End(Box::new(decoded), counts));
    }
}

impl Receiver for Gathering {
    fn begin(&mut self, samples: usize) -> Result<(), DecodeError> {
        self.send(Message::Begun(samples))
    }

    fn receive(&mut self, block: &[Vec<f32>]) -> Result<(), DecodeError> {
        let (left, right) = match block {
            [] => return Ok(()),
            [only] => (only, only),
            [left, right, ..] => (left, right),
        };
        self.counts.channels = block.len().min(2);
        self.counts.samples += left.len();
        self.block[0].extend_from_slice(left);
        self.block[1].extend_from_slice(right);
        if self.block[0].len() >= BLOCK_SAMPLES { self.flush() } else { Ok(()) }
    }
}
