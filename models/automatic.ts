/**
 * Which weights are taken where nobody names any: the published ones where they are installed, else those that ship
 * with the program.
 *
 * @module
 */

import { HPSS } from "./registry.ts";
import { LISTED_MODELS, modelState } from "./download/listed_models.ts";
import { EMBEDDED } from "./embedded/embedded.ts";

/** What is chosen: the first published weights that are installed, else ours. */
const CHOICES = {
  demixer: {
    published: LISTED_MODELS.filter(({ name }) => name === "htdemucs"),
    embedded: HPSS,
  },
  model: {
    published: LISTED_MODELS.filter(({ name }) => name.startsWith("harmonix")),
    embedded: EMBEDDED,
  },
} as const;

/** What weights are for: to separate a mix, or to find beats and segments. */
export type Role = keyof typeof CHOICES;

/** What was taken, and why. */
export interface Choice {
  /** The name of a demixer or model. */
  readonly name: string;
  /** The published weights that would have been taken, had they been there. */
  readonly missing?: string;
}

/**
 * Chooses weights.
 *
 * Files are looked at, not read: published weights of a wrong size are chosen, so that loading them says what is wrong.
 *
 * @param role what for
 * @param folder of the published weights; absent where there is none
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
