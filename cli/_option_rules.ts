/**
 * Options that have an effect only together with others, or with some inputs: one table, so that none is ignored in silence.
 *
 * @module
 */

import { UsageError } from "../core/usage_error.ts";
import type { AnalyzeCall } from "./_analyze_call.ts";
import { optionName } from "./command.ts";

/** What a call finds out about its tracks. */
export interface TrackFacts {
  /** Name of the demixer; absent where nothing is separated. */
  readonly demixer?: string;
  /** Number of tracks that are analysed, not skipped. */
  readonly analysed: number;
  /** Whether the stems of tracks are given. */
  readonly stems: "none" | "some" | "all";
}

/** A rule for options. */
interface OptionRule {
  /** Keys of the options. */
  readonly options: readonly string[];
  /** Returns whether the call makes use of them. */
  isUsed(call: AnalyzeCall, facts: TrackFacts): boolean;
  /** When they have no effect, after these words. */
  readonly when: string;
}

/** Options that need another one. They are refused without it: a call that names them means something else. */
const REFUSED: readonly (OptionRule & { isUsed(call: AnalyzeCall): boolean })[] = [
  {
    options: ["vizFormat"],
    isUsed: ({ trackFiles }) => (trackFiles?.plots.length ?? 0) > 0,
    when: "without --visualize",
  },
  {
    options: ["sonifFormat"],
    isUsed: ({ trackFiles }) => trackFiles?.clicks !== undefined,
    when: "without --sonify",
  },
  {
    options: ["guardMaxAbs", "guardSeconds"],
    isUsed: ({ guardOptions }) => guardOptions !== undefined,
    when: "without --guard",
  },
];

/** Options that scripts give in every call, as those for allin1 do, or whose use depends on the tracks: a warning tells of them. */
const WARNED: readonly OptionRule[] = [
  {
    options: ["vizDir"],
    isUsed: ({ trackFiles }) =>
      trackFiles !== undefined && (trackFiles.page || trackFiles.plots.length > 0),
    when: "without --visualize or --html",
  },
  {
    options: ["sonifDir"],
    isUsed: ({ trackFiles }) => trackFiles?.clicks !== undefined,
    when: "without --sonify",
  },
  {
    options: ["demixDir", "specDir"],
    isUsed: ({ keepIn }) => keepIn !== undefined,
    when: "without --keep-byproducts",
  },
  {
    options: ["arrayDir"],
    isUsed: ({ activ, embed }) => activ || embed,
    when: "without --activ or --embed",
  },
  {
    options: ["demixer", "shifts", "demixSeed", "overlap", "precision"],
    isUsed: (_, { stems }) => stems !== "all",
    when: "where the stems of all tracks are given",
  },
  {
    options: ["shifts", "demixSeed", "overlap", "precision"],
    isUsed: (_, { demixer }) => demixer === undefined || !demixer.startsWith("hpss"),
    when: "with a demixer that has no network (hpss and hpss-mix)",
  },
  {
    options: ["demixSeed"],
    isUsed: ({ shifts }, { demixer }) => shifts > 0 || (demixer ?? "hpss").startsWith("hpss"),
    when: "with --shifts 0",
  },
  {
    options: ["stemsPadding"],
    isUsed: (_, { stems }) => stems !== "none",
    when: "where no stems are given",
  },
  {
    options: ["timingsPath"],
    isUsed: (_, { analysed }) => analysed > 0,
    when: "where all tracks are finished: only stages that run are timed",
  },
];

/**
 * Refuses options that need another one.
 *
 * @throws {UsageError} naming the other one
 */
export function refuseIneffective(call: AnalyzeCall): void {
  for (const { options, isUsed, when } of REFUSED) {
    const given = options.filter((option) => call.given.has(option));
    if (given.length === 0 || isUsed(call)) continue;
    throw new UsageError(`${names(given)} ${have(given)} no effect ${when}`);
  }
}

/**
 * Returns a warning for each rule by which options of a call have no effect.
 *
 * @param call the call
 * @param facts what is known of its tracks
 */
export function ineffectiveOptions(call: AnalyzeCall, facts: TrackFacts): string[] {
  return WARNED.flatMap(({ options, isUsed, when }) => {
    const given = options.filter((option) => call.given.has(option));
    if (given.length === 0 || isUsed(call, facts)) return [];
    return [`${names(given)} ${have(given)} no effect ${when}`];
  });
}

function names(options: readonly string[]): string {
  return options.map(optionName).join(" and ");
}

function have(options: readonly string[]): string {
  return options.length === 1 ? "has" : "have";
}
