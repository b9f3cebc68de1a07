/**
 * The work of `doctor`.
 *
 * @module
 */

import { access, constants, readdir, stat } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { cacheFolder } from "../core/cache_folder.ts";
import {
  DEMO,
  FIXTURES_FOLDER,
  IS_PACKAGED,
  onnxRuntimeVersion,
  PROGRAM_FOLDER,
  VERSION,
} from "../core/program.ts";
import { reasonOf } from "../core/reason.ts";
import { textTable } from "../core/table.ts";
import { KERNELS_VERSION, kernelsFile, processor } from "../kernels/mod.ts";
import {
  LISTED_MODELS,
  loadModel,
  modelsFolder,
  modelState,
  pullCommand,
  verifyFile,
} from "../models/mod.ts";
import type { DoctorReport } from "./doctor_schema.ts";
import { shownBytes } from "./_models_run.ts";

/** Permissions that are reported; `run` is that to start ffmpeg. */
const PERMISSIONS: readonly Deno.PermissionDescriptor[] = [
  { name: "read" },
  { name: "write" },
  { name: "env" },
  { name: "sys" },
  { name: "ffi", path: kernelsFile() },
  { name: "run", command: "ffmpeg" },
  { name: "net" },
];

/**
 * Prints the report.
 *
 * @param options whether it is JSON
 * @returns the exit code: 0, or 1 if something does not work
 */
export async function runDoctor({ json }: { readonly json: boolean }): Promise<number> {
  const report = await doctorReport();
  console.log(json ? JSON.stringify(report, null, 2) : doctorText(report));
  return report.problems.length === 0 ? 0 : 1;
}

/** Examines this machine. */
export async function doctorReport(): Promise<DoctorReport> {
  const kernels = await kernelsState();
  const onnx = await onnxState();
  const weights = await weightsState();
  const embedded = await loadModel("embedded").then(() => null, reasonOf);
  const stages = await (await import("../parity/mod.ts")).selfTest(DEMO);
  const { available } = Deno.systemMemoryInfo();
  return {
    program: { version: VERSION, folder: PROGRAM_FOLDER, isPackaged: IS_PACKAGED },
    versions: {
      ...{ deno: Deno.version.deno, v8: Deno.version.v8, kernels: KERNELS_VERSION },
      ...{ onnxRuntime: onnx.version, ffmpeg: await ffmpegVersion() },
    },
    machine: {
      ...{ os: Deno.build.os, osRelease: release(), architecture: Deno.build.arch },
      ...{ cpu: cpus()[0]?.model.trim() ?? "", cores: cpus().length },
      ...{ memoryBytes: totalmem(), availableMemoryBytes: available },
    },
    kernels,
    devices: onnx.devices,
    weights,
    caches: {
      weights: await folderState(weights.folder),
      graphs: await folderState(cacheFolder("graphs") ?? null),
    },
    references: await exists(join(FIXTURES_FOLDER, "manifest.json")),
    permissions: Object.fromEntries(
      PERMISSIONS.map((one) => [
        one.name,
        Deno.permissions.querySync(one).state === "granted",
      ]),
    ),
    stages,
    problems: [
      ...(kernels.problem === null ? [] : [kernels.problem]),
      ...(onnx.problem === null ? [] : [onnx.problem]),
      ...(embedded === null ? [] : [embedded]),
      ...weights.damaged.map((name) =>
        `The weights of ${name} are damaged or cannot be read (models verify tells why): download them again with ${
          pullCommand(name)
        }`
      ),
      // Without the kernels no stage works.
      ...stages.filter(({ passed }) => !passed && kernels.problem === null)
        .map(({ stage, problem }) => `The stage ${stage} fails: ${problem}`),
    ],
  };
}

async function kernelsState(): Promise<DoctorReport["kernels"]> {
  const path = kernelsFile();
  try {
    const { features, paths } = await processor();
    return { path, problem: null, features, codePath: paths.at(-1) ?? null };
  } catch (error) {
    return { path, problem: reasonOf(error), features: [], codePath: null };
  }
}

interface OnnxState {
  readonly version: string | null;
  readonly devices: readonly string[];
  readonly problem: string | null;
}

async function onnxState(): Promise<OnnxState> {
  const version = onnxRuntimeVersion() ?? null;
  const devices = ["cpu"];
  if (version === null) return { version, devices, problem: null };
  try {
    return {
      ...{ version, problem: null },
      devices: await (await import("../pipeline/mod.ts")).builtInDevices(),
    };
  } catch (error) {
    return { version, devices, problem: reasonOf(error) };
  }
}

