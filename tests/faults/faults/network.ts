/**
 * Faults of the All-In-One network and of the mean over its folds.
 *
 * @module
 */

import type { Fault } from "../fault.ts";

const FOLDER = "kernels/src/all_in_one";
const FOLDS = "pipeline/backends/network_folds.ts";
const expected = "network";

/** Faults that the stage `network` has to fail for. */
export const NETWORK_FAULTS: readonly Fault[] = [
  {
    name: "windows at a border begin a frame too late",
    file: `${FOLDER}/windows.rs`,
    find: "position.saturating_sub(half)",
    put: "position.saturating_sub(half - 1)",
    expected,
  },
  {
    name: "position biases are mirrored at borders",
    file: `${FOLDER}/windows.rs`,
    find: "self.kernel - 1 - before\n",
    put: "before\n",
    expected,
  },
  {
    name: "the second attention has the dilation of the first",
    file: `${FOLDER}/time_layer.rs`,
    find: "dilation: factor * self.dilation,",
    put: "dilation: factor.min(1) * self.dilation,",
    expected,
  },
  {
    name: "the track is padded with zeros before instead of after the norm",
    file: `${FOLDER}/runner.rs`,
    find: `next.time.norm.apply(self.isa, x, normed);
                        clear_beyond(*frames, tile, normed);`,
    put: "next.time.norm.apply(self.isa, x, normed);",
    expected,
  },
  {
    name: "attention over instruments lacks the fifth row",
    file: `${FOLDER}/instrument_layer.rs`,
    find: "let total: f64 = (instruments..KERNEL)",
    put: "let total: f64 = (KERNEL..KERNEL)",
    expected,
  },
  {
    name: "GELU is the approximation by tanh",
    file: `${FOLDER}/rows.rs`,
    find: "    multiply_add::<FUSED>(-0.5 * t, power_of_two::<FUSED>(t * q), above)",
    put: `    let inner = 0.797_884_56 * (x + 0.044_715 * x * x * x);
    0.0 * (above + power_of_two::<FUSED>(t * q)) + 0.5 * x * (1.0 + inner.tanh())`,
    expected,
  },
  {
    name: "a coefficient of GELU has five digits",
    file: `${FOLDER}/rows.rs`,
    find: "-1.151_111,",
    put: "-1.151_1,",
    expected,
  },
  {
    name: "the embedding's norm has the epsilon of the configuration instead of torch's",
    file: `${FOLDER}/embedding.rs`,
    find: "NORM_EPSILON: f64 = 1e-5;",
    put: "NORM_EPSILON: f64 = 1e-12;",
    expected,
  },
  {
    name: "weights are float16",
    file: "pipeline/backends/native/network.ts",
    find: "packParameters(allInOneParameters(fold.configuration), fold)",
    put:
      "packParameters(allInOneParameters(fold.configuration), fold).map((weight) => Math.f16round(weight))",
    expected,
  },
  {
    name: "folds are averaged as probabilities instead of logits",
    file: FOLDS,
    find: `sums[i]! += data[i]!;
    this.#count++;
  }

  tensor(): Tensor<"f32"> {
    const means = new Float32Array(this.#sums.length);
    for (let i = 0; i < means.length; i++) means[i] = this.#sums[i]! / this.#count;`,
    put: `sums[i]! += 1 / (1 + Math.exp(-data[i]!));
    this.#count++;
  }

  tensor(): Tensor<"f32"> {
    const means = new Float32Array(this.#sums.length);
    for (let i = 0; i < means.length; i++) {
      const mean = this.#sums[i]! / this.#count;
      means[i] = Math.log(mean / (1 - mean));
    }`,
    expected,
  },
  {
    name: "the last of eight folds is left out",
    file: FOLDS,
    find: "of checkpoints.entries()",
    put: "of checkpoints.slice(0, 7).entries()",
    expected,
  },
];
