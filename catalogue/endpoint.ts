/**
 * The endpoint of a worker: its metrics and whether it is well.
 *
 * @module
 */

import type { WorkerMetrics } from "./metrics.ts";

/** Where an endpoint listens. */
export interface EndpointAddress {
  /** Name or address of the interface. */
  readonly hostname: string;
  /** Port; 0 for a free one. */
  readonly port: number;
}

/** What an endpoint tells. */
export interface EndpointState {
  /** Metrics of the worker. */
  readonly metrics: WorkerMetrics;
  /** Returns whether the worker takes tracks. */
  readonly isReady: () => boolean;
}

/**
 * Starts an endpoint: `/metrics` in the text format of OpenMetrics, `/healthz` with 200 while the program answers, and
 * `/readyz` with 200 while the worker takes tracks.
 *
 * @returns the server, to be closed by the caller
 * @throws if the port is taken
 */
export function startEndpoint(address: EndpointAddress, state: EndpointState): Deno.HttpServer {
  return Deno.serve({ ...address, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/healthz") return new Response("ok\n");
    if (pathname === "/readyz") {
      return state.isReady() ? new Response("ok\n") : new Response("stopping\n", { status: 503 });
    }
    if (pathname !== "/metrics") return new Response("not found\n", { status: 404 });
    const { type, text } = await state.metrics.text();
    return new Response(text, { headers: { "content-type": type } });
  });
}
