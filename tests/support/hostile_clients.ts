/**
 * Clients of the HTTP service that send what they should not: each sends one request and tells what came back.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync, zipSync } from "fflate";
import { encodeFlac } from "../../kernels/mod.ts";
import { noise, wavFile } from "./wav.ts";

/** What a client makes of a service. */
export interface Target {
  /** Address of the service. */
  readonly url: URL;
  /** Returns a whole number below another one, the same in each run of a client. */
  readonly random: (below: number) => number;
  /** Most bytes of an upload. */
  readonly mostBytes: number;
  /** Called with the address of each analysis that was accepted. */
  readonly onAccepted: (address: string) => void;
}

/** A kind of client: what it may get, 0 for a connection that was closed. */
export interface Client {
  readonly allowed: readonly number[];
  readonly send: (target: Target) => Promise<number>;
}

/** Responses to any upload: the service may be full. */
const FULL = [429, 503];

/** Sends bytes over a connection of its own, and returns the status of the response; 0 for none. */
export async function raw(
  url: URL,
  parts: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
  { isCut = false } = {},
): Promise<number> {
  const connection = await Deno.connect({ hostname: url.hostname, port: Number(url.port) });
  const response = (async (): Promise<number> => {
    const bytes = new Uint8Array(4096);
    let text = "";
    for (;;) {
      const count = await connection.read(bytes).catch(() => null);
      if (count === null) return 0;
      text += Buffer.from(bytes.subarray(0, count)).toString("latin1");
      // What the service sends first asks for the body.
      const [, status] = /^(?:HTTP\/1\.1 100 [^]*?\r\n\r\n)*HTTP\/1\.1 ([2-5]\d\d) /.exec(text) ??
        [];
      if (status !== undefined) return Number(status);
    }
  })();
  let isAnswered = false;
  response.then(() => isAnswered = true);
  try {
    for await (const part of parts) {
      if (isAnswered) break;
      const piece = typeof part === "string" ? new TextEncoder().encode(part) : part;
      for (let at = 0; at < piece.length;) at += await connection.write(piece.subarray(at));
    }
  } catch {
    // The service has closed the connection.
  }
  if (isCut) connection.close();
  const status = await Promise.race([response, sleep(30_000, -1, { ref: false })]);
  if (!isCut) connection.close();
  return status;
}

/** Sends an upload by `fetch`; tells its address where it is accepted. */
async function upload(
  { url, onAccepted }: Target,
  body: BodyInit,
  headers: Record<string, string> = { "Content-Type": "application/octet-stream" },
  name = "x.wav",
): Promise<number> {
  const address = new URL(`/analyses?name=${encodeURIComponent(name)}`, url);
  try {
    const response = await fetch(address, { method: "POST", body, headers });
    const text = await response.text();
    if (response.ok) onAccepted(JSON.parse(text).links.self);
    return response.status;
  } catch {
    return 0;
  }
}

/** Returns a track of a few seconds. */
function track(random: Target["random"]): Uint8Array<ArrayBuffer> {
  const samples = noise(8000 * (1 + random(3)), 1 + random(60));
  return new Uint8Array(wavFile({ sampleRateHz: 8000, channels: 1, bits: 16, samples }));
}

const PATHS = [
  "../../../../etc/passwd",
  "/etc/passwd",
  "..\\..\\x",
  "a\0.wav",
  "CON",
  ".",
  "~",
  "$(id)",
  "`id`; #",
  "%2e%2e%2f",
];

/** An hour of silence in a few kilobytes. */
const flacBomb = encodeFlac(new Int16Array(8000 * 3600), 1, 8000);
const zipBomb = zipSync({ "a.wav": new Uint8Array(50_000_000) }, { level: 9 });
const gzipBomb = gzipSync(new Uint8Array(50_000_000), { level: 9 });

/** Yields parts with pauses between them. */
async function* slowly(
  parts: Iterable<Uint8Array | string>,
  milliseconds: number,
): AsyncGenerator<Uint8Array | string> {
  for (const part of parts) {
    yield part;
    await sleep(milliseconds);
  }
}

