/**
 * The packages as a user gets them: installed with npm into an empty folder, without Rust and with an empty home folder.
 *
 * @module
 */

import { chown, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PROGRAM_PACKAGE } from "../../core/package_names.ts";
import { type Outcome, outcomeOf, within } from "./deadline.ts";

/** A user other than root that exists everywhere. */
export const NOBODY = 65534;

/** Programs that npm and the launcher need; Rust, Deno and ffmpeg are not among them. */
const PROGRAMS = ["node", "npm", "npx", "sh"] as const;

/** Environment variables. */
type Environment = Readonly<Record<string, string>>;

/** An installation in a folder of its own. */
export class Installation {
  /** The folder that `npm install` ran in. */
  readonly folder: string;
  /** The home folder of its user. */
  readonly home: string;
  /** The only folder on its `PATH`. */
  readonly bin: string;
  readonly #cache: string;

  /**
   * Names the folders.
   *
   * @param root an empty folder
   * @param cache the cache of npm
   */
  constructor(readonly root: string, cache: string) {
    this.folder = join(root, "installed");
    this.home = join(root, "home");
    this.bin = join(root, "bin");
    this.#cache = cache;
  }

  /** Path of the installed command. */
  get command(): string {
    return join(this.folder, "node_modules", ".bin", "tactus");
  }

  /**
   * Installs packages.
   *
   * @param paths the packed files
   */
  async make(paths: readonly string[]): Promise<void> {
    for (const folder of [this.folder, this.home, this.bin]) await mkdir(folder);
    for (const name of PROGRAMS) await symlink(await pathOf(name), join(this.bin, name));
    const { code, stderr } = await this.run(this.folder, "npm", [
      ...["install", "--no-audit", "--no-fund", "--prefer-offline", ...paths],
    ]);
    if (code !== 0) throw new Error(`npm install ended with ${code}: ${stderr}`);
    if (stderr.includes("EBADENGINE")) throw new Error(stderr);
  }

  /** Runs a program as the user of the installation. */
  async run(
    cwd: string,
    program: string,
    args: readonly string[],
    env: Environment = {},
  ): Promise<Outcome> {
    return await outcomeOf(this.#start(cwd, program, args, env));
  }

  /** Runs the installed command. */
  async tactus(cwd: string, args: readonly string[], env: Environment = {}): Promise<Outcome> {
    return await this.run(cwd, this.command, args, env);
  }

  /**
   * Runs the installed command, and sends a signal to it once it works.
   *
   * @param sign text on stderr that shows that it works
   */
  async interrupted(
    cwd: string,
    args: readonly string[],
    signal: Deno.Signal,
    sign: string,
  ): Promise<Outcome> {
    const child = this.#start(cwd, this.command, args, {});
    const stdout = new Response(child.stdout).text();
    let stderr = "";
    let isSent = false;
    const read = async (): Promise<void> => {
      for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
        stderr += part;
        if (isSent || !stderr.includes(sign)) continue;
        child.kill(signal);
        isSent = true;
      }
    };
    try {
      await within("an interrupted process to end", read(), 60);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
    return { code: (await child.status).code, stdout: await stdout, stderr };
  }

  /** Runs the installed command as another user; as the same one if this user is not root, as in containers. */
  async tactusOfAnotherUser(cwd: string, args: readonly string[]): Promise<Outcome> {
    if (Deno.uid() !== 0) return await this.tactus(cwd, args);
    const home = join(cwd, "home_of_another");
    await mkdir(home, { recursive: true });
    await chown(home, NOBODY, NOBODY);
    return await this.run(cwd, await pathOf("setpriv"), [
      ...[`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", this.command, ...args],
    ], { HOME: home });
  }

  /** Runs the command with another main module in place of the program, with the permissions of the command. */
  async withMain(script: string, args: readonly string[]): Promise<Outcome> {
    const main = join(this.folder, "node_modules", PROGRAM_PACKAGE, "main.js");
    const kept = await readFile(main, "utf8");
    await writeFile(main, script);
    try {
      return await this.tactus(this.root, args);
    } finally {
      await writeFile(main, kept);
    }
  }

  #start(
    cwd: string,
    program: string,
    args: readonly string[],
    env: Environment,
  ): Deno.ChildProcess {
    return new Deno.Command(program, {
      args: [...args],
      clearEnv: true,
      env: { HOME: this.home, PATH: this.bin, npm_config_cache: this.#cache, ...env },
      ...{ cwd, stdin: "null", stdout: "piped", stderr: "piped" },
    }).spawn();
  }
}

/** Returns the path of a program on the `PATH`. */
async function pathOf(program: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", `command -v ${program}`] })
    .output();
  return new TextDecoder().decode(stdout).trim();
}
