/**
 * Reads `parity.toml`. Each error has the number of its line.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { parse, TomlError } from "smol-toml";
import type { z } from "zod";
import { reasonOf } from "../core/reason.ts";
import { TOTAL } from "../reports/run_report.ts";
import { type ParityFile, parityFileSchema } from "./parity_file.ts";

/** A `parity.toml` that cannot be read or contradicts itself. */
export class ParityFileError extends Error {
  /** Name of the class. */
  override name = "ParityFileError";
}

/** What is wrong, and where. */
interface Finding {
  /** Keys and indices from the root to the place. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * Reads a file and checks it.
 *
 * @param path the file
 * @throws {ParityFileError} as {@linkcode parseParityFile}, or if the file cannot be read
 */
export async function readParityFile(path: string): Promise<ParityFile> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new ParityFileError(`Cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
  return await parseParityFile(text, path);
}

/**
 * Parses the text of a file and checks it.
 *
 * @param text TOML
 * @param name name of the file, for messages
 * @throws {ParityFileError} with `NAME:LINE:COLUMN:` for each finding: no TOML, an unknown key, a value of another type
 * or range, a name that nothing has, a seam without a stage, a reference without a source
 */
export async function parseParityFile(text: string, name: string): Promise<ParityFile> {
  let source: unknown;
  try {
    source = parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const { line, column, message } = cause;
    const [reason] = message.replace(/^Invalid TOML document: /, "").split("\n");
    throw new ParityFileError(`${name}:${line}:${column}: this is not TOML: ${reason}`, { cause });
  }
  const { data, error } = parityFileSchema.safeParse(source);
  const findings = error === undefined ? contradictions(data) : error.issues.flatMap(findingsOf);
  if (findings.length === 0) return data!;
  const { positions } = await import("./_positions.ts");
  const at = positions(text);
  const located = findings.map(({ path, message }) => ({ ...at(path), message, path }))
    .toSorted((a, b) => a.line - b.line || a.column - b.column);
  throw new ParityFileError(
    located.map(({ line, column, path, message }) =>
      `${name}:${line}:${column}: ${
        [path.map(String).join("."), message].filter(Boolean).join(": ")
      }`
    ).join("\n"),
  );
}

function findingsOf(issue: z.core.$ZodIssue): Finding[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: "this key is not known: correct or remove it",
    }));
  }
  const isMissing = issue.code === "invalid_type" && issue.input === undefined &&
    /received undefined/.test(issue.message);
  return [{ path, message: isMissing ? "this key is missing" : issue.message }];
}

/** Returns what the schema cannot express. */
function contradictions(file: ParityFile): Finding[] {
  const ofStages = stageFindings(file);
  // The other findings would follow from these.
  if (ofStages.length > 0) return ofStages;
  return [
    ...referenceFindings(file),
    ...Object.keys(file.implementations).flatMap((name) => implementationFindings(file, name)),
  ];
}

/** Names that no stage can have, and what has them. */
const RESERVED: ReadonlyMap<string, string> = new Map([
  [TOTAL, "the row of the whole process in tables of times"],
  ["default", "the minimum of all other stages in regression.toml"],
]);

function stageFindings(file: ParityFile): Finding[] {
  const { seams, stages } = file;
  const findings: Finding[] = [];
  const made = new Map<string, string>();
  const names = new Set<string>();
  for (const [at, { name, inputs, outputs }] of stages.entries()) {
    const path = ["stages", at] as const;
    const taken = RESERVED.get(name);
    if (taken !== undefined) {
      const message = `${name} is the name of ${taken}: give the stage another name`;
      findings.push({ path: [...path, "name"], message });
    }
    if (names.has(name)) findings.push({ path, message: `there are two stages ${name}` });
    names.add(name);
    for (const input of inputs) {
      if (made.has(input)) continue;
      const owner = stages.find(({ inner }) => inner?.includes(input));
      const message = owner !== undefined
        ? `its input ${input} is an inner seam of the stage ${owner.name}: make it one of its outputs`
        : Object.hasOwn(seams, input)
        ? `no stage before it makes its input ${input}`
        : `its input ${input} is not one of the seams`;
      findings.push({ path: [...path, "inputs"], message });
    }
    for (const output of outputs) {
      const other = made.get(output);
      const where = [...path, "outputs"];
      if (!Object.hasOwn(seams, output)) {
        findings.push({ path: where, message: `its output ${output} is not one of the seams` });
      } else if (other !== undefined) {
        findings.push({ path: where, message: `the stage ${other} makes ${output} already` });
      }
      made.set(output, name);
    }
  }
  if (Object.hasOwn(seams, "versions")) {
    const message =
      "versions is the name of the file of versions, versions.json, which a raw seam would overwrite: give the seam another name";
    findings.push({ path: ["seams", "versions"], message });
  }
  return [...findings, ...innerFindings(file, made)];
}

/**
 * Returns what is wrong with inner seams and with what seams are computed from.
 *
 * @param file the file
 * @param made stage of each output
 */
function innerFindings(
  { seams, stages }: ParityFile,
  made: ReadonlyMap<string, string>,
): Finding[] {
  const findings: Finding[] = [];
  const owners = new Map(made);
  for (const [at, { name, inputs, outputs, inner = [] }] of stages.entries()) {
    for (const seam of inner) {
      const path = ["stages", at, "inner"];
      const other = owners.get(seam);
      if (!Object.hasOwn(seams, seam)) {
        findings.push({ path, message: `its inner seam ${seam} is not one of the seams` });
      } else if (other !== undefined) {
        findings.push({ path, message: `the stage ${other} makes ${seam} already` });
      }
      owners.set(seam, name);
    }
    const steps = [...inner, ...outputs];
    for (const [nth, seam] of steps.entries()) {
      const before = [...inputs, ...steps.slice(0, nth)];
      for (const source of seams[seam]?.from ?? []) {
        if (before.includes(source)) continue;
        findings.push({
          path: ["seams", seam, "from"],
          message: `${source} is neither an input of the stage ${name} nor a seam that it makes ` +
            `before ${seam}`,
        });
      }
    }
  }
  for (const seam of Object.keys(seams)) {
    if (owners.has(seam)) continue;
    findings.push({ path: ["seams", seam], message: "no stage makes this seam" });
  }
  return findings;
}

function referenceFindings({ reference, implementations, seams }: ParityFile): Finding[] {
  const findings: Finding[] = [];
  const { implementation, folder, float32 } = reference;
  if (implementation === undefined && folder === undefined) {
    findings.push({ path: ["reference"], message: "expected implementation or folder" });
  }
  for (const key of ["implementation", "float32"] as const) {
    const name = reference[key];
    if (name === undefined || Object.hasOwn(implementations, name)) continue;
    findings.push({ path: ["reference", key], message: `there is no implementation ${name}` });
  }
  const isUnknown = float32 === undefined && folder === undefined;
  for (const [name, { float32_factor }] of Object.entries(seams)) {
    if (float32_factor === undefined || !isUnknown) continue;
    const message =
      "the error in float32 is not known: name its implementation as reference.float32";
    findings.push({ path: ["seams", name, "float32_factor"], message });
  }
  return findings;
}

function implementationFindings(file: ParityFile, name: string): Finding[] {
  const path = ["implementations", name];
  const entry = file.implementations[name]!;
  const { command, recorded, mode, stages = file.stages.map((stage) => stage.name) } = entry;
  const findings: Finding[] = [];
  if ((command === undefined) === (recorded === undefined)) {
    findings.push({ path, message: "expected either a command or recorded" });
    return findings;
  }
  if (command === undefined) {
    for (const key of ["environment", "setup", "timeout_seconds", "memory_mb"] as const) {
      if (entry[key] === undefined) continue;
      findings.push({ path: [...path, key], message: "this key needs a command" });
    }
  } else {
    if (mode !== undefined) {
      const message =
        "this key needs recorded; a command has {seams} where it can start from given seams";
      findings.push({ path: [...path, "mode"], message });
    }
    const texts = [...command, ...Object.values(entry.environment ?? {})];
    if (!texts.some((one) => one.includes("{out}"))) {
      const message = "the command has no {out}, the folder that it writes its seams to";
      findings.push({ path: [...path, "command"], message });
    }
    for (const [, unknown] of texts.join("\n").matchAll(/\{([a-z]+)\}/g)) {
      if (["input", "out", "seams", "deno"].includes(unknown!)) continue;
      const message =
        `the placeholder {${unknown}} is not known: expected {input}, {out}, {seams} or {deno}`;
      findings.push({ path: [...path, "command"], message });
    }
  }
  for (const stage of stages) {
    if (file.stages.some((one) => one.name === stage)) continue;
    findings.push({ path: [...path, "stages"], message: `there is no stage ${stage}` });
  }
  if (findings.length > 0 || startsFromSeams(entry)) return findings;
  const own = file.stages.filter((stage) => stages.includes(stage.name));
  const made = new Set(own.flatMap(({ outputs }) => outputs));
  for (const stage of own) {
    const missing = stage.inputs.find((input) => !made.has(input));
    if (missing === undefined) continue;
    const message =
      `its stage ${stage.name} needs ${missing}, which none of its stages makes, and its ` +
      "command has no {seams} to read it from";
    findings.push({ path: [...path, "stages"], message });
  }
  return findings;
}

/** Returns whether the stages of an implementation can start from given seams. */
export function startsFromSeams(
  { command, environment, mode }: ParityFile["implementations"][string],
): boolean {
  if (command === undefined) return mode === "isolated";
  return [...command, ...Object.values(environment ?? {})].some((one) => one.includes("{seams}"));
}
