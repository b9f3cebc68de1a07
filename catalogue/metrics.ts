/**
 * Metrics of a worker in the text format of OpenMetrics, which Prometheus reads.
 *
 * @module
 */

import { orAborted } from "../core/abort.ts";
import { type CounterMetric, type GaugeMetric, library } from "./libraries.ts";
import type { QueueCounts } from "./queue.ts";
import type { WorkerRun } from "./record.ts";

/** What became of a track: analysed, found in the store, failed, or given back. */
export type TrackOutcome = "done" | "known" | "failed" | "returned";

/** Counts what a worker does. */
export interface WorkerMetrics {
  /** Counts a track. */
  track(outcome: TrackOutcome): void;
  /** Adds the seconds of a track that was analysed. */
  run(run: WorkerRun): void;
  /** Returns the metrics as text, and its type. */
  text(): Promise<{ readonly type: string; readonly text: string }>;
}

/** Upper bounds of the times of a track, seconds. */
const SECONDS = [0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 900];

/** Time in which Redis must tell what the queue holds. */
const COUNT_MILLISECONDS = 2000;

/**
 * Returns metrics that begin at zero.
 *
 * @param counts returns what the queue holds
 */
export async function workerMetrics(counts: () => Promise<QueueCounts>): Promise<WorkerMetrics> {
  const { Registry, Counter, Gauge, Histogram } = await library("prom-client");
  const registry = new Registry(Registry.OPENMETRICS_CONTENT_TYPE as never);
  const common = { registers: [registry as never] };
  const counter = (name: string, help: string, labelNames: string[] = []): CounterMetric =>
    new Counter({ name, help, labelNames, ...common });
  const tracks = counter("tactus_tracks", "Tracks by what became of them", ["outcome"]);
  const audio = counter("tactus_audio_seconds", "Seconds of audio that were analysed");
  const stages = counter("tactus_stage_seconds", "Seconds of each stage", ["stage"]);
  const fetched = counter(
    "tactus_fetch_seconds",
    "Seconds in which audio was copied from the store",
  );
  const work = new Histogram({
    name: "tactus_track_seconds",
    help: "Seconds of a track from its start to its record",
    labelNames: [],
    buckets: SECONDS,
    ...common,
  });
  const factor = new Gauge({
    name: "tactus_real_time_factor",
    help: "Seconds of audio a second of work of the last track",
    labelNames: [],
    ...common,
  });
  new Gauge({
    name: "tactus_queue_tracks",
    help: "Tracks in the queue by their state",
    labelNames: ["state"],
    ...common,
    async collect(this: GaugeMetric): Promise<void> {
      this.reset();
      // The other metrics are told while Redis is away; the labels of this one are absent.
      const found = await orAborted(counts(), AbortSignal.timeout(COUNT_MILLISECONDS)).catch(() =>
        undefined
      );
      if (found === undefined) return;
      const { waiting, delayed, active, dead } = found;
      for (const [state, value] of Object.entries({ waiting, delayed, active, dead })) {
        this.set({ state }, value);
      }
    },
  });
  for (const outcome of ["done", "known", "failed", "returned"]) tracks.inc({ outcome }, 0);
  return {
    track: (outcome) => tracks.inc({ outcome }, 1),
    run: (run) => {
      audio.inc({}, run.audio_seconds);
      fetched.inc({}, run.fetch_seconds);
      work.observe({}, run.seconds);
      if (run.seconds > 0) factor.set({}, run.audio_seconds / run.seconds);
      for (const [stage, seconds] of Object.entries(run.stages)) stages.inc({ stage }, seconds);
    },
    text: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  };
}
