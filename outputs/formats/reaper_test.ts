import { deepStrictEqual as equal } from "node:assert/strict";
import { formatCase } from "../../fixtures/format_cases.ts";
import { encodeReaper } from "./reaper.ts";

Deno.test("the audio of a project is the whole file, or the analysed part at its time", () => {
  const whole = formatCase("/a.mp3", [10, 10.5], [1, 2], [[0, 60, "verse"]]);
  const cut = {
    ...whole,
    provenance: { ...whole.provenance, part: { start: 9.5, end: 60, ends_with_track: false } },
  };
  const item = (project: string): Record<string, string> =>
    Object.fromEntries(
      [...project.matchAll(/^ {6}(POSITION|LENGTH|SOFFS) (.*)$/gm)].map(([, k, v]) => [k, v]),
    );
  equal(item(encodeReaper(whole)), { POSITION: "0", LENGTH: "60" });
  equal(item(encodeReaper(cut)), { POSITION: "9.5", LENGTH: "50.5", SOFFS: "9.5" });
});
