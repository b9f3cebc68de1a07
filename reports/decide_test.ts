import { deepStrictEqual as equal, match, ok, throws } from "node:assert/strict";
import { decide, needsRerun, parityAlerts, qualityAlerts } from "./decide.ts";
import type {
  Decision,
  ParityFigure,
  QualityFigure,
  RunReport,
  StageDecision,
} from "./run_report.ts";
import { DEFAULT_REGRESSION_SETTINGS as settings } from "./regression_settings.ts";
import { type SyntheticChange, syntheticHistory, syntheticRun } from "./synthetic.ts";
import { testRun } from "./testdata/test_runs.ts";
import { noticeWords } from "./words.ts";

const plain = { seed: 1, days: 13 };
const change = { stage: "network", day: 12, ratio: 1.3 };
const slow = { ...plain, changes: [change] };

/** Decides on the last run of a history, with or without a rerun. */
function last(options: typeof plain, rerun?: typeof plain, some = settings): Decision {
  const history = syntheticHistory(options);
  const confirmation = rerun && { confirmation: syntheticRun(rerun, rerun.days - 1, 1) };
  return decide(history.at(-1)!, history, some, confirmation);
}

function stageOf({ stages }: Decision, stage: string): StageDecision {
  return stages.find((one) => one.stage === stage)!;
}

/** Returns a run after the last one, equal to it apart from `differing`. */
function newestRun(history: readonly RunReport[], differing: Partial<RunReport>): RunReport {
  return { ...history.at(-1)!, id: "current", startedAt: "2027-01-01T00:00:00.000Z", ...differing };
}

Deno.test("decide() is quiet on a run like the earlier ones, and reports what it compared", () => {
  const decision = last(plain);
  equal(decision.verdict, "quiet");
  match(
    decision.sentence,
    /^Nothing became slower: the whole took \d\.\d\d s, \d(\.\d)? % (more|less) than the median of the last 10 runs; 8 seams within tolerance$/,
  );
  equal(decision.baseline.kind, "rolling");
  equal(decision.baseline.runs, syntheticHistory(plain).slice(2, 12).map(({ id }) => id));
  equal(decision.stages.length, 12);
  equal(new Set(decision.stages.map(({ verdict }) => verdict)), new Set(["same"]));
});

Deno.test("decide() suspects a slower stage and does not alert before a rerun", () => {
  const decision = last(slow);
  equal(decision.verdict, "quiet");
  equal(stageOf(decision, "network").verdict, "suspect");
  equal(stageOf(decision, "demix").verdict, "same");
  match(decision.sentence, /^network looks \d\d % slower than .*: a rerun has to confirm it$/);
  ok(needsRerun(decision));
  ok(!needsRerun(last(plain)));
});

Deno.test("decide() alerts when a rerun is slower as well, with the figures of the worst stage", () => {
  const decision = last(slow, slow);
  equal(decision.verdict, "regression");
  const { verdict, ratio, pValue, median, baseline } = stageOf(decision, "network");
  equal(verdict, "slower");
  ok(Math.abs(ratio! - 1.3) < 0.05 && pValue! < 0.001);
  ok(decision.sentence.startsWith(
    `network is ${(100 * ratio! - 100).toFixed(0)} % slower than the median of the last 10 runs ` +
      `(${median.toFixed(2)} s, was ${baseline!.toFixed(2)} s)`,
  ));
  match(decision.sentence, /; 1 more finding$/);
});

Deno.test("decide() does not alert when a rerun is as fast as before", () => {
  const decision = last(slow, plain);
  equal(decision.verdict, "quiet");
  equal(stageOf(decision, "network").verdict, "same");
  match(
    decision.sentence,
    /^Nothing became slower: network was .* at first, but not in the rerun/,
  );
});

Deno.test("decide() keeps a stage suspect if the rerun did not measure it", () => {
  const history = syntheticHistory(slow);
  const confirmation = { ...syntheticRun(slow, 12, 1), measurements: [] };
  const decision = decide(history.at(-1)!, history, settings, { confirmation });
  equal(stageOf(decision, "network").verdict, "suspect");
  equal(decision.verdict, "quiet");
});

Deno.test("decide() rejects a rerun of another machine", () => {
  const history = syntheticHistory(slow);
  const confirmation = syntheticRun({ ...slow, otherMachine: [12] }, 12, 1);
  throws(
    () => decide(history.at(-1)!, history, settings, { confirmation }),
    /cannot confirm the run, since it has another machine/,
  );
});

