/**
 * What models there are, and which files each needs.
 *
 * @module
 */

import { HPSS } from "../demixer_weights.ts";
import { EMBEDDED } from "../embedded/embedded.ts";
import { HARMONIX_FILES } from "./harmonix_files.ts";
import { HTDEMUCS_FILE } from "./htdemucs_file.ts";
import type { PinnedFile } from "./pinned_file.ts";
import { foldNames, MODEL_NAMES } from "../registry.ts";

/** Files that are of use together only. */
export interface ModelPart {
  /** The files that are downloaded. */
  readonly files: readonly PinnedFile[];
  /** Name of a file that serves where the first of those is missing; nobody publishes its SHA-256. */
  readonly alternative?: string;
}

/** A model as a person chooses it. */
export interface ListedModel {
  /** Its name. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly description: string;
  /** What it consists of; nothing where it is a part of the program. */
  readonly parts: readonly ModelPart[];
}

const HARMONIX_PARTS: readonly ModelPart[] = HARMONIX_FILES.map(({ npz, yaml, pthFileName }) => ({
  files: [npz, yaml],
  alternative: pthFileName,
}));

/** All models: ours, the published networks and demixer, then those that are computed. */
export const LISTED_MODELS: readonly ListedModel[] = [
  { name: EMBEDDED, description: "beats and segments, small, ours", parts: [] },
  { name: HPSS, description: "separation by median filters", parts: [] },
  {
    name: "harmonix-all",
    description: "beats and segments, eight folds averaged",
    parts: HARMONIX_PARTS,
  },
  ...HARMONIX_PARTS.map((part, fold) => ({
    name: `harmonix-fold${fold}`,
    description: "beats and segments, one fold",
    parts: [part],
  })),
  {
    name: "htdemucs",
    description: "separation into stems",
    parts: [{ files: [HTDEMUCS_FILE] }],
  },
  ...MODEL_NAMES.filter((name) => name.startsWith("seeded")).map((name) => ({
    name,
    description: foldNames(name).length > 1
      ? "as harmonix-all, untrained: for tests"
      : "as a harmonix fold, untrained: for tests",
    parts: [],
  })),
  { name: "seeded-htdemucs", description: "as htdemucs, untrained: for tests", parts: [] },
];

/** The files of a model; none where it is a part of the program. */
export function modelFiles({ parts }: ListedModel): readonly PinnedFile[] {
  return parts.flatMap(({ files }) => files);
}
