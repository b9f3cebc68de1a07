/**
 * A temporary copy of the repository that is built and run on its own.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { UsageError } from "../../core/usage_error.ts";
import type { ParityReport } from "../../parity/report.ts";
import { type Specimen, SpecimenError } from "./prove.ts";

/** Suites that every copy is compared with. They need no download. */
const SUITES = ["seeded", "embedded"];

/**
 * Settings of cargo for builds that run once: incremental, and not optimised across crates. The results do
 * not depend on them, as the undamaged copy shows each time.
 */
const QUICK_BUILDS = {
  CARGO_INCREMENTAL: "1",
  CARGO_PROFILE_RELEASE_LTO: "off",
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "128",
  CARGO_PROFILE_RELEASE_DEBUG: "0",
};

/** Number of characters of a program's messages that are kept. */
const MOST_MESSAGE = 2000;

/** A copy in a folder. */
export class Copy implements Specimen {
  /** Folder of the copy. */
  readonly directory: string;
  readonly #signal: AbortSignal | undefined;
  readonly #hash = createHash("sha256");
  #sha256: string | undefined;
  #isBuilt = false;

  /**
   * Refers to a folder, which {@linkcode fill} fills.
   *
   * @param directory folder of the copy
   * @param signal aborts the programs that the copy runs
   */
  constructor(directory: string, signal?: AbortSignal) {
    this.directory = directory;
    this.#signal = signal;
  }

  /** SHA-256 of the names and contents of all files that were copied, but for those of docs, in the order of git. */
  get sha256(): string {
    return this.#sha256 ??= this.#hash.digest("hex");
  }

  /**
   * Copies the tracked and the new files of a repository from its working tree, and links its packages.
   *
   * @param repository folder of the repository
   * @throws {UsageError} if git cannot list the files or they cannot be copied
   */
  async fill(repository: string): Promise<void> {
    const listing = await this.#run("git", repository, [
      ...["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    ]);
    if (listing.code !== 0) {
      throw new UsageError(
        `Could not list the files of ${repository}, which has to be a git clone: ${listing.message}`,
      );
    }
    try {
      for (const file of listing.output.split("\0").filter((name) => name !== "")) {
        const from = join(repository, file);
        // Git also lists files whose removal is not committed yet.
        if (!(await stat(from).then((found) => found.isFile(), () => false))) continue;
        const to = join(this.directory, file);
        await mkdir(dirname(to), { recursive: true });
        await copyFile(from, to);
        if (!file.startsWith("docs/")) this.#hash.update(`${file}\0`).update(await readFile(from));
      }
      const packages = join(repository, "node_modules");
      if (await stat(packages).then(() => true, () => false)) {
        await symlink(packages, join(this.directory, "node_modules"), "junction");
      }
    } catch (cause) {
      throw new UsageError(
        `Could not copy ${repository} to ${this.directory}: ${(cause as Error).message}; the ` +
          "temporary folder needs 2 GB",
        { cause },
      );
    }
  }

  read(file: string): Promise<string> {
    return readFile(join(this.directory, file), "utf8");
  }

  async write(file: string, text: string): Promise<void> {
    if (file.endsWith(".rs")) this.#isBuilt = false;
    await writeFile(join(this.directory, file), text);
  }

  async compare(suites: readonly string[]): Promise<ParityReport> {
    await this.#build();
    const file = join(this.directory, "parity_report.json");
    await rm(file, { force: true });
    const permissions = ["read", "write", "env", "sys", "ffi"].map((name) => `--allow-${name}`);
    const { code, message } = await this.#run(Deno.execPath(), this.directory, [
      ...["run", "--quiet", ...permissions, "main.ts", "parity"],
      ...[...SUITES, ...suites].flatMap((suite) => ["--suite", suite]),
      ...["--mode", "isolated", "--walk", "--export-json", file],
    ]);
    // A damaged program ends with 1, a failed seam.
    if (code > 1) throw new SpecimenError(`parity ended with code ${code}: ${message}`);
    try {
      return JSON.parse(await readFile(file, "utf8"));
    } catch (cause) {
      throw new SpecimenError(`parity ended with code ${code} but left no report: ${message}`, {
        cause,
      });
    }
  }

  /** Removes the copy. */
  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }

  async #build(): Promise<void> {
    if (this.#isBuilt) return;
    const crate = join(this.directory, "kernels");
    const { code, message } = await this.#run(
      "cargo",
      crate,
      ["rustc", "--quiet", "--release", "--locked", "--lib", "--crate-type", "cdylib"],
      { ...QUICK_BUILDS, CARGO_TARGET_DIR: join(crate, "target") },
    );
    if (code !== 0) throw new SpecimenError(`the copy does not build: ${message}`);
    this.#isBuilt = true;
  }

  /** Runs a program. The message is the end of its stderr. */
  async #run(
    program: string,
    cwd: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ code: number; output: string; message: string }> {
    this.#signal?.throwIfAborted();
    try {
      const { code, stdout, stderr } = await new Deno.Command(program, {
        args: [...args],
        cwd,
        // Paths in the copy are relative to the copy, not to the directory of the user.
        env: { ...env, TACTUS_CWD: "" },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
        ...(this.#signal && { signal: this.#signal }),
      }).output();
      this.#signal?.throwIfAborted();
      const decoder = new TextDecoder();
      return {
        code,
        output: decoder.decode(stdout),
        message: decoder.decode(stderr).trim().slice(-MOST_MESSAGE),
      };
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
      throw new UsageError(`${program} was not found: a proof needs git and stable Rust`, {
        cause,
      });
    }
  }
}

/**
 * Copies a repository into the folder for temporary files.
 *
 * @param repository folder of the repository
 * @param signal aborts the copying and all programs that the copy runs
 * @throws {UsageError} if the copy cannot be made
 */
export async function copyOf(repository: string, signal: AbortSignal): Promise<Copy> {
  const copy = new Copy(join(tmpdir(), `tactus_prove_${process.pid}`), signal);
  try {
    await copy.fill(repository);
    return copy;
  } catch (error) {
    await copy.remove();
    throw error;
  }
}
