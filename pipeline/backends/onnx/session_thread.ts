/**
 * Sessions of ONNX Runtime on threads of their own. Its `run()` blocks the thread that calls it, and here the calling
 * thread goes on: its timers fire, and an abortion ends the waiting at once.
 *
 * @module
 */

import { orAborted } from "../../../core/abort.ts";
import { foreignCall } from "../../../core/exit.ts";
import type { Checkpoint } from "../../../models/all_in_one/parameters.ts";
import type { Tensor } from "../../../core/tensor.ts";
import type { ComputeOptions } from "../backend.ts";
import type { DemixSession, SegmentOutput } from "../demix_session.ts";
import { DeviceError } from "../devices.ts";
import type { NetworkOutput, NetworkSession, NetworkSessionOptions } from "../network_session.ts";
import type { SessionReply, SessionRequest } from "./session_worker.ts";

/**
 * Creates a session of the separation network on a thread of its own.
 *
 * @param graph ONNX graph of `buildHtdemucs()`
 * @param options threads and device
 * @throws {DeviceError} if this build of ONNX Runtime lacks the device, or it cannot be started
 */
export async function createDemixThread(
  graph: Uint8Array,
  options: ComputeOptions = {},
): Promise<DemixSession> {
  const thread = await SessionThread.open("demix", [graph, options]);
  return {
    run: async (wave, spectrum, { signal } = {}) =>
      await thread.run([wave, spectrum], signal) as SegmentOutput,
    release: () => thread.release(),
  };
}

/**
 * Creates a session of the music structure network on a thread of its own.
 *
 * @param checkpoint fold of the configuration that will run
 * @param options compute options, and whether embeddings are returned
 * @throws {DeviceError} if ONNX Runtime lacks the device or cannot use it
 */
export async function createNetworkThread(
  checkpoint: Checkpoint,
  options: NetworkSessionOptions = {},
): Promise<NetworkSession> {
  const { compute, embeddings } = options;
  const thread = await SessionThread.open("network", [checkpoint, {
    ...(compute && { compute }),
    ...(embeddings !== undefined && { embeddings }),
  }]);
  return {
    async run(spectrogram, fold = checkpoint, into, signal): Promise<NetworkOutput> {
      const output = await thread.run([spectrogram, fold], signal) as NetworkOutput;
      return into === undefined ? output : placed(output, into);
    },
    release: () => thread.release(),
  };
}

/** Copies logits into the rows of an array, in the order of `networkOutput()`. */
function placed(output: NetworkOutput, into: Float32Array<ArrayBuffer>): NetworkOutput {
  let at = 0;
  const place = ({ shape, data, dtype }: Tensor<"f32">): Tensor<"f32"> => {
    const rows = into.subarray(at, at += data.length);
    rows.set(data);
    return { dtype, shape, data: rows };
  };
  return {
    ...output,
    "logits.beat": place(output["logits.beat"]),
    "logits.downbeat": place(output["logits.downbeat"]),
    "logits.section": place(output["logits.section"]),
    "logits.function": place(output["logits.function"]),
  };
}

/** A thread with one session. */
class SessionThread {
  readonly #worker = new Worker(new URL("./session_worker.ts", import.meta.url), {
    type: "module",
  });
  /** What waits for replies, in the order of the requests. */
  readonly #waiting: PromiseWithResolvers<unknown>[] = [];

  private constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<SessionReply>) => {
      const { resolve, reject } = this.#waiting.shift()!;
      if ("value" in data) return resolve(data.value);
      const { message, isOfDevice } = data.error;
      reject(isOfDevice ? new DeviceError(message) : new Error(message));
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      const error = new Error(`The thread of ONNX Runtime failed: ${event.message}`);
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    };
  }

  static async open(
    open: "demix" | "network",
    args: readonly unknown[],
  ): Promise<SessionThread> {
    const thread = new SessionThread();
    try {
      await thread.#request({ open, args });
      return thread;
    } catch (error) {
      thread.#worker.terminate();
      throw error;
    }
  }

  /** Runs the session; an abortion ends the waiting, while the thread finishes the run. */
  async run(args: readonly unknown[], signal: AbortSignal | undefined): Promise<unknown> {
    signal?.throwIfAborted();
    return await orAborted(this.#request({ run: args }), signal);
  }

  /** Frees the session's memory and ends the thread; an aborted run that still goes on ends with it. */
  async release(): Promise<void> {
    try {
      if (this.#waiting.length === 0) await this.#request({ release: true });
    } finally {
      this.#worker.terminate();
    }
  }

  #request(request: SessionRequest): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.push(waiting);
    this.#worker.postMessage(request);
    return foreignCall(waiting.promise);
  }
}
