/**
 * Splitting of a byte stream into lines.
 *
 * @module
 */

/** Turns bytes of UTF-8 into lines without their ends. */
export class TextLineStream implements ReadableWritablePair<string, Uint8Array<ArrayBuffer>> {
  readonly readable: ReadableStream<string>;
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;

  constructor() {
    const decoder = new TextDecoderStream();
    let rest = "";
    const lines = new TransformStream<string, string>({
      transform(text, controller): void {
        const parts = (rest + text).split("\n");
        rest = parts.pop()!;
        parts.forEach((line) => controller.enqueue(line));
      },
      flush(controller): void {
        if (rest !== "") controller.enqueue(rest);
      },
    });
    this.writable = decoder.writable;
    this.readable = decoder.readable.pipeThrough(lines);
  }
}
