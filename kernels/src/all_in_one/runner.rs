//! Runs folds over whole tracks, on several threads.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::Error;
use crate::interruption::{self, Interrupted};
use crate::linear::{Isa, LANES, prefetch};
use crate::observer::{Observer, Values};

use super::configuration::Configuration;
use super::dense::Norm;
use super::embedding::WINDOW_FRAMES;
use super::fold::Fold;
use super::instrument_layer::AROUND;
use super::plane::Plane;
use super::{embedding, heads, instrument_layer, time_layer};

/// Tiles that are embedded at a time: as many whole windows fill them.
const TILES_AT_ONCE: usize = WINDOW_FRAMES / 2;

/// Groups of neighbouring tiles for each thread that go through an instrument layer in turn, and the least size of one.
const GROUPS_PER_THREAD: usize = 8;
const LEAST_GROUP: usize = 2;

/// Tiles whose logits are read by one task.
const TILES_READ: usize = 8;

/// Threads, and the memory that they work in, which every run uses again.
#[derive(Debug)]
pub struct Runner {
    configuration: Configuration,
    isa: Isa,
    pool: ThreadPool,
    spaces: Vec<Mutex<Space>>,
    planes: Option<Planes>,
}

/// Working memory of one thread.
#[derive(Debug)]
struct Space {
    embedding: embedding::Space,
    time: time_layer::Space,
    instrument: instrument_layer::Space,
    /// Normed for the instrument layer: a tile and its neighbours.
    around: Plane,
    heads: heads::Space,
}

/// A track's values between layers.
#[derive(Debug)]
struct Planes {
    frames: usize,
    /// The residual stream.
    x: Plane,
    /// Normed for the time layer, which reads far tiles.
    normed: Plane,
    /// Normed for the instrument layer, which reads neighbouring tiles: the last tile of a group and the first of the
    /// next, `[groups − 1][2][instruments][width][48]`.
    borders: Vec<f32>,
}

impl Runner {
    /// Starts `threads` threads.
    ///
    /// # Errors
    /// If that is none, or the system refuses them.
    pub fn new(configuration: &Configuration, threads: usize) -> Result<Self, Error> {
        Runner::with_isa(configuration, threads, Isa::best())
    }

