import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fnv1a32, hash32 } from "../../core/counter_random.ts";
import { seededCheckpoint } from "./seeded.ts";

interface KnownAnswer {
  readonly fold: number;
  readonly name: string;
  readonly shape: readonly number[];
  readonly first: readonly number[];
  readonly sha256: string;
}

// Made by fixtures/upstream/seeded.py in numpy.
const KNOWN_ANSWERS: readonly KnownAnswer[] = JSON.parse(
  readFileSync(
    new URL("../../fixtures/upstream/seeded_known_answers.json", import.meta.url),
    "utf-8",
  ),
);

Deno.test("the seeded weights equal numpy's bit for bit", () => {
  assert.ok(KNOWN_ANSWERS.length > 0);
  const checkpoints = new Map<number, ReturnType<typeof seededCheckpoint>>();
  for (const { fold, name, shape, first, sha256 } of KNOWN_ANSWERS) {
    const checkpoint = checkpoints.get(fold) ?? seededCheckpoint(fold);
    checkpoints.set(fold, checkpoint);
    const found = checkpoint.tensors.get(name);
    assert.ok(found, name);
    assert.deepEqual(found.shape, shape);
    assert.deepEqual([...found.data.slice(0, first.length)], first);
    assert.equal(createHash("sha256").update(found.data).digest("hex"), sha256, name);
  }
});

Deno.test("hash32() and fnv1a32() return their published values", () => {
  assert.equal(hash32(0), 0);
  assert.equal(hash32(1), 0x688990c0);
  assert.equal(fnv1a32(""), 0x811c9dc5);
  assert.equal(fnv1a32("foobar"), 0xbf9cf968);
});

Deno.test("seededCheckpoint() returns different weights and thresholds for each fold", () => {
  const [first, last] = [seededCheckpoint(0), seededCheckpoint(7)];
  assert.equal(first.name, "seeded-fold0");
  assert.equal(first.configuration.bestThresholdDownbeat, 0.2);
  assert.equal(last.configuration.bestThresholdDownbeat, 0.2 + 0.01 * 7);
  assert.notEqual(first.sha256, last.sha256);
  assert.equal(first.sha256, seededCheckpoint(0).sha256);
});
