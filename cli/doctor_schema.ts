/**
 * Schema of `doctor --json`. The command imports only the type. `scripts/json_schemas.ts` writes `doctor.schema.json`
 * from it.
 *
 * @module
 */

import { z } from "zod";
import type { JsonOf } from "../core/schema.ts";

const name = z.string();
const folder = z.strictObject({
  path: z.string().nullable().describe("Absolute path; null where the environment names none"),
  bytes: z.int().min(0).nullable().describe("Size of the files in it; null if it does not exist"),
  isWritable: z.boolean().nullable().describe("null if it does not exist"),
});

/** Schema of the report. */
export const doctorSchema = z.strictObject({
  program: z.strictObject({
    version: z.string(),
    folder: z.string().describe("Absolute path of the program"),
    isPackaged: z.boolean().describe("Whether it is the package of npm, rather than a clone"),
  }),
  versions: z.strictObject({
    deno: z.string(),
    v8: z.string(),
    kernels: z.int().describe("Version of the interface of the kernels that the program expects"),
    onnxRuntime: z.string().nullable().describe("null if it is not installed"),
    ffmpeg: z.string().nullable().describe("null if it is not on the PATH"),
  }),
  machine: z.strictObject({
    os: z.string(),
    osRelease: z.string(),
    architecture: z.string(),
    cpu: z.string().describe("Name of the processor"),
    cores: z.int(),
    memoryBytes: z.int(),
    availableMemoryBytes: z.int(),
  }),
  kernels: z.strictObject({
    path: z.string().describe("Absolute path of the library"),
    problem: z.string().nullable().describe("Reason why it cannot be loaded; null if it can"),
    features: z.array(name).describe("Features of the processor that bear on the speed"),
    codePath: z.string().nullable().describe(
      "Code that the kernels take: portable, neon, avx2, avx512",
    ),
  }),
  devices: z.array(name).describe("Devices that the networks can be computed on"),
  weights: z.strictObject({
    folder: z.string().nullable().describe("null where the environment names none"),
    installed: z.array(name),
    damaged: z.array(name).describe(
      "Models with a file that cannot be read or has other content than the published one",
    ),
  }),
  caches: z.record(z.string(), folder),
  references: z.boolean().describe("Whether the references of parity are installed"),
  permissions: z.record(z.string(), z.boolean()),
  stages: z.array(z.strictObject({
    stage: z.string(),
    passed: z.boolean(),
    problem: z.string().nullable().describe("What is wrong; null if nothing is"),
    seconds: z.number(),
  })).describe("Self-test"),
  problems: z.array(z.string()).describe("All that is wrong; empty if nothing is"),
});

/** The report. */
export type DoctorReport = JsonOf<typeof doctorSchema>;