    pub(super) fn with_isa(
        configuration: &Configuration,
        threads: usize,
        isa: Isa,
    ) -> Result<Self, Error> {
        if threads == 0 {
            return Err(Error::NoThreads);
        }
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|source| Error::Threads { threads, source })?;
        let Configuration { num_instruments: instruments, dim_embed: width, .. } = *configuration;
        let space = || Space {
            embedding: embedding::Space::new(configuration),
            time: time_layer::Space::new(configuration),
            instrument: instrument_layer::Space::new(configuration),
            around: Plane::new(AROUND * LANES, instruments, width),
            heads: heads::Space::new(configuration),
        };
        Ok(Runner {
            configuration: configuration.clone(),
            isa,
            pool,
            spaces: (0..threads).map(|_| Mutex::new(space())).collect(),
            planes: None,
        })
    }

    /// Runs a fold.
    ///
    /// `spectrogram` is `[instruments][frames][bands]` f32; `logits` receives `[3 + labels][frames]`
    /// f32, rows beat, downbeat, section, functions; `embeddings`, unless it is empty,
    /// `[instruments][frames][width]` f32. `observer` receives the residual stream,
    /// `[instruments][frames][width]` f32, as `embedded`, then as `block.N.time` and `block.N.instruments`
    /// of every block.
    ///
    /// # Errors
    /// If an array has another length, there are no frames, the fold is of another configuration, or the work is
    /// interrupted, for which the run looks between two layers.
    pub fn run(
        &mut self,
        fold: &Fold,
        spectrogram: &[f32],
        logits: &mut [f32],
        embeddings: &mut [f32],
        observer: &mut dyn Observer,
    ) -> Result<(), Error> {
        let frames = self.check(fold, spectrogram, logits, embeddings)?;
        let Configuration { num_instruments: instruments, dim_embed: width, .. } =
            self.configuration;
        let planes = self.planes.take().filter(|planes| planes.frames == frames);
        let mut planes = planes.unwrap_or_else(|| {
            let plane = || Plane::new(frames, instruments, width);
            Planes { frames, x: plane(), normed: plane(), borders: Vec::new() }
        });
        let interruption = interruption::current();
        let finished = self.pool.install(|| -> Result<(), Interrupted> {
            self.embed(fold, spectrogram, &mut planes);
            observe(&planes, || "embedded".into(), observer);
            for block in 0..fold.blocks.len() {
                interruption.check()?;
                self.run_time_layer(fold, block, &mut planes);
                observe(&planes, || format!("block.{block}.time"), observer);
                interruption.check()?;
                self.run_instrument_layer(fold, block, &mut planes);
                observe(&planes, || format!("block.{block}.instruments"), observer);
            }
            self.read_logits(fold, &planes, logits);
            self.read_embeddings(fold, &planes, embeddings);
            Ok(())
        });
        self.planes = Some(planes);
        Ok(finished?)
    }

    fn check(
        &self,
        fold: &Fold,
        spectrogram: &[f32],
        logits: &[f32],
        embeddings: &[f32],
    ) -> Result<usize, Error> {
        let Configuration { num_instruments, dim_embed, dim_input, .. } = self.configuration;
        if fold.configuration != self.configuration {
            return Err(Error::FoldConfiguration);
        }
        let frames = spectrogram.len() / (num_instruments * dim_input);
        if frames == 0 || spectrogram.len() != num_instruments * frames * dim_input {
            return Err(Error::SpectrogramShape {
                instruments: num_instruments,
                bands: dim_input,
                found: spectrogram.len(),
            });
        }
        Error::expect_length("logits", self.configuration.num_logits() * frames, logits.len())?;
        if !embeddings.is_empty() {
            let expected = num_instruments * frames * dim_embed;
            Error::expect_length("embeddings", expected, embeddings.len())?;
        }
        Ok(frames)
    }

    /// The calling thread's space.
    fn space(&self) -> MutexGuard<'_, Space> {
        let index = rayon::current_thread_index().unwrap_or(0);
        self.spaces[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn embed(&self, fold: &Fold, spectrogram: &[f32], planes: &mut Planes) {
        let Planes { frames, x, normed, .. } = planes;
        let (panel, instruments) = (x.panel_size(), x.instruments);
        let tile_size = instruments * panel;
        let norm = &fold.blocks[0].time.norm;
        let firsts = first_equals(spectrogram, instruments);
        let part = TILES_AT_ONCE * tile_size;
        let parts = x.all_mut().par_chunks_mut(part).zip(normed.all_mut().par_chunks_mut(part));
        parts.enumerate().for_each(|(index, (x, normed))| {
            let space = &mut *self.space();
            let first = index * TILES_AT_ONCE * LANES;
            let last = (*frames).min(first + x.len() / tile_size * LANES);
            for (instrument, spectrogram) in
                spectrogram.chunks(spectrogram.len() / instruments).enumerate()
            {
                if firsts[instrument] != instrument {
                    for tile in x.chunks_mut(tile_size) {
                        let from = firsts[instrument] * panel;
                        tile.copy_within(from..from + panel, instrument * panel);
                    }
                    continue;
                }
                for window in (first..last).step_by(WINDOW_FRAMES) {
                    let rows =
                        fold.embedding.apply(self.isa, spectrogram, window, &mut space.embedding);
                    let (mut frame, end) = (window, last.min(window + WINDOW_FRAMES));
                    while frame < end {
                        let (tile, to) = ((frame - first) / LANES, (frame - first) % LANES);
                        let count = (end - frame).min(LANES - to);
                        let output = &mut x[(tile * instruments + instrument) * panel..][..panel];
                        let from = frame - window + 1;
                        for (output, rows) in
                            output.chunks_mut(LANES).zip(rows.as_chunks::<LANES>().0)
                        {
                            let rows = &rows[from..from + count];
                            for (output, row) in output[to..to + count].iter_mut().zip(rows) {
                                *output = *row as f32;
                            }
                        }
                        frame += count;
                    }
                }
            }
            let tiles = x.chunks(tile_size).zip(normed.chunks_mut(tile_size));
            for (tile, (x, normed)) in tiles.enumerate() {
                norm_tile(self.isa, norm, *frames, first / LANES + tile, panel, x, normed);
            }
        });
    }

    fn run_time_layer(&self, fold: &Fold, block: usize, planes: &mut Planes) {
        let Planes { frames, x, normed, .. } = planes;
        let (panel, instruments) = (x.panel_size(), x.instruments);
        let layer = &fold.blocks[block].time;
        x.all_mut().par_chunks_mut(panel).enumerate().for_each(|(at, x)| {
            let (tile, instrument) = (at / instruments, at % instruments);
            prefetch(self.isa, x);
            let space = &mut self.space().time;
            layer.apply(self.isa, normed, tile, instrument, *frames, x, space);
        });
    }

    /// Each tile is computed from the normed rows of its neighbours too, before these change: the tiles of a group come
    /// in turn, the normed next one is made ahead, and those of other groups are made before all.
    fn run_instrument_layer(&self, fold: &Fold, block: usize, planes: &mut Planes) {
        let Planes { frames, x, normed, borders } = planes;
        let (isa, frames, tiles) = (self.isa, *frames, x.tiles);
        let (panel, size) = (x.panel_size(), x.instruments * x.panel_size());
        let layer = &fold.blocks[block].instrument;
        let next = fold.blocks.get(block + 1).map(|block| &block.time.norm);
        let group =
            (tiles / (GROUPS_PER_THREAD * self.pool.current_num_threads())).max(LEAST_GROUP);
        borders.resize((tiles.div_ceil(group) - 1) * 2 * size, 0.0);
        borders.par_chunks_mut(size).enumerate().for_each(|(at, normed)| {
            let tile = (at / 2 + 1) * group - 1 + at % 2;
            norm_tile(isa, &layer.norm, frames, tile, panel, x.tile(tile), normed);
        });
        let borders: Vec<_> = borders.chunks(2 * size).map(|pair| pair.split_at(size)).collect();
        let groups = x.all_mut().par_chunks_mut(group * size);
        let groups = groups.zip(normed.all_mut().par_chunks_mut(group * size));
        groups.enumerate().for_each(|(index, (x, normed))| {
            let Space { around, instrument: space, .. } = &mut *self.space();
            let first = index * group;
            let [before, own, behind] = [0, size, 2 * size];
            if let Some((last, _)) = index.checked_sub(1).map(|before| borders[before]) {
                around.all_mut()[before..own].copy_from_slice(last);
            }
            norm_tile(
                isa,
                &layer.norm,
                frames,
                first,
                panel,
                &x[..size],
                &mut around.all_mut()[own..behind],
            );
            for at in 0..x.len() / size {
                let tile = first + at;
                let output = &mut around.all_mut()[behind..];
                if let Some(x) = x.chunks(size).nth(at + 1) {
                    norm_tile(isa, &layer.norm, frames, tile + 1, panel, x, output);
                } else if let Some((_, first)) = borders.get(index) {
                    output.copy_from_slice(first);
                } else {
                    output.fill(0.0);
                }
                if let Some(x) = x.chunks(size).nth(at + 2) {
                    prefetch(isa, x);
                }
                let x = &mut x[at * size..][..size];
                layer.apply(isa, around, tile, frames, x, space);
                if let Some(norm) = next {
                    norm_tile(isa, norm, frames, tile, panel, x, &mut normed[at * size..][..size]);
                }
                around.all_mut().copy_within(own.., before);
            }
        });
    }

    fn read_logits(&self, fold: &Fold, planes: &Planes, logits: &mut [f32]) {
        let rows = self.configuration.num_logits();
        let Planes { frames, x, .. } = planes;
        let mut parts: Vec<Vec<&mut [f32]>> = Vec::new();
        parts.resize_with(x.tiles.div_ceil(TILES_READ), || Vec::with_capacity(rows));
        for row in logits.chunks_mut(*frames) {
            for (part, piece) in parts.iter_mut().zip(row.chunks_mut(TILES_READ * LANES)) {
                part.push(piece);
            }
        }
        parts.par_iter_mut().enumerate().for_each(|(part, pieces)| {
            let mut tile = vec![0.0; rows * LANES];
            for at in 0..TILES_READ.min(x.tiles - part * TILES_READ) {
                let values = x.tile(part * TILES_READ + at);
                fold.heads.apply(self.isa, values, &mut tile, &mut self.space().heads);
                for (piece, row) in pieces.iter_mut().zip(tile.chunks(LANES)) {
                    let piece = &mut piece[at * LANES..];
                    let count = piece.len().min(LANES);
                    piece[..count].copy_from_slice(&row[..count]);
                }
            }
        });
    }

    fn read_embeddings(&self, fold: &Fold, planes: &Planes, embeddings: &mut [f32]) {
        let Planes { frames, x, .. } = planes;
        for (instrument, embeddings) in embeddings.chunks_mut(frames * x.width).enumerate() {
            embeddings.par_chunks_mut(LANES * x.width).enumerate().for_each(|(tile, output)| {
                let space = &mut self.space().heads;
                let rows = fold.heads.norm(self.isa, x.panel(tile, instrument), space);
                for (lane, output) in output.chunks_mut(x.width).enumerate() {
                    for (output, row) in output.iter_mut().zip(rows.as_chunks::<LANES>().0) {
                        *output = row[lane] as f32;
                    }
                }
            });
        }
    }
}

