/**
 * Default weights: the published ones if they are installed, otherwise those that ship with the program.
 *
 * @module
 */

import { HPSS_MIX } from "./demixer_weights.ts";
import { LISTED_MODELS, modelState } from "./download/listed_models.ts";
import { EMBEDDED } from "./embedded/embedded.ts";

/** Candidates of each role: the first installed published model is chosen, otherwise the embedded one. */
const CHOICES = {
  demixer: {
    published: LISTED_MODELS.filter(({ name }) => name === "htdemucs"),
    embedded: HPSS_MIX,
  },
  model: {
    published: LISTED_MODELS.filter(({ name }) => name.startsWith("harmonix")),
    embedded: EMBEDDED,
  },
} as const;

/** Role of weights: to separate a mix, or to find beats and segments. */
export type Role = "demixer" | "model";

/** Chosen weights, and the reason. */
export interface Choice {
  /** Name of a demixer or model. */
  readonly name: string;
  /** Name of the published weights that are preferred but not installed. */
  readonly missing?: string;
}

/**
 * Chooses weights.
 *
 * Files are not read. Published weights of a wrong size are chosen, so that loading them reports the error.
 *
 * @param role role of the weights
 * @param folder folder of the published weights; absent if there is none
 */
export async function chooseWeights(role: Role, folder?: string): Promise<Choice> {
  const { published, embedded } = CHOICES[role];
  if (folder !== undefined) {
    for (const model of published) {
      const { state } = await modelState(folder, model);
      if (state !== "missing") return { name: model.name };
    }
  }
  return { name: embedded, missing: published[0]?.name ?? "" };
}
