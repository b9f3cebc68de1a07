/**
 * Annotations from files.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { type Annotation, AnnotationError } from "./annotation.ts";
import { jamsAnnotation } from "./jams_annotation.ts";
import { resultAnnotation } from "./result_annotation.ts";

/**
 * Reads an annotation: JAMS from a file that ends in `.jams`, otherwise our own JSON.
 *
 * @param path the file
 * @throws {AnnotationError} if it cannot be read or is not what it should be, naming it
 */
export async function readAnnotation(path: string): Promise<Annotation> {
  const value = await readJson(path);
  try {
    return /\.jams$/i.test(path) ? jamsAnnotation(value) : resultAnnotation(value);
  } catch (error) {
    if (!(error instanceof AnnotationError)) throw error;
    throw new AnnotationError(`Cannot use ${path}: ${error.message}`, { cause: error });
  }
}

/**
 * Reads any JSON file.
 *
 * @param path the file
 * @throws {AnnotationError} if it cannot be read or is no JSON, naming it
 */
export async function readJson(path: string): Promise<unknown> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new AnnotationError(`Cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new AnnotationError(`Cannot use ${path}: not JSON (${(cause as Error).message})`, {
      cause,
    });
  }
}
