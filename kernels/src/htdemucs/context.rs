//! Threads, instruction set and scratch memory.

use std::sync::{Mutex, PoisonError};

use crate::error::Error;
use crate::linear::{Aligned, Isa, elementwise::Real};

/// Threads, instruction set and scratch memory that the layers run on.
#[derive(Debug)]
pub(super) struct Context {
    pub isa: Isa,
    pool: rayon::ThreadPool,
    scratch: Vec<Mutex<Scratch>>,
}

impl Context {
    /// Starts `threads` threads.
    ///
    /// # Errors
    /// If the system refuses to start them.
    pub fn new(isa: Isa, threads: usize) -> Result<Self, Error> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|source| Error::Threads { threads, source })?;
        let scratch = (0..threads).map(|_| Mutex::default()).collect();
        Ok(Context { isa, pool, scratch })
    }

    /// Runs on the threads.
    pub fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        self.pool.install(work)
    }

    /// Runs with the scratch memory of the thread that this is called on; not within itself.
    pub fn with_scratch<R>(&self, work: impl FnOnce(&mut Scratch) -> R) -> R {
        let thread = rayon::current_thread_index().unwrap_or(0) % self.scratch.len();
        work(&mut self.scratch[thread].lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Memory of one thread, kept from call to call; its contents are whatever was left there.
#[derive(Debug)]
pub(super) struct Scratch {
    /// For what is in single precision even where the rest is not.
    pub single: Arena<f32>,
    /// For products of two panels.
    pub pairs: Arena<f32>,
    /// For operands in bfloat16, two a word.
    pub words: Arena<u32>,
    /// For more of them.
    pub more_words: Arena<u32>,
    own_f32: Arena<f32>,
    own_f64: Arena<f64>,
    row_f32: Aligned<f32>,
    row_f64: Aligned<f64>,
}

impl Default for Scratch {
    fn default() -> Self {
        Scratch {
            single: Arena::default(),
            pairs: Arena::default(),
            words: Arena::default(),
            more_words: Arena::default(),
            own_f32: Arena::default(),
            own_f64: Arena::default(),
            row_f32: Aligned::zeros(0),
            row_f64: Aligned::zeros(0),
        }
    }
}

/// Memory that is cut into pieces.
#[derive(Debug)]
pub(super) struct Arena<T>(Aligned<T>);

impl<T: Copy + Default> Default for Arena<T> {
    fn default() -> Self {
        Arena(Aligned::zeros(0))
    }
}

impl<T: Copy + Default> Arena<T> {
    /// Pieces of at least the given sizes, each at a cache line.
    pub fn pieces<const N: usize>(&mut self, sizes: [usize; N]) -> [&mut [T]; N] {
        let total: usize = sizes.iter().map(|size| size.next_multiple_of(16)).sum();
        if self.0.len() < total {
            self.0 = Aligned::zeros(total);
        }
        let mut rest: &mut [T] = &mut self.0;
        sizes.map(|size| {
            let (piece, after) = std::mem::take(&mut rest).split_at_mut(size.next_multiple_of(16));
            rest = after;
            &mut piece[..size]
        })
    }
}

/// An element that there is scratch memory for.
pub(super) trait Value: Real {
    /// The scratch memory of this type, and that for single precision.
    fn arenas(scratch: &mut Scratch) -> (&mut Arena<Self>, &mut Arena<f32>);

    /// The memory of [`Value::take_row`], to be put back there.
    fn row(scratch: &mut Scratch) -> &mut Aligned<Self>;

    /// Takes memory of at least the given size away, so that the rest can be borrowed meanwhile.
    fn take_row(scratch: &mut Scratch, size: usize) -> Aligned<Self> {
        let row = std::mem::replace(Self::row(scratch), Aligned::zeros(0));
        if row.len() < size { Aligned::zeros(size) } else { row }
    }
}

impl Value for f32 {
    fn arenas(scratch: &mut Scratch) -> (&mut Arena<f32>, &mut Arena<f32>) {
        (&mut scratch.own_f32, &mut scratch.single)
    }

    fn row(scratch: &mut Scratch) -> &mut Aligned<f32> {
        &mut scratch.row_f32
    }
}

impl Value for f64 {
    fn arenas(scratch: &mut Scratch) -> (&mut Arena<f64>, &mut Arena<f32>) {
        (&mut scratch.own_f64, &mut scratch.single)
    }

    fn row(scratch: &mut Scratch) -> &mut Aligned<f64> {
        &mut scratch.row_f64
    }
}