async function weightsState(): Promise<DoctorReport["weights"]> {
  let folder: string;
  try {
    folder = resolve(modelsFolder());
  } catch {
    return { folder: null, installed: [], damaged: [] };
  }
  const states = await Promise.all(LISTED_MODELS.map((model) => modelState(folder, model)));
  const there = states.filter(({ state }) => state === "installed" || state === "damaged");
  // A file of several models is read once.
  const filesByPath = new Map(there.flatMap(({ files }) => files).map((file) => [file.path, file]));
  const damaged = new Set<string>();
  for (const [path, file] of filesByPath) {
    const isWrong = await verifyFile(file).then(
      (verdict) => verdict.isCorrect === false,
      () => true,
    );
    if (isWrong) damaged.add(path);
  }
  const namesOf = (areDamaged: boolean): string[] =>
    there.filter(({ files }) => areDamaged === files.some(({ path }) => damaged.has(path)))
      .map(({ model }) => model.name);
  return { folder, installed: namesOf(false), damaged: namesOf(true) };
}

async function folderState(path: string | null): Promise<DoctorReport["caches"][string]> {
  if (path === null || !await exists(path)) return { path, bytes: null, isWritable: null };
  const names = await readdir(path).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) => stat(join(path, name)).then(({ size }) => size, () => 0)),
  );
  const isWritable = await access(path, constants.W_OK).then(() => true, () => Deno.uid() === 0);
  return { path, bytes: sizes.reduce((sum, size) => sum + size, 0), isWritable };
}

async function ffmpegVersion(): Promise<string | null> {
  try {
    const { stdout } = await new Deno.Command("ffmpeg", {
      args: ["-version"],
      stderr: "null",
    }).output();
    return /^ffmpeg version (\S+)/.exec(new TextDecoder().decode(stdout))?.[1] ?? "unknown";
  } catch {
    return null;
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}

/** Returns the report as text. */
export function doctorText(report: DoctorReport): string {
  const { program, versions, machine, kernels, weights, caches, permissions } = report;
  const granted = (wanted: boolean): string =>
    Object.entries(permissions).filter(([, state]) => state === wanted).map(([name]) => name)
      .join(", ") || "none";
  const facts: [string, string][] = [
    [
      "tactus",
      `${program.version}, ${program.isPackaged ? "package" : "clone"} in ${program.folder}`,
    ],
    ["Deno", `${versions.deno}, V8 ${versions.v8}`],
    ["system", `${machine.os} ${machine.osRelease}, ${machine.architecture}`],
    ["processor", `${machine.cpu || "unknown"}, ${machine.cores} cores`],
    [
      "memory",
      `${gibibytes(machine.memoryBytes)}, of which ${
        gibibytes(machine.availableMemoryBytes)
      } available`,
    ],
    [
      "kernels",
      kernels.problem ??
        `interface ${versions.kernels}, code for ${kernels.codePath} (${
          kernels.features.join(" ") || "no features"
        })`,
    ],
    ["library", kernels.path],
    [
      "ONNX Runtime",
      versions.onnxRuntime ?? "not installed (needed for --backend onnx and --device)",
    ],
    ["devices", report.devices.join(", ")],
    ["ffmpeg", versions.ffmpeg ?? "not on the PATH (needed for some formats)"],
    ["weights", weights.installed.join(", ") || "only those that are built in"],
    ...Object.entries(caches).map(([name, { path, bytes, isWritable }]): [string, string] => [
      `${name} in`,
      path === null
        ? "no folder: HOME is not set"
        : bytes === null
        ? `${path}, which does not exist yet`
        : `${path}, ${shownBytes(bytes)}${isWritable ? "" : ", not writable"}`,
    ]),
    ["references", report.references ? "installed" : "not installed (needed for parity)"],
    ["permissions", `${granted(true)}; not granted: ${granted(false)}`],
  ];
  const stages = report.stages.map(({ stage, passed, problem, seconds }) => [
    ...[stage, seconds.toFixed(2), passed ? "ok" : `fails: ${problem}`],
  ]);
  return [
    ...textTable(facts),
    "",
    ...textTable([["stage", "seconds", "self-test"], ...stages], (column) => column === 1),
    "",
    ...(report.problems.length === 0 ? ["Everything works"] : report.problems),
  ].join("\n");
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
