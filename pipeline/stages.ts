/**
 * The table of stages, in the order of the data. `seams.ts` is the table of seams between them.
 *
 * A stage that has `run` is a function from seams to seams: parity, recording and the guard use
 * these. The others surround them and are only timed. Where no seam before the spectrogram is asked for, `mix_stream.ts` and
 * `stem_stream.ts` make the same spectrogram without whole seams before it, and tell the times of the same stages.
 *
 * @module
 */

import { orAborted } from "../core/abort.ts";
import { activations } from "./activations.ts";
import { type Backend, backendOf, type ComputeOptions, otherBackend } from "./backends/backend.ts";
import { demix, type Demixer, type DemixOptions, releaseDemixer } from "./demix.ts";
import { functional } from "./functional.ts";
import type { InnerSeamObserver } from "./inner_seam_observer.ts";
import { metrical, type MetricalOptions } from "./metrical.ts";
import { naiveBeats } from "./naive/beat_decoder.ts";
import { naiveSpectrogram } from "./naive/spectrogram.ts";
import { network, type NetworkModel } from "./network.ts";
import type { SeamName, Seams } from "./seams.ts";
import { spectrogram } from "./spectrogram.ts";
import type { Turns } from "../core/turns.ts";

/** Weights and options of a run. */
export interface StageContext {
  /** Weights of the network, which may still be loading. */
  readonly model: Promise<NetworkModel>;
  /** Whether the network returns its embeddings, which take 77 kB a second of audio and fold. */
  readonly embeddings: boolean;
  /** Separation of mixtures; absent where stems are given. */
  readonly separation?: SeparationContext;
  /** Backend, device and threads of the networks. */
  readonly compute?: ComputeOptions;
  /** Networks of other tracks, which those of this one wait for; absent to begin at once. */
  readonly turns?: Turns;
  /** Tempi and bars that the decoder tries, and a receiver of the metre. */
  readonly metrical?: MetricalOptions;
  /** Receives the inner seams of activations, metrical and functional; absent to make none. */
  readonly observe?: InnerSeamObserver;
  /** Aborts the run. */
  readonly signal?: AbortSignal;
  /** Called when a part of a long stage is done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** How mixtures are separated. */
export interface SeparationContext extends Pick<DemixOptions, "shifts" | "overlap" | "stems"> {
  /** Loaded demixer, which may still be loading. */
  readonly demixer: Promise<Demixer>;
  /** As in {@linkcode DemixOptions}. */
  readonly releaseMixture?: boolean;
  /** Loads the same network for another backend; absent where no guard needs it. */
  readonly loadFallback?: (backend: Backend) => Promise<Demixer>;
}

/** Work outside of the seams, such as loading weights, which is only timed. */
export interface SurroundingStage {
  /** Name in reports and timings. */
  readonly name: "start" | "demixer weights" | "weights" | "decode" | "write";
}

/** A stage of the pipeline: a function from seams to seams. */
export interface Stage {
  /** Name in reports, timings and on the command line; also the name of the stage's file. */
  readonly name: string;
  /** Seams that the stage reads. */
  readonly inputs: readonly SeamName[];
  /** Seams that the stage makes; `stems` and `embeddings` only where the context asks for them. */
  readonly outputs: readonly SeamName[];
  /** Language that computes the stage; a network may have another backend. */
  readonly backend: "native" | "typescript";
  /** Whether the stage is a network, which can run on other backends and devices. */
  readonly isNetwork?: true;
  /** Makes the outputs from the inputs. */
  run(seams: Seams, context: StageContext): Promise<Partial<Seams>>;
  /**
   * Prepares a second implementation, which guards the first; absent where the stage is simple.
   *
   * @returns null where the context has no second implementation
   */
  readonly alternative?: (context: StageContext) => Promise<StageAlternative | null>;
}

/** A second implementation of a stage. */
export interface StageAlternative {
  /** Name in provenance. */
  readonly backend: string;
  /** Expected error of this implementation: 0 in float64, the tolerance of parity in float32. */
  readonly tolerance: number;
  /**
   * Least signal-to-noise ratio of the first implementation against this one, in the place of the tolerance; absent
   * where both have the same precision.
   */
  readonly leastSnrDecibels?: number;
  /** Makes the outputs from the inputs. */
  run(seams: Seams, context: StageContext): Promise<Partial<Seams>>;
  /** Frees its memory. */
  release(): Promise<void>;
}

/** Tolerance of parity for both backends of a network. */
const NETWORK_TOLERANCE = 1e-6;

/** Signal-to-noise ratio of stems below which products in bfloat16 are wrong: upstream has 33 dB on the reference clip. */
const LEAST_SNR_DECIBELS = 30;

/** Every stage, in the order of the data. */
export const STAGE_TABLE: readonly (Stage | SurroundingStage)[] = [
  { name: "start" },
  { name: "demixer weights" },
  { name: "weights" },
  { name: "decode" },
  {
    name: "demix",
    inputs: ["mixture"],
    outputs: ["stems", "stems16"],
    backend: "native",
    isNetwork: true,
    run: async (seams, context) =>
      await separate(
        await orAborted(separationOf(context).demixer, context.signal),
        seams,
        context,
      ),
    alternative: async (context) => {
      const { demixer, loadFallback } = separationOf(context);
      const { networks, backend, precision } = await demixer;
      // Median filters have one implementation.
      if (networks.length === 0 || loadFallback === undefined) return null;
      const other = await loadFallback(otherBackend(backend));
      return {
        backend: other.backend,
        tolerance: NETWORK_TOLERANCE,
        ...(precision === "bf16" && { leastSnrDecibels: LEAST_SNR_DECIBELS }),
        run: (seams, context) => separate(other, seams, context),
        release: () => releaseDemixer(other),
      };
    },
  },
  {
    name: "spectrogram",
    inputs: ["stems16"],
    outputs: ["spectrogram"],
    backend: "native",
    run: async ({ stems16 }, { signal }) => ({ spectrogram: await spectrogram(stems16, signal) }),
    alternative: () =>
      naive(({ stems16 }) => Promise.resolve({ spectrogram: naiveSpectrogram(stems16) })),
  },
  {
    name: "network",
    inputs: ["spectrogram"],
    outputs: ["logits.beat", "logits.downbeat", "logits.section", "logits.function", "embeddings"],
    backend: "native",
    isNetwork: true,
    run: runNetwork,
    alternative: ({ compute }) => {
      const { threads } = compute ?? {};
      const backend = otherBackend(backendOf(compute));
      const onProcessor = { backend, ...(threads !== undefined && { threads }) };
      return Promise.resolve({
        backend,
        tolerance: NETWORK_TOLERANCE,
        run: (seams, context) => runNetwork(seams, { ...context, compute: onProcessor }),
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
    run: (seams, { observe }) => Promise.resolve(activations(seams, observe)),
  },
  {
    name: "metrical",
    inputs: ["activations.beat", "activations.downbeat"],
    outputs: ["beats", "beat_positions", "bpm"],
    backend: "native",
    run: async (seams, { model, metrical: options, observe }) =>
      await metrical(seams, (await model).thresholdDownbeat, {
        ...options,
        ...(observe && { observe }),
      }),
    alternative: () =>
      naive(async (seams, { model, metrical: options }) =>
        await metrical(
          seams,
          (await model).thresholdDownbeat,
          options,
          (input, threshold, decoder) => Promise.resolve(naiveBeats(input, threshold, decoder)),
        )
      ),
  },
  {
    name: "functional",
    inputs: ["activations.section", "activations.function"],
    outputs: ["boundaries", "labels"],
    backend: "typescript",
    run: (seams, { observe }) =>
      Promise.resolve(
        functional(seams["activations.section"], seams["activations.function"], observe),
      ),
  },
  { name: "write" },
];

/** The stages that make seams from seams, in the order of the data. */
export const STAGES: readonly Stage[] = STAGE_TABLE.filter((stage) => "run" in stage);

function separationOf({ separation }: StageContext): SeparationContext {
  if (separation === undefined) {
    throw new Error("The stage demix needs a demixer: the context has no separation");
  }
  return separation;
}

async function separate(
  demixer: Demixer,
  { mixture }: Seams,
  context: StageContext,
): Promise<Partial<Seams>> {
  const { demixer: _, loadFallback: __, ...options } = separationOf(context);
  return await demix(demixer, mixture, {
    ...options,
    ...(context.signal && { signal: context.signal }),
    ...(context.onProgress && { onProgress: context.onProgress }),
  });
}

async function runNetwork({ spectrogram }: Seams, context: StageContext): Promise<Partial<Seams>> {
  return await network(await orAborted(context.model, context.signal), spectrogram, context);
}

/** Wraps the naive float64 implementation of a stage, whose name in provenance is `plain`. */
function naive(run: StageAlternative["run"]): Promise<StageAlternative> {
  return Promise.resolve({ backend: "plain", tolerance: 0, run, release: () => Promise.resolve() });
}
