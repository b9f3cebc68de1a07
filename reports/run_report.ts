/**
 * Everything that one run measured: what the history keeps and every report is made of.
 *
 * Times are seconds, memory is bytes; what is not known is null, never 0. Formatting is left to the reports.
 *
 * @module
 */

/** One run of `bench` or `nightly`. */
export interface RunReport {
  /** Changes whenever a field changes its meaning. */
  readonly format: 1;
  /** A UUID. */
  readonly id: string;
  /** Id of the run whose suspicion this one was made to confirm; such runs are no nights of their own. */
  readonly confirms?: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** ISO 8601, UTC; null while it runs, or where it was ended before its time. */
  readonly finishedAt: string | null;
  /** What was measured. */
  readonly program: ProgramVersion;
  /** Where. */
  readonly machine: Machine;
  /** Versions of what it runs on: `deno`, `onnxruntime-node` and so on. */
  readonly versions: Readonly<Record<string, string>>;
  /** How. */
  readonly settings: RunSettings;
  /** What was analysed, in the order of the call. */
  readonly tracks: readonly RunTrack[];
  /** What was tried beside one another. */
  readonly variants: readonly Variant[];
  /** Every measurement that counts, in the order in which they were made. */
  readonly measurements: readonly Measurement[];
  /** Figures of `parity` at the same commit; none where it did not run. */
  readonly parity: readonly ParityFigure[];
  /** Figures of `evaluate` at the same commit; none where it did not run. */
  readonly quality: readonly QualityFigure[];
}

/** A state of the program. */
export interface ProgramVersion {
  /** Of `deno.json`. */
  readonly version: string;
  /** Full hash; null outside of a repository. */
  readonly commit: string | null;
  /** Whether files differ from the commit; null where there is none. */
  readonly isModified: boolean | null;
}

/** What timings depend on besides the program. */
export interface Machine {
  /** Hash of the other fields: only runs of one fingerprint are compared. */
  readonly fingerprint: string;
  /** Model name of the processor. */
  readonly cpu: string;
  /** Logical cores. */
  readonly cores: number;
  /** Rounded to whole GiB, so that a kernel that keeps a little more does not make another machine. */
  readonly memoryGiB: number;
  /** `linux`, `darwin` or `windows`. */
  readonly os: string;
  /** `x86_64` or `aarch64`. */
  readonly architecture: string;
  /** What the fast paths are chosen by: `avx2`, `avx512f` and so on, sorted. */
  readonly cpuFlags: readonly string[];
}

/** How a run measures. Runs with other settings are not compared. */
export interface RunSettings {
  /** Model in the registry. */
  readonly model: string;
  /** Who separates; `external` where stems are given. */
  readonly demixer: string;
  /** SHA-256 of all weights, sorted and hashed again. */
  readonly weightsSha256: string;
  /** Rounds that do not count. */
  readonly warmUps: number;
  /** Rounds that count. */
  readonly rounds: number;
  /** Decides the order of the measurements. */
  readonly seed: number;
}

/** A piece of the corpus. */
export interface RunTrack {
  /** Unique in the run. */
  readonly name: string;
  /** Length. */
  readonly seconds: number;
  /** Of the audio file, or of the files of its stems one after the other, so that a changed one is seen. */
  readonly sha256: string;
}

/** One way to compute. */
export interface Variant {
  /** Unique in the run, such as `native, 2 threads`. */
  readonly name: string;
  /** `native` or `onnx`. */
  readonly backend: string;
  /** Threads of the networks. */
  readonly threads: number;
}

/** One track, analysed once from file to result. */
export interface Measurement {
  /** Name of the variant. */
  readonly variant: string;
  /** Name of the track. */
  readonly track: string;
  /** From 0 on. */
  readonly round: number;
  /** From start to result. */
  readonly seconds: number;
  /** User and system time of all threads. */
  readonly cpuSeconds: number;
  /** Highest resident memory seen. */
  readonly peakBytes: number;
  /** Bytes that the process read from files; null where the system does not tell. */
  readonly bytesRead: number | null;
  /** In the order in which they ended. */
  readonly stages: readonly StageMeasurement[];
}

/** One stage of one measurement. Stages overlap: what belongs to the process counts for all that run. */
export interface StageMeasurement {
  /** `weights`, `decode`, a stage of the pipeline, or `write`. */
  readonly stage: string;
  /** Seconds after the measurement's start. */
  readonly start: number;
  /** Seconds after the measurement's start. */
  readonly end: number;
  /** User and system time of the process while the stage ran. */
  readonly cpuSeconds: number;
  /** Highest resident memory of the process seen while it ran. */
  readonly peakBytes: number;
  /** Bytes that the process read from files while it ran; null where the system does not tell. */
  readonly bytesRead: number | null;
}

/** How far one seam is from its reference. */
export interface ParityFigure {
  /** Name of the suite. */
  readonly suite: string;
  /** Name of the piece. */
  readonly piece: string;
  /** `isolated` or `chained`. */
  readonly mode: string;
  /** The stage that makes the seam. */
  readonly stage: string;
  /** Name of the seam. */
  readonly seam: string;
  /** `pass`, `fail` or `reported`. */
  readonly verdict: string;
  /** Smallest tolerance that passes; null where there is none to tell, as of a missing seam. */
  readonly needs: number | null;
  /** What is allowed. */
  readonly allowed: number;
  /** What upstream's own float32 needs; null where that is not known. */
  readonly upstream: number | null;
}

/** A mean over tracks whose truth is known. */
export interface QualityFigure {
  /** `hpss/embedded` and the like. */
  readonly system: string;
  /** Key of the measure, `beatF` and the like. */
  readonly measure: string;
  /** The mean. */
  readonly value: number;
  /** Tracks that it is the mean of. */
  readonly tracks: number;
}

/** Name of the row that stands for the whole of a measurement. */
export const TOTAL = "total";
