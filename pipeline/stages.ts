/**
 * The table of stages and seams: the one place that lists them.
 *
 * A stage is a function from tensors to tensors; a seam is a named tensor between two stages. The
 * runner, parity, recording and timing all read this table.
 *
 * @module
 */

import { activations } from "./activations.ts";
import { type Backend, otherBackend } from "./backends/backend.ts";
import { demix, type Demixer, type DemixOptions } from "./demix.ts";
import { functional } from "./functional.ts";
import { type BeatDecoder, metrical } from "./metrical.ts";
import { network, type NetworkModel } from "./network.ts";
import { plainBeats } from "./naive/beat_decoder.ts";
import { plainSpectrogram } from "./naive/spectrogram.ts";
import { spectrogram } from "./spectrogram.ts";
import type { DType, Tensor } from "../core/tensor.ts";

/**
 * How a seam is judged: floats by tolerance, 16-bit samples to one step in one sample of a hundred, times
 * to 1e-9 s, discrete values by equality.
 */
export type Judgement = "float" | "steps" | "time" | "equal";

/** What is known of a seam without its values. */
export interface SeamDescription {
  /** Element type. */
  readonly dtype: DType;
  /** Length or name of each axis, outermost first. */
  readonly axes: readonly (number | string)[];
  /** Unit and range of the values. */
  readonly unit: string;
  /** How two versions of it are compared. */
  readonly judgement: Judgement;
  /**
   * Whether each fold's own values are in it, so that upstream's own float32 error, where larger, is
   * the tolerance: a single fold of upstream misses 1e-6 itself.
   */
  readonly perFold?: true;
}

/** Every seam, in the order of the data. */
export const SEAMS = {
  "mixture": {
    dtype: "f32",
    axes: [2, "samples"],
    unit: "full scale 1.0, 44.1 kHz",
    judgement: "float",
  },
  "stems": {
    dtype: "f32",
    axes: [4, 2, "samples"],
    unit: "full scale 1.0, 44.1 kHz; bass, drums, other, vocals",
    judgement: "float",
  },
  "stems16": {
    dtype: "i16",
    // One channel, the mean of both, where a mixture is separated and its stems are not kept.
    axes: [4, 2, "samples"],
    unit: "1/32768 of full scale, 44.1 kHz; bass, drums, other, vocals",
    judgement: "steps",
  },
  "spectrogram": {
    dtype: "f32",
    axes: [4, "frames", 81],
    unit: "log10(1 + magnitude), 100 frames/s",
    judgement: "float",
  },
  "logits.beat": { dtype: "f32", axes: ["frames"], unit: "logit", judgement: "float" },
  "logits.downbeat": { dtype: "f32", axes: ["frames"], unit: "logit", judgement: "float" },
  "logits.section": { dtype: "f32", axes: ["frames"], unit: "logit", judgement: "float" },
  "logits.function": { dtype: "f32", axes: [10, "frames"], unit: "logit", judgement: "float" },
  "embeddings": {
    dtype: "f32",
    axes: [4, "frames", 24, "folds"],
    unit: "layer-normalised",
    judgement: "float",
    perFold: true,
  },
  "activations.beat": {
    dtype: "f32",
    axes: ["frames"],
    unit: "probability",
    judgement: "float",
  },
  "activations.downbeat": {
    dtype: "f32",
    axes: ["frames"],
    unit: "probability",
    judgement: "float",
  },
  "activations.section": {
    dtype: "f32",
    axes: ["frames"],
    unit: "probability",
    judgement: "float",
  },
  "activations.function": {
    dtype: "f32",
    axes: [10, "frames"],
    unit: "probability, sums to 1 over the labels",
    judgement: "float",
  },
  "beats": { dtype: "f64", axes: ["beats"], unit: "seconds", judgement: "time" },
  "beat_positions": {
    dtype: "i32",
    axes: ["beats"],
    unit: "beat of the bar, 1 = downbeat",
    judgement: "equal",
  },
  "bpm": {
    dtype: "i32",
    axes: ["tempi"],
    unit: "beats a minute; empty when there are fewer than two beats",
    judgement: "equal",
  },
  "boundaries": {
    dtype: "f64",
    axes: ["segments + 1"],
    unit: "seconds",
    judgement: "time",
  },
  "labels": {
    dtype: "i32",
    axes: ["segments"],
    unit: "index into the labels",
    judgement: "equal",
  },
} as const satisfies Record<string, SeamDescription>;

