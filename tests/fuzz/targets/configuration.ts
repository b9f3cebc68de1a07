/**
 * The `.yaml` configuration of a fold.
 *
 * @module
 */

import { ModelError } from "../../../models/model_error.ts";
import { readNpzCheckpoint } from "../../../models/readers/npz.ts";
import { allUtf8, type Bytes, utf8 } from "../bytes.ts";
import type { Target } from "../target.ts";
import { AWKWARD_NUMBERS, mutateWords } from "../text_mutations.ts";
import { SMALL_CONFIGURATION, smallArchive } from "./small_fold.ts";

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

const WORDS: readonly string[] = [
  ...AWKWARD_NUMBERS,
  ...["null", "~", "true", "", ".nan", "-.inf", "0x7fffffffffffffffff", "0o777", "1_000"],
  ...["elu", "gelu", "depth", "data", "num_labels", "dim_embed", "__proto__", "toString"],
  ...["&a", "*a", "<<", "!!binary", "!!js/function", "!!set", "!!timestamp", "!<x>", "? ", ": "],
  ...["[", "]", "{", "}", "|", ">", "'", '"', "#", "- ", "---", "...", "%TAG ! x", "\t", "\n"],
  ...["\\u0000", "\ufeff", "\u2028", "\u{1f600}", "[1, 2]", "{a: 1}", "2001-12-14"],
  ...["&a [*a]", "&a {b: *a}", "[".repeat(5000), "{a: ".repeat(3000), "- ".repeat(5000)],
];

let archive: Promise<Bytes> | undefined;

/** Reads a fold of which the arrays are sound. */
export const configurationTarget: Target = {
  name: "configuration",
  share: 1,
  extension: "yaml",
  tokens: allUtf8(...WORDS),
  seeds: () => Promise.resolve([SMALL_CONFIGURATION, BLOCK, EVERYTHING_ELSE].map(utf8)),
  reshape: (seed, random) => mutateWords(seed, random, WORDS),
  read: async (input) => {
    archive ??= smallArchive();
    readNpzCheckpoint("fuzzed", await archive, new TextDecoder().decode(input));
  },
  isExpected: (error) => error instanceof ModelError,
};
