/**
 * Proves that parity catches faults: damages a copy of the program in one place at a time, compares it with
 * the references, and repairs it.
 *
 * All stages run isolated, each fed the references of its inputs, so that only the stage with the fault may
 * fail. The undamaged copy has to pass first: otherwise a failure would prove nothing. The program itself has
 * no switches for faults. They are patches of its source text, and a test checks that each patch fits its
 * file.
 *
 * @module
 */

import { z } from "zod";
import type { JsonOf } from "../../core/schema.ts";
import { UsageError } from "../../core/usage_error.ts";
import type { ParityReport } from "../../parity/report.ts";
import { STAGES } from "../../pipeline/stages.ts";
import { damaged, type Fault, languageOf, LANGUAGES } from "./fault.ts";

const failedSeam = z.strictObject({
  suite: z.string().describe("Name of the suite"),
  piece: z.string().describe("Name of the piece"),
  stage: z.string().describe("Name of the stage"),
  seam: z.string().describe("Name of the seam"),
  needs: z.number().min(0).nullable().describe(
    "Smallest tolerance that passes; null where type or shape differ or a value is not finite",
  ),
  differing: z.number().min(0).max(1).nullable()
    .describe("Share of the elements that differ; null as above"),
  reason: z.string().describe("Reason of the failure"),
});

const faultResult = z.strictObject({
  name: z.string().describe("Name of the fault"),
  file: z.string().describe("Patched file"),
  language: z.enum(LANGUAGES).describe("Language of the file"),
  expected: z.string().describe("Stage that had to fail"),
  failed: z.array(z.string()).describe("Stages that failed, in the order of the data"),
  caughtAt: z.string().nullable().describe("First stage that failed; null where none failed"),
  seams: z.array(failedSeam).describe("Seams that failed"),
  firstWrong: z.string().nullable().describe(
    "First wrong step of the first failing stage; null where the walk named none",
  ),
  stopped: z.string().exactOptional().describe(
    "Reason why the damaged program could not be compared; absent where it could",
  ),
  durationSeconds: z.number().min(0).describe("Seconds of building and comparing"),
});

/** Schema of {@linkcode Proof}. */
export const proofSchema = z.strictObject({
  format: z.literal(1).describe("Changes whenever a field changes its meaning"),
  upstream: z.record(z.string(), z.string())
    .describe("Versions of the programs that computed the references"),
  suites: z.array(z.string()).describe("Suites that the undamaged copy was compared with"),
  program: z.string().regex(/^[0-9a-f]{64}$/).exactOptional()
    .describe("SHA-256 of the undamaged copy; absent in older results"),
  controlSeams: z.int().min(0).describe("Number of seams that the undamaged copy passed"),
  results: z.array(faultResult)
    .describe("One result for each fault, in the order of the trials"),
});

/** A seam that failed because of a fault. */
export type FailedSeam = JsonOf<typeof failedSeam>;

/** Result of one fault. */
export type FaultResult = JsonOf<typeof faultResult>;

/** Results of a proof. */
export type Proof = JsonOf<typeof proofSchema>;

/** Returns whether a fault was caught at the expected stage and no other. */
export function isProven({ failed, expected }: Pick<FaultResult, "failed" | "expected">): boolean {
  return failed.length === 1 && failed[0] === expected;
}

/** A copy of the program that can be damaged. */
export interface Specimen {
  /** SHA-256 of the undamaged copy, hexadecimal. */
  readonly sha256: string;
  /** Reads the text of a file. */
  read(file: string): Promise<string>;
  /** Replaces a file. */
  write(file: string, text: string): Promise<void>;
  /**
   * Builds the copy where necessary and compares every stage with its references.
   *
   * @param suites suites of parity besides those that every copy is compared with
   * @throws {SpecimenError} if the copy cannot be built or stops before it has a report
   */
  compare(suites: readonly string[]): Promise<ParityReport>;
}

/** A copy of the program does not build, or stops before its comparison is complete. */
export class SpecimenError extends Error {
  override name = "SpecimenError";
}

/** Observers of a proof. */
export interface ProofOptions {
  /** Results of an interrupted proof of the same program, which are kept; only other faults are tried. */
  readonly resume?: Proof;
  /** Receives the name, number and total number of each comparison before it starts. */
  readonly onTrial?: (name: string, trial: number, trials: number) => void;
  /** Receives all results so far after each fault. */
  readonly onResult?: (proof: Proof) => Promise<void>;
}

/**
 * Tries all faults, those that need no build first.
 *
 * @param specimen the copy, which is restored at the end unless the proof is interrupted
 * @param faults the faults
 * @param options observers
 * @throws {UsageError} if the undamaged copy cannot run or does not pass, or the results to resume are of another program
 * @throws {FaultError} if a fault does not fit its file
 */
