import { deepStrictEqual as equal } from "node:assert/strict";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseWeights } from "./automatic.ts";
import { HARMONIX_FILES, HTDEMUCS_FILE } from "./download/published_files.ts";
import type { PinnedFile } from "./download/pinned_file.ts";

/** A folder with files of the right sizes and no content. */
async function withFiles(
  files: readonly PinnedFile[],
  action: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tactus-automatic-"));
  try {
    for (const { fileName, minBytes } of files) {
      await writeFile(join(folder, fileName), "");
      await truncate(join(folder, fileName), minBytes);
    }
    await action(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const FOLDS = HARMONIX_FILES.map(({ npz, yaml }) => [npz, yaml]);

Deno.test("chooseWeights() chooses the embedded weights if no published ones are installed", async () => {
  await withFiles([], async (folder) => {
    for (const where of [undefined, folder, join(folder, "missing")]) {
      equal(await chooseWeights("model", where), { name: "embedded", missing: "harmonix-all" });
      equal(await chooseWeights("demixer", where), { name: "hpss-mix", missing: "htdemucs" });
    }
  });
});

Deno.test("chooseWeights() chooses installed published weights, all folds before a single one", async () => {
  await withFiles([...FOLDS.flat(), HTDEMUCS_FILE], async (folder) => {
    equal(await chooseWeights("model", folder), { name: "harmonix-all" });
    equal(await chooseWeights("demixer", folder), { name: "htdemucs" });
  });
  await withFiles([...FOLDS[3]!, ...FOLDS[5]!], async (folder) => {
    equal(await chooseWeights("model", folder), { name: "harmonix-fold3" });
    equal(await chooseWeights("demixer", folder), { name: "hpss-mix", missing: "htdemucs" });
  });
  await withFiles([FOLDS[3]![0]!], async (folder) => {
    equal(await chooseWeights("model", folder), { name: "embedded", missing: "harmonix-all" });
  });
});

Deno.test("chooseWeights() accepts upstream's own checkpoint of a fold", async () => {
  await withFiles([], async (folder) => {
    await writeFile(join(folder, HARMONIX_FILES[2]!.pthFileName), "anything");
    equal(await chooseWeights("model", folder), { name: "harmonix-fold2" });
  });
});

Deno.test("chooseWeights() chooses published weights of a wrong size too", async () => {
  await withFiles([HTDEMUCS_FILE], async (folder) => {
    await truncate(join(folder, HTDEMUCS_FILE.fileName), 7);
    equal(await chooseWeights("demixer", folder), { name: "htdemucs" });
  });
});
