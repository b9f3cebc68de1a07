import { deepStrictEqual as equal, match } from "node:assert/strict";
import { prove } from "./prove.ts";
import { faultTable, proofMarkdown, proofTable } from "./report.ts";
import { Trial, TRIAL_FAULTS } from "./trial.ts";

Deno.test("proofTable() has a row for each fault: expected and actual stage, and the size of the error", async () => {
  const lines = proofTable(await prove(new Trial(), TRIAL_FAULTS)).split("\n");
  match(
    lines[1]!,
    /^no sigmoid +activations +activations +1 +seeded, four_four, activations.beat +2.50e-1 +75 %$/,
  );
  match(lines.at(-1)!, /^2 faults: 2 caught, 2 of them at the expected stage and no other/);
});

Deno.test("proofTable() shows nowhere and stopped, and does not count them as caught", async () => {
  const trial = new Trial((text) => text.includes("440") ? "it crashed" : []);
  const table = proofTable(await prove(trial, TRIAL_FAULTS));
  match(table, /^no sigmoid +activations +nowhere +0$/m);
  match(table, /^wrong hop +spectrogram +stopped +0$/m);
  match(table, /^wrong hop: not compared: it crashed$/m);
  match(table, /^2 faults: 0 caught, 0 of them/m);
});

Deno.test("proofTable() names all failed stages, and counts a fault at another stage as caught only", async () => {
  const trial = new Trial((text) => text.includes("440") ? ["activations", "spectrogram"] : []);
  const table = proofTable(await prove(trial, TRIAL_FAULTS.slice(0, 1)));
  match(table, /^wrong hop +spectrogram +spectrogram, activations +windowed +2 /m);
  match(table, /^1 faults: 1 caught, 0 of them/m);
});

Deno.test("proofTable() shows another shape for a seam that could not be compared", async () => {
  class Cropped extends Trial {
    override async compare(suites: readonly string[]): ReturnType<Trial["compare"]> {
      const report = await super.compare(suites);
      return JSON.parse(
        JSON.stringify(report).replaceAll('"elements":4', '"elements":0')
          .replaceAll('"smallestTolerance":0.25', '"smallestTolerance":null'),
      );
    }
  }
  const table = proofTable(await prove(new Cropped(), TRIAL_FAULTS.slice(0, 1)));
  match(table, /^wrong hop .* another shape$/m);
});

Deno.test("proofMarkdown() is a Markdown table and a count", async () => {
  const lines = proofMarkdown(await prove(new Trial(), TRIAL_FAULTS)).split("\n");
  equal(
    lines[0],
    "| fault | expected | caught at | first wrong inside | seams | worst seam | needs | differing |",
  );
  equal(lines[1], "| --- | --- | --- | --- | ---: | --- | ---: | ---: |");
  equal(lines.filter((line) => line.startsWith("|")).length, 4);
  match(lines.at(-2)!, /^2 faults: /);
});

Deno.test("faultTable() lists name, stage, language and file", () => {
  match(faultTable(TRIAL_FAULTS), /^wrong hop +spectrogram +rust +a\.rs$/m);
});
