/**
 * ELU in single precision without the cancellation of eˣ − 1.
 *
 * ONNX Runtime computes eˣ − 1 from a rounded eˣ, on WebGPU with an error of 1.7e-7 in all. The layer norm of the embedding
 * magnifies it thirtyfold. Here a negative x is −n/16 + f, and eˣ − 1 = (e^(−n/16) − 1) + e^(−n/16) (eᶠ − 1), where the first
 * term is from a table, rounded to twice the precision, and the second is at most a sixteenth: only the last sum is rounded.
 *
 * @module
 */

import { tensor } from "../../../../core/tensor.ts";
import { DATA_TYPES, type GraphBuilder, type Value } from "../graph.ts";

/** Parts of one in the table. */
const PARTS = 16;

/** Argument below which eˣ − 1 is −1 in single precision. */
const LEAST = -18;

/** Coefficients of (eᶠ − 1 − f) / f², the highest power first. */
const COEFFICIENTS = [1 / 120, 1 / 24, 1 / 6, 1 / 2];

/**
 * Adds an ELU: x if positive, otherwise eˣ − 1.
 *
 * @param graph graph that receives the nodes
 * @param x f32, of any shape
 * @returns f32, of the same shape
 */
export function addExactElu(graph: GraphBuilder, x: Value): Value {
  const scalar = (value: number): Value =>
    graph.constant(tensor("f32", [], Float32Array.of(value)));
  const multiply = (a: Value, b: Value): Value => graph.node("Mul", [a, b]);
  const add = (a: Value, b: Value): Value => graph.node("Add", [a, b]);
  const clipped = graph.node("Clip", [x, scalar(LEAST), scalar(0)]);
  const scaled = multiply(clipped, scalar(-PARTS));
  const whole = graph.node("Floor", [scaled]);
  const index = graph.node("Cast", [whole], { to: DATA_TYPES.i32 });
  const f = multiply(graph.node("Sub", [scaled, whole]), scalar(-1 / PARTS));
  const [highest, ...others] = COEFFICIENTS;
  const series = others.reduce(
    (sum, coefficient) => add(multiply(sum, f), scalar(coefficient)),
    scalar(highest!),
  );
  const power = add(multiply(multiply(f, f), series), f);
  const { factors, values, remainders } = tables();
  const entry = (table: Float32Array<ArrayBuffer>): Value =>
    graph.node("Gather", [graph.constant(tensor("f32", [table.length], table)), index], {
      axis: 0,
    });
  const small = add(multiply(entry(factors), power), entry(remainders));
  return add(graph.node("Relu", [x]), add(small, entry(values)));
}

/** Returns e^(−n/16), and e^(−n/16) − 1 as the sum of two arrays. */
function tables(): Record<"factors" | "values" | "remainders", Float32Array<ArrayBuffer>> {
  const exact = Array.from({ length: -LEAST * PARTS + 1 }, (_, n) => Math.expm1(-n / PARTS));
  const values = Float32Array.from(exact);
  return {
    factors: Float32Array.from(exact, (value) => 1 + value),
    values,
    remainders: Float32Array.from(exact, (value, n) => value - values[n]!),
  };
}
