/**
 * The systems of one evaluation: separation networks and models, loaded once.
 *
 * @module
 */

import type { LoadOptions } from "../models/models_folder.ts";
import { loadModel } from "../models/registry.ts";
import type { ComputeOptions } from "../pipeline/backends/backend.ts";
import { loadDemixer } from "../pipeline/backends/demixers.ts";
import type { Demixer } from "../pipeline/demix.ts";
import { type NetworkModel, networkModel } from "../pipeline/network.ts";
import { type Findings, findings } from "../pipeline/result.ts";
import { type RunObserver, runStages } from "../pipeline/runner.ts";
import { demixShifts } from "../pipeline/shifts.ts";
import type { Seams } from "../pipeline/seams.ts";
import { type StageContext, STAGES } from "../pipeline/stages.ts";
import type { Tensor } from "../core/tensor.ts";
import { isStemSource } from "./track_audio.ts";

/** Who separates and who listens. */
export interface System {
  /** As in `loadDemixer()`, or one of the names for stems that need no separation. */
  readonly demixer: string;
  /** As in `loadModel()`. */
  readonly model: string;
}

/** The name of a system, `DEMIXER/MODEL`. */
export function systemName({ demixer, model }: System): string {
  return `${demixer}/${model}`;
}

/** How systems run. */
export interface SystemOptions extends LoadOptions {
  /** Backend, device and threads of the networks. */
  readonly compute?: ComputeOptions;
}

/** The shift of the separation that `analyze` draws unless told otherwise. */
const SHIFTS = demixShifts(1, 0);

/** Up to the spectrogram a system is its demixer, from there on its model. */
const SPECTROGRAM_STAGES = STAGES.slice(
  0,
  1 + STAGES.findIndex(({ outputs }) => outputs.includes("spectrogram")),
);
const MODEL_STAGES = STAGES.slice(SPECTROGRAM_STAGES.length);

/** Networks that are loaded. */
export class LoadedSystems {
  readonly #demixers: ReadonlyMap<string, Demixer>;
  readonly #models: ReadonlyMap<string, NetworkModel>;
  readonly #options: SystemOptions;

  private constructor(
    demixers: ReadonlyMap<string, Demixer>,
    models: ReadonlyMap<string, NetworkModel>,
    options: SystemOptions,
  ) {
    this.#demixers = demixers;
    this.#models = models;
    this.#options = options;
  }

  /**
   * Loads what the systems need, each network once.
   *
   * @throws {ModelError | KernelLoadError} if weights or kernels cannot be had
   */
  static async load(systems: readonly System[], options: SystemOptions): Promise<LoadedSystems> {
    const demixers = new Map<string, Demixer>();
    const models = new Map<string, NetworkModel>();
    for (const { demixer, model } of systems) {
      if (!models.has(model)) {
        models.set(model, networkModel(model, await loadModel(model, options)));
      }
      if (isStemSource(demixer) || demixers.has(demixer)) continue;
      demixers.set(demixer, await loadDemixer(demixer, options));
    }
    return new LoadedSystems(demixers, models, options);
  }

  /** The SHA-256 of all weights of a system. */
  weights({ demixer, model }: System): { name: string; sha256: string | null }[] {
    const separator = this.#demixers.get(demixer);
    return [...(separator ? [separator] : []), ...this.#model(model).checkpoints]
      .map(({ name, sha256 }) => ({ name, sha256 }));
  }

  /**
   * Separates a track, where that is needed, and computes the spectrogram of its stems.
   *
   * @param system of which only the demixer matters
   * @param given what the stages start from
   * @param observer is told of progress
   */
  async spectrogram(
    system: System,
    given: Partial<Seams>,
    observer: RunObserver,
  ): Promise<Tensor<"f32">> {
    const demixer = this.#demixers.get(system.demixer);
    const context: StageContext = {
      ...this.#context(system),
      ...(demixer && {
        separation: {
          demixer: Promise.resolve(demixer),
          shifts: SHIFTS,
          stems: "mono" as const,
        },
      }),
    };
    const seams = await runStages(given, context, observer, undefined, SPECTROGRAM_STAGES);
    return seams.spectrogram!;
  }

  /**
   * Finds beats and segments.
   *
   * @param system of which only the model matters
   * @param spectrogram `[4, frames, 81]` f32, as of the stage
   * @param observer is told of progress
   */
  async findings(
    system: System,
    spectrogram: Tensor<"f32">,
    observer: RunObserver,
  ): Promise<Findings> {
    const context = this.#context(system);
    const seams = await runStages({ spectrogram }, context, observer, undefined, MODEL_STAGES);
    return findings(seams as Seams);
  }

  /** Frees the networks; they cannot run again. */
  async close(): Promise<void> {
    for (const { session } of this.#demixers.values()) await session?.release();
  }

  #context({ model }: System): StageContext {
    const { compute } = this.#options;
    return {
      model: Promise.resolve(this.#model(model)),
      embeddings: false,
      ...(compute && { compute }),
    };
  }

  #model(name: string): NetworkModel {
    const model = this.#models.get(name);
    if (model === undefined) throw new Error(`The model ${name} was not loaded`);
    return model;
  }
}
