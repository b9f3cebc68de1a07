/**
 * The interface of the service: its routes with their schemas, from which `/openapi.json` is made.
 *
 * @module
 */

import { createRoute, type RouteConfig, z } from "@hono/zod-openapi";
import { resultSchema } from "../pipeline/result_schema.ts";
import { STATES } from "./analysis.ts";
import { PROBLEM_TYPE, type ProblemName, PROBLEMS, typeOf } from "./problem.ts";
import { ANALYSIS_TYPE, REPRESENTATIONS, RESULT_TYPE } from "./representations.ts";
import { AUDIO_FIELD } from "./upload.ts";

/** Most analyses of a list. */
export const MOST_LISTED = 100;

/** Most characters of a name in a query. */
const NAME_CHARACTERS = 255;

const problem = z.object({
  type: z.string().describe("Kind of the problem"),
  title: z.string().describe("What is wrong, the same for all of a kind"),
  status: z.int().describe("HTTP status"),
  detail: z.string().describe("What is wrong with this request"),
  remedy: z.string().describe("What to do about it"),
}).openapi("Problem", { description: "Problem details of RFC 9457" });

const time = z.iso.datetime();

const analysis = z.object({
  id: z.string().describe("Hash of the audio and the settings: equal audio has one analysis"),
  state: z.enum(STATES),
  name: z.string().describe("Name of the audio"),
  bytes: z.int().describe("Size of the audio file"),
  sha256: z.string().describe("SHA-256 of the audio file"),
  submitted: time.describe("When it was added"),
  started: time.nullable().describe("When it was begun"),
  finished: time.nullable().describe("When it was done or failed"),
  seconds: z.number().nullable().describe("Length of the audio in seconds, once it is known"),
  position: z.int().nullable().describe("Number of analyses in front of it, while it is queued"),
  progress: z.object({
    stage: z.string().describe("Stage that started or went on"),
    fraction: z.number().describe("Estimated fraction that is done, 0 to 1"),
  }).nullable().describe("Progress, while it is running"),
  warnings: z.array(z.string()).describe("Damage in the file, and the like"),
  error: z.string().nullable().describe("Why it failed"),
  links: z.object({
    self: z.string(),
    events: z.string(),
    player: z.string(),
    audio: z.string(),
  }).describe("Addresses of its resources"),
}).openapi("Analysis");

const finished = analysis.extend({
  result: resultSchema.nullable().describe("The result, once it is done"),
}).openapi("AnalysisWithResult");

const list = z.object({
  analyses: z.array(analysis).describe("The newest first"),
  next: z.string().nullable().describe("Address of the next page; null for the last one"),
}).openapi("AnalysisList");

/** Form of an analysis in responses. */
export type AnalysisBody = z.infer<typeof analysis>;

type Responses = RouteConfig["responses"];

/** Returns the responses of problems, by status. */
function problems(...kinds: ProblemName[]): Responses {
  const byStatus = new Map<number, ProblemName[]>();
  for (const kind of kinds) {
    const { status } = PROBLEMS[kind];
    byStatus.set(status, [...byStatus.get(status) ?? [], kind]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, kinds]) => [status, {
      description: kinds.map((kind) => `${PROBLEMS[kind].title} (${typeOf(kind)})`).join("; "),
      content: { [PROBLEM_TYPE]: { schema: problem } },
    }]),
  );
}

/** Problems that every request may have. */
const ANY = [
  "bad-request",
  "unauthorized",
  "foreign-host",
  "foreign-origin",
  "headers-too-large",
] as const;

const id = z.object({
  id: z.string().openapi({ description: "Id of the analysis", example: "0".repeat(32) }),
});

const location = {
  Location: { description: "Address of the analysis", schema: { type: "string" as const } },
};

const binary = { schema: { type: "string" as const, format: "binary" } };

const etag = { ETag: { description: "Entity tag", schema: { type: "string" as const } } };

/** Body of a request that names a file. */
export const pathSchema = z.strictObject({
  path: z.string().min(1).max(4096).openapi({
    description: "Path of a file, relative to the folder of --audio-dir",
    example: "album/song.flac",
  }),
}).openapi("AudioPath");

/** Query of an upload. */
export const uploadQuery = z.object({
  name: z.string().max(NAME_CHARACTERS).optional().openapi({
    description: "Name of the audio, where the body is the audio itself",
    example: "song.flac",
  }),
});

/** POST /analyses. */
export const postRoute = createRoute({
  method: "post",
  path: "/analyses",
  tags: ["Analyses"],
  summary: "Add an analysis",
  description:
    "Uploads a file as the body or as a field of a form, or names a file below the folder that the service may read. " +
    "Audio that was analysed with these settings before is not analysed again.",
  request: {
    query: uploadQuery,
    body: {
      required: true,
      content: {
        "multipart/form-data": {
          schema: {
            type: "object",
            required: [AUDIO_FIELD],
            properties: { [AUDIO_FIELD]: { type: "string", format: "binary" } },
          },
        },
        "application/octet-stream": binary,
        "audio/*": binary,
        // A plain schema: the body is read with limits, rather than by the validator.
        "application/json": { schema: { $ref: "#/components/schemas/AudioPath" } },
      },
    },
  },
  responses: {
    200: {
      description: "There is an analysis of this audio, which is done",
      headers: location,
      content: { [ANALYSIS_TYPE]: { schema: analysis } },
    },
    202: {
      description: "The analysis is queued or running",
      headers: location,
      content: { [ANALYSIS_TYPE]: { schema: analysis } },
    },
    ...problems(
      ...ANY,
      ...["outside-folder", "upload-timeout", "too-large", "unsupported-type"] as const,
      ...["not-audio", "no-such-file", "queue-full", "busy", "storage-full"] as const,
    ),
  },
});

