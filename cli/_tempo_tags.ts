/**
 * The tempo in the tags of audio files, for `--write-tags`.
 *
 * @module
 */

import { stat, utimes } from "node:fs/promises";
import { writeWhole } from "../core/files.ts";
import { printable } from "../core/printable.ts";
import { writeTempoTag } from "../outputs/mod.ts";
import { type AnalysisResult, fileIdentity, resultToJson } from "../pipeline/mod.ts";

/**
 * Writes the tempo of a result into the tags of its audio file; without a tempo the tags stay as they are.
 *
 * @returns the result with the new identity of the file, by which a later call knows it again
 */
export async function withTags(result: AnalysisResult): Promise<AnalysisResult> {
  const { path, tempo, provenance } = result;
  if (tempo === null) {
    console.error(`${printable(path)}: no tempo was found, and its tags stay as they are`);
    return result;
  }
  await writeTempoTag(path, tempo.bpm);
  const mix = provenance.mix && { ...provenance.mix, identity: await fileIdentity(path) };
  return { ...result, provenance: { ...provenance, mix } };
}

/** Writes a result anew that is the same but for the identity of the audio: the other files of the track still belong to it. */
export async function rewriteResult(file: string, result: AnalysisResult): Promise<void> {
  const { atime, mtime } = await stat(file);
  await writeWhole(file, resultToJson(result));
  await utimes(file, atime, mtime);
}
