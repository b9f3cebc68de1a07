/**
 * Downloads from a server on this machine, for tests.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { inTemporaryFolder } from "./temporary_folder.ts";
import { download, type DownloadOptions } from "../../models/download/download.ts";
import { DownloadError, type DownloadProblem } from "../../models/download/request.ts";
import {
  type Answer,
  content,
  pinnedContent,
  type RunningServer,
  withRawServer,
  withServer,
} from "./download_server.ts";
import type { PinnedFile } from "../../models/download/pinned_file.ts";

/** Content of the published file. */
export const CONTENT: Uint8Array = content(300_000);

/** The published file. */
export const FILE: PinnedFile = pinnedContent("weights.bin", CONTENT);

/** A new folder, and downloads into it with short delays between attempts. */
export class Trial {
  readonly notes: string[] = [];

  constructor(readonly folder: string, readonly server: RunningServer) {}

  async pull(more: Partial<DownloadOptions> = {}, file = FILE): Promise<string> {
    return await download(file, {
      folder: this.folder,
      baseUrl: this.server.baseUrl,
      backoffSeconds: 0.001,
      timeoutSeconds: 60,
      onNote: (note) => this.notes.push(note),
      ...more,
    });
  }

  async fails(problem: DownloadProblem, message: RegExp, more = {}): Promise<void> {
    await assert.rejects(this.pull(more), (error) => {
      assert.ok(error instanceof DownloadError, String(error));
      assert.equal(error.problem, problem, error.message);
      assert.match(error.message, message);
      return true;
    });
  }

  get ranges(): (string | null)[] {
    return this.server.requests.map(({ range }) => range);
  }

  async files(): Promise<string[]> {
    return (await Array.fromAsync(Deno.readDir(this.folder))).map(({ name }) => name).sort();
  }

  async hasOnlyTheFile(): Promise<void> {
    assert.deepEqual(await this.files(), [FILE.fileName]);
    const bytes = await Deno.readFile(join(this.folder, FILE.fileName));
    assert.ok(bytes.every((byte, i) => byte === CONTENT[i]) && bytes.length === CONTENT.length);
  }

  async leavePart(bytes: Uint8Array, version?: string): Promise<void> {
    const part = join(this.folder, `.${FILE.fileName}.part`);
    await Deno.writeFile(part, bytes);
    if (version !== undefined) await Deno.writeTextFile(`${part}.version`, version);
  }
}

/** Work with a trial. */
export type Work = (trial: Trial) => Promise<void>;

/** Runs a trial with a server. */
export function against(answer: Answer, work: Work): Promise<void> {
  return inTemporaryFolder((folder) =>
    withServer(answer, (server) => work(new Trial(folder, server)))
  );
}

/** Runs a trial with a server that sends arbitrary bytes. */
export function againstRaw(answer: Parameters<typeof withRawServer>[0], work: Work): Promise<void> {
  return inTemporaryFolder((folder) =>
    withRawServer(answer, (server) => work(new Trial(folder, server)))
  );
}
