/**
 * Texts: the `.yaml` configuration of a fold, and the manifest of stored references.
 *
 * @module
 */

import { ModelError } from "../../../models/model_error.ts";
import { readNpzCheckpoint } from "../../../models/readers/npz.ts";
import { allUtf8, type Bytes, utf8 } from "../bytes.ts";
import { seedFiles, type Target } from "../target.ts";
import { AWKWARD_NUMBERS, mutateWords } from "../text_mutations.ts";
import { SMALL_CONFIGURATION, smallArchive } from "./arrays.ts";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readManifest } from "../../../parity/manifest.ts";
import { ReferenceError } from "../../../parity/reference_error.ts";

const BLOCK = `lr: 0.005
fps: 100
fmax: 17000
fmin: 30
fold: 3
aafold: null
min_lr: 1.0e-07
offline: false
act_conv: elu
hop_size: 441
qkv_bias: true
depth: 1
data:
  name: harmonix
  num_labels: 2
  path_base_dir: ./data/harmonix/
  num_instruments: 4
dim_embed: 4
dim_input: 81
mlp_ratio: 1
num_bands: 12
num_heads: 2
kernel_size: 5
sample_rate: 44100
window_size: 2048
dilation_max: 3200
layer_norm_eps: 1.0e-05
act_transformer: gelu
dilation_factor: 2
double_attention: true
instrument_attention: true
best_threshold_beat: 0.19
best_threshold_downbeat: 0.22
`;

const EVERYTHING_ELSE = `%YAML 1.2
--- !!map
? depth
: 1
"dim_embed": !!int 4
num_heads: 0x2
mlp_ratio: 1.0
fold: ~
text: |
  kept
  lines
folded: >-
  joined
  lines
list: [1, two, {three: 3.0}, [.inf, .nan]]
data:
  num_labels: 0o2 # a comment
  <<: {num_instruments: 4}
...
`;

const YAML_WORDS: readonly string[] = [
  ...AWKWARD_NUMBERS,
  ...["null", "~", "true", "", ".nan", "-.inf", "0x7fffffffffffffffff", "0o777", "1_000"],
  ...["elu", "gelu", "depth", "data", "num_labels", "dim_embed", "__proto__", "toString"],
  ...["&a", "*a", "<<", "!!binary", "!!js/function", "!!set", "!!timestamp", "!<x>", "? ", ": "],
  ...["[", "]", "{", "}", "|", ">", "'", '"', "#", "- ", "---", "...", "%TAG ! x", "\t", "\n"],
  ...["\\u0000", "\ufeff", "\u2028", "\u{1f600}", "[1, 2]", "{a: 1}", "2001-12-14"],
  ...["&a [*a]", "&a {b: *a}", "[".repeat(5000), "{a: ".repeat(3000), "- ".repeat(5000)],
];

let archive: Promise<Bytes> | undefined;

/** Reads a fold whose arrays are valid. */
export const configurationTarget: Target = {
  name: "configuration",
  share: 1,
  extension: "yaml",
  tokens: allUtf8(...YAML_WORDS),
  seeds: () => Promise.resolve([SMALL_CONFIGURATION, BLOCK, EVERYTHING_ELSE].map(utf8)),
  reshape: (seed, random) => mutateWords(seed, random, YAML_WORDS),
  read: async (input) => {
    archive ??= smallArchive();
    readNpzCheckpoint("fuzzed", await archive, new TextDecoder().decode(input));
  },
  isExpected: (error) => error instanceof ModelError,
};

const SMALL = JSON.stringify({
  format: 1,
  versions: { allin1: "1.1.0" },
  pieces: {},
  clips: {},
  suites: { seeded: { model: "seeded-all", pieces: {} } },
});

const JSON_WORDS: readonly string[] = [
  ...AWKWARD_NUMBERS,
  ...["null", "true", "[", "]", "{", "}", ",", ":", '""', "[]", "{}", '"format"', '"suites"'],
  ...['"__proto__"', '"\\ud800"', "[".repeat(5000), '{"a":'.repeat(5000), "\ufeff", "\u2028"],
];

/** Reads a manifest from a temporary folder. */
export const manifestTarget: Target = {
  name: "manifest",
  share: 0.5,
  extension: "json",
  tokens: allUtf8(...JSON_WORDS),
  seeds: async () => [
    ...["null", "1", "[]", SMALL].map(utf8),
    ...await seedFiles("fixtures", /^manifest\.json$/),
  ],
  reshape: (seed, random) => mutateWords(seed, random, JSON_WORDS),
  read: async (input, scratch) => {
    await writeFile(join(scratch, "manifest.json"), input);
    await readManifest(scratch);
  },
  isExpected: (error) => error instanceof ReferenceError,
};