Deno.test("decide() reports a faster stage and does not alert for it", () => {
  const fast = { ...plain, changes: [{ ...change, ratio: 0.75 }] };
  const decision = last(fast, fast);
  equal(stageOf(decision, "network").verdict, "faster");
  equal(decision.verdict, "quiet");
});

Deno.test("decide() requires significance, size, distance from the noise, and length", () => {
  equal(stageOf(last(slow, slow), "network").verdict, "slower");
  for (
    const stricter of [
      { minimum: 0.5 },
      { minimums: { network: 0.5 } },
      { spread: { ...settings.spread, factor: 30 } },
      { minimumSeconds: 100 },
    ]
  ) {
    const decision = last(slow, slow, { ...settings, ...stricter });
    equal(stageOf(decision, "network").verdict, "same", JSON.stringify(stricter));
  }
});

Deno.test("decide() reports a stage as unknown if too few rounds ran for the test", () => {
  // Smaller than any p value of five samples against fifty.
  const decision = last(slow, slow, { ...settings, alpha: 1e-8 });
  equal(stageOf(decision, "network").verdict, "unknown");
  equal([decision.verdict, stageOf(decision, "decode").verdict], ["quiet", "same"]);
  match(decision.sentence, /network looks .* slower than .*, but too few rounds ran for a test/);
});

Deno.test("decide() alerts for missing seams and measures, but not for skipped parts", () => {
  const history = syntheticHistory(plain);
  const { parity, quality } = history.at(-1)!;
  const decided = (differing: Partial<RunReport>): ReturnType<typeof decide> =>
    decide(newestRun(history, differing), history, settings);
  const lost = decided({ parity: parity.slice(1), quality: quality.slice(1) });
  equal(lost.verdict, "regression");
  match(
    lost.sentence,
    /^spectrogram is no longer compared in embedded, four_four, isolated; 1 more/,
  );
  equal(lost.quality.map(({ value }) => value), [null]);
  equal(decided({ parity: [], quality: [] }).verdict, "quiet");
});

Deno.test("decide() does not alert for one disturbed round in five", () => {
  const history = syntheticHistory(plain);
  const current = history.at(-1)!;
  const measurements = current.measurements.map((one) =>
    one.round === 2
      ? { ...one, stages: one.stages.map((stage) => ({ ...stage, end: stage.end + 5 })) }
      : one
  );
  equal(
    stageOf(decide({ ...current, measurements }, history, settings), "network").verdict,
    "same",
  );
});

Deno.test("decide() compares with the previous or the pinned run if the settings require it", () => {
  const changes: SyntheticChange[] = [{ stage: "network", day: 11, ratio: 1.3 }];
  const history = syntheticHistory({ ...plain, changes });
  const current = history[12]!;
  const previous = decide(current, history, { ...settings, baseline: "previous" });
  equal(previous.baseline.runs, [history[11]!.id]);
  equal(stageOf(previous, "network").verdict, "same");
  match(previous.sentence, /than the previous run/);
  const pinned = decide(current, history, { ...settings, baseline: "pinned" }, {
    pinned: history[3]!.id,
  });
  equal(pinned.baseline, { kind: "pinned", runs: [history[3]!.id], notComparable: 0 });
  equal(stageOf(pinned, "network").verdict, "suspect");
  match(pinned.sentence, /slower than the pinned run/);
});

Deno.test("decide() requires that the pinned run exists, and reports if it is not comparable", () => {
  const history = syntheticHistory({ ...plain, otherMachine: [3] });
  const wanted = { ...settings, baseline: "pinned" } as const;
  throws(
    () => decide(history[12]!, history, wanted, { pinned: "gone" }),
    /there is none in the history/,
  );
  const decision = decide(history[12]!, history, wanted, { pinned: history[3]!.id });
  equal([decision.baseline.kind, decision.verdict], ["none", "quiet"]);
  match(decision.sentence, /^Nothing to compare with: the pinned run has another machine/);
});

Deno.test("decide() counts runs of another machine and compares none of them", () => {
  const history = syntheticHistory({ ...plain, days: 5, otherMachine: [0, 1, 2, 3] });
  const decision = decide(history[4]!, history, settings);
  equal(decision.baseline, { kind: "none", runs: [], notComparable: 4 });
  equal(new Set(decision.stages.map(({ verdict }) => verdict)), new Set(["new"]));
  equal(decision.verdict, "quiet");
  match(decision.sentence, /^Nothing to compare with: 4 runs are not comparable; 8 seams/);
});

