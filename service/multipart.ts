/**
 * Parts of a form, `multipart/form-data` (RFC 7578), as they arrive: nothing of a part is kept in memory.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** A body is not a form, or is incomplete. */
export class FormError extends Error {
  /** Name of the class. */
  override name = "FormError";
}

/** A part of a form. */
export interface FormPart {
  /** Name of the field. */
  readonly field: string;
  /** Name of the file as the client gave it; absent for a field that is no file. */
  readonly fileName?: string;
  /** Its bytes, to be read before the next part is asked for. */
  readonly body: AsyncGenerator<Uint8Array>;
}

/** Most bytes of the headers of a part. */
const HEADER_BYTES = 8192;

/** Most parts. */
const MOST_PARTS = 32;

/** Most bytes after a boundary, which senders may fill with spaces. */
const PADDING_BYTES = 128;

const LINE_END = Buffer.from("\r\n");

/**
 * Yields the parts of a form.
 *
 * @param chunks the body
 * @param type its content type, with the boundary
 * @throws {FormError} if the body is not a form, or ends too early
 */
export async function* formParts(
  chunks: AsyncIterable<Uint8Array>,
  type: string,
): AsyncGenerator<FormPart> {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s";,]{1,70}))/i.exec(type) ??
    [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw new FormError("The form has no valid boundary");
  const input = new Input(chunks, Buffer.from(`\r\n--${boundary}`));
  // What is in front of the first part has no meaning.
  for await (const _ of input.untilDelimiter());
  for (let count = 0;; count++) {
    const line = await input.line(PADDING_BYTES);
    if (line.startsWith("--")) return;
    if (line.trim() !== "") throw new FormError("A boundary of the form is damaged");
    if (count === MOST_PARTS) throw new FormError(`The form has more than ${MOST_PARTS} parts`);
    const body = input.untilDelimiter();
    yield { ...namesOf(await input.headers()), body };
    for await (const _ of body);
  }
}

/** Bytes that have arrived. */
class Input {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #delimiter: Buffer;
  /** What was not taken yet; the first boundary may be at the very beginning. */
  #bytes: Buffer = LINE_END;

  constructor(chunks: AsyncIterable<Uint8Array>, delimiter: Buffer) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#delimiter = delimiter;
  }

  /** Yields bytes up to the next delimiter, and skips that. */
  async *untilDelimiter(): AsyncGenerator<Uint8Array> {
    const { length } = this.#delimiter;
    for (;;) {
      const at = this.#bytes.indexOf(this.#delimiter);
      if (at >= 0) {
        const part = this.#take(at);
        this.#take(length);
        if (part.length > 0) yield part;
        return;
      }
      // The end may be the beginning of a delimiter.
      const part = this.#take(Math.max(0, this.#bytes.length - length + 1));
      if (part.length > 0) yield part;
      await this.#fill();
    }
  }

  /** Takes a line without its end; the last line of a form needs none. */
  async line(most: number): Promise<string> {
    for (;;) {
      const at = this.#bytes.indexOf(LINE_END);
      if (at >= 0) {
        const line = this.#take(at).toString();
        this.#take(LINE_END.length);
        return line;
      }
      if (this.#bytes.length >= 2 && this.#bytes.toString("latin1", 0, 2) === "--") return "--";
      if (this.#bytes.length > most) throw new FormError("A line of the form is too long");
      await this.#fill();
    }
  }

  /** Takes the headers of a part, by their names in lower case. */
  async headers(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    let bytes = 0;
    for (;;) {
      const line = await this.line(HEADER_BYTES);
      if (line === "") return found;
      bytes += line.length;
      if (bytes > HEADER_BYTES) throw new FormError("The headers of a part are too long");
      const [, name, value] = /^([^\s:]+):[ \t]*(.*)$/.exec(line) ?? [];
      if (name === undefined || value === undefined) {
        throw new FormError("A header of a part is damaged");
      }
      found.set(name.toLowerCase(), value);
    }
  }

  #take(count: number): Buffer {
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  async #fill(): Promise<void> {
    const { done, value } = await this.#chunks.next();
    if (done) throw new FormError("The form ends too early");
    this.#bytes = Buffer.concat([this.#bytes, value]);
  }
}

/** Returns the names that the headers of a part tell. */
function namesOf(headers: ReadonlyMap<string, string>): Pick<FormPart, "field" | "fileName"> {
  const disposition = headers.get("content-disposition") ?? "";
  const field = parameter(disposition, "name");
  if (!/^form-data\b/i.test(disposition) || field === undefined) {
    throw new FormError("A part of the form has no name");
  }
  const fileName = parameter(disposition, "filename");
  return { field, ...(fileName !== undefined && { fileName }) };
}

/** Returns a parameter of a header; browsers write a quotation mark as `%22`, others behind a backslash. */
function parameter(header: string, name: string): string | undefined {
  const pattern = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, "i");
  const [, quoted, plain] = pattern.exec(header) ?? [];
  return quoted?.replace(/\\(["\\])/g, "$1").replaceAll("%22", '"') ?? plain;
}
