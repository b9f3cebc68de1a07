/**
 * Carries out a Containerfile where there is no container engine.
 *
 * An image is a folder that stands for `/`, and the base of all images is this machine: its shell, Node and system libraries.
 * Absolute paths in `WORKDIR`, `COPY` and `ENV` are below that folder.
 *
 * @module
 */

import { mkdir } from "node:fs/promises";
import { join, posix } from "node:path";
import { outcomeOf } from "./deadline.ts";

/** A built image. */
export interface Image {
  /** Folder that stands for `/`. */
  readonly root: string;
  /** Folder on this machine in which its commands run. */
  readonly folder: string;
  /** Variables of its commands. */
  readonly env: Readonly<Record<string, string>>;
  /** Number of its user; absent for root. */
  readonly user?: number;
  /** Program, and its arguments where none are given. */
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
}

/** Copies files, or what is in a folder, as `COPY` does; the shell expands patterns. */
const COPY =
  'mkdir -p "$2" && for one in $1; do if [ -d "$one" ]; then cp -a "$one/." "$2"; else cp "$one" "$2"; fi; done';

/**
 * Carries out the instructions.
 *
 * @param containerfile text of the file
 * @param context folder from which `COPY` takes files
 * @param out existing folder for the images
 * @param env variables of the base images; `HOME` and the settings of npm are not kept in the image
 * @returns the last image
 * @throws {Error} if a command fails, or for an instruction that is not known
 */
export async function buildImage(
  containerfile: string,
  context: string,
  out: string,
  env: Readonly<Record<string, string>>,
): Promise<Image> {
  const roots = new Map<string, string>();
  let image: Image | undefined;
  for (const [name, rest] of instructionsOf(containerfile)) {
    if (name === "FROM") {
      const stage = / AS (\S+)$/.exec(rest)?.[1] ?? String(roots.size);
      const root = join(out, stage);
      await mkdir(root);
      image = { root, folder: root, env: {}, entrypoint: [], cmd: [] };
      roots.set(stage, root);
      continue;
    }
    if (image === undefined) throw new Error(`${name} comes before FROM`);
    const { root, folder } = image;
    const variables: Record<string, string> = { ...env, ...image.env };
    if (name === "WORKDIR") {
      image = { ...image, folder: join(root, rest) };
      await mkdir(image.folder, { recursive: true });
    } else if (name === "COPY") {
      const found = /^(?:--from=(\S+) )?(\S+) (\S+)$/.exec(rest);
      if (found === null) throw new Error(`Expected COPY of one source, but got ${rest}`);
      const [, stage, source = "", target = ""] = found;
      const from = stage === undefined ? context : roots.get(stage)!;
      const to = posix.isAbsolute(target) ? join(root, target) : join(folder, target);
      await run(COPY, from, variables, source.replace(/^\//, ""), to);
    } else if (name === "RUN") {
      await run(rest, folder, variables);
    } else if (name === "ENV") {
      const added = [...rest.matchAll(/(\w+)=(\S+)/g)].map(([, key, value]) => [
        key,
        value!.replace(/^\//, `${root}/`).replaceAll(/\$(\w+)/g, (_, key) => variables[key] ?? ""),
      ]);
      image = { ...image, env: { ...image.env, ...Object.fromEntries(added) } };
    } else if (name === "USER") {
      image = { ...image, user: Number(rest) };
    } else if (name === "ENTRYPOINT") {
      image = { ...image, entrypoint: JSON.parse(rest) };
    } else if (name === "CMD") {
      image = { ...image, cmd: JSON.parse(rest) };
    } else if (name !== "EXPOSE") {
      throw new Error(`The instruction ${name} is not known`);
    }
  }
  if (image === undefined) throw new Error("The Containerfile has no image");
  return image;
}

/** Returns each instruction and what comes after its name. */
function instructionsOf(containerfile: string): (readonly [name: string, rest: string])[] {
  const lines = containerfile.replace(/^#.*\n/gm, "").replace(/\\\n\s*/g, "").trim().split(/\n+/);
  return lines.map((line) => {
    const at = line.indexOf(" ");
    return [line.slice(0, at), line.slice(at + 1)];
  });
}

/** Runs a command of the shell, which must succeed. */
async function run(
  script: string,
  cwd: string,
  env: Record<string, string>,
  ...args: string[]
): Promise<void> {
  const { code, stdout, stderr } = await outcomeOf(
    new Deno.Command("/bin/sh", {
      ...{ args: ["-c", script, "sh", ...args], cwd, clearEnv: true, env },
      ...{ stdin: "null", stdout: "piped", stderr: "piped" },
    }).spawn(),
  );
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${stdout}${stderr}`);
}
