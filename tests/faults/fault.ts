/**
 * A deliberate fault of the program, as a patch of one source file.
 *
 * @module
 */

/** One fault. */
export interface Fault {
  /** Description of the fault. */
  readonly name: string;
  /** Path of the patched file from the root of the repository, with slashes. */
  readonly file: string;
  /** Text that occurs in the file exactly once. */
  readonly find: string;
  /** Replacement of the text. */
  readonly put: string;
  /** The same for further places of the file, such as the code of other instruction sets. */
  readonly more?: readonly Pick<Fault, "find" | "put">[];
  /** Name of the stage that has to fail. */
  readonly expected: string;
  /** Suites of parity that the damaged copy is compared with besides those of every fault. */
  readonly suites?: readonly string[];
}

/** Languages of the patched files. */
export const LANGUAGES = ["rust", "typescript"] as const;

/** Language of a patched file. */
export type Language = (typeof LANGUAGES)[number];

/** A fault does not fit its file. */
export class FaultError extends Error {
  override name = "FaultError";
}

/** Returns the language of a fault's file. Only Rust has to be built. */
export function languageOf({ file }: Pick<Fault, "file">): Language {
  return file.endsWith(".rs") ? "rust" : "typescript";
}

/**
 * Applies a fault to the text of its file.
 *
 * @param text text of the whole file
 * @param fault the fault
 * @returns the damaged file
 * @throws {FaultError} if the text to find does not occur exactly once, or equals its replacement
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
  const { name, file, find, put, more: [next, ...rest] = [] } = fault;
  if (next !== undefined) {
    const { more: _, ...first } = fault;
    return damaged(damaged(text, first), { ...fault, ...next, more: rest });
  }
  const [before, after, ...more] = text.replaceAll("\r\n", "\n").split(find);
  if (before === undefined || after === undefined || more.length > 0) {
    const times = after === undefined ? "is not in it" : `is in it ${more.length + 1} times`;
    throw new FaultError(
      `The fault "${name}" does not fit ${file}: the text to replace ${times}, expected once; ` +
        `bring its patch up to date:\n${find}`,
    );
  }
  if (find === put) {
    throw new FaultError(`The fault "${name}" replaces a text of ${file} by itself`);
  }
  return before + put + after;
}
