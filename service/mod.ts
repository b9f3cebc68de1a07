/**
 * The HTTP service: uploads and paths to analyses, results in all formats, progress, and a player.
 *
 * `app.ts` is the table of routes, `api.ts` their schemas; `job_queue.ts` is what the service needs of a queue, and
 * `disk_queue.ts` the one that keeps everything on this machine.
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { idOf } from "./mod.ts";
 * // Equal audio with equal settings has one analysis.
 * ok(idOf("audio", "settings") === idOf("audio", "settings"));
 * ```
 *
 * @module
 */

export {
  type Analysis,
  type AnalysisProgress,
  type AnalysisRecord,
  type AnalysisState,
  STATES,
} from "./analysis.ts";
export { DiskQueue, type DiskQueueOptions, idOf } from "./disk_queue.ts";
export type { AnalysisEvent } from "./event_log.ts";
export type { CatalogueAddress } from "./catalogue_work.ts";
export * from "./job_queue.ts";
export {
  ensureToken,
  type RunningService,
  type ServiceLimits,
  type ServiceOptions,
  startService,
} from "./server.ts";