/// For each instrument the first one with the same spectrogram, bit for bit.
fn first_equals(spectrogram: &[f32], instruments: usize) -> Vec<usize> {
    let bytes: &[u8] = bytemuck::cast_slice(spectrogram);
    let parts: Vec<&[u8]> = bytes.chunks(bytes.len() / instruments).collect();
    parts.iter().map(|part| parts.iter().position(|other| other == part).unwrap_or(0)).collect()
}

/// Passes the residual stream to an observer that wants it.
fn observe(planes: &Planes, name: impl Fn() -> String, observer: &mut dyn Observer) {
    if !observer.wants_seams() {
        return;
    }
    let Planes { frames, x, .. } = planes;
    let mut values = vec![0.0; x.instruments * frames * x.width];
    for (instrument, output) in values.chunks_mut(frames * x.width).enumerate() {
        for (frame, output) in output.chunks_mut(x.width).enumerate() {
            let rows = x.panel(frame / LANES, instrument).as_chunks::<LANES>().0;
            for (output, row) in output.iter_mut().zip(rows) {
                *output = row[frame % LANES];
            }
        }
    }
    observer.seam(&name(), &[x.instruments, *frames, x.width], Values::F32(&values));
}

/// Norms all instruments' panels of a tile; lanes beyond the track's end are zero.
fn norm_tile(
    isa: Isa,
    norm: &Norm,
    frames: usize,
    tile: usize,
    panel: usize,
    x: &[f32],
    output: &mut [f32],
) {
    for (x, normed) in x.chunks(panel).zip(output.chunks_mut(panel)) {
        norm.apply(isa, x, normed);
        clear_beyond(frames, tile, normed);
    }
}

/// Clears the lanes of a panel that are beyond the track's end, which stand for zeros in attentions.
pub(super) fn clear_beyond(frames: usize, tile: usize, panel: &mut [f32]) {
    let used = frames - tile * LANES;
    if used < LANES {
        for row in panel.as_chunks_mut::<LANES>().0 {
            row[used..].fill(0.0);
        }
    }
}
