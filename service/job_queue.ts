/**
 * What the service needs of a queue. Where the analyses run, and where their results lie, is the queue's matter.
 *
 * @module
 */

import type { Analysis, AnalysisProgress, AnalysisState } from "./analysis.ts";
import type { AnalysisEvent } from "./event_log.ts";

/** Audio that was received, or a file that stays where it is. */
export interface ReceivedAudio {
  /** Name for people. */
  readonly name: string;
  /** Size in bytes. */
  readonly bytes: number;
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
  /**
   * An upload in a folder of {@linkcode JobQueue.incoming}, which the queue takes or removes; or the path of a file and the time
   * of its last change.
   */
  readonly source:
    | { readonly folder: string; readonly file: string }
    | { readonly path: string; readonly modified: string };
}

/** Outcome of {@linkcode JobQueue.add}. */
export interface Added {
  /** The analysis. */
  readonly analysis: Analysis;
  /** Whether there was no analysis of this audio with these settings. */
  readonly isNew: boolean;
}

/** Which analyses are listed, the newest first. */
export interface ListOptions {
  /** Most of them. */
  readonly limit: number;
  /** Only those before this number. */
  readonly before?: number;
  /** Only those of this state. */
  readonly state?: AnalysisState;
}

/** A queue of analyses, with their audio and results. */
export interface JobQueue {
  /**
   * Makes sure that an analysis can be added.
   *
   * @param bytes size of its audio, as far as it is known
   * @throws {Problem} `queue-full`, `storage-full` or `busy`
   */
  ensureRoom(bytes: number): Promise<void>;
  /** Makes an empty folder for an upload, on the file system of the results. */
  incoming(): Promise<string>;
  /**
   * Adds an analysis, unless there is one of the same audio and settings that has not failed.
   *
   * @throws {Problem} as {@linkcode JobQueue.ensureRoom}
   */
  add(audio: ReceivedAudio): Promise<Added>;
  /** Returns an analysis, or undefined where there is none. */
  get(id: string): Promise<Analysis | undefined>;
  /** Lists analyses. */
  list(options: ListOptions): Promise<Analysis[]>;
  /** Returns the number of analyses by state. */
  counts(): Promise<Readonly<Record<AnalysisState, number>>>;
  /**
   * Follows an analysis.
   *
   * @param id the analysis
   * @param after the last event that the client has
   * @param signal ends the following
   * @returns the events, `ended` where there are none and will be none, undefined where there is no such analysis
   */
  events(
    id: string,
    after: string | undefined,
    signal: AbortSignal,
  ): AsyncIterable<AnalysisEvent> | "ended" | undefined;
  /** Returns the result of an analysis that is done, as `analyze` writes it; undefined for others. */
  result(id: string): Promise<string | undefined>;
  /** Returns the path of the audio of an analysis; undefined where there is none any more. */
  audio(id: string): Promise<string | undefined>;
  /**
   * Returns the path of a file that is made from the result once, and removed with the analysis.
   *
   * @param id the analysis, which is done
   * @param name name of the file
   * @param make makes its content
   */
  derived(
    id: string,
    name: string,
    make: () => Promise<string | Uint8Array>,
  ): Promise<string>;
  /**
   * Removes an analysis with its files; one that runs is aborted first.
   *
   * @returns whether there was one
   */
  remove(id: string): Promise<boolean>;
  /**
   * Ends the work. What runs may go on for some seconds; then it is given back, and waits for the next start.
   *
   * @param graceSeconds these seconds
   */
  close(graceSeconds: number): Promise<void>;
}

/** Outcome of an analysis. */
export interface WorkOutcome {
  /** The result, as `analyze` writes it. */
  readonly result: string;
  /** Length of the audio. */
  readonly seconds: number;
  /** Warnings for the client. */
  readonly warnings: readonly string[];
}

/** The reason of an abortion where the work goes on at the next start. */
export class GivenBack extends Error {
  /** Name of the class. */
  override name = "GivenBack";

  /** Tells that the service ends. */
  constructor() {
    super("The service ends");
  }
}

/** Audio to analyse. */
export interface WorkItem {
  /** Size of the audio. */
  readonly bytes: number;
  /** Path of the audio. */
  readonly path: string;
  /** Name for people, which takes the place of the path in the result. */
  readonly name: string;
  /** SHA-256 of the audio. */
  readonly sha256: string;
}

/** Options of {@linkcode Work}. */
export interface WorkOptions {
  /** Aborts the analysis. */
  readonly signal: AbortSignal;
  /** Receives its progress. */
  readonly onProgress: (progress: AnalysisProgress) => void;
}

/**
 * Analyses audio.
 *
 * @throws if the audio cannot be analysed; the message is for the client
 */
export type Work = (item: WorkItem, options: WorkOptions) => Promise<WorkOutcome>;
