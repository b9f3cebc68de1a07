/**
 * Files written from an analysis: the result as JSON, activations, embeddings, and formats of other programs.
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { resultName } from "./mod.ts";
 * ok(resultName({ path: "/music/song.flac", name: "song" }, "/no/such/folder") === "song");
 * ```
 *
 * @module
 */

export * from "./formats/mod.ts";
export * from "./result_files.ts";
export * from "./tags/mod.ts";
