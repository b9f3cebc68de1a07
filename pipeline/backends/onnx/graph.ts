/**
 * Builder of ONNX graphs, and the part of the ONNX file format that it needs.
 *
 * Source: `onnx/onnx.proto` of ONNX 1.18, IR version 10; field numbers as there.
 *
 * @module
 */

import protobuf from "protobufjs";
import { type DType, type Tensor, tensor } from "../../../core/tensor.ts";

interface FieldDescription {
  readonly type: string;
  readonly id: number;
  readonly rule?: "repeated";
}

function one(type: string, id: number): FieldDescription {
  return { type, id };
}

function many(type: string, id: number): FieldDescription {
  return { type, id, rule: "repeated" };
}

const MESSAGES: Readonly<Record<string, Readonly<Record<string, FieldDescription>>>> = {
  ModelProto: {
    irVersion: one("int64", 1),
    producerName: one("string", 2),
    graph: one("GraphProto", 7),
    opsetImport: many("OperatorSetIdProto", 8),
  },
  OperatorSetIdProto: { domain: one("string", 1), version: one("int64", 2) },
  GraphProto: {
    node: many("NodeProto", 1),
    name: one("string", 2),
    initializer: many("TensorProto", 5),
    input: many("ValueInfoProto", 11),
    output: many("ValueInfoProto", 12),
  },
  NodeProto: {
    input: many("string", 1),
    output: many("string", 2),
    name: one("string", 3),
    opType: one("string", 4),
    attribute: many("AttributeProto", 5),
    domain: one("string", 7),
  },
  AttributeProto: {
    name: one("string", 1),
    f: one("float", 2),
    i: one("int64", 3),
    s: one("bytes", 4),
    ints: many("int64", 8),
    type: one("int32", 20),
  },
  TensorProto: {
    dims: many("int64", 1),
    dataType: one("int32", 2),
    name: one("string", 8),
    rawData: one("bytes", 9),
  },
  ValueInfoProto: { name: one("string", 1), type: one("TypeProto", 2) },
  TypeProto: { tensorType: one("TensorTypeProto", 1) },
  TensorTypeProto: { elemType: one("int32", 1), shape: one("TensorShapeProto", 2) },
  TensorShapeProto: { dim: many("DimensionProto", 1) },
  DimensionProto: { dimValue: one("int64", 1), dimParam: one("string", 2) },
};

/** `AttributeProto.AttributeType`. */
const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** `TensorProto.DataType` of the element types that graphs use. */
export const DATA_TYPES = { f32: 1, u8: 2, i16: 5, i32: 6, i64: 7, f64: 11 } as const;

/**
 * Encodes a model.
 *
 * @param model object with the structure of `ModelProto` and the field names of this file
 * @returns content of an `.onnx` file
 */
function encodeModel(model: Readonly<Record<string, unknown>>): Uint8Array {
  const root = protobuf.Root.fromJSON({
    nested: Object.fromEntries(
      Object.entries(MESSAGES).map(([name, fields]) => [name, { fields: { ...fields } }]),
    ),
  });
  const type = root.lookupType("ModelProto");
  return type.encode(type.create(model)).finish();
}

/** Name of a value in a graph. */
export type Value = string & { readonly brand?: "onnx-value" };

/** Value of an operator's attribute; a number is an integer attribute, `{ float }` a float attribute. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** Length of an axis, or the name of a dynamic axis. */
export type Dimension = number | string;

/** Domain of ONNX Runtime's own operators. */
export const MICROSOFT = "com.microsoft";

/**
 * What a graph is for: `cpu`, where ONNX Runtime computes some layers in double precision, or `device`, any other device.
 * For these a graph has single precision and operators of the ONNX standard only, so that one graph serves them all.
 */
export type GraphTarget = "cpu" | "device";

/** Name of the input with all weights in a graph for a device. */
const PACKED = "weights";

const OPSET = 20;
const IR_VERSION = 9;

