/**
 * Metrics of the service, in the text format of OpenMetrics 1.0.
 *
 * @module
 */

import type { AnalysisState } from "./analysis.ts";

/** Media type of the text. */
export const METRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** Counters of a service, and what was finished. */
export class Metrics {
  readonly #requests = new Map<string, number>();
  #uploadedBytes = 0;
  #audioSeconds = 0;
  #workSeconds = 0;
  readonly #finished = { done: 0, failed: 0 };

  /** Counts an answered request. */
  countRequest(method: string, status: number): void {
    const labels = `method="${METHODS.has(method) ? method : "other"}",status="${status}"`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
  }

  /** Counts the bytes of an upload. */
  countUpload(bytes: number): void {
    this.#uploadedBytes += bytes;
  }

  /** Counts an analysis that ended. */
  countAnalysis(state: "done" | "failed", workSeconds: number, audioSeconds: number): void {
    this.#finished[state]++;
    this.#workSeconds += workSeconds;
    this.#audioSeconds += audioSeconds;
  }

  /**
   * Returns the text.
   *
   * @param counts analyses by state
   */
  text(counts: Readonly<Record<AnalysisState, number>>): string {
    const labelled = (label: string, values: Readonly<Record<string, number>>): string[] =>
      Object.entries(values).map(([key, value]) => `{${label}="${key}"} ${value}`);
    const families: readonly (readonly [string, string, string, readonly string[]])[] = [
      ["tactus_analyses", "gauge", "Analyses by state.", labelled("state", counts)],
      [
        "tactus_analyses_finished",
        "counter",
        "Analyses that ended since the start.",
        labelled("state", this.#finished),
      ],
      [
        "tactus_work_seconds",
        "counter",
        "Time of the analyses that are done.",
        [` ${this.#workSeconds}`],
      ],
      [
        "tactus_audio_seconds",
        "counter",
        "Length of the audio of the analyses that are done.",
        [` ${this.#audioSeconds}`],
      ],
      ["tactus_uploaded_bytes", "counter", "Bytes of audio received.", [` ${this.#uploadedBytes}`]],
      [
        "tactus_requests",
        "counter",
        "Answered requests.",
        [...this.#requests].map(([labels, value]) => `{${labels}} ${value}`),
      ],
      ["tactus_resident_bytes", "gauge", "Memory of the process.", [
        ` ${Deno.memoryUsage().rss}`,
      ]],
    ];
    const lines = families.flatMap(([name, type, help, samples]) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.map((sample) => `${name}${type === "counter" ? "_total" : ""}${sample}`),
    ]);
    return `${lines.join("\n")}\n# EOF\n`;
  }
}

const METHODS: ReadonlySet<string> = new Set([
  ...["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"],
]);
