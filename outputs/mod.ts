/**
 * Files written from an analysis: the result as JSON, activations, embeddings, formats of other programs, plots, a player
 * page, a click track.
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
export { formatResult } from "./formats/format_result.ts";
export * from "./result_files.ts";
export { addClicks, type Audible } from "./sonify/click_track.ts";
export * from "./tags/mod.ts";
export * from "./track_file_formats.ts";
export * from "./track_files.ts";
