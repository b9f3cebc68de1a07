/**
 * Errors of the service as problem details (RFC 9457): each names the cause and the remedy.
 *
 * @module
 */

/** What is the same in all problems of a kind. */
interface ProblemKind {
  readonly status: number;
  readonly title: string;
  readonly remedy: string;
}

/** Every kind of problem. */
export const PROBLEMS = {
  "bad-request": {
    status: 400,
    title: "The request is not valid",
    remedy: "Compare the request with /openapi.json",
  },
  unauthorized: {
    status: 401,
    title: "The request has no valid token",
    remedy: "Send the header Authorization: Bearer TOKEN",
  },
  "foreign-host": {
    status: 403,
    title: "The header Host names another host",
    remedy: "Use localhost or 127.0.0.1, or start the service with --allow-host NAME",
  },
  "foreign-origin": {
    status: 403,
    title: "The request comes from a page of another site",
    remedy: "Send it from a page of this service, or from a program, which sends no header Origin",
  },
  "outside-folder": {
    status: 403,
    title: "The path is not below the folder that the service may read",
    remedy: "Name a path relative to that folder, or upload the file",
  },
  "not-found": {
    status: 404,
    title: "There is no such resource",
    remedy: "GET /analyses lists the analyses",
  },
  "method-not-allowed": {
    status: 405,
    title: "The resource has no such method",
    remedy: "Use a method that the header Allow lists",
  },
  "not-acceptable": {
    status: 406,
    title: "There is no representation that the header Accept asks for",
    remedy: "Ask for a media type that /openapi.json lists",
  },
  "upload-timeout": {
    status: 408,
    title: "The upload is too slow",
    remedy: "Send the file again, over a faster connection",
  },
  unfinished: {
    status: 409,
    title: "The analysis has no result yet",
    remedy: "Wait for the event state of /analyses/{id}/events, or ask again later",
  },
  "analysis-failed": {
    status: 409,
    title: "The analysis failed",
    remedy: "Read the field error of the analysis; to try again, send the audio again",
  },
  "too-large": {
    status: 413,
    title: "The file is too large",
    remedy: "Send a compressed file, or start the service with a larger --max-upload",
  },
  "unsupported-type": {
    status: 415,
    title: "The content type is not supported",
    remedy:
      "Send audio/*, application/octet-stream, multipart/form-data or application/json, uncompressed",
  },
  range: {
    status: 416,
    title: "The range is not within the file",
    remedy: "Ask for a range within the size that the header Content-Range states",
  },
  "not-audio": {
    status: 422,
    title: "The file cannot be read as audio",
    remedy: "Check that the file plays elsewhere, or convert it to FLAC or WAV",
  },
  "no-such-file": {
    status: 422,
    title: "There is no such file",
    remedy: "Name a regular file below the folder that the service may read",
  },
  "queue-full": {
    status: 429,
    title: "The queue is full",
    remedy: "Send the request again after the seconds that the header Retry-After states",
  },
  "headers-too-large": {
    status: 431,
    title: "The headers are too large",
    remedy: "Send fewer or shorter headers",
  },
  internal: {
    status: 500,
    title: "The service has an error",
    remedy: "Read the log of the service",
  },
  busy: {
    status: 503,
    title: "The service is busy",
    remedy: "Send the request again after the seconds that the header Retry-After states",
  },
  "storage-full": {
    status: 503,
    title: "The storage is full",
    remedy: "Delete analyses, or start the service with a larger --max-storage",
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

/** Name of a kind of problem. */
export type ProblemName = keyof typeof PROBLEMS;

/** Content of a problem. */
export interface ProblemDetails {
  /** URN of its kind. */
  readonly type: string;
  /** What is wrong, the same for all of a kind. */
  readonly title: string;
  /** HTTP status. */
  readonly status: number;
  /** What is wrong with this request. */
  readonly detail: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Media type of problem details. */
export const PROBLEM_TYPE = "application/problem+json";

/** A request that cannot be answered as it asks. */
export class Problem extends Error {
  /** Name of the class. */
  override name = "Problem";

  /**
   * Names the kind and what is wrong.
   *
   * @param kind kind of the problem
   * @param detail what is wrong with this request
   * @param headers headers of the response
   */
  constructor(
    readonly kind: ProblemName,
    detail: string,
    readonly headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }

  /** HTTP status. */
  get status(): number {
    return PROBLEMS[this.kind].status;
  }

  /** Content of the response. */
  get details(): ProblemDetails {
    const { title, status, remedy } = PROBLEMS[this.kind];
    return { type: typeOf(this.kind), title, status, detail: this.message, remedy };
  }

  /** Returns the response. */
  response(): Response {
    return new Response(`${JSON.stringify(this.details, null, 2)}\n`, {
      status: this.status,
      headers: { "Content-Type": PROBLEM_TYPE, "Cache-Control": "no-store", ...this.headers },
    });
  }
}

/** Returns the URN of a kind of problem. */
export function typeOf(kind: ProblemName): string {
  return `urn:tactus:problem:${kind}`;
}
