/**
 * Who may use the service: the headers Host, Origin and Authorization.
 *
 * A page of another site that a browser shows can send requests to localhost. Its requests have its Origin, and after DNS
 * rebinding its Host; both are refused.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { Problem } from "./problem.ts";

/** Who may use a service. */
export interface Access {
  /** Token that requests must have; absent for none. */
  readonly token?: string;
  /** Names that the header Host may have, without the port; absent for any. */
  readonly hosts?: readonly string[];
}

/** Names of this machine for itself. */
export const LOOPBACK_HOSTS: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** Fewest characters of a token. */
export const SHORTEST_TOKEN = 16;

/** Returns whether an address to listen at is reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/**
 * Checks where a request was sent to, and which page sent it.
 *
 * @param request the request
 * @param access hosts that are allowed
 * @throws {Problem} `foreign-host`, `foreign-origin` or `bad-request`
 */
export function checkSource(request: Request, { hosts }: Access): void {
  const { headers } = request;
  const host = headers.get("host") ?? new URL(request.url).host;
  if (hosts !== undefined && !hosts.includes(hostnameOf(host))) {
    throw new Problem("foreign-host", `The header Host is ${JSON.stringify(host)}`);
  }
  const origin = headers.get("origin");
  if (origin !== null && originHost(origin) !== host.toLowerCase()) {
    throw new Problem("foreign-origin", `The header Origin is ${JSON.stringify(origin)}`);
  }
  // Without an Origin a browser sends requests that only read, such as those of images; this tells them from links.
  const site = headers.get("sec-fetch-site");
  if (site === "cross-site" && headers.get("sec-fetch-mode") !== "navigate") {
    throw new Problem("foreign-origin", "The header Sec-Fetch-Site is cross-site");
  }
}

/**
 * Checks the token of a request, in a time that does not depend on it.
 *
 * @param request the request
 * @param access the token
 * @throws {Problem} `unauthorized`
 */
export function checkToken({ headers }: Request, { token }: Access): void {
  if (token === undefined) return;
  const given = givenToken(headers.get("authorization") ?? "");
  if (timingSafeEqual(digest(given ?? ""), digest(token)) && given !== undefined) return;
  throw new Problem(
    "unauthorized",
    given === undefined ? "The request has no token" : "The token is wrong",
    { "WWW-Authenticate": 'Bearer realm="tactus", Basic realm="tactus", charset="UTF-8"' },
  );
}

/** Returns the token of a header, which browsers can send as the password of any user. */
function givenToken(authorization: string): string | undefined {
  const [, scheme = "", value = ""] = /^(\w+) +(\S+) *$/.exec(authorization) ?? [];
  if (scheme.toLowerCase() === "bearer") return value;
  if (scheme.toLowerCase() !== "basic") return undefined;
  const [, password] = /^[^:]*:(.*)$/s.exec(Buffer.from(value, "base64").toString()) ?? [];
  return password;
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** Returns the name in a header Host, in lower case. */
function hostnameOf(host: string): string {
  const [, name] = /^(\[[\da-f:.]+\]|[^:@/\\?#\s]+)(?::\d{1,5})?$/i.exec(host) ?? [];
  if (name === undefined) {
    throw new Problem("bad-request", `The header Host is ${JSON.stringify(host)}`);
  }
  return name.toLowerCase();
}

/** Returns name and port of an origin; undefined where it is none. */
function originHost(origin: string): string | undefined {
  return /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase();
}
