/**
 * Prints how many beats of the demo pieces are found when they are made quieter, as the table of docs/inputs.md.
 *
 *     deno run -A scripts/quiet_table.ts [folder of the published weights]
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FIXTURES_FOLDER } from "../core/program.ts";
import { markdownTable } from "../core/table.ts";
import { beatFMeasure, trimBeats } from "../evaluation/mod.ts";
import { openAudio } from "../kernels/mod.ts";
import { Analyzer, decibels, SAMPLE_RATE_HZ } from "../pipeline/mod.ts";

const PIECES = ["four_four", "three_four"] as const;
const GAINS_DB = [0, -6, -9, -12, -15, -18, -21, -24, -30];

/** Returns the F-measure of the beats of a piece for each gain. */
async function measures(piece: string, model: string, weightsDir?: string): Promise<number[]> {
  const folder = join(FIXTURES_FOLDER, "audio", piece);
  const truth = JSON.parse(await readFile(join(folder, "truth.json"), "utf8"));
  const found: number[] = [];
  for (const gain of GAINS_DB) {
    await using analyzer = await Analyzer.load({
      ...{ model, demixer: "hpss", audio: { gain } },
      ...(weightsDir !== undefined && { weightsDir }),
    });
    const { beats } = await analyzer.analyze(join(folder, "mix.flac"));
    found.push(beatFMeasure(trimBeats(truth.beats), trimBeats(beats)));
  }
  return found;
}

const [weightsDir] = Deno.args;
const models = ["embedded", ...(weightsDir === undefined ? [] : ["harmonix-all"])];
const columns: { readonly head: string; readonly cells: readonly string[] }[] = [];
for (const piece of PIECES) {
  const path = join(FIXTURES_FOLDER, "audio", piece, "mix.flac");
  const file = await openAudio(path, SAMPLE_RATE_HZ);
  const level = decibels(file.levels.monoRms);
  file.close();
  columns.push({
    head: `${piece}, dBFS`,
    cells: GAINS_DB.map((gain) => (level + gain).toFixed(1)),
  });
  for (const model of models) {
    const cells = await measures(piece, model, weightsDir);
    columns.push({ head: model, cells: cells.map((measure) => measure.toFixed(2)) });
  }
}
const rows = [
  ["gain, dB", ...columns.map(({ head }) => head)],
  ...GAINS_DB.map((gain, at) => [String(gain), ...columns.map(({ cells }) => cells[at] ?? "")]),
];
console.log(markdownTable(rows, () => true).join("\n"));
