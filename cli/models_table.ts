/**
 * How models are listed.
 *
 * @module
 */

import { textTable } from "../core/table.ts";
import type { ModelState } from "../models/download/listed_models.ts";

const HEADER = ["name", "what", "size", "state", "where"] as const;

/**
 * A table for people, the columns of {@linkcode HEADER}.
 *
 * @param folder the folder of weights
 * @param states the models
 */
export function modelsTable(folder: string, states: readonly ModelState[]): string {
  return textTable([HEADER, ...states.map((state) => row(folder, state))]).join("\n");
}

function row(folder: string, { model, state, files }: ModelState): readonly string[] {
  const missing = files.filter((file) => file.state === "missing").length;
  const some = state === "missing" && missing < files.length
    ? ` (${missing} of ${files.length} files)`
    : "";
  const [first] = files;
  const isSomewhere = first !== undefined && missing < files.length;
  const where = isSomewhere ? (model.parts.length > 1 ? folder : first.path) : "";
  return [model.name, model.description, modelSize(files), `${state}${some}`, where];
}

function modelSize(files: ModelState["files"]): string {
  if (files.length === 0) return "";
  const sum = (bytes: (file: ModelState["files"][number]) => number): number =>
    files.reduce((total, file) => total + bytes(file), 0);
  const own = (file: ModelState["files"][number]): number =>
    file.state === "installed" ? file.bytes ?? 0 : 0;
  const least = shownBytes(sum((file) => own(file) || (file.pinned?.minBytes ?? 0)));
  const most = shownBytes(sum((file) => own(file) || (file.pinned?.maxBytes ?? 0)));
  return least === most ? least : `${least} to ${most}`;
}

/** A number of bytes as people read it, in powers of 1000. */
export function shownBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_950) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/**
 * The same for programs, and more: each file with its path, address, SHA-256, state and size.
 *
 * @param folder the folder of weights
 * @param states the models
 */
export function modelsJson(folder: string, states: readonly ModelState[]): string {
  const models = states.map(({ model, state, files }) => ({
    name: model.name,
    what: model.description,
    state,
    files: files.map(({ path, pinned, state, bytes }) => ({
      path,
      url: pinned?.url ?? null,
      sha256: pinned?.sha256 ?? null,
      minBytes: pinned?.minBytes ?? null,
      maxBytes: pinned?.maxBytes ?? null,
      state,
      bytes: bytes ?? null,
    })),
  }));
  return JSON.stringify({ folder, models }, null, 2);
}
