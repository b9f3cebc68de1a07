/**
 * The analysis of one track of the service.
 *
 * @module
 */

import { release } from "../core/tensor.ts";
import { fileSha256 } from "../core/hash.ts";
import { printable } from "../core/printable.ts";
import { reasonOf } from "../core/reason.ts";
import type { Analyzer } from "../pipeline/mod.ts";
import { resultToJson } from "../pipeline/mod.ts";
import type { Work } from "./job_queue.ts";

/** Why an analysis fails whose audio, a file that stays where it is, is another one by now. */
export const CHANGED =
  "The file was changed after its path was sent; send the path again to analyse what it is now";

/**
 * Returns the work of a queue.
 *
 * @param analyzer loaded analyser
 * @param mostSeconds time that an analysis may take
 */
export function analysisWork(analyzer: Analyzer, mostSeconds: number): Work {
  return async ({ path, name, sha256 }, { signal, onProgress }) => {
    const limit = AbortSignal.timeout(1000 * mostSeconds);
    const named = (text: string): string => withoutPath(text, path, name);
    try {
      const analyzed = await analyzer.analyzeWithSeams({ path, name }, {
        ...{ signal: AbortSignal.any([signal, limit]), onProgress, keepsStems: false },
      });
      release(...Object.values(analyzed.seams));
      const { result, durationSeconds, warnings, notes } = analyzed;
      if (result.provenance.mix?.identity?.sha256 !== sha256) {
        throw new Error(CHANGED);
      }
      return {
        result: resultToJson({ ...result, path: name }),
        seconds: durationSeconds,
        warnings: [...warnings, ...notes].map(named),
      };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (limit.aborted) {
        throw new Error(
          `The analysis took longer than ${mostSeconds} s; send a shorter track, or start the service with a larger --max-time`,
        );
      }
      // Why other audio cannot be analysed does not matter.
      const now = await fileSha256(path).catch(() => sha256);
      throw new Error(now === sha256 ? named(reasonOf(error)) : CHANGED, { cause: error });
    }
  };
}

/** Replaces the path of the server in a message by the name that the client knows. */
export function withoutPath(text: string, path: string, name: string): string {
  return text.replaceAll(printable(path), name).replaceAll(path, name);
}
