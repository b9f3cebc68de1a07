import { deepStrictEqual as equal, throws } from "node:assert/strict";
import type { AnalyzeCall } from "./_analyze_call.ts";
import { ineffectiveOptions, refuseIneffective, type TrackFacts } from "./_option_rules.ts";

const CALL: AnalyzeCall = {
  ...{ tracks: [], inputs: [], recursive: false, audio: {}, findings: {} },
  ...{ model: "auto", demixer: "auto", shifts: 1, demixSeed: 0, overlap: 0.25 },
  ...{ demixDir: "demix", specDir: "spec", outDir: "struct", activ: false, embed: false },
  ...{
    formats: [],
    writeTags: false,
    json: false,
    device: "cpu",
    precision: "f32",
    overwrite: [],
    dryRun: false,
  },
  given: new Set(),
};
const NETWORK: TrackFacts = { demixer: "htdemucs", analysed: 1, stems: "none" };

/** Returns the warnings of a call that gives some options. */
function warnings(
  given: readonly string[],
  call: Partial<AnalyzeCall> = {},
  facts: Partial<TrackFacts> = {},
): string[] {
  const whole = { ...CALL, ...call, given: new Set(given) };
  return ineffectiveOptions(whole, { ...NETWORK, ...facts });
}

Deno.test("options without effect are told, and those with one are not", () => {
  const clicks = { directory: "sonif", format: "wav" } as const;
  const files = { plotDirectory: "viz", plots: [], page: false };
  equal(warnings(["vizDir", "sonifDir", "outDir"], { trackFiles: { ...files, clicks } }), [
    "--viz-dir has no effect without --visualize or --html",
  ]);
  equal(warnings(["vizDir", "sonifDir"], { trackFiles: { ...files, page: true } }), [
    "--sonif-dir has no effect without --sonify",
  ]);
  equal(warnings(["demixDir", "specDir", "arrayDir"]), [
    "--demix-dir and --spec-dir have no effect without --keep-byproducts",
    "--array-dir has no effect without --activ or --embed",
  ]);
  const used = { keepIn: "demix", embed: true };
  equal(warnings(["demixDir", "specDir", "arrayDir"], used), []);
});

Deno.test("options of the separation are told where nothing is separated, or by filters", () => {
  const options = ["demixer", "shifts", "demixSeed", "overlap"];
  equal(warnings(options), []);
  equal(warnings(options, {}, { demixer: "hpss-mix" }), [
    "--shifts and --demix-seed and --overlap have no effect with a demixer that has no network (hpss and hpss-mix)",
  ]);
  const { demixer: _, ...withoutDemixer } = NETWORK;
  const call = { ...CALL, given: new Set(options) };
  equal(ineffectiveOptions(call, { ...withoutDemixer, stems: "all" }), [
    "--demixer and --shifts and --demix-seed and --overlap have no effect where the stems of all tracks are given",
  ]);
  equal(warnings(["demixer", "stemsPadding"], {}, { stems: "some" }), []);
  equal(warnings(["stemsPadding"]), ["--stems-padding has no effect where no stems are given"]);
  equal(warnings(["demixSeed"], { shifts: 0 }), [
    "--demix-seed has no effect with --shifts 0",
  ]);
});

Deno.test("a file of timings is told where nothing is timed", () => {
  equal(warnings(["timingsPath"]), []);
  equal(warnings(["timingsPath"], {}, { analysed: 0 }), [
    "--timings-path has no effect where all tracks are finished: only stages that run are timed",
  ]);
});

Deno.test("options that need another one are refused without it", () => {
  for (
    const [given, message] of [
      [["vizFormat"], /^--viz-format has no effect without --visualize$/],
      [["sonifFormat"], /^--sonif-format has no effect without --sonify$/],
      [["guardMaxAbs", "guardSeconds"], /^--guard-max-abs and --guard-seconds have no effect/],
    ] as const
  ) throws(() => refuseIneffective({ ...CALL, given: new Set(given) }), { message });
  refuseIneffective({ ...CALL, given: new Set(["vizDir", "guard"]) });
});
