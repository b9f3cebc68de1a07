/**
 * The thread of a session of ONNX Runtime, whose `run()` blocks the thread that calls it: see `session_thread.ts`.
 *
 * @module
 */

import type { DemixSession } from "../demix_session.ts";
import { DeviceError } from "../devices.ts";
import type { NetworkSession } from "../network_session.ts";
import { createDemixSession } from "./htdemucs.ts";
import { createOnnxNetworkSession } from "./network.ts";

/** Makes the sessions. */
const SESSIONS = { demix: createDemixSession, network: createOnnxNetworkSession } as const;

/** A request to the thread; it replies to each in order. */
export type SessionRequest =
  | { readonly open: keyof typeof SESSIONS; readonly args: readonly unknown[] }
  | { readonly run: readonly unknown[] }
  | { readonly release: true };

/** A reply of the thread. */
export type SessionReply =
  | { readonly value: unknown }
  | { readonly error: { readonly message: string; readonly isOfDevice: boolean } };

/** The thread's side of the channel. */
interface Channel {
  onmessage: ((event: MessageEvent<SessionRequest>) => void) | null;
  postMessage(reply: SessionReply): void;
}

let session: DemixSession | NetworkSession | undefined;
let last: Promise<unknown> = Promise.resolve();

async function answer(request: SessionRequest): Promise<unknown> {
  if ("open" in request) {
    const create = SESSIONS[request.open] as (
      ...args: readonly unknown[]
    ) => Promise<DemixSession | NetworkSession>;
    session = await create(...request.args);
    return undefined;
  }
  if ("release" in request) return await session?.release();
  const run = session?.run as ((...args: readonly unknown[]) => Promise<unknown>) | undefined;
  return await run?.(...request.run);
}

const channel = globalThis as unknown as Channel;
channel.onmessage = ({ data }) => {
  last = last.then(async () => {
    try {
      channel.postMessage({ value: await answer(data) });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      channel.postMessage({ error: { message, isOfDevice: error instanceof DeviceError } });
    }
  });
};
