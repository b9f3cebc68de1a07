/**
 * A catalogue: tracks that many machines analyse, shared through a queue on Redis or Valkey (BullMQ), with audio and records
 * in a folder or an S3-compatible store.
 *
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { jobId } from "./mod.ts";
 * const content = "etag:9b2cf535f27731c974343645a3985328";
 * // The same audio and settings are the same job, whatever the audio is called.
 * equal(jobId({ content, bytes: 4, settings: "t1" }), jobId({ content, bytes: 4, settings: "t1" }));
 * ```
 *
 * @module
 */

export { type Added, addTracks, type Audio, audioFile, audioObjects } from "./add.ts";
export {
  type CostOptions,
  type CostRow,
  costRows,
  type Machines,
  measuredMachines,
  type PricedMachine,
  readMachines,
} from "./cost.ts";
export { startDashboard } from "./dashboard.ts";
export { type EndpointAddress, type EndpointState, startEndpoint } from "./endpoint.ts";
export { type Job, jobId, type JobLimits, recordKey } from "./job.ts";
export type { QueueState } from "./libraries.ts";
export { jsonLog, type Level, type Log } from "./log.ts";
export { type TrackOutcome, type WorkerMetrics, workerMetrics } from "./metrics.ts";
export { PATIENCE, type Patience, PermanentError, tellingPatience } from "./patience.ts";
export { isBucketAddress, openStore, openTellingStore } from "./open_store.ts";
export {
  type AddOptions,
  CatalogueQueue,
  type QueueAddress,
  type QueueCounts,
  type QueuedTrack,
} from "./queue.ts";
export type { TrackRecord, WorkerRun } from "./record.ts";
export {
  type AnalysisSettings,
  type HostOptions,
  keepSettings,
  type KeptSettings,
  OtherSettingsError,
} from "./settings.ts";
export { type Part, simulate, type Simulated, type SimulationOptions } from "./simulate.ts";
export { stageRows } from "./stage_table.ts";
export { exportTable, queryTable, type TableCounts, type TableFiles } from "./table.ts";
export { type RemoteAudio, Sources } from "./sources.ts";
export {
  type Content,
  type FetchOptions,
  OtherContentError,
  type Store,
  type StoredObject,
  type StoreOptions,
} from "./store.ts";
export { CatalogueWorker, type CatalogueWorkerOptions } from "./worker.ts";
