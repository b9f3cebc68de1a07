import { deepStrictEqual as equal, rejects, throws } from "node:assert/strict";
import { join } from "node:path";
import {
  DEFAULT_REGRESSION_SETTINGS,
  parseRegressionSettings,
  readRegressionSettings,
  SettingsError,
} from "./regression_settings.ts";

Deno.test("regression.toml has the default settings", async () => {
  const path = join(import.meta.dirname!, "..", "regression.toml");
  equal(await readRegressionSettings(path), DEFAULT_REGRESSION_SETTINGS);
  equal(parseRegressionSettings(""), DEFAULT_REGRESSION_SETTINGS);
});

Deno.test("parseRegressionSettings() accepts every key", () => {
  const text = `
    decide_by = "instructions"
    instructions = { minimum = 0.03, factor = 2, assumed = 0.01 }
    baseline = "pinned"
    nights = 3
    alpha = 0.05
    minimum_seconds = 1
    minimum = { default = 0.1, network = 0.2, write = 0.4 }
    spread = { nights = 4, factor = 5, assumed = 0.02, of_passes = 0.5, weight = 6 }
    steps = { alpha = 0.002, minimum = 0.07, new_nights = 8 }
    parity = { growth = 9, floor = 1e-7 }
    improvement = { exact = 7, faster = 0.25 }
    quality = { fall = 0.5 }`;
  equal(parseRegressionSettings(text), {
    decideBy: "instructions",
    instructions: { minimum: 0.03, factor: 2, assumed: 0.01 },
    baseline: "pinned",
    nights: 3,
    alpha: 0.05,
    minimumSeconds: 1,
    minimum: 0.1,
    minimums: { ...DEFAULT_REGRESSION_SETTINGS.minimums, network: 0.2, write: 0.4 },
    spread: { nights: 4, factor: 5, assumed: 0.02, ofPasses: 0.5, weight: 6 },
    changePoints: { alpha: 0.002, minimum: 0.07, newNights: 8 },
    parity: { growth: 9, floor: 1e-7 },
    improvement: { exact: 7, faster: 0.25 },
    quality: { fall: 0.5 },
  });
});

for (
  const [text, message] of [
    ["nigths = 3", "regression.toml has an unknown key nigths: remove it"],
    [
      "[minimum]\nnetwrok = 0.1",
      "regression.toml has an unknown key minimum.netwrok: remove it",
    ],
    ["[steps]\nnights = 1", "regression.toml has an unknown key steps.nights: remove it"],
    ["nights = 0", "regression.toml: nights expects a whole number from 1 to 1000, but has 0"],
    ["nights = 2.5", "regression.toml: nights expects a whole number from 1 to 1000, but has 2.5"],
    ['alpha = "1"', 'regression.toml: alpha expects a number from 0.00001 to 0.5, but has "1"'],
    ["alpha = nan", "regression.toml: alpha expects a number from 0.00001 to 0.5, but has NaN"],
    [
      'baseline = "last"',
      'regression.toml: baseline expects previous or rolling or pinned, but has "last"',
    ],
    [
      'decide_by = "cycles"',
      'regression.toml: decide_by expects seconds or instructions, but has "cycles"',
    ],
    ["minimum = 0.05", "regression.toml: minimum expects a table, but has 0.05"],
    ["spread = [1]", "regression.toml: spread expects a table, but has [1]"],
    [
      "[quality]\nfall = -1",
      "regression.toml: quality.fall expects a number from 0 to 1, but has -1",
    ],
    [
      "[parity]\ngrowth = 0.5",
      "regression.toml: parity.growth expects a number from 1 to 1000000, but has 0.5",
    ],
  ] as const
) {
  Deno.test(`parseRegressionSettings() rejects ${text.replaceAll("\n", " ")}`, () => {
    throws(() => parseRegressionSettings(text), { name: "SettingsError", message });
  });
}

Deno.test("parseRegressionSettings() reports the position at which a text is not TOML", () => {
  throws(
    () => parseRegressionSettings("nights = = 2", "my.toml"),
    /^SettingsError: my\.toml is not TOML: /,
  );
});

Deno.test("readRegressionSettings() names a file that it cannot read", async () => {
  await rejects(readRegressionSettings("no/such.toml"), (error) => {
    return error instanceof SettingsError && error.message.includes("no/such.toml");
  });
});

Deno.test("settings of a described pipeline may name its stages", () => {
  const text = "[minimum]\nfilterbank = 0.2\nnetwork = 0.1";
  throws(() => parseRegressionSettings(text), /unknown key minimum\.filterbank/);
  const { minimums } = parseRegressionSettings(text, "regression.toml", ["filterbank"]);
  equal([minimums["filterbank"], minimums["network"]], [0.2, 0.1]);
});