export async function prove(
  specimen: Specimen,
  faults: readonly Fault[],
  { resume, onTrial, onResult }: ProofOptions = {},
): Promise<Proof> {
  if (resume !== undefined && resume.program !== specimen.sha256) {
    throw new UsageError(
      "The results to resume are of another state of the repository, so that they say nothing about this one: prove " +
        "all faults again",
    );
  }
  const kept = resume?.results ?? [];
  const all = [
    ...faults.filter((fault) => languageOf(fault) === "typescript"),
    ...faults.filter((fault) => languageOf(fault) === "rust"),
  ];
  const ordered = all.filter(({ name }) => !kept.some((result) => result.name === name));
  // Finds a patch that does not fit before the first trial; all trials take an hour.
  for (const fault of ordered) damaged(await specimen.read(fault.file), fault);
  onTrial?.("the undamaged copy", 0, ordered.length);
  const suites = [...new Set(faults.flatMap(({ suites = [] }) => suites))];
  let proof = { ...await control(specimen, suites), results: [...kept] };
  for (const [index, fault] of ordered.entries()) {
    onTrial?.(fault.name, index + 1, ordered.length);
    proof = { ...proof, results: [...proof.results, await tryFault(specimen, fault)] };
    await onResult?.(proof);
  }
  return proof;
}

/** Compares the copy without a fault, which has to pass. */
async function control(specimen: Specimen, suites: readonly string[]): Promise<Proof> {
  const report = await compareUndamaged(specimen, suites);
  const controlSeams = report.suites.flatMap(({ results }) => results).length;
  const wrong = [
    ...report.suites.flatMap(({ suite, notRun }) =>
      notRun === undefined ? [] : [`${suite} did not run: ${notRun}`]
    ),
    ...failedSeams(report)
      .map(({ suite, piece, seam, reason }) => `${suite}, ${piece}, ${seam}: ${reason}`),
    ...(controlSeams === 0 ? ["no seam was compared"] : []),
  ];
  if (wrong.length > 0) {
    throw new UsageError(
      "The undamaged copy does not pass, so that a failure of a damaged one would prove nothing; " +
        `see deno task parity:\n${wrong.join("\n")}`,
    );
  }
  return {
    format: 1,
    upstream: report.upstream,
    suites: report.suites.map(({ suite }) => suite),
    program: specimen.sha256,
    controlSeams,
    results: [],
  };
}

async function compareUndamaged(
  specimen: Specimen,
  suites: readonly string[],
): Promise<ParityReport> {
  try {
    return await specimen.compare(suites);
  } catch (error) {
    if (!(error instanceof SpecimenError)) throw error;
    throw new UsageError(`The undamaged copy could not be compared: ${error.message}`, {
      cause: error,
    });
  }
}

async function tryFault(specimen: Specimen, fault: Fault): Promise<FaultResult> {
  const { name, file, expected, suites = [] } = fault;
  const text = await specimen.read(file);
  await specimen.write(file, damaged(text, fault));
  const start = performance.now();
  const outcome = await outcomeOf(specimen, suites);
  await specimen.write(file, text);
  return {
    ...{ name, file, language: languageOf(fault), expected },
    ...outcome,
    durationSeconds: (performance.now() - start) / 1000,
  };
}

/** Returns the failures of a damaged copy. A copy that stops does not count as caught. */
async function outcomeOf(
  specimen: Specimen,
  suites: readonly string[],
): Promise<Pick<FaultResult, "seams" | "failed" | "caughtAt" | "firstWrong" | "stopped">> {
  try {
    const report = await specimen.compare(suites);
    const seams = failedSeams(report);
    const stages = new Set(seams.map(({ stage }) => stage));
    const failed = STAGES.map(({ name }) => name).filter((name) => stages.has(name));
    const caughtAt = failed[0] ?? null;
    const walk = report.walks?.find(({ stage }) => stage === caughtAt);
    return { seams, failed, caughtAt, firstWrong: walk?.first?.seam ?? null };
  } catch (error) {
    if (!(error instanceof SpecimenError)) throw error;
    return { seams: [], failed: [], caughtAt: null, firstWrong: null, stopped: error.message };
  }
}

/** Returns the seams of a report that did not pass. */
function failedSeams({ suites }: ParityReport): FailedSeam[] {
  return suites.flatMap(({ results }) => results)
    .filter(({ verdict }) => verdict !== "pass")
    .map(({ suite, piece, stage, seam, comparison }) => {
      const { elements, differing, smallestTolerance, reason } = comparison;
      return {
        ...{ suite, piece, stage, seam, needs: smallestTolerance },
        differing: elements > 0 ? differing / elements : null,
        reason: reason ?? "no reason was given",
      };
    });
}
