/**
 * The application of the service without a server, for tests.
 *
 * @module
 */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { serviceApp } from "../../service/app.ts";
import type { ServiceContext } from "../../service/context.ts";
import { DiskQueue } from "../../service/disk_queue.ts";
import type { Work } from "../../service/job_queue.ts";
import { Metrics } from "../../service/metrics.ts";
import { inTemporaryFolder } from "./temporary_folder.ts";

/** A result as far as the formats need it. */
export const RESULT = {
  ...{ path: "song.wav", bpm: 120, beats: [0, 0.5, 1], downbeats: [0], beat_positions: [1, 2, 3] },
  ...{ segments: [{ start: 0, end: 1.5, label: "verse" }], tempo: null, metre: null },
  provenance: { part: null, mix: null },
};

/** Work that is done at once. */
export const done: Work = ({ name }) =>
  Promise.resolve({
    result: JSON.stringify({ ...RESULT, path: name }),
    seconds: 1.5,
    warnings: [],
  });

/** Sends a request to the application. */
export type Send = (path: string, init?: RequestInit) => Promise<Response>;

/** An application with what it uses. */
export interface Service {
  readonly send: Send;
  readonly queue: DiskQueue;
  readonly folder: string;
}

/** Runs a test with an application whose analyses are made at once. */
export function withService(
  test: (service: Service) => Promise<void>,
  more: Partial<ServiceContext> & { readonly work?: Work; readonly mostWaiting?: number } = {},
): Promise<void> {
  const { work = done, mostWaiting = 10, ...context } = more;
  return inTemporaryFolder(async (folder) => {
    await mkdir(join(folder, "music"));
    await writeFile(join(folder, "music", "a.wav"), "RIFF");
    const ending = new AbortController();
    const queue = await DiskQueue.open({
      ...{ folder: join(folder, "data"), settings: "5".repeat(64), work, jobs: 1, mostWaiting },
      ...{ mostBytes: 1e6, mostKept: 100 },
    });
    const app = serviceApp({
      ...{ queue, access: { hosts: ["localhost"] }, metrics: new Metrics(), signal: ending.signal },
      upload: { bytes: 1000, idleSeconds: 0.2, seconds: 1 },
      ...{ mostUploads: 2, mostFollowers: 2, audioFolder: join(folder, "music") },
      checkAudio: async (path) => {
        const text = await Deno.readTextFile(path);
        if (text.startsWith("text")) throw new Error(`'${path}' is not audio`);
      },
      ...context,
    });
    try {
      await test({ queue, folder, send: async (path, init) => await app.request(path, init) });
      // Whatever was refused has left nothing.
      equal(await readdir(join(folder, "data", "incoming")), []);
    } finally {
      ending.abort(new Error("The test ends"));
      await queue.close(0);
    }
  });
}

/** Headers of an upload. */
export const WAV = { "Content-Type": "audio/wav" };

/** Uploads a text as audio and waits for its analysis; returns its address. */
export async function finished(
  { send, queue }: Service,
  text: string,
  name = "song.wav",
): Promise<string> {
  const response = await send(`/analyses?name=${encodeURIComponent(name)}`, {
    ...{ method: "POST", headers: WAV, body: text },
  });
  const { id, links } = await response.json();
  const events = queue.events(id, undefined, AbortSignal.timeout(5000));
  if (typeof events === "object") { for await (const _ of events); }
  return links.self;
}

/** Ensures that a response is a problem of a kind. */
export async function isProblem(response: Response, status: number, kind: string): Promise<string> {
  const text = await response.text();
  equal([response.status, response.headers.get("Content-Type")], [
    status,
    "application/problem+json",
  ], text);
  const { type, title, detail, remedy, ...rest } = JSON.parse(text);
  equal([type, rest], [`urn:tactus:problem:${kind}`, { status }], text);
  for (const one of [title, detail, remedy]) ok(typeof one === "string" && one.length > 5, text);
  return detail;
}
