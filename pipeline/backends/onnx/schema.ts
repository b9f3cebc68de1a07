/**
 * The part of the ONNX file format that the graph builders need.
 *
 * Source: `onnx/onnx.proto` of ONNX 1.18, IR version 10; field numbers as there.
 *
 * @module
 */

import protobuf from "protobufjs";

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
export const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** `TensorProto.DataType` of the element types that graphs use. */
export const DATA_TYPES = { f32: 1, u8: 2, i16: 5, i32: 6, i64: 7, f64: 11 } as const;

/**
 * Encodes a model.
 *
 * @param model a plain object in the shape of `ModelProto`, with the field names of this file
 * @returns the bytes of an `.onnx` file
 */
export function encodeModel(model: Readonly<Record<string, unknown>>): Uint8Array {
  const root = protobuf.Root.fromJSON({
    nested: Object.fromEntries(
      Object.entries(MESSAGES).map(([name, fields]) => [name, { fields: { ...fields } }]),
    ),
  });
  const type = root.lookupType("ModelProto");
  return type.encode(type.create(model)).finish();
}