/** Query of a list. */
export const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MOST_LISTED).default(20).openapi({
    description: "Most analyses of the page",
  }),
  before: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional().openapi({
    description: "Number that the field next of a page has",
  }),
  state: z.enum(STATES).optional().openapi({ description: "Only analyses of this state" }),
});

/** GET /analyses. */
export const listRoute = createRoute({
  method: "get",
  path: "/analyses",
  tags: ["Analyses"],
  summary: "List the analyses",
  request: { query: listQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: list } } },
    ...problems(...ANY),
  },
});

/** Query of an analysis. */
export const analysisQuery = z.object({
  format: z.enum(REPRESENTATIONS.map(({ name }) => name) as [string, ...string[]]).optional()
    .openapi({ description: "Representation of the result, instead of the header Accept" }),
});

/** GET /analyses/{id}. */
export const getRoute = createRoute({
  method: "get",
  path: "/analyses/{id}",
  tags: ["Analyses"],
  summary: "Get an analysis, or its result in a format",
  description: "The header Accept, or the parameter format, chooses the representation.",
  request: { params: id, query: analysisQuery },
  responses: {
    200: {
      description: "The analysis, or a representation of its result",
      headers: etag,
      content: {
        [ANALYSIS_TYPE]: { schema: finished },
        ...Object.fromEntries(
          REPRESENTATIONS.map(({ type, description }) => [
            type,
            type === RESULT_TYPE
              ? { schema: resultSchema }
              : { schema: { type: type.endsWith("+json") ? "object" : "string", description } },
          ]),
        ),
      },
    },
    304: { description: "The representation with the entity tag of If-None-Match is the newest" },
    ...problems(...ANY, "not-found", "not-acceptable", "unfinished", "analysis-failed", "busy"),
  },
});

/** DELETE /analyses/{id}. */
export const deleteRoute = createRoute({
  method: "delete",
  path: "/analyses/{id}",
  tags: ["Analyses"],
  summary: "Cancel and remove an analysis, with its audio and result",
  request: { params: id },
  responses: {
    204: { description: "It is removed" },
    ...problems(...ANY, "not-found"),
  },
});

/** Headers of a request for events. */
export const eventsHeaders = z.object({
  "last-event-id": z.string().optional().openapi({
    description: "Id of the last event that was received",
  }),
});

/** GET /analyses/{id}/events. */
export const eventsRoute = createRoute({
  method: "get",
  path: "/analyses/{id}/events",
  tags: ["Analyses"],
  summary: "Follow an analysis by server-sent events",
  description:
    "Events state, progress and removed, with JSON as data; the stream ends with the analysis.",
  request: { params: id, headers: eventsHeaders },
  responses: {
    200: {
      description: "The events",
      content: { "text/event-stream": { schema: { type: "string" } } },
    },
    204: { description: "No event follows the one of Last-Event-ID" },
    ...problems(...ANY, "not-found", "busy"),
  },
});

/** GET /analyses/{id}/player. */
export const playerRoute = createRoute({
  method: "get",
  path: "/analyses/{id}/player",
  tags: ["Analyses"],
  summary: "Get a page that plays the track",
  request: { params: id },
  responses: {
    200: {
      description: "The page",
      headers: etag,
      content: { "text/html": { schema: { type: "string" } } },
    },
    304: { description: "The page of If-None-Match is the newest" },
    ...problems(...ANY, "not-found", "unfinished", "analysis-failed", "busy", "range"),
    206: { description: "The range of the page", content: { "text/html": binary } },
  },
});

/** GET /analyses/{id}/audio. */
export const audioRoute = createRoute({
  method: "get",
  path: "/analyses/{id}/audio",
  tags: ["Analyses"],
  summary: "Get the audio, whole or a range",
  request: { params: id },
  responses: {
    200: {
      description: "The file",
      headers: etag,
      content: { "audio/*": binary, "application/octet-stream": binary },
    },
    206: {
      description: "The range",
      content: { "audio/*": binary, "application/octet-stream": binary },
    },
    304: { description: "The file of If-None-Match is the newest" },
    ...problems(...ANY, "not-found", "range"),
  },
});

/** GET /health. */
export const healthRoute = createRoute({
  method: "get",
  path: "/health",
  tags: ["Service"],
  summary: "Tell whether the service works",
  security: [],
  responses: {
    200: {
      description: "It works",
      content: {
        "application/json": {
          schema: z.object({ status: z.literal("ok"), program: z.string() }).openapi("Health"),
        },
      },
    },
    ...problems("foreign-host", "foreign-origin", "headers-too-large", "bad-request"),
  },
});

/** GET /metrics. */
export const metricsRoute = createRoute({
  method: "get",
  path: "/metrics",
  tags: ["Service"],
  summary: "Get metrics in the text format of OpenMetrics",
  responses: {
    200: {
      description: "The metrics",
      content: { "application/openmetrics-text": { schema: { type: "string" } } },
    },
    ...problems(...ANY),
  },
});
