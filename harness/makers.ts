/**
 * Runs the implementations whose outputs are references.
 *
 * @module
 */

import { cp } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../core/usage_error.ts";
import { type Piece, type Reference, ReferenceError } from "../parity/mod.ts";
import { type DescribedFile, ensureKnown } from "./described_file.ts";
import type { Input } from "./inputs.ts";
import { DescribedImplementation, seamsIn } from "./process_implementation.ts";
import { float32Error, versionsIn } from "./record.ts";
import type { References } from "./reference_folder.ts";

/** Implementations whose outputs are references: each runs once on an input, in chained mode. */
export class Makers {
  readonly #described: DescribedFile;
  readonly #scratch: string;
  readonly #onTurn: ((description: string) => void) | undefined;

  /**
   * Refers to a file.
   *
   * @param described the file
   * @param scratch folder for the outputs
   * @param onTurn receives a description of each run before it begins
   */
  constructor(
    described: DescribedFile,
    scratch: string,
    onTurn: ((description: string) => void) | undefined,
  ) {
    this.#described = described;
    this.#scratch = scratch;
    this.#onTurn = onTurn;
  }

  /** @throws {UsageError} if the implementation does not exist, cannot run, or lacks a stage */
  async open(name: string): Promise<DescribedImplementation> {
    const { file, folder, inputs } = this.#described;
    ensureKnown("implementation", name, Object.keys(file.implementations));
    const implementation = new DescribedImplementation(file, name, {
      ...{ folder, modes: ["chained"], scratch: join(this.#scratch, "makers") },
      inputs: new Map(inputs.map((input) => [input.name, input])),
      onSeams: (input, _mode, outputs) => this.#keep(name, input, outputs),
    });
    const reason = await implementation.prepare();
    if (reason !== undefined) {
      throw new UsageError(
        `The reference ${name} cannot run: ${reason}; install it, or name a folder of stored ` +
          "references as reference.folder",
      );
    }
    const empty: Piece = { suite: name, name: "", references: new Map(), given: {} };
    const missing = file.stages.find((stage) =>
      !implementation.stagesIn("chained", empty).includes(stage)
    );
    if (missing !== undefined) {
      throw new UsageError(`The reference ${name} does not compute the stage ${missing.name}`);
    }
    return implementation;
  }

  /** Returns the folder with the outputs. */
  async run(maker: DescribedImplementation, input: Input): Promise<string> {
    const piece: Piece = {
      ...{ suite: maker.name, name: input.name, references: new Map(), given: {} },
    };
    const [mode, stages] = ["chained", maker.stages] as const;
    const onStage = this.#onTurn;
    for await (
      const { failure } of maker.run({ piece, mode, stages, ...(onStage && { onStage }) })
    ) {
      if (failure === undefined) continue;
      throw new ReferenceError(`The reference ${maker.name} failed on ${input.name}: ${failure}`);
    }
    return maker.recorded(input.name) ?? this.#kept(maker.name, input.name);
  }

  #kept(name: string, input: string): string {
    return join(this.#scratch, "references", name, input);
  }

  async #keep(name: string, input: string, outputs: string): Promise<void> {
    await cp(outputs, this.#kept(name, input), { recursive: true });
  }
}

/**
 * Runs the implementation that makes the references, and the one that is the same in float32.
 *
 * @param described the file
 * @param inputs inputs that are compared
 * @param scratch folder for the outputs, which the references refer to
 * @param onTurn receives a description of each run before it begins
 */
export async function liveReferences(
  described: DescribedFile,
  inputs: readonly Input[],
  scratch: string,
  onTurn: ((description: string) => void) | undefined,
): Promise<References> {
  const { file, pipeline } = described;
  const { implementation: name, float32 } = file.reference;
  const makers = new Makers(described, scratch, onTurn);
  const maker = await makers.open(name!);
  const approximate = float32 === undefined ? undefined : await makers.open(float32);
  const found = new Map<string, ReadonlyMap<string, Reference>>();
  let versions: Readonly<Record<string, string>> = {};
  for (const input of inputs) {
    const outputs = await makers.run(maker, input);
    versions = { ...versions, ...await versionsIn(outputs) };
    const [exact, rounded] = [
      await seamsIn(outputs),
      approximate === undefined ? {} : await seamsIn(await makers.run(approximate, input)),
    ];
    const seams = new Map<string, Reference>();
    const missing = file.stages.flatMap((stage) => stage.outputs)
      .find((seam) => !Object.hasOwn(exact, seam));
    if (missing !== undefined) {
      throw new ReferenceError(
        `The reference ${name} did not write the seam ${missing} of ${input.name}`,
      );
    }
    for (const [seam, array] of Object.entries(exact)) {
      if (!Object.hasOwn(pipeline.seams, seam)) continue;
      const what = `${name}, ${input.name}, ${seam}`;
      const upstreamFloat32 = await float32Error(what, pipeline, seam, array, rounded[seam]);
      seams.set(seam, { path: what, array, upstreamFloat32 });
    }
    found.set(input.name, seams);
  }
  return { versions, inputs: found };
}