function head(
  method: string,
  path: string,
  headers: Readonly<Record<string, string | number>>,
): string {
  const lines = Object.entries({ Host: "localhost", ...headers }).map(([name, value]) =>
    `${name}: ${value}\r\n`
  );
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** Every kind of client by its name. */
export const CLIENTS: Readonly<Record<string, Client>> = {
  "a track": {
    allowed: [200, 202, ...FULL],
    send: (target) => upload(target, track(target.random)),
  },
  "a form with a path as name": {
    allowed: [200, 202, ...FULL],
    send: (target) => {
      const form = new FormData();
      form.set("audio", new File([track(target.random)], PATHS[target.random(PATHS.length)]!));
      return upload(target, form, {});
    },
  },
  "a slow upload that ends in time": {
    allowed: [200, 202, ...FULL],
    send: ({ url, random }) => {
      const body = track(random);
      const pieces = [0, 1, 2, 3].map((at) =>
        body.subarray(at * body.length / 4, (at + 1) * body.length / 4)
      );
      const headers = { "Content-Type": "audio/wav", "Content-Length": body.length };
      return raw(url, slowly([head("POST", "/analyses", headers), ...pieces], 200));
    },
  },
  "an upload that stalls": {
    allowed: [408, ...FULL],
    send: ({ url }) => {
      const headers = { "Content-Type": "audio/wav", "Content-Length": 5000 };
      return raw(url, [head("POST", "/analyses", headers), "RIFF"]);
    },
  },
  "an upload that drips": {
    allowed: [408, ...FULL],
    send: ({ url }) => {
      const headers = { "Content-Type": "audio/wav", "Transfer-Encoding": "chunked" };
      const chunks = Array.from({ length: 100 }, () => "1\r\nx\r\n");
      return raw(url, slowly([head("POST", "/analyses", headers), ...chunks], 300));
    },
  },
  "an upload that is cut": {
    allowed: [0, ...FULL],
    send: ({ url, random }) => {
      const headers = { "Content-Type": "audio/wav", "Content-Length": 50_000 };
      const parts = [head("POST", "/analyses", headers), new Uint8Array(1 + random(20_000))];
      return raw(url, slowly(parts, 20), { isCut: true });
    },
  },
  "a form that is cut": {
    allowed: [0, ...FULL],
    send: ({ url, random }) => {
      const form = `--B\r\nContent-Disposition: form-data; name="audio"; filename="x"\r\n\r\n${
        "x".repeat(100)
      }`;
      const headers = {
        "Content-Type": "multipart/form-data; boundary=B",
        "Content-Length": 50_000,
      };
      return raw(
        url,
        slowly([head("POST", "/analyses", headers), form.slice(0, random(form.length))], 20),
        { isCut: true },
      );
    },
  },
  "a form that ends too early": {
    allowed: [400, ...FULL],
    send: ({ url, random }) => {
      const form = `--B\r\nContent-Disposition: form-data; name="audio"; filename="x"\r\n\r\n${
        "x".repeat(100)
      }`;
      const part = form.slice(0, random(form.length));
      const headers = {
        "Content-Type": "multipart/form-data; boundary=B",
        "Content-Length": part.length,
      };
      return raw(url, [head("POST", "/analyses", headers), part]);
    },
  },
  "an upload that is too large": {
    allowed: [0, 413, ...FULL],
    send: (target) => upload(target, new Uint8Array(target.mostBytes + 1 + target.random(100_000))),
  },
  "an upload of unknown length that is too large": {
    allowed: [0, 413, ...FULL],
    send: ({ url, mostBytes }) => {
      const chunk = new Uint8Array(100_000);
      function* chunks(): Generator<Uint8Array | string> {
        yield head("POST", "/analyses", {
          "Content-Type": "audio/wav",
          "Transfer-Encoding": "chunked",
        });
        for (let sent = 0; sent < 20 * mostBytes; sent += chunk.length) {
          yield `${chunk.length.toString(16)}\r\n`;
          yield chunk;
          yield "\r\n";
        }
      }
      return raw(url, chunks());
    },
  },
  "hours of silence in a small file": {
    allowed: [200, 202, ...FULL],
    send: async (target) => upload(target, new Uint8Array(await flacBomb)),
  },
  "a zip archive": {
    allowed: [422, ...FULL],
    send: (target) => upload(target, new Uint8Array(zipBomb), { "Content-Type": "audio/wav" }),
  },
  "a compressed body": {
    allowed: [415, ...FULL],
    send: (target) =>
      upload(target, new Uint8Array(gzipBomb), {
        "Content-Type": "audio/wav",
        "Content-Encoding": "gzip",
      }),
  },
  "what is no audio": {
    allowed: [422, ...FULL],
    send: (target) => {
      const kinds = [
        "%PDF-1.7\n",
        "<html><script>alert(1)</script>",
        "\x7fELF",
        "",
        "\u0089PNG\r\n\x1a\n",
        "OggS",
      ];
      return upload(
        target,
        kinds[target.random(kinds.length)]! + "\0".repeat(target.random(2) * 100),
      );
    },
  },
  "a wrong type": {
    allowed: [400, 415, ...FULL],
    send: (target) => {
      const types = [
        "text/html",
        "application/x-www-form-urlencoded",
        "multipart/mixed",
        "nonsense",
        "multipart/form-data",
      ];
      return upload(target, "x=1", { "Content-Type": types[target.random(types.length)]! });
    },
  },
  "a path that leads out": {
    allowed: [403, 422, ...FULL],
    send: (target) => {
      const path = PATHS[target.random(PATHS.length)];
      return upload(target, JSON.stringify({ path }), { "Content-Type": "application/json" });
    },
  },
  "JSON that is wrong": {
    allowed: [400, 413, ...FULL],
    send: (target) => {
      const bodies = [
        "",
        "{",
        "null",
        "[]",
        '{"path":1}',
        '{"__proto__":{"path":"x"}}',
        `"${"x".repeat(50_000)}"`,
        "[".repeat(10_000),
      ];
      return upload(target, bodies[target.random(bodies.length)]!, {
        "Content-Type": "application/json",
      });
    },
  },
  "many headers": {
    allowed: [0, 400, 431],
    send: ({ url }) =>
      raw(url, [
        head(
          "GET",
          "/analyses",
          Object.fromEntries(Array.from({ length: 3000 }, (_, at) => [`X-${at}`, "y".repeat(20)])),
        ),
      ]),
  },
  "large headers": {
    allowed: [0, 400, 431],
    send: ({ url, random }) =>
      raw(url, [head("GET", "/analyses", { "X-Large": "y".repeat(17_000 + random(100_000)) })]),
  },
  "a large address": {
    allowed: [0, 400, 414, 431],
    send: ({ url, random }) =>
      raw(url, [head("GET", `/analyses/${"x".repeat(17_000 + random(100_000))}`, {})]),
  },
  "headers that never end": {
    allowed: [0, 408, 431],
    send: ({ url }) => {
      const lines = Array.from({ length: 100 }, (_, at) => `X-${at}: y\r\n`);
      return raw(url, slowly(["GET / HTTP/1.1\r\nHost: localhost\r\n", ...lines], 300));
    },
  },
  "what is no HTTP": {
    allowed: [0, 400, 408, 431, 505],
    send: ({ url, random }) =>
      raw(url, [Uint8Array.from({ length: 1 + random(2000) }, () => random(256)), "\r\n\r\n"], {
        isCut: random(2) === 0,
      }),
  },
  "a foreign host": {
    allowed: [400, 403],
    send: ({ url, random }) =>
      raw(url, [
        head("GET", "/analyses", {
          Host: ["evil.example", "localhost.evil.example", "a b", ""][random(4)]!,
        }),
      ]),
  },
  "a page of another site": {
    allowed: [403],
    send: (target) =>
      upload(target, track(target.random), {
        "Content-Type": "audio/wav",
        Origin: "http://evil.example",
      }),
  },
  "a client that leaves the events": {
    allowed: [0, 200, 204, 404, 503],
    send: async ({ url, random }) => {
      const { analyses } = await (await fetch(new URL("/analyses?limit=100", url))).json();
      const address = analyses[random(Math.max(1, analyses.length))]?.links.events ??
        "/analyses/0/events";
      return await raw(url, slowly([head("GET", address, {})], random(300)), {
        isCut: random(2) === 0,
      });
    },
  },
  "a reader of results": {
    allowed: [200, 206, 304, 404, 406, 409, 416],
    send: async ({ url, random }) => {
      const { analyses } = await (await fetch(new URL("/analyses?limit=100", url))).json();
      const { links } = analyses[random(Math.max(1, analyses.length))] ??
        { links: { self: "/analyses/0", audio: "/x", player: "/x" } };
      const address =
        [links.self, links.audio, links.player, `${links.self}?format=cues.wav`][random(4)];
      const accept = ["*/*", "audio/midi", "text/csv", "image/png", "*/*;q=0"][random(5)]!;
      const range = `bytes=${random(100_000)}-${random(2) === 0 ? "" : random(200_000)}`;
      const response = await fetch(new URL(address, url), {
        headers: { Accept: accept, Range: range },
      });
      await response.arrayBuffer();
      return response.status;
    },
  },
  "another method": {
    allowed: [404, 405, 501],
    send: async ({ url, random }) => {
      const [method, path] = [
        ["PUT", "PATCH", "OPTIONS"][random(3)]!,
        ["/analyses", "/health", "/x"][random(3)]!,
      ];
      const response = await fetch(new URL(path, url), { method });
      await response.body?.cancel();
      return response.status;
    },
  },
};
