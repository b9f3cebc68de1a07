/**
 * Shows that the parity harness catches faults: a copy of the program is damaged in one place at a
 * time, compared with the references, and mended.
 *
 * The stages are run isolated, each fed the references of its inputs, so that only the stage that
 * has the fault may fail; all stages are run every time. The undamaged copy has to pass first, or
 * a failure would prove nothing. The product itself carries no switches for faults: they are
 * patches of its source text, and a test keeps each of them in step with the file that it is for.
 *
 * @module
 */

import { UsageError } from "../../core/usage_error.ts";
import type { ParityReport } from "../../parity/report.ts";
import { damaged, type Fault, languageOf } from "./fault.ts";
import { failedSeams, type FaultResult, type Proof, stagesOfSeams } from "./proof.ts";

/** A copy of the program that can be damaged. */
export interface Specimen {
  /** The text of a file. */
  read(file: string): Promise<string>;
  /** Replaces a file. */
  write(file: string, text: string): Promise<void>;
  /**
   * Builds what has to be built and compares every stage with its references.
   *
   * @throws {SpecimenError} if it cannot be built or stops before it has a report
   */
  compare(): Promise<ParityReport>;
}

/** A copy of the program does not build, or stops before it has compared anything. */
export class SpecimenError extends Error {
  override name = "SpecimenError";
}

/** How a proof runs. */
export interface ProofOptions {
  /** Told before each comparison: what is compared, which it is, and how many there are. */
  readonly onStep?: (what: string, step: number, steps: number) => void;
  /** Told after each fault, with all that is known by then. */
  readonly onResult?: (proof: Proof) => Promise<void>;
}

/**
 * Tries all faults, those that need no building first.
 *
 * @param specimen the copy; it is as before when this is done, unless it is interrupted
 * @param faults what to put into it
 * @param options who is told
 * @throws {UsageError} if the undamaged copy cannot be run or does not pass
 * @throws {FaultError} if a fault does not fit its file
 */
export async function prove(
  specimen: Specimen,
  faults: readonly Fault[],
  { onStep, onResult }: ProofOptions = {},
): Promise<Proof> {
  const ordered = [
    ...faults.filter((fault) => languageOf(fault) === "typescript"),
    ...faults.filter((fault) => languageOf(fault) === "rust"),
  ];
  // A patch that does not fit is found before hours are spent on the others.
  for (const fault of ordered) damaged(await specimen.read(fault.file), fault);
  onStep?.("the undamaged copy", 0, ordered.length);
  let proof = await control(specimen);
  for (const [index, fault] of ordered.entries()) {
    onStep?.(fault.name, index + 1, ordered.length);
    proof = { ...proof, results: [...proof.results, await tryFault(specimen, fault)] };
    await onResult?.(proof);
  }
  return proof;
}

/** The copy without a fault, which has to pass. */
async function control(specimen: Specimen): Promise<Proof> {
  const report = await compareUndamaged(specimen);
  const seams = failedSeams(report);
  const notRun = report.suites.flatMap(({ suite, notRun }) =>
    notRun === undefined ? [] : [`${suite} did not run: ${notRun}`]
  );
  const wrong = [
    ...notRun,
    ...seams.map(({ suite, piece, seam, reason }) => `${suite}, ${piece}, ${seam}: ${reason}`),
  ];
  const controlSeams = report.suites.flatMap(({ results }) => results).length;
  if (controlSeams === 0) wrong.push("no seam was compared");
  if (wrong.length > 0) {
    throw new UsageError(
      `The undamaged copy does not pass, so that faults would show nothing; see deno task parity:\n${
        wrong.join("\n")
      }`,
    );
  }
  return {
    format: 1,
    upstream: report.upstream,
    suites: report.suites.map(({ suite }) => suite),
    controlSeams,
    results: [],
  };
}

async function compareUndamaged(specimen: Specimen): Promise<ParityReport> {
  try {
    return await specimen.compare();
  } catch (error) {
    if (!(error instanceof SpecimenError)) throw error;
    throw new UsageError(`The undamaged copy could not be compared: ${error.message}`, {
      cause: error,
    });
  }
}

async function tryFault(specimen: Specimen, fault: Fault): Promise<FaultResult> {
  const { name, file, expected } = fault;
  const text = await specimen.read(file);
  await specimen.write(file, damaged(text, fault));
  const start = performance.now();
  const outcome = await outcomeOf(specimen);
  await specimen.write(file, text);
  return {
    ...{ name, file, language: languageOf(fault), expected },
    ...outcome,
    durationSeconds: (performance.now() - start) / 1000,
  };
}

/** A program that stops has not been caught by the harness, whatever its message. */
async function outcomeOf(
  specimen: Specimen,
): Promise<Pick<FaultResult, "seams" | "failed" | "caughtAt" | "firstWrong" | "stopped">> {
  try {
    const report = await specimen.compare();
    const seams = failedSeams(report);
    const failed = stagesOfSeams(seams);
    const caughtAt = failed[0] ?? null;
    const walk = report.walks?.find(({ stage }) => stage === caughtAt);
    return { seams, failed, caughtAt, firstWrong: walk?.first?.seam ?? null };
  } catch (error) {
    if (!(error instanceof SpecimenError)) throw error;
    return { seams: [], failed: [], caughtAt: null, firstWrong: null, stopped: error.message };
  }
}
