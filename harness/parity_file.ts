/**
 * Schema of `parity.toml`: a pipeline, its inputs, its implementations and their reference.
 *
 * `scripts/json_schemas.ts` writes `parity_file.schema.json` from it, which editors use for completion.
 *
 * @module
 */

import { z } from "zod";
import { ELEMENT_TYPES, type ElementType } from "../core/elements.ts";
import type { JsonOf } from "../core/schema.ts";

const text = z.string().min(1);
/** Names become names of files and folders, on every system. Editors need a pattern without flags. */
const name = z.string().regex(
  // deno-lint-ignore no-control-regex
  /^[^\s./\\:*?"<>|{}\u0000-\u001f][^/\\:*?"<>|{}\u0000-\u001f]{0,99}$/,
  'expected a name of at most 100 characters, without / \\ : * ? " < > | { }, which starts with none of . and spaces',
);
const tolerance = z.number().min(0);
const argument = z.string().describe("May contain placeholders");

const seam = z.strictObject({
  dtype: z.enum(Object.keys(ELEMENT_TYPES) as [ElementType, ...ElementType[]])
    .describe("Element type"),
  axes: z.array(z.union([z.int().min(0), text])).exactOptional()
    .describe('Length or name of each axis, outermost first; "frames" and "samples" are time'),
  unit: text.exactOptional().describe("Unit and range of the values, for readers"),
  judgement: z.enum(["float", "steps", "time", "equal"]).exactOptional().describe(
    "float: by tolerance (default of floats); steps: one step in at most 1 % of the elements; " +
      "time: 1e-9 s; equal (default of whole numbers)",
  ),
  atol: tolerance.exactOptional().describe("Allowed error of any element; 1e-6 for floats"),
  rtol: tolerance.exactOptional()
    .describe("Additional allowed error as a share of |expected|; 1e-6 for floats"),
  allowed_share: z.number().min(0).max(1).exactOptional()
    .describe("Share of the elements that may differ at all; absent for any"),
  passing_share: z.number().gt(0).max(1).exactOptional()
    .describe("Share of the elements that must pass; absent for all"),
  snr: z.number().exactOptional().describe(
    "Least signal-to-noise ratio of the whole seam, dB; alone, it replaces the tolerance of an element",
  ),
  float32_factor: z.number().gt(0).exactOptional().describe(
    "The error may be this factor of that of the reference's own float32 run; atol and rtol still " +
      "hold where they are given and larger",
  ),
  from: z.array(z.string().min(1)).exactOptional().describe(
    "Of an inner seam, or an output of a stage with inner seams: the inputs, inner seams and outputs of the stage that it " +
      "is computed from; by default the inner seam before it, and of the first the inputs",
  ),
});

const stage = z.strictObject({
  name: name.describe("Unique; also the name in files of timings"),
  inputs: z.array(name).default([])
    .describe("Seams that it reads; none where it reads the input file"),
  outputs: z.array(name).min(1).describe("Seams that it makes"),
  inner: z.array(name).min(1).exactOptional().describe(
    "Inner seams: arrays between its operations, in the order of the data. Where the stage fails, they lead to its first " +
      "wrong operation; where its outputs are discrete, they are judged too",
  ),
});

const input = z.strictObject({
  files: z.array(text).min(1).describe(
    "Paths or globs of files or folders, from the folder of this file",
  ),
  seconds: z.number().gt(0).exactOptional()
    .describe("Length of each file, for times real time"),
});

const implementation = z.strictObject({
  command: z.array(argument).min(1).exactOptional().describe(
    "Program and arguments, run without a shell in the folder of this file. {input} is the input " +
      "file, {out} the folder for a file SEAM.npy of each seam, {seams} a folder with given seams, " +
      "{deno} this Deno",
  ),
  recorded: text.exactOptional().describe(
    "Instead of a command: folder with a folder of seams for each input, recorded elsewhere",
  ),
  mode: z.enum(["isolated", "chained"]).exactOptional()
    .describe("How a recorded folder was computed; chained by default"),
  environment: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), argument).exactOptional()
    .describe("Variables that are added to the environment"),
  stages: z.array(name).min(1).exactOptional().describe("Stages that it has; all by default"),
  setup: z.array(argument).min(1).exactOptional().describe(
    "Program and arguments that run once before; where it fails, the implementation is not run",
  ),
  timeout_seconds: z.number().gt(0).exactOptional().describe("Limit of one run; 600 by default"),
  memory_mb: z.number().gt(0).exactOptional()
    .describe("Limit of the resident memory of all its processes; none by default"),
});

const reference = z.strictObject({
  implementation: name.exactOptional().describe("Implementation that makes the references"),
  folder: text.exactOptional().describe(
    "Folder of stored references, as harness record writes it; where it is given, the " +
      "implementation need not be installed",
  ),
  float32: name.exactOptional().describe(
    "Implementation that is the reference in float32; its error counts for float32_factor",
  ),
});

/** Schema of the file. */
export const parityFileSchema = z.strictObject({
  format: z.literal(1).describe("Changes whenever a key changes its meaning"),
  name: name.describe("Name of the pipeline"),
  seams: z.record(name, seam).describe("Arrays between stages by their names"),
  stages: z.array(stage).min(1).describe("Stages in the order of the data"),
  inputs: z.array(input).min(1).describe("Files that the pipeline runs on"),
  reference: reference.describe("What the implementations are compared with"),
  implementations: z.record(name, implementation).describe("Implementations by their names"),
  rounds: z.int().min(1).max(1000).exactOptional()
    .describe("Runs of each implementation on each input; 1 by default"),
});

const SCHEMAS = { file: parityFileSchema, seam, implementation, input };

/** @internal */
type Schemas = typeof SCHEMAS;

/** Content of `parity.toml`. */
export type ParityFile = JsonOf<Schemas["file"]>;

/** A seam in `parity.toml`. */
export type SeamEntry = JsonOf<Schemas["seam"]>;

/** An implementation in `parity.toml`. */
export type ImplementationEntry = JsonOf<Schemas["implementation"]>;

/** Files of inputs in `parity.toml`. */
export type InputEntry = JsonOf<Schemas["input"]>;