/** The name of a seam. */
export type SeamName = keyof typeof SEAMS;

/** Every seam with the type of its tensor. */
export type Seams = { [Name in SeamName]: Tensor<(typeof SEAMS)[Name]["dtype"]> };

/** What varies between runs besides the tensors. */
export interface StageContext {
  /** The weights, which may still be loading. */
  readonly model: Promise<NetworkModel>;
  /** Whether the network hands out its embeddings, which take 77 kB a second of audio and fold. */
  readonly embeddings: boolean;
  /** Who separates mixtures; absent where stems are given. */
  readonly separation?: {
    /** The separation network, which may still be loading. */
    readonly demixer: Promise<Demixer>;
    /** As in {@linkcode demix}. */
    readonly shifts: readonly (number | null)[];
    /** As in {@linkcode demix}. */
    readonly stems: DemixOptions["stems"];
    /** As in {@linkcode demix}. */
    readonly letGo?: boolean;
    /** Loads the same network for another backend; absent where nobody guards. */
    readonly otherwise?: (backend: Backend) => Promise<Demixer>;
  };
  /** Who computes the network; our own kernels when absent. */
  readonly backend?: Backend;
  /** What ONNX Runtime computes on; the processor when absent. */
  readonly device?: string;
  /** Threads for stages that take a number; absent for as many as there are cores. */
  readonly threads?: number;
  /** Called when a part of a long stage is done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** One step of the pipeline. */
export interface Stage {
  /** Name in reports, timings and on the command line. */
  readonly name: string;
  /** The seams that it reads. */
  readonly inputs: readonly SeamName[];
  /** The seams that it makes; `stems` and `embeddings` only where the context asks for them. */
  readonly outputs: readonly SeamName[];
  /** Who computes it; networks can also be computed by another backend, on a device. */
  readonly backend: "native" | "typescript";
  /** Whether it is a network. */
  readonly isNetwork?: true;
  /** Makes the outputs from the inputs. */
  run(seams: Seams, context: StageContext): Promise<Partial<Seams>>;
  /**
   * Who else can make them, more plainly, to guard it; absent where it is plain itself.
   *
   * @returns null where there is nobody in this context
   */
  readonly judge?: (context: StageContext) => Promise<StageJudge | null>;
}

/** Another way to compute a stage. */
export interface StageJudge {
  /** What it is called in provenance. */
  readonly backend: string;
  /** The tolerance that it needs itself: 0 where it computes in float64, what parity allows of a network in float32. */
  readonly tolerance: number;
  /** Makes the outputs from the inputs. */
  run(seams: Seams, context: StageContext): Promise<Partial<Seams>>;
  /** Frees what it holds. */
  release(): Promise<void>;
}

/** What parity allows of either backend of a network. */
const NETWORK_TOLERANCE = 1e-6;

/** Every stage, in the order of the data. */
export const STAGES: readonly Stage[] = [
  {
    name: "demix",
    inputs: ["mixture"],
    outputs: ["stems", "stems16"],
    backend: "native",
    isNetwork: true,
    run: async (seams, context) => await separated(await demixerOf(context), seams, context),
    judge: async (context) => {
      const { session, backend } = await demixerOf(context);
      // Without a network there is nobody else.
      if (session === null) return null;
      const other = await context.separation?.otherwise?.(otherBackend(backend));
      return other === undefined ? null : {
        backend: other.backend,
        tolerance: NETWORK_TOLERANCE,
        run: (seams, context) => separated(other, seams, context),
        release: async () => await other.session?.release(),
      };
    },
  },
  {
    name: "spectrogram",
    inputs: ["stems16"],
    outputs: ["spectrogram"],
    backend: "native",
    run: async (seams) => ({ spectrogram: await spectrogram(seams.stems16) }),
    judge: () =>
      plain((seams) => Promise.resolve({ spectrogram: plainSpectrogram(seams.stems16) })),
  },
  {
    name: "network",
    inputs: ["spectrogram"],
    outputs: [
      "logits.beat",
      "logits.downbeat",
      "logits.section",
      "logits.function",
      "embeddings",
    ],
    backend: "native",
    isNetwork: true,
    run: logits,
    judge: ({ backend = "native" }) => {
      const other = otherBackend(backend);
      return Promise.resolve({
        backend: other,
        tolerance: NETWORK_TOLERANCE,
        run: (seams, { device: _, ...context }) => logits(seams, { ...context, backend: other }),
        release: () => Promise.resolve(),
      });
    },
  },
  {
    name: "activations",
    inputs: ["logits.beat", "logits.downbeat", "logits.section", "logits.function"],
    outputs: [
      "activations.beat",
      "activations.downbeat",
      "activations.section",
      "activations.function",
    ],
    backend: "typescript",
    run: (seams) => {
      const output = activations({
        beat: seams["logits.beat"],
        downbeat: seams["logits.downbeat"],
        section: seams["logits.section"],
        function: seams["logits.function"],
      });
      return Promise.resolve({
        "activations.beat": output.beat,
        "activations.downbeat": output.downbeat,
        "activations.section": output.section,
        "activations.function": output.function,
      });
    },
  },
  {
    name: "metrical",
    inputs: ["activations.beat", "activations.downbeat"],
    outputs: ["beats", "beat_positions", "bpm"],
    backend: "native",
    run: (seams, context) => beats(seams, context),
    judge: () =>
      plain((seams, context) =>
        beats(
          seams,
          context,
          (input, threshold) => Promise.resolve(plainBeats(input, threshold)),
        )
      ),
  },
  {
    name: "functional",
    inputs: ["activations.section", "activations.function"],
    outputs: ["boundaries", "labels"],
    backend: "typescript",
    run: (seams) =>
      Promise.resolve(functional(seams["activations.section"], seams["activations.function"])),
  },
];

async function demixerOf({ separation }: StageContext): Promise<Demixer> {
  if (separation === undefined) throw new Error("There is nobody to separate the mixture");
  return await separation.demixer;
}

async function separated(
  demixer: Demixer,
  seams: Seams,
  { separation, onProgress }: StageContext,
): Promise<Partial<Seams>> {
  const { shifts, stems, letGo } = separation!;
  return await demix(demixer, seams.mixture, {
    ...{ shifts, stems, ...(letGo !== undefined && { letGo }) },
    ...(onProgress && { onProgress }),
  });
}

async function logits(seams: Seams, context: StageContext): Promise<Partial<Seams>> {
  const output = await network(await context.model, seams.spectrogram, context);
  return {
    "logits.beat": output.beat,
    "logits.downbeat": output.downbeat,
    "logits.section": output.section,
    "logits.function": output.function,
    ...(output.embeddings && { embeddings: output.embeddings }),
  };
}

async function beats(
  seams: Seams,
  context: StageContext,
  decode?: BeatDecoder,
): Promise<Partial<Seams>> {
  const output = await metrical(
    seams["activations.beat"],
    seams["activations.downbeat"],
    (await context.model).thresholdDownbeat,
    decode,
  );
  return { beats: output.beats, beat_positions: output.positions, bpm: output.bpm };
}

function plain(run: StageJudge["run"]): Promise<StageJudge> {
  return Promise.resolve({ backend: "plain", tolerance: 0, run, release: () => Promise.resolve() });
}
