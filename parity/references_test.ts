import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { join } from "node:path";
import { edgeCaseFiles } from "../fixtures/edge_cases.ts";
import { innerSeams, separationChecks } from "../fixtures/separation.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { innerEntries, readManifest } from "./manifest.ts";
import { ReferenceError } from "./reference_error.ts";
import { readVerified } from "./references.ts";

async function withManifest(text: string, work: (folder: string) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "manifest.json"), text);
    await work(folder);
  });
}

Deno.test("readManifest() rejects a file that is not a manifest", async () => {
  const texts = ["", "null", "7", "[]", "{}", '{"format":2}', '{"format":1,"suites":{}}'];
  for (const text of texts) {
    await withManifest(text, (folder) => rejects(readManifest(folder), ReferenceError));
  }
  await rejects(readManifest("no/such/folder"), ReferenceError);
});

Deno.test("the repository's manifest lists exactly the stored references", async () => {
  const manifest = await readManifest();
  const entries = Object.values(manifest.suites).flatMap(({ pieces, separation }) =>
    [...Object.values(pieces ?? {}), ...Object.values(separation?.clips ?? {})].flat()
  );
  const listed = new Set([
    ...entries,
    ...entries.flatMap(({ sample }) => sample?.largest ?? []),
    ...innerSeams,
    ...separationChecks,
    ...innerEntries(manifest),
  ].map(({ path }) => path));
  for (const path of listed) await Deno.stat(new URL(`../fixtures/${path}`, import.meta.url));
  const folders = Object.entries(manifest.suites).flatMap(([suite, { pieces, separation }]) => {
    const names = pieces === undefined ? separation?.clips : pieces;
    return Object.keys(names ?? {}).map((name) => `references/${suite}/${name}`);
  });
  const inner = ["spectrogram", "network", "activations", "metrical", "functional"]
    .map((stage) => `references/inner/${stage}`);
  for (const folder of [...folders, ...inner, "references/separation"]) {
    const stored = await Array.fromAsync(
      Deno.readDir(new URL(`../fixtures/${folder}`, import.meta.url)),
    );
    equal(stored.filter(({ name }) => !listed.has(`${folder}/${name}`)), []);
  }
});

Deno.test("the manifest lists exactly the stored edge cases, with their hashes", async () => {
  const groups = ["decoderOptions", "decoderTrials", "files", "network", "spectrogram"] as const;
  const listed = (await Promise.all(groups.map(edgeCaseFiles))).flat();
  for (const file of listed) await readVerified(file);
  const folder = "references/edge_cases";
  const stored = Deno.readDir(new URL(`../fixtures/${folder}`, import.meta.url));
  const paths = (await Array.fromAsync(stored)).map(({ name }) => `${folder}/${name}`);
  equal(paths.sort(), listed.map(({ path }) => path).sort());
});

Deno.test("readVerified() rejects a file with another hash, and a missing one", async () => {
  await withManifest("{}", async (folder) => {
    const entry = { path: "manifest.json", sha256: "0".repeat(64) };
    await rejects(readVerified(entry, folder), /was changed/);
    await rejects(readVerified({ ...entry, path: "other" }, folder), /is missing/);
  });
});
