/**
 * A fault that is put into the program on purpose, as a patch of one source file.
 *
 * @module
 */

/** One fault. */
export interface Fault {
  /** What is wrong with the program then, in words. */
  readonly name: string;
  /** The file that it is put into, from the root of the repository, with slashes. */
  readonly file: string;
  /** Text that is in the file exactly once. */
  readonly find: string;
  /** What stands there instead. */
  readonly put: string;
  /** Name of the stage that has to fail. */
  readonly expected: string;
}

/** What a file with a fault in it is written in. */
export type Language = "rust" | "typescript";

/** A fault does not fit the file that it is for. */
export class FaultError extends Error {
  override name = "FaultError";
}

/** What the file of a fault is written in; only Rust has to be built. */
export function languageOf({ file }: Pick<Fault, "file">): Language {
  return file.endsWith(".rs") ? "rust" : "typescript";
}

/**
 * Puts a fault into the text of its file.
 *
 * @param text the whole file
 * @param fault the fault
 * @returns the damaged file
 * @throws {FaultError} if the text to find is not there exactly once, or would be replaced by itself
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { damaged } from "./fault.ts";
 * const fault = { name: "hop of 440", file: "hop.ts", find: "441", put: "440", expected: "spectrogram" };
 * ok(damaged("const HOP = 441;", fault) === "const HOP = 440;");
 * ```
 */
export function damaged(text: string, fault: Fault): string {
  const { name, file, find, put } = fault;
  const [before, after, ...more] = text.replaceAll("\r\n", "\n").split(find);
  if (before === undefined || after === undefined || more.length > 0) {
    const times = after === undefined ? "is not in it" : `is in it ${more.length + 1} times`;
    throw new FaultError(
      `The fault "${name}" does not fit ${file}: the text to replace ${times}, expected once; ` +
        `bring its patch up to date:\n${find}`,
    );
  }
  if (find === put) throw new FaultError(`The fault "${name}" replaces ${file}'s text by itself`);
  return before + put + after;
}
