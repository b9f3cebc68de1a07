/**
 * What models there are, and which files each needs.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fileSha256 } from "../../core/hash.ts";
import { EMBEDDED } from "../embedded/embedded.ts";
import { foldNames, HPSS, MODEL_NAMES } from "../registry.ts";
import {
  type FileState,
  findPinnedFile,
  type FoundFile,
  hasSha256,
  type PinnedFile,
  shownSha256,
} from "./pinned_file.ts";
import { HARMONIX_FILES, HTDEMUCS_FILE } from "./published_files.ts";

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

/** A file of a model in a folder. */
export interface ModelFile extends FoundFile {
  /** What it should be; nothing for a file that nobody publishes a SHA-256 of. */
  readonly pinned?: PinnedFile;
}

/** A model in a folder. */
export interface ModelState {
  /** Which model. */
  readonly model: ListedModel;
  /** The worst state of its files, by their sizes; `built in` where it has none. */
  readonly state: FileState | "built in";
  /** Its files. */
  readonly files: readonly ModelFile[];
}

/**
 * Looks for the files of a model, without reading them.
 *
 * @param folder folder of weights; need not exist
 * @param model which model
 */
export async function modelState(folder: string, model: ListedModel): Promise<ModelState> {
  const files = (await Promise.all(model.parts.map((part) => partFiles(folder, part)))).flat();
  const has = (state: FileState) => files.some((file) => file.state === state);
  if (files.length === 0) return { model, state: "built in", files };
  const state = has("damaged") ? "damaged" : has("missing") ? "missing" : "installed";
  return { model, state, files };
}

async function partFiles(folder: string, part: ModelPart): Promise<ModelFile[]> {
  const files = await Promise.all(
    part.files.map(async (pinned) => ({ ...await findPinnedFile(folder, pinned), pinned })),
  );
  if (part.alternative === undefined || files[0]?.state !== "missing") return files;
  const path = join(folder, part.alternative);
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? [{ path, state: "installed", bytes: found.size }] : files;
}

/** What reading a file said. */
export interface FileVerdict {
  /** Whether it is what it should be; unknown for a file that nobody publishes a SHA-256 of. */
  readonly isRight: boolean | undefined;
  /** The same in words, with what was expected and what came. */
  readonly words: string;
}

/**
 * Reads a file and compares it with what it should be.
 *
 * @param file a file of a model
 * @throws if it is there and cannot be read
 */
export async function verifyFile(file: ModelFile): Promise<FileVerdict> {
  const { pinned, path, state, bytes } = file;
  if (pinned === undefined) {
    return { isRight: undefined, words: "not checked: nobody publishes its SHA-256" };
  }
  if (state === "missing") return { isRight: false, words: "missing" };
  if (state === "damaged") {
    const { minBytes, maxBytes } = pinned;
    const expected = minBytes === maxBytes ? `${minBytes}` : `${minBytes} to ${maxBytes}`;
    return { isRight: false, words: `damaged: expected ${expected} bytes, got ${bytes}` };
  }
  const sha256 = await fileSha256(path);
  if (hasSha256(pinned, sha256)) return { isRight: true, words: `right, SHA-256 ${sha256}` };
  const words = `damaged: expected SHA-256 ${shownSha256(pinned)}, got ${sha256}`;
  return { isRight: false, words };
}
