/**
 * Levels of the audio: gain before the analysis, and warnings where an analysis finds little.
 *
 * @module
 */

import type { Levels } from "../kernels/mod.ts";
import { printable } from "../core/printable.ts";

/** A gain in decibels, or the one that brings the largest sample to {@linkcode NORMALIZED_DB}. */
export type Gain = number | "normalize";

/** Gain that was applied. */
export interface AppliedGain {
  /** Gain in decibels. */
  readonly db: number;
  /** Whether the gain followed from the level of the audio. */
  readonly normalized: boolean;
}

/** Level of the largest sample of normalised audio, decibels of full scale. */
export const NORMALIZED_DB: number = -1;

/** Silence in seconds that is added by default at most to stems that are shorter than the longest. */
export const STEMS_PADDING_SECONDS = 5;

/**
 * Level in decibels of full scale below which a warning is given. docs/inputs.md tells how many beats are lost at
 * which level.
 */
export const QUIET_DB: number = -35;

/** Level in decibels by which the mean of both channels must be below them for a warning. */
const CANCELLED_DB = 20;

/** Seconds of cancelled channels, and their share of all sound, from which on a warning is given. */
const LEAST_CANCELLED = { seconds: 3, share: 0.05 } as const;

/** Peak below which 16 bits hold silence. */
const SILENT_PEAK = 0.5 / 32_768;

/**
 * Returns the gain to apply.
 *
 * @param gain the gain that was asked for; undefined for none
 * @param peak largest absolute sample of the audio
 * @returns the gain, or null where nothing is to be changed
 */
export function appliedGain(gain: Gain | undefined, peak: number): AppliedGain | null {
  if (gain === undefined) return null;
  if (gain !== "normalize") return { db: gain, normalized: false };
  return { db: peak > 0 ? NORMALIZED_DB - decibels(peak) : 0, normalized: true };
}

/** Returns the factor of a gain; exactly 1 for none. */
export function factorOf(gain: AppliedGain | null): number {
  return gain === null || gain.db === 0 ? 1 : 10 ** (gain.db / 20);
}

/** Returns a level in decibels of full scale; -Infinity for silence. */
export function decibels(level: number): number {
  return 20 * Math.log10(level);
}

/**
 * Warns where the level of the audio lets an analysis find little: silence, channels that cancel each other in all of
 * the audio or in a part of it, quiet audio.
 *
 * @param path the mix, or the folder of the stems
 * @param files levels of the mix, or of each stem, before the gain; with a name for each stem
 * @param gain gain that is applied
 */
export function levelWarnings(
  path: string,
  files: readonly { readonly levels: Levels; readonly name?: string }[],
  gain: AppliedGain | null,
): string[] {
  const named = printable(path);
  if (files.every(({ levels }) => levels.peak * factorOf(gain) < SILENT_PEAK)) {
    return [
      `${named}: the audio is silent (no sample is as loud as the smallest step of 16 bits); ` +
      "there are no beats to find, and the labels of segments have no meaning" +
      (files.some(({ levels }) => levels.peak > 0) ? `; ${remedy(gain)}` : ""),
    ];
  }
  const factor = factorOf(gain);
  const all = sumOf(files.map(({ levels }) => levels));
  // What is left in a quiet stem does not matter among louder ones.
  const audible = files.filter(({ levels }) =>
    files.length === 1 || decibels(levels.rms * factor) > QUIET_DB
  );
  const cancelled = audible.filter(({ levels }) => isCancelled(levels));
  const warnings = cancelled.map(({ levels, name }) => cancelledWarning(named, levels, name));
  const partly = audible.filter(({ levels }) => !isCancelled(levels) && isPartlyCancelled(levels));
  warnings.push(...partly.map(({ levels, name }) => partlyCancelledWarning(named, levels, name)));
  if (isCancelled(all)) {
    return warnings.length > 0 ? warnings : [cancelledWarning(named, all, undefined)];
  }
  const level = decibels(all.monoRms * factor);
  if (level < QUIET_DB && cancelled.length < files.length) {
    warnings.push(
      `${named}: the audio is quiet (${
        level.toFixed(1)
      } dBFS RMS; beats can be lost below ${QUIET_DB}); ${remedy(gain)}`,
    );
  }
  return warnings;
}

/** Root mean squares of one or more files. */
type MeanSquares = Pick<Levels, "rms" | "monoRms">;

/** Adds the powers of files. */
function sumOf(files: readonly MeanSquares[]): MeanSquares {
  const sum = (of: (levels: MeanSquares) => number): number =>
    Math.sqrt(files.reduce((power, levels) => power + of(levels) ** 2, 0));
  return { rms: sum(({ rms }) => rms), monoRms: sum(({ monoRms }) => monoRms) };
}

function isCancelled({ rms, monoRms }: MeanSquares): boolean {
  return rms > 0 && decibels(rms) - decibels(monoRms) > CANCELLED_DB;
}

function isPartlyCancelled({ cancelledSeconds, soundSeconds }: Levels): boolean {
  const { seconds, share } = LEAST_CANCELLED;
  return cancelledSeconds >= Math.max(seconds, share * soundSeconds);
}

function partlyCancelledWarning(
  path: string,
  { cancelledSeconds, soundSeconds }: Levels,
  name: string | undefined,
): string {
  return `${path}: the channels${name === undefined ? "" : ` of ${name}`} cancel each other in ` +
    `${cancelledSeconds} of ${soundSeconds} s with sound: the mean of left and right, which is ` +
    "analysed, is almost silent there, and beats can be lost; give only one of the channels";
}

function cancelledWarning(
  path: string,
  { rms, monoRms }: MeanSquares,
  name: string | undefined,
): string {
  const below = decibels(rms) - decibels(monoRms);
  const difference = below > 90
    ? "leaves nothing"
    : `is ${below.toFixed(0)} dB quieter than they are`;
  return `${path}: the channels${
    name === undefined ? "" : ` of ${name}`
  } cancel each other: the mean of left ` +
    `and right, which is analysed, ${difference}; invert one of the channels, or give only one of them`;
}

function remedy(gain: AppliedGain | null): string {
  return gain === null
    ? "try --normalize, or --gain DB"
    : gain.normalized
    ? "a single loud sound may keep --normalize from raising it; try --gain DB"
    : "try a larger --gain, or --normalize";
}
