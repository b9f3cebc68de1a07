import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { formatCase, wavCase, wavSource, wholeContent } from "../../fixtures/format_cases.ts";
import { openAudio } from "../../kernels/mod.ts";
import { repository } from "../../tests/support/program.ts";
import { inTemporaryFolder } from "../../tests/support/temporary_folder.ts";
import { encodeWavCues } from "./wav_cues.ts";

/** Returns the chunks of a RIFF file, and checks sizes and padding. */
function chunksOf(bytes: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  equal([text(0), text(8), view.getUint32(4, true)], ["RIFF", "WAVE", bytes.length - 8]);
  const chunks = new Map<string, Uint8Array>();
  let at = 12;
  while (at < bytes.length) {
    const size = view.getUint32(at + 4, true);
    ok(!chunks.has(text(at)), `two chunks ${text(at)}`);
    chunks.set(text(at), bytes.slice(at + 8, at + 8 + size));
    at += 8 + size + size % 2;
  }
  equal(at, bytes.length);
  return chunks;
}

function chunk(name: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + content.length + content.length % 2);
  bytes.set(new TextEncoder().encode(name));
  new DataView(bytes.buffer).setUint32(4, content.length, true);
  bytes.set(content, 8);
  return bytes;
}

/** Appends chunks to a WAV file. */
function withChunks(wav: Uint8Array, ...chunks: Uint8Array[]): Uint8Array {
  const size = wav.length + chunks.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(size);
  bytes.set(wav);
  let at = wav.length;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  new DataView(bytes.buffer).setUint32(4, size - 8, true);
  return bytes;
}

/** Returns the samples of the cue points. */
function samplesOf(cue: Uint8Array): number[] {
  const view = new DataView(cue.buffer);
  return Array.from({ length: view.getUint32(0, true) }, (_, at) => {
    equal(view.getUint32(4 + 24 * at, true), at + 1);
    equal(view.getUint32(8 + 24 * at, true), view.getUint32(24 + 24 * at, true));
    return view.getUint32(24 + 24 * at, true);
  });
}

Deno.test("a WAV file is copied with its other chunks, and its own cue points are replaced", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "a.wav");
    const encoder = new TextEncoder();
    const source = withChunks(
      wavSource(),
      chunk("bext", new Uint8Array([1, 2, 3])),
      chunk("cue ", new Uint8Array(28)),
      chunk("LIST", encoder.encode("adtllabl")),
      chunk("plst", new Uint8Array(4)),
    );
    await Deno.writeFile(path, source);
    const bytes = wholeContent(await encodeWavCues(wavCase(path), {}));
    const chunks = chunksOf(bytes);
    equal([...chunks.keys()], ["fmt ", "data", "bext", "cue ", "LIST"]);
    equal(chunks.get("data"), chunksOf(wavSource()).get("data"));
    equal(chunks.get("bext"), new Uint8Array([1, 2, 3]));
    equal(samplesOf(chunks.get("cue ")!), [0, 12_000, 14_000]);
    const labels = new TextDecoder().decode(chunks.get("LIST"));
    ok(/^adtl.*intro\0.*verse\0.*bar 1\0/s.test(labels), labels);
    equal(await Deno.readFile(path), source, "the file itself is not touched");
    const empty = wholeContent(await encodeWavCues(formatCase(path, [], [], []), {}));
    equal([...chunksOf(empty).keys()], ["fmt ", "data", "bext"]);
  });
});

Deno.test("other audio becomes PCM of the same samples", async () => {
  const formats = join(repository, "fixtures", "audio", "formats");
  await inTemporaryFolder(async (folder) => {
    for (
      const [name, bits] of [["flac_24.flac", 24], ["aiff_s16be.aiff", 16], [
        "mp3_cbr.mp3",
        24,
      ], ["wav_rf64.wav", 16]] as const
    ) {
      const path = join(formats, name);
      const result = formatCase(path, [0.01], [1], [[0, 0.02, "verse"]]);
      const source = await openAudio(path, 44_100);
      const expected = await source.read();
      source.close();
      const bytes = wholeContent(await encodeWavCues(result, {}));
      const copy = join(folder, "copy.wav");
      await Deno.writeFile(copy, bytes);
      equal(new DataView(chunksOf(bytes).get("fmt ")!.buffer).getUint16(14, true), bits);
      const read = await openAudio(copy, 44_100);
      const actual = await read.read();
      read.close();
      equal(actual.shape, expected.shape, name);
      const step = bits === 16 ? 2 ** -15 : 2 ** -23;
      actual.data.forEach((value, at) => {
        const wanted = Math.min(1, expected.data[at]!);
        ok(Math.abs(value - wanted) <= step / 2 || Math.abs(wanted - 1) <= step, `${name} ${at}`);
      });
      equal(samplesOf(chunksOf(bytes).get("cue ")!), [0, 441]);
    }
  });
});

Deno.test("a folder and a missing file have clear errors", async () => {
  await inTemporaryFolder(async (folder) => {
    await rejects(
      encodeWavCues(formatCase(folder, [], [], []), {}),
      /Could not copy the audio of .* for wav-cues: expected a file, but it is a folder/,
    );
    await rejects(encodeWavCues(formatCase(join(folder, "a.wav"), [], [], []), {}), {
      code: "ENOENT",
    });
  });
});
