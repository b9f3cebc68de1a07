import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { basename, join } from "node:path";
import { tensor } from "../core/tensor.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import {
  readSpectrogram,
  spectrogramPath,
  type SpectrogramRecord,
  writeSpectrogram,
} from "./spectrogram_files.ts";
import { spectrogramRecordSchema } from "./spectrogram_record_schema.ts";

const RECORD: SpectrogramRecord = { path: "/music/song.flac", program: "tactus 0", demix: null };
const KEPT = {
  spectrogram: tensor("f32", [4, 2, 81], Float32Array.from({ length: 648 }, (_, at) => at / 7)),
  stemsSha256: "a".repeat(64),
};

Deno.test("a kept spectrogram is read again where record and values are unchanged", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "spec", "song");
    equal(await readSpectrogram(path, RECORD), undefined);
    await writeSpectrogram(path, RECORD, KEPT);
    equal(await readSpectrogram(path, RECORD), KEPT);
    const written = JSON.parse(await Deno.readTextFile(`${path}.tactus.json`));
    equal(spectrogramRecordSchema.parse(written).stems16_sha256, KEPT.stemsSha256);
    equal(await readSpectrogram(path, { ...RECORD, program: "tactus 1" }), undefined);

    const bytes = await Deno.readFile(`${path}.npy`);
    bytes[bytes.length - 1]! ^= 1;
    await Deno.writeFile(`${path}.npy`, bytes);
    equal(await readSpectrogram(path, RECORD), undefined);
    await Deno.writeFile(`${path}.npy`, bytes.subarray(0, -4));
    equal(await readSpectrogram(path, RECORD), undefined);
    await writeSpectrogram(path, RECORD, KEPT);
    await Deno.remove(`${path}.tactus.json`);
    equal(await readSpectrogram(path, RECORD), undefined);
  });
});

Deno.test("spectrogramPath() avoids the files of other tracks and programs", async () => {
  await inTemporaryFolder(async (folder) => {
    const track = { path: RECORD.path, name: "song" };
    const name = (): string => basename(spectrogramPath(folder, track));
    equal(name(), "song");
    await Deno.writeTextFile(join(folder, "song.npy"), "of allin1");
    ok(/^song\.[0-9a-f]{8}$/.test(name()));
    await writeSpectrogram(join(folder, "song"), RECORD, KEPT);
    equal(name(), "song");
    equal(basename(spectrogramPath(folder, { ...track, path: "/other" })).length, 13);
    const long = spectrogramPath(folder, { path: "/x", name: "n".repeat(250) });
    ok(basename(`${long}.tactus.json`).length <= 255);
  });
});
