/**
 * A small builder of ONNX graphs.
 *
 * @module
 */

import { type DType, type Tensor, tensor } from "../../../core/tensor.ts";
import { ATTRIBUTE_TYPES, DATA_TYPES, encodeModel } from "./schema.ts";

/** A value in a graph, by its name. */
export type Value = string & { readonly brand?: "onnx-value" };

/** What an operator's attribute can be; a whole number is an integer, so a real one is given as `{ float }`. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** The length of an axis, or the name of an unknown one. */
export type Dimension = number | string;

/** Operators of ONNX Runtime's own that the graphs may use, under this domain. */
export const MICROSOFT = "com.microsoft";

const OPSET = 20;
const IR_VERSION = 9;

/** Collects nodes and constants and writes them as an ONNX model. */
export class GraphBuilder {
  readonly #name: string;
  readonly #nodes: unknown[] = [];
  readonly #initializers: unknown[] = [];
  readonly #inputs: unknown[] = [];
  readonly #outputs: unknown[] = [];
  readonly #weights: Record<string, Tensor> = {};
  #counter = 0;

  /** Starts an empty graph; the name only shows in viewers. */
  constructor(name: string) {
    this.#name = name;
  }

  /** Declares an input of the graph. */
  input(name: string, dtype: DType, shape: readonly Dimension[]): Value {
    this.#inputs.push(valueInfo(name, dtype, shape));
    return name;
  }

  /** Adds a constant. */
  constant(value: Tensor): Value {
    const name = this.#fresh("constant");
    const { buffer, byteOffset, byteLength } = value.data;
    this.#initializers.push({
      name,
      dims: value.shape,
      dataType: DATA_TYPES[value.dtype],
      rawData: new Uint8Array(buffer, byteOffset, byteLength),
    });
    return name;
  }

  /** Adds an input that is fed the same array on every run; networks that differ only in these share a graph. */
  weight(value: Tensor): Value {
    const name = this.#fresh("weight");
    this.#weights[name] = value;
    return this.input(name, value.dtype, value.shape);
  }

  /** What the inputs made by {@linkcode GraphBuilder.weight} are fed, by name. */
  get weights(): Readonly<Record<string, Tensor>> {
    return this.#weights;
  }

  /** Adds a one-dimensional i64 constant, such as a shape or a list of axes. */
  integers(values: readonly number[]): Value {
    return this.constant(tensor("i64", [values.length], BigInt64Array.from(values, BigInt)));
  }

  /** Adds a one-dimensional f32 constant. */
  floats(values: ArrayLike<number>): Value {
    return this.constant(tensor("f32", [values.length], Float32Array.from(values)));
  }

  /**
   * Adds a node with one output.
   *
   * @param operator ONNX operator; `com.microsoft.X` for one of ONNX Runtime's own
   * @param inputs values, in the operator's order
   * @param attributes the operator's attributes
   * @returns the node's output
   */
  node(
    operator: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value {
    return this.nodes(operator, inputs, 1, attributes)[0]!;
  }

  /** Adds a node with several outputs; otherwise as {@linkcode GraphBuilder.node}. */
  nodes(
    operator: string,
    inputs: readonly Value[],
    outputs: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value[] {
    const contributed = operator.startsWith(`${MICROSOFT}.`);
    const opType = contributed ? operator.slice(MICROSOFT.length + 1) : operator;
    const names = Array.from({ length: outputs }, () => this.#fresh(opType));
    this.#nodes.push({
      input: inputs,
      output: names,
      name: names[0],
      opType,
      domain: contributed ? MICROSOFT : "",
      attribute: Object.entries(attributes).map(([name, value]) => encodeAttribute(name, value)),
    });
    return names;
  }

  /** Declares a value to be an output of the graph, under a name of its own. */
  output(name: string, value: Value, shape: readonly Dimension[]): void {
    this.#nodes.push({ input: [value], output: [name], name, opType: "Identity", domain: "" });
    this.#outputs.push(valueInfo(name, "f32", shape));
  }

  /** Writes the graph as the bytes of an `.onnx` file. */
  toBytes(): Uint8Array {
    return encodeModel({
      irVersion: IR_VERSION,
      producerName: "tactus",
      opsetImport: [{ domain: "", version: OPSET }, { domain: MICROSOFT, version: 1 }],
      graph: {
        name: this.#name,
        node: this.#nodes,
        initializer: this.#initializers,
        input: this.#inputs,
        output: this.#outputs,
      },
    });
  }

  #fresh(stem: string): string {
    this.#counter += 1;
    return `${stem}_${this.#counter}`;
  }
}

function valueInfo(name: string, dtype: DType, shape: readonly Dimension[]): unknown {
  const dim = shape.map((length) =>
    typeof length === "number" ? { dimValue: length } : { dimParam: length }
  );
  return { name, type: { tensorType: { elemType: DATA_TYPES[dtype], shape: { dim } } } };
}

function encodeAttribute(name: string, value: Attribute): unknown {
  if (typeof value === "number") return { name, i: value, type: ATTRIBUTE_TYPES.int };
  if (typeof value === "string") {
    return { name, s: new TextEncoder().encode(value), type: ATTRIBUTE_TYPES.string };
  }
  if ("float" in value) return { name, f: value.float, type: ATTRIBUTE_TYPES.float };
  return { name, ints: value, type: ATTRIBUTE_TYPES.ints };
}
