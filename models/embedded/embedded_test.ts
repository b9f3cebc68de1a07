import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
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
