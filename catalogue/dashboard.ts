/**
 * The dashboard of a queue: bull-board.
 *
 * @module
 */

import { library, loaded } from "./libraries.ts";
import type { EndpointAddress } from "./endpoint.ts";
import type { CatalogueQueue } from "./queue.ts";

/** Path of the dashboard. */
const PATH = "/queues";

/**
 * Starts the dashboard, in which tracks of the queue are seen, tried again and removed.
 *
 * @param address where it listens; everyone who can reach it can change the queue
 * @param queue the queue
 * @returns the server, to be closed by the caller
 * @throws if the port is taken
 */
export async function startDashboard(
  address: EndpointAddress,
  queue: CatalogueQueue,
): Promise<Deno.HttpServer> {
  const [{ createBullBoard }, { HonoAdapter }, { Hono }, adapters, { serveStatic }] = await Promise
    .all([
      library("@bull-board/api"),
      library("@bull-board/hono"),
      import("hono"),
      loaded("@bull-board/api", "@bull-board/api/bullMQAdapter"),
      import("hono/deno"),
    ]);
  const { BullMQAdapter } = adapters as { BullMQAdapter: new (queue: unknown) => unknown };
  const server = new HonoAdapter(serveStatic as never);
  server.setBasePath(PATH);
  createBullBoard({
    queues: [new BullMQAdapter(queue.engine) as never],
    serverAdapter: server as never,
    options: { uiConfig: { boardTitle: "tactus" } },
  });
  const app = new Hono();
  app.route(PATH, server.registerPlugin() as never);
  return Deno.serve({ ...address, onListen: () => {} }, async (request) => {
    if (isForeign(request, address)) {
      return new Response("This page is not for other sites\n", { status: 403 });
    }
    if (new URL(request.url).pathname === "/") return Response.redirect(new URL(PATH, request.url));
    return await app.fetch(request);
  });
}

/** Names of this machine for itself. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/;

/** Returns whether a page of another site sent a request: by its Origin, or, after DNS rebinding, its Host. */
function isForeign({ headers, url }: Request, { hostname }: EndpointAddress): boolean {
  const host = headers.get("host") ?? new URL(url).host;
  const origin = headers.get("origin");
  if (origin !== null && URL.parse(origin)?.host !== host.toLowerCase()) return true;
  return LOOPBACK.test(hostname) && !LOOPBACK.test(host.toLowerCase().replace(/:\d+$/, ""));
}
