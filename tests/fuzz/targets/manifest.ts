/**
 * The manifest of stored references.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readManifest, ReferenceError } from "../../../parity/manifest.ts";
import { allUtf8, utf8 } from "../bytes.ts";
import { seedFiles } from "../seed_files.ts";
import type { Target } from "../target.ts";
import { AWKWARD_NUMBERS, mutateWords } from "../text_mutations.ts";

const SMALL = JSON.stringify({
  format: 1,
  versions: { allin1: "1.1.0" },
  pieces: {},
  suites: { seeded: { model: "seeded-all", pieces: {} } },
});

const WORDS: readonly string[] = [
  ...AWKWARD_NUMBERS,
  ...["null", "true", "[", "]", "{", "}", ",", ":", '""', "[]", "{}", '"format"', '"suites"'],
  ...['"__proto__"', '"\\ud800"', "[".repeat(5000), '{"a":'.repeat(5000), "\ufeff", "\u2028"],
];

/** Reads a manifest from a folder of its own. */
export const manifestTarget: Target = {
  name: "manifest",
  share: 0.5,
  extension: "json",
  tokens: allUtf8(...WORDS),
  seeds: async () => [
    ...["null", "1", "[]", SMALL].map(utf8),
    ...await seedFiles("fixtures", ["manifest.json"]),
  ],
  reshape: (seed, random) => mutateWords(seed, random, WORDS),
  read: async (input, scratch) => {
    await writeFile(join(scratch, "manifest.json"), input);
    await readManifest(scratch);
  },
  isExpected: (error) => error instanceof ReferenceError,
};
