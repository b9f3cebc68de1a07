import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inTemporaryFolder } from "../../tests/support/temporary_folder.ts";
import { ModelError } from "../model_error.ts";
import { embeddedCheckpoint, UNSURE_LABEL } from "./embedded.ts";
import { loadModel } from "../registry.ts";

Deno.test("the embedded model is one complete fold of finite values", async () => {
  const { name, configuration, tensors, sha256 } = await embeddedCheckpoint();
  assert.equal(name, "embedded");
  assert.match(sha256, /^[0-9a-f]{64}$/);
  const threshold = configuration.bestThresholdDownbeat ?? NaN;
  assert.ok(threshold > 0 && threshold < 1);
  for (const [parameter, { data }] of tensors) {
    assert.ok(data.every(Number.isFinite), parameter);
  }
});

Deno.test("a changed byte of the embedded model is found", async () => {
  await inTemporaryFolder(async (folder) => {
    for (const damaged of ["embedded.safetensors", "embedded.yaml"]) {
      for (const name of ["embedded.safetensors", "embedded.yaml", "SHA256SUMS"]) {
        const bytes = await readFile(join(import.meta.dirname ?? ".", name));
        if (name === damaged) bytes[bytes.length - 2]! ^= 1;
        await writeFile(join(folder, name), bytes);
      }
      await assert.rejects(embeddedCheckpoint(folder), (error) => {
        assert.ok(error instanceof ModelError && error.problem === "sha256");
        assert.ok(error.message.startsWith(`${damaged} of the embedded model is damaged: `));
        return true;
      });
    }
  });
});

Deno.test("loadModel() loads the embedded model without a folder of weights", async () => {
  const folds = await loadModel("embedded", { environment: {} });
  assert.deepEqual(folds.map(({ name }) => name), ["embedded"]);
});

Deno.test("the embedded model is small", async () => {
  const path = join(import.meta.dirname ?? ".", "embedded.safetensors");
  assert.ok((await stat(path)).size <= 2e6);
});

Deno.test("labels are unsure below the confidence that export.py found", async () => {
  const path = join(import.meta.dirname ?? ".", "figures.json");
  const { unsure_label } = JSON.parse(await readFile(path, "utf8"));
  assert.equal(UNSURE_LABEL, unsure_label.threshold);
});
