/**
 * Runs the models command as a user does, with small files in place of weights.
 *
 * @module
 */

import { join } from "node:path";
import { modelsOf } from "../../cli/models.ts";
import type { ListedModel } from "../../models/download/listed_models.ts";
import {
  type Answer,
  content,
  fileAnswer,
  pinnedContent,
  type RunningServer,
  withServer,
} from "./download_server.ts";
import { type Outcome, repository } from "./program.ts";
import { outcomeOf } from "./deadline.ts";
import { inTemporaryFolder } from "./temporary_folder.ts";

/** Published files: model `a` has two, `b` one, `both` all of them. */
export const CONTENT: ReadonlyMap<string, Uint8Array> = new Map([
  ["a.npz", content(250_000)],
  ["a.yaml", content(1000, 2)],
  ["b.th", content(50_000, 3)],
]);
const [A_NPZ, A_YAML, B] = [...CONTENT].map(([name, bytes]) => pinnedContent(name, bytes));
const A_PART = { files: [A_NPZ!, A_YAML!], alternative: "a.pth" };
const B_LOOSE = { ...B!, sha256: B!.sha256.slice(0, 8), minBytes: 40_000, maxBytes: 60_000 };
const MODELS: readonly ListedModel[] = [
  { name: "both", description: "all of it", parts: [A_PART, { files: [B_LOOSE] }] },
  { name: "a", description: "the first", parts: [A_PART] },
  { name: "b", description: "the second", parts: [{ files: [B_LOOSE] }] },
  { name: "none", description: "no file", parts: [] },
];

/** Answers requests for the files correctly. */
export const serve: Answer = (request, count) => {
  const bytes = CONTENT.get(new URL(request.url).pathname.replace(/^.*\//, ""));
  return bytes ? fileAnswer(bytes)(request, count) : new Response(null, { status: 404 });
};

/** The command with a folder and a server. */
export class Program {
  constructor(readonly folder: string, readonly server: RunningServer) {}

  /** Returns the command, for tests that need the process. */
  command(args: readonly string[], env: Record<string, string> = {}): Deno.Command {
    return new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--config", join(repository, "deno.json")],
        ...["--allow-read", "--allow-write", "--allow-env", "--allow-sys", "--allow-net"],
        join(repository, "tests", "support", "models_program.ts"),
        ...args,
      ],
      env: {
        DENO_NO_UPDATE_CHECK: "1",
        TACTUS_MODELS_DIR: this.folder,
        TACTUS_MODELS_BASE_URL: this.server.baseUrl,
        NO_PROXY: "127.0.0.1",
        ...env,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  /** Runs the command to its end. */
  async run(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
    return await outcomeOf(this.command(args, env).spawn());
  }

  /** Returns the path of a file of the folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a file to the folder. */
  async install(name: string, bytes: Uint8Array = CONTENT.get(name)!): Promise<void> {
    await Deno.mkdir(this.folder, { recursive: true });
    await Deno.writeFile(this.path(name), bytes);
  }

  /** Returns the names in the folder, hidden ones included. */
  async files(): Promise<string[]> {
    return (await Array.fromAsync(Deno.readDir(this.folder))).map(({ name }) => name).sort();
  }
}

/** Runs `work` with a program, its folder, and a server, by default one with all files. */
export function withProgram(
  work: (program: Program) => Promise<void>,
  answer: Answer = serve,
): Promise<void> {
  return inTemporaryFolder((folder) =>
    withServer(answer, (server) => work(new Program(join(folder, "models"), server)))
  );
}

if (import.meta.main) {
  try {
    Deno.exit(await modelsOf(MODELS).run(Deno.args));
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(2);
  }
}
