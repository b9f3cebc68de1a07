/**
 * Listed models: which files each model needs, and which of them a folder has.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fileSha256 } from "../../core/hash.ts";
import { EMBEDDED } from "../embedded/embedded.ts";
import { HPSS, HPSS_MIX } from "../demixer_weights.ts";
import { foldNames, MODEL_NAMES } from "../registry.ts";
import {
  type FileState,
  findPinnedFile,
  type FoundFile,
  hasSha256,
  type PinnedFile,
  shownSha256,
} from "./pinned_file.ts";
import { HARMONIX_FILES, HTDEMUCS_FILES, type HtdemucsFile } from "./published_files.ts";

/** Files that a network needs together. */
export interface ModelPart {
  /** Files that are downloaded. */
  readonly files: readonly PinnedFile[];
  /** Name of a file that replaces them if the first is missing; its SHA-256 is not published. */
  readonly alternative?: string;
}

/** A model in the list. */
export interface ListedModel {
  /** Name of the model. */
  readonly name: string;
  /** Short description. */
  readonly description: string;
  /** Parts of the model; empty if it is built in. */
  readonly parts: readonly ModelPart[];
}

const HARMONIX_PARTS: readonly ModelPart[] = HARMONIX_FILES.map(({ npz, yaml, pthFileName }) => ({
  files: [npz, yaml],
  alternative: pthFileName,
}));

/** All models: the built-in ones, the published ones, then the seeded ones. */
export const LISTED_MODELS: readonly ListedModel[] = [
  { name: EMBEDDED, description: "beats and segments, ships with the program", parts: [] },
  {
    name: HPSS_MIX,
    description: "bass and drums by median filters, the mix as other and vocals",
    parts: [],
  },
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
    parts: HTDEMUCS_FILES.htdemucs.map(htdemucsPart),
  },
  {
    name: "htdemucs_ft",
    description: "separation by four networks, one tuned for each stem",
    parts: HTDEMUCS_FILES.htdemucs_ft.map(htdemucsPart),
  },
  {
    name: "htdemucs_6s",
    description: "separation into six sources; guitar and piano are added to other",
    parts: HTDEMUCS_FILES.htdemucs_6s.map(htdemucsPart),
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

function htdemucsPart({ th, safetensors }: HtdemucsFile): ModelPart {
  return { files: [th], alternative: safetensors };
}

/** Returns the files of a model; none if it is built in. */
export function modelFiles({ parts }: ListedModel): readonly PinnedFile[] {
  return parts.flatMap(({ files }) => files);
}

/** A file of a model in a folder. */
export interface ModelFile extends FoundFile {
  /** Pinned content; absent for a file without a published SHA-256. */
  readonly pinned?: PinnedFile;
}

/** A model in a folder. */
export interface ModelState {
  /** The model. */
  readonly model: ListedModel;
  /** Worst state of its files, by their sizes; `built in` if it has no files. */
  readonly state: FileState | "built in";
  /** Files of the model. */
  readonly files: readonly ModelFile[];
}

/**
 * Looks for the files of a model without reading them.
 *
 * @param folder folder of weights; need not exist
 * @param model the model
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

/** Result of the verification of a file. */
export interface FileVerdict {
  /** Whether the content is the pinned one; undefined for a file without a published SHA-256. */
  readonly isCorrect: boolean | undefined;
  /** The same as text, with what was expected and found. */
  readonly text: string;
}

/**
 * Reads a file and compares it with its pinned content.
 *
 * @param file a file of a model
 * @throws if the file exists and cannot be read
 */
export async function verifyFile(file: ModelFile): Promise<FileVerdict> {
  const { pinned, path, state, bytes } = file;
  if (pinned === undefined) {
    return { isCorrect: undefined, text: "not checked: its SHA-256 is not published" };
  }
  if (state === "missing") return { isCorrect: false, text: "missing" };
  if (state === "damaged") {
    const { minBytes, maxBytes } = pinned;
    const expected = minBytes === maxBytes ? `${minBytes}` : `${minBytes} to ${maxBytes}`;
    return { isCorrect: false, text: `damaged: expected ${expected} bytes, got ${bytes}` };
  }
  const sha256 = await fileSha256(path);
  if (hasSha256(pinned, sha256)) return { isCorrect: true, text: `correct, SHA-256 ${sha256}` };
  const text = `damaged: expected SHA-256 ${shownSha256(pinned)}, got ${sha256}`;
  return { isCorrect: false, text };
}
