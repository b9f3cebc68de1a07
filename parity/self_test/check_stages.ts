/**
 * The self-test: each stage on a small input, compared with stored values.
 *
 * The stored values of the spectrogram and of the beats are those of the naive implementations in float64, those of the
 * network are ONNX Runtime's. The other stages have one implementation; theirs are the values of a version that passed
 * the comparison with the original programs.
 *
 * @module
 */

import { reasonOf } from "../../core/reason.ts";
import { type DType, type Tensor, tensor } from "../../core/tensor.ts";
import { loadModel } from "../../models/registry.ts";
import { loadDemixer } from "../../pipeline/backends/demixers.ts";
import { networkModel } from "../../pipeline/network.ts";
import { type SeamName, SEAMS, type Seams } from "../../pipeline/seams.ts";
import { type Stage, type StageContext, STAGES } from "../../pipeline/stages.ts";
import { compare } from "../compare.ts";
import answers from "./answers.json" with { type: "json" };
import { decodeDemo, selfTestInputs } from "./inputs.ts";

/** Most elements of a seam that are stored. */
const MOST_STORED = 64;

/** A stored seam: its shape, and elements at equal distances. */
export interface Answer {
  /** Shape of the whole seam. */
  readonly shape: readonly number[];
  /** The stored elements. */
  readonly values: readonly number[];
}

/** Stored seams by name. */
export type Answers = Readonly<Partial<Record<SeamName, Answer>>>;

/** Result of one stage. */
export interface StageCheck {
  /** Name of the stage. */
  readonly stage: string;
  /** Whether all stored elements are within tolerance. */
  readonly passed: boolean;
  /** What is wrong; null if nothing is. */
  readonly problem: string | null;
  /** Duration, seconds. */
  readonly seconds: number;
}

/** Runs a stage; by default its own implementation. */
export type RunStage = (
  stage: Stage,
  inputs: Seams,
  context: StageContext,
) => Promise<Partial<Seams>>;

/**
 * Tests each stage. A stage that fails does not stop the others.
 *
 * @param demo path of the demo piece
 * @param stored stored values; by default those of this version
 */
export async function selfTest(
  demo: string,
  stored: Answers = answers as Answers,
): Promise<StageCheck[]> {
  const checks: StageCheck[] = [];
  const check = async (
    stage: string,
    run: () => Promise<Partial<Seams>>,
  ): Promise<Partial<Seams>> => {
    const start = performance.now();
    let made: Partial<Seams> = {};
    let problem: string | null = null;
    try {
      made = await run();
      problem = differences(made, stored);
    } catch (error) {
      problem = reasonOf(error);
    }
    const seconds = (performance.now() - start) / 1000;
    checks.push({ stage, passed: problem === null, problem, seconds });
    return made;
  };
  const { mixture } = await check("decode", async () => ({ mixture: await decodeDemo(demo) }));
  // Without audio the stages that need none are still tested.
  const inputs = selfTestInputs(mixture ?? tensor("f32", [2, 0], new Float32Array(0)));
  const context = selfTestContext();
  for (const stage of STAGES) {
    await check(stage.name, () => stage.run(inputs, context));
  }
  return checks;
}

/** Returns seeded weights for the network, and the demixer without weights. */
function selfTestContext(): StageContext {
  return {
    model: loadModel("seeded-fold0").then((folds) => networkModel("seeded-fold0", folds)),
    embeddings: false,
    separation: { demixer: loadDemixer("hpss-mix"), shifts: [null], stems: "floats" },
  };
}

/** Returns what differs from the stored values, null if nothing does. */
function differences(made: Partial<Seams>, stored: Answers): string | null {
  for (const [name, seam] of Object.entries(made) as [SeamName, Tensor][]) {
    const answer = stored[name];
    // Rounded samples may differ by one step.
    if (answer === undefined) continue;
    if (seam.shape.join() !== answer.shape.join()) {
      return `${name} has the shape [${seam.shape.join(", ")}], expected [${
        answer.shape.join(", ")
      }]`;
    }
    const isFloat = SEAMS[name].judgement === "float";
    const tolerance = SEAMS[name].judgement === "time" ? 1e-9 : isFloat ? 1e-6 : 0;
    const { passed, reason, maxAbsolute } = compare(
      sampled(seam),
      sampledAnswer(seam.dtype, answer),
      { absolute: tolerance, relative: isFloat ? 1e-6 : 0 },
    );
    if (!passed) return `${name}: ${reason ?? `the largest error is ${maxAbsolute}`}`;
  }
  const missing = Object.keys(made).length === 0;
  return missing ? "the stage made nothing" : null;
}

/** Returns elements at equal distances. */
function sampled({ dtype, data }: Tensor): Tensor {
  const count = Math.min(MOST_STORED, data.length);
  const at = (index: number): number => Math.floor(index * data.length / count);
  return arrayOf(dtype, Array.from({ length: count }, (_, index) => Number(data[at(index)])));
}

function sampledAnswer(dtype: DType, { values }: Answer): Tensor {
  return arrayOf(dtype, values);
}

function arrayOf(dtype: DType, values: readonly number[]): Tensor {
  const shape = [values.length];
  if (dtype === "f32") return tensor("f32", shape, Float32Array.from(values));
  if (dtype === "f64") return tensor("f64", shape, Float64Array.from(values));
  if (dtype === "i32") return tensor("i32", shape, Int32Array.from(values));
  throw new RangeError(`Expected a seam of f32, f64 or i32, but got ${dtype}`);
}

/**
 * Computes the stored values.
 *
 * @param demo path of the demo piece
 * @param run runs a stage, with its independent implementation where it has one
 */
export async function selfTestAnswers(demo: string, run: RunStage): Promise<Answers> {
  const mixture = await decodeDemo(demo);
  const inputs = selfTestInputs(mixture);
  const context = selfTestContext();
  const made: Partial<Seams> = { mixture };
  for (const stage of STAGES) Object.assign(made, await run(stage, inputs, context));
  return Object.fromEntries(
    Object.entries(made).filter(([name]) => SEAMS[name as SeamName].judgement !== "steps")
      .map(([name, seam]) => [
        name,
        { shape: [...seam.shape], values: [...sampled(seam).data].map(Number) },
      ]),
  );
}