Deno.test("decide() reports a first run and a new variant as new", () => {
  const history = syntheticHistory(plain);
  const first = decide(history[0]!, [], settings);
  equal(first.sentence, "Nothing to compare with yet; 8 seams within tolerance");
  const variants = [{ name: "native, 2 threads", backend: "native", threads: 1 }];
  equal(stageOf(decide({ ...history[12]!, variants }, history, settings), "total").verdict, "new");
});

Deno.test("decide() ignores later runs in any order of the history", () => {
  const history = syntheticHistory(plain);
  equal(
    decide(history[8]!, history.toReversed(), settings),
    decide(history[8]!, history.slice(0, 8), settings),
  );
});

Deno.test("decide() alerts for a slow drift as a change point, after a rerun", () => {
  const drift = {
    seed: 2,
    days: 60,
    changes: [{ stage: "network", day: 30, ratio: 1.0025 ** 60, over: 60 }],
  };
  const history = syntheticHistory(drift);
  const alerts = history.slice(31).flatMap((current, index) => {
    const confirmation = syntheticRun(drift, 31 + index, 1);
    const decision = decide(current, history, settings, { confirmation });
    return decision.verdict === "regression" ? [decision] : [];
  });
  ok(alerts.length > 0);
  match(alerts[0]!.sentence, /^network has been \d(\.\d)? % slower since 2026-0\d-\d\d/);
  equal(new Set(alerts[0]!.stages.map(({ verdict }) => verdict)), new Set(["same"]));
});

Deno.test("decide() alerts for seams outside of tolerance and grown errors, without a rerun", () => {
  const history = syntheticHistory(plain);
  const worse = (seam: string, differing: Partial<RunReport["parity"][number]>): Decision => {
    const parity = history[0]!.parity.map((one) =>
      one.seam === seam ? { ...one, ...differing } : one
    );
    return decide(newestRun(history, { parity }), history, settings);
  };
  const outside = worse("logits.beat", { verdict: "fail", needs: 2e-6 });
  equal(outside.verdict, "regression");
  equal(outside.parity.map(({ reason }) => reason), ["outside"]);
  equal(
    outside.sentence,
    "logits.beat is outside of its tolerance in embedded, four_four, isolated (needs 2.0e-6, needed 6.1e-7)",
  );
  const grown = worse("activations.beat", { needs: 7e-7 });
  equal([grown.verdict, grown.parity[0]?.reason], ["regression", "grown"]);
  equal(worse("activations.beat", { needs: 5.9e-7 }).verdict, "quiet");
});

Deno.test("decide() alerts for a measure that falls", () => {
  const history = syntheticHistory(plain);
  const quality = history[0]!.quality.map((one) => ({ ...one, value: one.value - 0.02 }));
  const decision = decide(newestRun(history, { quality }), history, settings);
  equal(decision.verdict, "regression");
  equal(decision.sentence, "beat_f of hpss/embedded fell to 0.938 from 0.958; 1 more finding");
});

/** Returns a run of one seam. */
function seam(needs: number | null, differing: Partial<ParityFigure> = {}): RunReport {
  const figure: ParityFigure = {
    suite: "embedded",
    piece: "demo",
    mode: "isolated",
    stage: "network",
    seam: "logits.beat",
    verdict: "pass",
    needs,
    allowed: 1e-6,
    upstream: null,
  };
  return testRun({ parity: [{ ...figure, ...differing }] });
}

function reasons(current: RunReport, before: readonly RunReport[]): string[] {
  return parityAlerts(current, before, settings).map(({ reason }) => reason);
}

Deno.test("parityAlerts() alerts for an error more than ten times the median before", () => {
  const before = [seam(1e-8), seam(2e-8), seam(9e-7)];
  equal(reasons(seam(2e-7), before), []);
  equal(parityAlerts(seam(2.1e-7), before, settings), [{
    suite: "embedded",
    piece: "demo",
    mode: "isolated",
    seam: "logits.beat",
    reason: "grown",
    needs: 2.1e-7,
    before: 2e-8,
  }]);
});

Deno.test("parityAlerts() ignores growth up to the floor, and alerts above it, also from 0", () => {
  equal(reasons(seam(1e-8), [seam(1e-12)]), []);
  equal(reasons(seam(1.1e-8), [seam(0)]), ["grown"]);
});

Deno.test("parityAlerts() alerts for a failed seam, after any earlier runs, with or without a figure", () => {
  equal(reasons(seam(2e-6, { verdict: "fail" }), []), ["outside"]);
  equal(reasons(seam(null, { verdict: "fail" }), [seam(null)]), ["outside"]);
});

