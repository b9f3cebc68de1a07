import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { FormError, formParts } from "./multipart.ts";

/** A part that was read. */
type Read = readonly [field: string, fileName: string | undefined, body: string];

/** Reads a form that arrives in pieces of a size. */
async function read(body: Buffer, type: string, size: number): Promise<Read[]> {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < body.length; at += size) {
      await Promise.resolve();
      yield body.subarray(at, at + size);
    }
  }
  const parts: Read[] = [];
  for await (const { field, fileName, body } of formParts(pieces(), type)) {
    parts.push([field, fileName, Buffer.concat(await Array.fromAsync(body)).toString("latin1")]);
  }
  return parts;
}

Deno.test("formParts() reads what the runtime writes, however it arrives", async () => {
  const form = new FormData();
  const bytes = Uint8Array.from({ length: 3000 }, (_, at) => at % 256);
  form.append("note", "ä\r\n--x\r\n");
  form.append("audio", new File([bytes], 'a "b" ü.wav'));
  form.append("empty", "");
  const request = new Request("http://localhost", { method: "POST", body: form });
  const type = request.headers.get("content-type")!;
  const body = Buffer.from(await request.arrayBuffer());
  for (const size of [1, 2, 3, 7, 64, 1000, body.length]) {
    equal(await read(body, type, size), [
      ["note", undefined, Buffer.from("ä\r\n--x\r\n").toString("latin1")],
      ["audio", 'a "b" ü.wav', Buffer.from(bytes).toString("latin1")],
      ["empty", undefined, ""],
    ], `in pieces of ${size}`);
  }
});

Deno.test("formParts() reads forms of other programs", async () => {
  const body = Buffer.from(
    'preamble\r\n--B \t\r\ncontent-disposition: form-data; name=a\r\n\r\n1\r\n--B\r\nX-Y: z\r\nContent-Disposition: form-data; name="b"; filename="c\\"d"\r\nContent-Type: audio/wav\r\n\r\n--B\r\n--Bx\r\n--B--epilogue',
  );
  const expected = [["a", undefined, "1"], ["b", 'c"d', "--B"]];
  // A boundary is one up to the end of its line only.
  await rejects(read(body, "multipart/form-data; boundary=B", 5), FormError);
  const other = Buffer.from(body.toString().replace("\r\n--Bx", ""));
  equal(await read(other, 'multipart/form-data; charset=x; boundary="B"', 5), expected);
});

Deno.test("formParts() reads every beginning of a form as incomplete, and no mutation ends the program", async () => {
  const body = Buffer.from(
    '--B\r\nContent-Disposition: form-data; name="audio"; filename="x"\r\n\r\nRIFF\r\n--B--\r\n',
  );
  for (let length = 0; length < body.length - 4; length++) {
    await rejects(
      read(body.subarray(0, length), "multipart/form-data; boundary=B", 9),
      FormError,
      `${length}`,
    );
  }
  let state = 1;
  const random = (below: number): number => (state = state * 48_271 % 2_147_483_647) % below;
  let refused = 0;
  for (let round = 0; round < 2000; round++) {
    const mutated = Buffer.from(body);
    for (let change = random(4); change >= 0; change--) {
      mutated[random(mutated.length)] = random(256);
    }
    await read(mutated, "multipart/form-data; boundary=B", 1 + random(40)).catch((error) => {
      ok(error instanceof FormError, `${error}`);
      refused++;
    });
  }
  ok(refused > 500 && refused < 2000, `${refused}`);
});

Deno.test("formParts() limits headers, lines and parts", async () => {
  const part = '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n';
  for (
    const text of [
      part.repeat(40) + "--B--",
      `--B${" ".repeat(1000)}\r\n`,
      `--B\r\nX: ${"y".repeat(100_000)}`,
      `--B\r\n${"X: y\r\n".repeat(100_000)}`,
      "--B\r\nno header\r\n\r\n--B--",
      "--B\r\nContent-Disposition: attachment; name=a\r\n\r\n\r\n--B--",
      "--B\r\nContent-Disposition: form-data\r\n\r\n\r\n--B--",
    ]
  ) {
    await rejects(
      read(Buffer.from(text), "multipart/form-data; boundary=B", 1000),
      FormError,
      text.slice(0, 40),
    );
  }
  for (
    const type of [
      "multipart/form-data",
      "multipart/form-data; boundary=",
      `multipart/form-data; boundary=${"x".repeat(71)}${'"'}`,
    ]
  ) {
    await rejects(read(Buffer.from(part), type, 1000), FormError, type);
  }
});
