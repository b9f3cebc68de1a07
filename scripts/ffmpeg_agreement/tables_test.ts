/** Tests the tables of verdicts. */

import { deepStrictEqual as equal } from "node:assert/strict";
import type { FileResult } from "./compare_file.ts";
import { failureLines, verdictTable } from "./tables.ts";
import type { Verdict } from "./verdict.ts";

function result(container: string, codec: string, verdict: Verdict): FileResult {
  return { path: "a", container, codec, verdict, ours: "x", warnings: [], theirs: "y" };
}

const RESULTS = [
  result("wav", "pcm_s16le", "equal"),
  result("ogg", "vorbis", "warned"),
  result("wav", "pcm_s16le", "differs"),
  result("wav", "pcm_s16le", "equal"),
];

Deno.test("verdictTable() counts verdicts by container and codec, and leaves out unused verdicts", () => {
  equal(verdictTable(RESULTS), [
    ["container", "codec", "files", "equal", "warned", "differs"],
    ["ogg", "vorbis", "1", "", "1", ""],
    ["wav", "pcm_s16le", "3", "2", "", "1"],
    ["all", "", "4", "2", "1", "1"],
  ]);
});

Deno.test("failureLines() has the files whose audio is wrong without a warning", () => {
  equal(failureLines(RESULTS), ["a: wav pcm_s16le: differs; ours: x | ffmpeg: y"]);
});
