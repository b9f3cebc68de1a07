/**
 * The application: requests to responses, without a socket.
 *
 * @module
 */

import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { PROGRAM, VERSION } from "../core/program.ts";
import { reasonOf } from "../core/reason.ts";
import { Turns } from "../core/turns.ts";
import { checkSource, checkToken } from "./access.ts";
import {
  audioRoute,
  deleteRoute,
  eventsRoute,
  getRoute,
  healthRoute,
  listRoute,
  metricsRoute,
  pathSchema,
  playerRoute,
  postRoute,
} from "./api.ts";
import { bodyOf, getAnalysis, getAudio, getPlayer, known } from "./results.ts";
import type { ServiceContext, Shared } from "./context.ts";
import { getEvents } from "./events.ts";
import { type Metrics, METRICS_TYPE } from "./metrics.ts";
import { Problem } from "./problem.ts";
import { post } from "./submissions.ts";
import { tryPage, tryPageFile } from "./try_page.ts";

/** Most bytes of the names and values of all headers. */
const HEADER_BYTES = 16 * 1024;

/** Paths that need no token: they tell nothing about analyses. */
const OPEN = /^\/(?:health|openapi\.json|docs(?:\/[^/]*)?)?$/;

/** Headers of all responses. */
const SAFE_HEADERS: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Frame-Options": "DENY",
};

/**
 * Returns the application.
 *
 * @param context queue, access and limits
 */
export function serviceApp(context: ServiceContext): OpenAPIHono {
  const shared: Shared = { ...context, now: { uploads: 0, followers: 0 }, making: new Turns() };
  const { queue, metrics } = context;
  const app = new OpenAPIHono({
    defaultHook: (result) => {
      if (result.success) return;
      const [issue] = result.error.issues;
      const where = [result.target, ...issue?.path ?? []].join("/");
      throw new Problem("bad-request", `${where}: ${issue?.message ?? "not valid"}`);
    },
  });
  app.use(async (c, next) => {
    checkHeaders(c.req.raw);
    checkSource(c.req.raw, context.access);
    if (!OPEN.test(c.req.path)) checkToken(c.req.raw, context.access);
    await next();
  });
  app.openapi(postRoute, (c) => typed(post(c, shared)));
  app.openapi(listRoute, async (c) => {
    const { limit, before, state } = c.req.valid("query");
    const found = await queue.list({
      limit: limit + 1,
      ...(before !== undefined && { before }),
      ...(state !== undefined && { state }),
    });
    const analyses = found.slice(0, limit);
    const next = new URLSearchParams({
      limit: String(limit),
      before: String(analyses.at(-1)?.number),
      ...(state !== undefined && { state }),
    });
    return c.json({
      analyses: analyses.map(bodyOf),
      next: found.length > limit ? `/analyses?${next}` : null,
    }, 200);
  });
  app.openapi(getRoute, (c) => typed(getAnalysis(c, shared)));
  app.openapi(deleteRoute, async (c) => {
    const { id } = c.req.valid("param");
    if (!await queue.remove(id)) throw known(id, undefined);
    return new Response(null, { status: 204 });
  });
  app.openapi(eventsRoute, (c) => typed(getEvents(c, shared)));
  app.openapi(playerRoute, (c) => typed(getPlayer(c, shared)));
  app.openapi(audioRoute, (c) => typed(getAudio(c, shared)));
  app.openapi(healthRoute, (c) => c.json({ status: "ok" as const, program: PROGRAM }, 200));
  app.openapi(metricsRoute, async () => {
    const text = metrics.text(await queue.counts());
    return typed(new Response(text, { headers: { "Content-Type": METRICS_TYPE } }));
  });
  app.openAPIRegistry.register("AudioPath", pathSchema);
  describe(app, context.access.token !== undefined);
  app.get("/docs", () => tryPage());
  app.get("/docs/:file", (c) => tryPageFile(c.req.param("file")));
  app.get("/", (c) => c.redirect("/docs"));
  app.notFound((c) => unrouted(app, c).response());
  app.onError((error) => problemOf(error).response());
  return withHeaders(app, metrics);
}

/** The handlers check the form of their responses by themselves: streams have no type. */
// deno-lint-ignore no-explicit-any
function typed(response: Response | Promise<Response>): any {
  return response;
}

/** Adds the document of the interface. */
function describe(app: OpenAPIHono, hasToken: boolean): void {
  if (hasToken) {
    app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
      ...{ type: "http", scheme: "bearer" },
    });
    app.openAPIRegistry.registerComponent("securitySchemes", "basic", {
      ...{ type: "http", scheme: "basic", description: "Any user name; the token is the password" },
    });
  }
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "tactus",
      version: VERSION,
      description: "Finds tempo, beats, downbeats and segments of music.",
      license: { name: "MIT" },
    },
    ...(hasToken && { security: [{ bearer: [] }, { basic: [] }] }),
  });
}

/** Adds the headers that all responses have, and counts the responses. */
function withHeaders(app: OpenAPIHono, metrics: Metrics): OpenAPIHono {
  const inner = app.fetch;
  app.fetch = async (request, ...rest) => {
    const response = await inner(request, ...rest);
    for (const [name, value] of Object.entries(SAFE_HEADERS)) response.headers.set(name, value);
    metrics.countRequest(request.method, response.status);
    return response;
  };
  return app;
}

/** Throws {@linkcode Problem} where the headers are larger than any client needs. */
function checkHeaders({ headers, url }: Request): void {
  let bytes = url.length;
  for (const [name, value] of headers) bytes += name.length + value.length + 4;
  if (bytes <= HEADER_BYTES) return;
  throw new Problem(
    "headers-too-large",
    `The headers have ${bytes} bytes, more than ${HEADER_BYTES}`,
  );
}

/** Returns the problem of a request that no route takes. */
function unrouted(app: OpenAPIHono, c: Context): Problem {
  const methods = new Set(
    app.routes.filter(({ method, path }) => method !== "ALL" && matches(path, c.req.path))
      .flatMap(({ method }) => method === "GET" ? ["GET", "HEAD"] : [method]),
  );
  if (methods.size === 0) return new Problem("not-found", `There is nothing at ${c.req.path}`);
  const allowed = [...methods].join(", ");
  return new Problem("method-not-allowed", `${c.req.path} has the methods ${allowed}`, {
    Allow: allowed,
  });
}

/** Returns whether a path is one of a route. */
function matches(route: string, path: string): boolean {
  const [parts, given] = [route.split("/"), path.split("/")];
  return parts.length === given.length &&
    parts.every((part, at) => part.startsWith(":") ? given[at] !== "" : part === given[at]);
}

/** Returns the problem of an error; an unknown one is logged. */
function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code = "" } = error as { readonly code?: string };
  if (["ENOSPC", "EDQUOT"].includes(code)) {
    return new Problem("storage-full", "The disk is full", { "Retry-After": "60" });
  }
  console.error(`A request failed: ${error instanceof Error ? error.stack : reasonOf(error)}`);
  return new Problem("internal", "The request could not be answered");
}
