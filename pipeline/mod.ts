/**
 * The analysis of tracks: the stages, one file a stage in the order of the data (`mixture.ts` and `demix.ts`,
 * or `stems.ts`; `spectrogram.ts`, `network.ts`, `activations.ts`, `metrical.ts`, `functional.ts`), and the run
 * of tracks through them. `stages.ts` is the table of stages, `seams.ts` the table of seams.
 *
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { Analyzer } from "./mod.ts";
 * await using analyzer = await Analyzer.load({ model: "embedded", demixer: "hpss-mix" });
 * const result = await analyzer.analyze("fixtures/audio/four_four/mix.flac");
 * equal(result.bpm, 125);
 * ```
 *
 * @module
 */

export type { AudioSamples } from "../kernels/mod.ts";
export { type DType, slice, type Tensor, tensor, type TypedArray } from "../core/tensor.ts";
export { foldNames, loadModel, MODEL_NAMES } from "../models/registry.ts";
export {
  type AnalyzedTrack,
  analyzeTrack,
  type SeparationOptions,
  type Track,
  type TrackOptions,
} from "./analyze_track.ts";
export {
  type AnalyzeOptions,
  Analyzer,
  type AnalyzerInput,
  type AnalyzerOptions,
  type NamedAnalyzerOptions,
  type SeamOptions,
} from "./analyzer.ts";
export { type AudioOptions, TooLongError, type TrackPart } from "./audio_files.ts";
export { type Backend, BACKENDS, type ComputeOptions } from "./backends/backend.ts";
export type { DemixSession, SegmentOutput, SegmentRunOptions } from "./backends/demix_session.ts";
export { type DemixerOptions, loadDemixer } from "./backends/demixers.ts";
export {
  builtInDevices,
  DEVICE_NAMES,
  DeviceError,
  type DeviceName,
  type Providers,
  providersOf,
} from "./backends/devices.ts";
export { type ProbedDevice, probeDevices } from "./backends/onnx/probe.ts";
export { type Demixer, type DemixNetwork, type DemixOptions, releaseDemixer } from "./demix.ts";
export { type FileIdentity, fileIdentity, isUnchanged } from "./file_identity.ts";
export { FfmpegError, type FfmpegOptions } from "./ffmpeg.ts";
export { LABELS } from "./functional.ts";
export type { InnerSeamObserver } from "./inner_seam_observer.ts";
export type { GuardOptions } from "./guard.ts";
export { type AppliedGain, decibels, type Gain } from "./levels.ts";
export { unsureLabels } from "./label_confidence.ts";
export type { MetricalOptions } from "./metrical.ts";
export { excerpt, type ReadMixture, readMixture } from "./mixture.ts";
export { type NetworkModel, networkModel } from "./network.ts";
export type { Progress } from "./progress.ts";
export {
  type AnalysisResult,
  type AudioFile,
  type FindingOptions,
  findingProvenance,
  type Findings,
  type FittedTempo,
  type GuardProvenance,
  type Metre,
  type Provenance,
  resultToJson,
  type Segment,
} from "./result.ts";
export {
  reachableStages,
  type RunObserver,
  runStages,
  type StageTiming,
  type TimingLine,
} from "./runner.ts";
export {
  type Judgement,
  type SeamDescription,
  type SeamName,
  SEAMS,
  type Seams,
  type SinglePrecision,
} from "./seams.ts";
export type { SegmentOptions } from "./segment_fit.ts";
export { demixShifts } from "./shifts.ts";
export { BANDS, FRAMES_PER_SECOND, HOP_SAMPLES, SAMPLE_RATE_HZ } from "./spectrogram.ts";
export {
  type SeparationContext,
  type Stage,
  type StageAlternative,
  type StageContext,
  STAGES,
} from "./stages.ts";
export { AUDIO_ENDING, findStems } from "./find_stems.ts";
export {
  firstSamples,
  type ReadStems,
  readStems,
  type StemName,
  STEMS,
  StemsError,
  type StemsRecord,
} from "./stems.ts";
export type { BpmRange } from "./tempo_fit.ts";
