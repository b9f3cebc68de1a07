/**
 * Files of described pipelines: `parity.toml` and the list of stored references.
 *
 * @module
 */

import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PROGRAM_FOLDER } from "../../../core/program.ts";
import { describedPipeline } from "../../../harness/described_pipeline.ts";
import { ParityFileError, parseParityFile } from "../../../harness/read_parity_file.ts";
import { readReferences } from "../../../harness/reference_folder.ts";
import { ReferenceError } from "../../../parity/reference_error.ts";
import { allUtf8 } from "../bytes.ts";
import { expect, seedFiles, type Target } from "../target.ts";
import { AWKWARD_NUMBERS, mutateWords } from "../text_mutations.ts";

const TOML_WORDS: readonly string[] = [
  ...AWKWARD_NUMBERS,
  ...["=", "[", "]", "[[", "]]", "{", "}", ",", ".", '"', "'", '"""', "'''", "#", "\n", "\r\n"],
  ...["true", "inf", "nan", "0x1F", "1979-05-27T07:32:00Z", "07:32:00", "__proto__", "toString"],
  ...["{out}", "{seams}", "{input}", "{x}", "seams", "stages", "inputs", "outputs", "command"],
  ...['"../x"', '"\\u0000"', '"\\ud800"', "\ufeff", "[".repeat(3000), "a.".repeat(3000)],
];

/** Reads a file of a described pipeline. */
export const parityFileTarget: Target = {
  name: "parity file",
  share: 0.5,
  extension: "toml",
  tokens: allUtf8(...TOML_WORDS),
  seeds: async () => [
    ...await seedFiles("examples/log_mel", /^parity\.toml$/),
    ...await seedFiles("examples/onnx_network", /^parity\.toml$/),
    ...await seedFiles("fixtures/upstream", /^parity\.toml$/),
  ],
  reshape: (seed, random) => mutateWords(seed, random, TOML_WORDS),
  read: async (input) => {
    const file = await parseParityFile(new TextDecoder().decode(input), "parity.toml");
    const { seams, stages } = describedPipeline(file);
    const made = stages.flatMap(({ inner = [], outputs }) => [...inner, ...outputs]);
    expect(made.every((seam) => Object.hasOwn(seams, seam)), "a stage makes an unknown seam");
    expect(Object.keys(seams).length === made.length, "a seam has no stage");
  },
  isExpected: (error) => error instanceof ParityFileError,
};

const REFERENCES = join(PROGRAM_FOLDER, "examples", "log_mel", "reference");

const JSON_WORDS: readonly string[] = [
  ...AWKWARD_NUMBERS,
  ...["null", "true", "[", "]", "{", "}", ",", ":", '""', '"sampled"', '"file"', '"__proto__"'],
];

/** Reads a list of stored references from a temporary folder. */
export const referenceListTarget: Target = {
  name: "references",
  share: 0.5,
  extension: "json",
  tokens: allUtf8(...JSON_WORDS),
  seeds: () => seedFiles("examples/log_mel/reference", /^references\.json$/),
  reshape: (seed, random) => mutateWords(seed, random, JSON_WORDS),
  read: async (input, scratch) => {
    const folder = join(scratch, "references");
    // The files of the list, which a mutation may claim to be other ones.
    await cp(REFERENCES, folder, { recursive: true });
    await writeFile(join(folder, "references.json"), input);
    const sha256 = "eaef0f3e0daddd630782c40f3dcfb0101b417ac45b65ffc94fb65dbf4a0a7124";
    await readReferences(folder, [{ name: "audio-sweep", path: "", seconds: 1, sha256 }], "record");
  },
  isExpected: (error) => error instanceof ReferenceError,
};
