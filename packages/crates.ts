/**
 * The crates that the compiled kernels contain, and their licences.
 *
 * @module
 */

import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UsageError } from "../core/usage_error.ts";

/** A crate that is compiled into the kernels. */
export interface Crate {
  /** Name on crates.io. */
  readonly name: string;
  /** Version. */
  readonly version: string;
  /** SPDX expression of its licence. */
  readonly license: string;
  /** Address of its sources; empty if it names none. */
  readonly repository: string;
  /** Path of its `Cargo.toml` on this machine. */
  readonly manifest: string;
}

interface Metadata {
  readonly packages: readonly {
    readonly id: string;
    readonly name: string;
    readonly version: string;
    readonly license: string | null;
    readonly repository: string | null;
    readonly manifest_path: string;
    readonly source: string | null;
    readonly targets: readonly { readonly kind: readonly string[] }[];
  }[];
  readonly resolve: {
    readonly root: string;
    readonly nodes: readonly {
      readonly id: string;
      readonly deps: readonly {
        readonly pkg: string;
        readonly dep_kinds: readonly { readonly kind: string | null }[];
      }[];
    }[];
  };
}

/**
 * Returns the crates that are compiled into the library, of any platform, sorted by name; those that only build or test
 * it are left out.
 *
 * @param root the repository
 * @throws {UsageError} if cargo is missing or fails
 */
export async function compiledCrates(root: string): Promise<Crate[]> {
  const { packages, resolve } = JSON.parse(await cargoMetadata(root)) as Metadata;
  const known = new Map(packages.map((one) => [one.id, one]));
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const found = new Set([resolve.root]);
  for (const id of found) {
    for (const { pkg, dep_kinds } of nodes.get(id)?.deps ?? []) {
      const isMacro = known.get(pkg)?.targets.some(({ kind }) => kind.includes("proc-macro"));
      if (!isMacro && dep_kinds.some(({ kind }) => kind === null)) found.add(pkg);
    }
  }
  found.delete(resolve.root);
  return [...found].map((id) => known.get(id)!)
    .map(({ name, version, license, repository, manifest_path }) => ({
      ...{ name, version, license: license ?? "", repository: repository ?? "" },
      manifest: manifest_path,
    }))
    .sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1);
}

/**
 * Returns the notices that go with the compiled kernels: each crate, and the text of each licence once.
 *
 * @param crates the crates
 */
export async function licenceNotices(crates: readonly Crate[]): Promise<string> {
  const texts = new Map<string, string[]>();
  for (const { name, version, manifest } of crates) {
    const folder = dirname(manifest);
    const names = (await readdir(folder)).filter((file) =>
      /^(?:licen[cs]e|copying|notice)/i.test(file)
    );
    for (const file of names.sort()) {
      const text = (await readFile(join(folder, file), "utf8").catch(() => ""))
        .replaceAll("\r\n", "\n").trim();
      if (text === "") continue;
      texts.set(text, [...texts.get(text) ?? [], `${name} ${version}`]);
    }
  }
  const list = crates.map(({ name, version, license, repository }) =>
    `${name} ${version}  ${license}  ${repository}`
  );
  return [
    "The compiled kernels contain these crates. Their sources are on https://crates.io, unchanged.",
    "",
    ...list,
    "",
    ...[...texts].flatMap(([text, names]) => [
      "=".repeat(80),
      [...new Set(names)].join(", "),
      "=".repeat(80),
      text,
      "",
    ]),
  ].join("\n");
}

async function cargoMetadata(root: string): Promise<string> {
  try {
    const { success, stdout } = await new Deno.Command("cargo", {
      args: ["metadata", "--locked", "--format-version", "1"],
      cwd: join(root, "kernels"),
      stderr: "inherit",
    }).output();
    if (success) return new TextDecoder().decode(stdout);
  } catch (cause) {
    throw new UsageError(
      "cargo was not found, which lists the crates of the kernels: install Rust from https://rustup.rs",
      { cause },
    );
  }
  throw new UsageError("cargo metadata failed, see above");
}
