/**
 * Settings of the analyses of a catalogue, which the store keeps under their hash.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { PROGRAM } from "../core/program.ts";
import type { FormatName } from "../outputs/mod.ts";
import { Analyzer, type AudioOptions, type NamedAnalyzerOptions } from "../pipeline/mod.ts";
import { hash, type JobLimits, settingsKey, STORE_NAME } from "./job.ts";
import { ofRecords, type Store } from "./store.ts";

/** What an analysis is done with, whatever the machine. */
export interface AnalysisSettings {
  /** Options of the analyser. Limits of the audio are those of each job. */
  readonly options:
    & Pick<
      NamedAnalyzerOptions,
      | "model"
      | "demixer"
      | "automatic"
      | "shifts"
      | "overlap"
      | "compute"
      | "findings"
      | "guard"
      | "embeddings"
    >
    & { readonly audio?: Omit<AudioOptions, keyof JobLimits> };
  /** Files that are stored besides the result. */
  readonly byproducts: {
    readonly activations: boolean;
    readonly formats: readonly FormatName[];
  };
}

/** Settings with what tells whether another machine would find the same. */
export interface KeptSettings extends AnalysisSettings {
  /** Program and version. */
  readonly program: string;
  /** SHA-256 of the program version, the weights and the settings. */
  readonly key: string;
}

/** What an analyser takes from the machine. */
export interface HostOptions {
  /** Folder of the published weights. */
  readonly weightsDir?: string;
  /** Threads of the networks. */
  readonly threads?: number;
}

/** The weights or the version of the program on this machine are not those of the jobs. */
export class OtherSettingsError extends Error {
  /** Name of the class in printed errors. */
  override name = "OtherSettingsError";
}

/** Starts an analyser with settings. */
export function analyzerOf({ options }: AnalysisSettings, host: HostOptions): Analyzer {
  const { weightsDir, threads } = host;
  return Analyzer.start({
    ...options,
    ...(weightsDir !== undefined && { weightsDir }),
    compute: { ...options.compute, ...(threads !== undefined && { threads }) },
  });
}

/** Returns the name of a store, which is made with its first settings: two stores that share a queue have other jobs. */
async function nameOf(store: Store): Promise<string> {
  const found = await store.read(STORE_NAME);
  if (found !== undefined) return new TextDecoder().decode(found);
  await store.putNew(STORE_NAME, new TextEncoder().encode(randomUUID()));
  return await nameOf(store);
}

/**
 * Stores settings under their hash, which depends on the store too.
 *
 * @returns the hash
 * @throws {ModelError | DeviceError} if the weights cannot be loaded
 */
export async function keepSettings(
  settings: AnalysisSettings,
  host: HostOptions,
  store: Store,
): Promise<string> {
  await using analyzer = analyzerOf(settings, host);
  // As JSON has them: an absent field and one that is undefined are the same.
  const kept: KeptSettings = JSON.parse(
    JSON.stringify({ ...settings, program: PROGRAM, key: await analyzer.settingsKey() }),
  );
  // Whether names of weights were given or chosen makes no other result.
  const name = hash([kept.key, kept.byproducts, await nameOf(store)]);
  await store.putNew(settingsKey(name), new TextEncoder().encode(JSON.stringify(kept)));
  return name;
}

/**
 * Reads settings and loads their analyser.
 *
 * @param name hash of the settings
 * @throws {OtherSettingsError} if program or weights on this machine are others
 * @throws {StoreRefusedError} if the store refuses this machine
 */
export async function loadSettings(
  name: string,
  host: HostOptions,
  store: Store,
): Promise<{ readonly settings: KeptSettings; readonly analyzer: Analyzer }> {
  const bytes = await ofRecords(store.read(settingsKey(name)));
  if (bytes === undefined) {
    throw new OtherSettingsError(
      `${
        store.addressOf(settingsKey(name))
      } is missing: give the --store that the tracks were added with`,
    );
  }
  const settings: KeptSettings = JSON.parse(new TextDecoder().decode(bytes));
  const analyzer = analyzerOf(settings, host);
  try {
    if (await analyzer.settingsKey() === settings.key) return { settings, analyzer };
    throw new OtherSettingsError(
      settings.program === PROGRAM
        ? `The weights ${settings.options.model} and ${settings.options.demixer} on this machine are not those that the ` +
          "tracks were added with: start a worker that has these, or cancel the tracks and add them again"
        : `The tracks were added by ${settings.program}, but this is ${PROGRAM}: start a worker of that version, or cancel ` +
          "the tracks and add them again",
    );
  } catch (error) {
    await analyzer[Symbol.asyncDispose]();
    throw error;
  }
}