/** Collects nodes and constants and writes them as an ONNX model. */
export class GraphBuilder {
  /** What the graph is for. */
  readonly target: GraphTarget;
  readonly #name: string;
  readonly #nodes: unknown[] = [];
  readonly #initializers: unknown[] = [];
  readonly #inputs: unknown[] = [];
  readonly #outputs: unknown[] = [];
  readonly #weights: Record<string, Tensor> = {};
  /** Weights in a graph for a device, in their order in the input, and their number of values. */
  readonly #packed: Tensor[] = [];
  #packedCount = 0;
  #counter = 0;

  /** Starts an empty graph; viewers show its name. */
  constructor(name: string, target: GraphTarget = "cpu") {
    this.#name = name;
    this.target = target;
  }

  /** Widest float type of the target. */
  get widest(): "f32" | "f64" {
    return this.target === "cpu" ? "f64" : "f32";
  }

  /** Declares an input of the graph. */
  input(name: string, dtype: DType, shape: readonly Dimension[]): Value {
    this.#inputs.push(valueInfo(name, dtype, shape));
    return name;
  }

  /**
   * Adds a constant.
   *
   * @throws {RangeError} if it is in double precision, and the target has none
   */
  constant(value: Tensor): Value {
    if (value.dtype === "f64" && this.widest !== "f64") {
      throw new RangeError(
        `The graph ${this.#name} for a device cannot have a constant in float64`,
      );
    }
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

  /**
   * Adds an input that receives the same array on every run, so that networks of different weights share a graph. In a
   * graph for a device all of them are parts of one input, so that one upload brings them.
   */
  weight(value: Tensor): Value {
    if (this.target === "device") return this.#packedWeight(value);
    const name = this.#fresh("weight");
    this.#weights[name] = value;
    return this.input(name, value.dtype, value.shape);
  }

  /** Arrays for the inputs that {@linkcode GraphBuilder.weight} added, by name. */
  get weights(): Readonly<Record<string, Tensor>> {
    if (this.#packed.length === 0) return this.#weights;
    const values = new Float32Array(this.#packedCount);
    let at = 0;
    for (const { data } of this.#packed) {
      values.set(data as Float32Array, at);
      at += data.length;
    }
    return { [PACKED]: tensor("f32", [values.length], values) };
  }

  #packedWeight(value: Tensor): Value {
    if (value.dtype !== "f32") {
      throw new RangeError(`A weight for a device cannot be ${value.dtype}`);
    }
    if (this.#packed.length === 0) this.input(PACKED, "f32", [PACKED]);
    const start = this.#packedCount;
    this.#packed.push(value);
    this.#packedCount += value.data.length;
    return this.reshape(this.slice(PACKED, [start], [this.#packedCount], [0]), value.shape);
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
   * @param operator ONNX operator, or `com.microsoft.X` for an operator of ONNX Runtime
   * @param inputs values in the operator's order
   * @param attributes attributes of the operator
   * @returns output of the node
   * @throws {RangeError} if the operator is one of ONNX Runtime, and the target is a device
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
    if (contributed && this.target === "device") {
      throw new RangeError(`The graph ${this.#name} for a device cannot have ${operator}`);
    }
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

  /** Adds a reshape to constant lengths; at most one of them is -1. */
  reshape(value: Value, shape: readonly number[]): Value {
    return this.node("Reshape", [value, this.integers(shape)]);
  }

  /** Adds a slice along some axes, from each start up to, but without, each end. */
  slice(
    value: Value,
    starts: readonly number[],
    ends: readonly number[],
    axes: readonly number[],
  ): Value {
    return this.node("Slice", [value, ...[starts, ends, axes].map((at) => this.integers(at))]);
  }

  /** Declares a value as an output of the graph, under a given name. */
  output(name: string, value: Value, shape: readonly Dimension[]): void {
    this.#nodes.push({ input: [value], output: [name], name, opType: "Identity", domain: "" });
    this.#outputs.push(valueInfo(name, "f32", shape));
  }

  /** Returns the graph as the content of an `.onnx` file. */
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