Deno.test("parityAlerts() only compares the same seam of the same piece, mode and suite", () => {
  for (const key of ["suite", "piece", "mode", "stage", "seam"]) {
    equal(reasons(seam(5e-7), [seam(1e-9, { [key]: "other" })]), ["missing"], key);
  }
  equal(reasons(seam(5e-7), [seam(1e-9)]), ["grown"]);
});

function beats(value: number, differing: Partial<QualityFigure> = {}): RunReport {
  return testRun({
    quality: [{ system: "hpss/embedded", measure: "beat_f", value, tracks: 31, ...differing }],
  });
}

Deno.test("qualityAlerts() alerts for a measure that falls by more than allowed, not for one that rises", () => {
  const before = [beats(0.5), beats(0.75), beats(0.9)];
  equal(qualityAlerts(beats(0.745), before, settings), []);
  equal(qualityAlerts(beats(0.9), before, settings), []);
  equal(qualityAlerts(beats(0.73), before, settings), [
    { system: "hpss/embedded", measure: "beat_f", value: 0.73, before: 0.75 },
  ]);
});

Deno.test("qualityAlerts() only compares the same measure of the same system over as many tracks", () => {
  for (const other of [{ system: "x" }, { measure: "x" }]) {
    const alerts = qualityAlerts(beats(0.1), [beats(0.9, other)], settings);
    equal(alerts.map(({ value, before }) => [value, before]), [[null, 0.9]]);
  }
  equal(qualityAlerts(beats(0.1), [beats(0.9, { tracks: 30 })], settings), []);
  equal(qualityAlerts(beats(0.1), [], settings), []);
});

Deno.test("qualityAlerts() alerts for a track that could not be analysed, also in the first run", () => {
  const measured = (value: number): RunReport => beats(value, { measure: "analysed" });
  equal(qualityAlerts(measured(0.75), [], settings).map(({ value, before }) => [value, before]), [
    [0.75, 1],
  ]);
  equal(qualityAlerts(measured(0.75), [measured(0.75)], settings).length, 1);
  equal(qualityAlerts(measured(1), [], settings), []);
});

Deno.test("decide() reports a stage that became much faster and a seam that became much more exact, without an alert", () => {
  const faster = last(
    { ...plain, changes: [{ stage: "network", day: 12, ratio: 0.5 }] } as typeof plain,
  );
  equal(faster.verdict, "quiet");
  const [improvement, ...more] = faster.improvements!;
  equal([improvement!.what, improvement!.name, more], ["stage", "native, 2 threads, network", []]);
  ok(improvement!.factor > 1.8 && improvement!.factor < 2.2);
  match(
    noticeWords(faster)[0]!,
    /^native, 2 threads, network is \d(\.\d+)? times as fast as before: a computation may/,
  );
  // A quarter less time is no reason to doubt it.
  const little = last(
    { ...plain, changes: [{ stage: "network", day: 12, ratio: 0.75 }] } as typeof plain,
  );
  equal([stageOf(little, "network").verdict, little.improvements], ["faster", []]);
  const history = syntheticHistory(plain);
  const withNeeds = (factor: number): Decision => {
    const parity = history.at(-1)!.parity.map((figure) =>
      figure.seam === "spectrogram" ? { ...figure, needs: figure.needs! * factor } : figure
    );
    return decide(newestRun(history, { parity }), history, settings);
  };
  for (
    const [factor, expected] of [[0.05, 20], [0, 2.2e5], [0.2, undefined], [1, undefined]] as const
  ) {
    const { improvements, verdict } = withNeeds(factor);
    equal(verdict, "quiet");
    equal(
      improvements!.map(({ factor }) => Math.round(factor)),
      expected === undefined ? [] : [expected],
    );
  }
});

Deno.test("decide() reports how the environment differs from that of the baseline", () => {
  const history = syntheticHistory(plain);
  const versions = { deno: "9.9.9", governor: "powersave" };
  const decision = decide(newestRun(history, { versions }), history, settings);
  equal(decision.environment, [
    { name: "deno", before: "2.9.6", now: "9.9.9" },
    { name: "governor", before: null, now: "powersave" },
  ]);
  equal(noticeWords(decision), [
    "deno is 9.9.9, in the baseline 2.9.6",
    "governor is powersave, in the baseline unknown",
  ]);
  equal(last(plain).environment, []);
});
