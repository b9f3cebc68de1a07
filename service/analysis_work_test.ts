import { equal, rejects } from "node:assert/strict";
import { join } from "node:path";
import { fileSha256 } from "../core/hash.ts";
import { Analyzer } from "../pipeline/mod.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { noise, wavFile } from "../tests/support/wav.ts";
import { analysisWork } from "./analysis_work.ts";

const OPTIONS = { signal: new AbortController().signal, onProgress: (): void => {} };

Deno.test("a file that was replaced by another one of equal size has no result, and the reason names the remedy", () =>
  inTemporaryFolder(async (folder) => {
    await using analyzer = await Analyzer.load({ model: "embedded", demixer: "hpss-mix" });
    const work = analysisWork(analyzer, 60);
    const path = join(folder, "a.wav");
    const wav = (seed: number): Uint8Array =>
      wavFile({ sampleRateHz: 8000, channels: 1, bits: 16, samples: noise(8000, seed) });
    await Deno.writeFile(path, wav(1));
    const item = { path, name: "a.wav", bytes: wav(1).length, sha256: await fileSha256(path) };
    equal((await work(item, OPTIONS)).seconds, 1);
    // Other audio, and what is no audio.
    for (const bytes of [wav(2), new Uint8Array(wav(1).length)]) {
      await Deno.writeFile(path, bytes);
      await rejects(
        work(item, OPTIONS),
        /^Error: The file was changed after .* send the path again/,
      );
    }
    await Deno.writeFile(path, new Uint8Array(9));
    await rejects(
      work({ ...item, sha256: await fileSha256(path) }, OPTIONS),
      /^Error: Decoding 'a\.wav'/,
    );
  }));
