/**
 * The one analyser that a worker holds: that of the settings of its tracks.
 *
 * @module
 */

import { Turns } from "../core/turns.ts";
import type { Analyzer } from "../pipeline/mod.ts";
import { type HostOptions, type KeptSettings, loadSettings } from "./settings.ts";
import type { Store } from "./store.ts";

/** Loaded settings that a track uses. */
export interface Loaded {
  readonly settings: KeptSettings;
  readonly analyzer: Analyzer;
}

/** Loads the settings of a track, and releases those of earlier tracks. */
export class LoadedSettings implements AsyncDisposable {
  readonly #host: HostOptions;
  readonly #store: Store;
  /** Settings change one at a time. */
  readonly #turns = new Turns(1);
  #name: string | undefined;
  #loaded: Loaded | undefined;
  readonly #uses = new Set<Promise<unknown>>();

  /**
   * @param host what the analyser takes from the machine
   * @param store where the settings are
   */
  constructor(host: HostOptions, store: Store) {
    this.#host = host;
    this.#store = store;
  }

  /**
   * Runs work with the analyser of some settings. Work with other settings waits until that with earlier ones is done.
   *
   * @param name hash of the settings
   * @param work receives the settings and the analyser
   * @throws {OtherSettingsError | ModelError | DeviceError} if this machine cannot analyse with them
   */
  async use<Result>(name: string, work: (loaded: Loaded) => Promise<Result>): Promise<Result> {
    const use = await this.#turns.run(async () => {
      if (name !== this.#name) {
        await this.#release();
        this.#loaded = await loadSettings(name, this.#host, this.#store);
        this.#name = name;
      }
      const working = work(this.#loaded!);
      const done = working.catch(() => {}).finally(() => this.#uses.delete(done));
      this.#uses.add(done);
      return { working };
    });
    return await use.working;
  }

  async #release(): Promise<void> {
    await Promise.all(this.#uses);
    await this.#loaded?.analyzer[Symbol.asyncDispose]();
    this.#loaded = undefined;
    this.#name = undefined;
  }

  /** Waits for the work, and releases the analyser. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#release();
  }
}
