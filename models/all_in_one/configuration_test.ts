import assert from "node:assert/strict";
import { blockDilation, DEFAULT_CONFIGURATION, parseConfiguration } from "./configuration.ts";
import { ModelError } from "../model_error.ts";

function fails(source: unknown, message: RegExp): void {
  assert.throws(
    () => parseConfiguration(source),
    (error) =>
      error instanceof ModelError && error.problem === "configuration" &&
      message.test(error.message),
  );
}

Deno.test("parseConfiguration() fills in upstream's defaults", () => {
  assert.deepEqual(parseConfiguration({}), DEFAULT_CONFIGURATION);
  assert.equal(DEFAULT_CONFIGURATION.depth, 11);
  assert.equal(DEFAULT_CONFIGURATION.dimEmbed, 24);
  assert.equal(DEFAULT_CONFIGURATION.bestThresholdDownbeat, null);
});

Deno.test("parseConfiguration() reads objects and maps and ignores unknown keys", () => {
  const data = { num_labels: 3, name: "other" };
  const source = { depth: 2, best_threshold_downbeat: 0.24, data, lr: 0.005, case: null };
  const parsed = parseConfiguration(source);
  assert.equal(parsed.depth, 2);
  assert.equal(parsed.numLabels, 3);
  assert.equal(parsed.bestThresholdDownbeat, 0.24);
  const asMap = new Map<string, unknown>(
    Object.entries({ ...source, data: new Map(Object.entries(data)) }),
  );
  assert.deepEqual(parseConfiguration(asMap), parsed);
});

Deno.test("parseConfiguration() fails on values of the wrong kind or out of range", () => {
  fails(null, /Expected a configuration dictionary/);
  fails([1], /Expected a configuration dictionary/);
  fails({ data: 4 }, /Expected a configuration dictionary/);
  fails({ depth: 0 }, /depth must be a whole number from 1 to 16, but is 0/);
  fails({ depth: "11" }, /depth/);
  fails({ layer_norm_eps: NaN }, /layer_norm_eps/);
  fails({ best_threshold_downbeat: "0.2" }, /best_threshold_downbeat/);
  fails({ data: { num_instruments: 6 } }, /data\.num_instruments/);
  fails({ kernel_size: 4 }, /odd/);
  fails({ dim_embed: 25 }, /multiple of num_heads/);
  fails({ dim_input: 40 }, /dim_input/);
});

Deno.test("parseConfiguration() fails on settings that are not implemented", () => {
  fails({ double_attention: false }, /double_attention must be true/);
  fails({ act_conv: "relu" }, /act_conv must be "elu"/);
});

Deno.test("blockDilation() grows by the factor up to the maximum", () => {
  assert.deepEqual([0, 1, 10].map((block) => blockDilation(DEFAULT_CONFIGURATION, block)), [
    1,
    2,
    1024,
  ]);
  assert.equal(blockDilation({ ...DEFAULT_CONFIGURATION, dilationMax: 100 }, 10), 100);
});

Deno.test("parseConfiguration() rejects values of any depth that a pickle can hold", () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  for (const value of [cycle, 2n ** 70n, new Map()]) {
    assert.throws(() => parseConfiguration(new Map([["fold", value]])), /fold must be/);
  }
});
