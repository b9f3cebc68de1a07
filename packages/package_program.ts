/**
 * `deno task package`: builds the packages of npm from the working tree.
 *
 * @module
 */

import { chmod, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import process from "node:process";
import { compareVersions } from "../core/compare_versions.ts";
import { fileSha256 } from "../core/hash.ts";
import { type Platform, PLATFORMS, PROGRAM_PACKAGE } from "../core/package_names.ts";
import { PROGRAM_FOLDER, VERSION } from "../core/program.ts";
import { textTable } from "../core/table.ts";
import { UsageError } from "../core/usage_error.ts";
import { libraryName } from "../kernels/library_path.ts";
import { billOfMaterials } from "./bill_of_materials.ts";
import { buildKernels } from "./build_kernels.ts";
import { bundle } from "./bundle.ts";
import { compiledCrates, licenceNotices } from "./crates.ts";
import { neededGlibc, NEWEST_GLIBC } from "./glibc.ts";
import {
  denoPackages,
  fixturesManifest,
  importedPackages,
  kernelsManifest,
  type Manifest,
  programManifest,
} from "./manifests.ts";
import { fixtureFiles, LAUNCHER, programFiles } from "./program_files.ts";
import { transpile } from "./transpile.ts";

/** Largest packed sizes, bytes. */
const LIMITS = { program: 5_000_000, kernels: 4_000_000 } as const;

/** What is packed, and where. */
export interface PackageOptions {
  /** The repository; by default the one of this program. */
  readonly root?: string;
  /** Folder of the packages. */
  readonly out: string;
  /** Platforms whose kernels are packed, with a compiled library or null, which is compiled then. */
  readonly platforms: ReadonlyMap<Platform, string | null>;
  /** Whether the reference arrays are packed. */
  readonly fixtures: boolean;
  /** Address of the repository, for the manifests. */
  readonly repository?: string;
  /** Whether a library may need a newer glibc than {@linkcode NEWEST_GLIBC}, as one built for tests does. */
  readonly anyGlibc: boolean;
  /** Whether kernels are compiled with the linker of this system, not against an old glibc. */
  readonly systemLinker?: boolean;
}

/** A packed package. */
export interface Packed {
  /** Name of the package. */
  readonly name: string;
  /** Path of the file. */
  readonly path: string;
  /** Size of the file, bytes. */
  readonly bytes: number;
  /** Size of the files in it, bytes. */
  readonly unpackedBytes: number;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
}

/** One package before it is packed: bytes or texts, or paths to copy, by the path in the package. */
type Content = ReadonlyMap<string, { readonly text: string } | { readonly copy: string }>;

/**
 * Builds the packages, their checksums (`SHA256SUMS`) and the bill of materials. The same sources give the same bytes in
 * every folder.
 *
 * @returns the packages
 * @throws {UsageError} if the kernels cannot be built, need a newer glibc, or a package is too large
 */
export async function packageProgram(options: PackageOptions): Promise<Packed[]> {
  const { root = PROGRAM_FOLDER, platforms, fixtures, repository, systemLinker = false } = options;
  const anyGlibc = options.anyGlibc || systemLinker;
  const out = resolve(options.out);
  await mkdir(out, { recursive: true });
  const facts = JSON.parse(await readFile(join(root, "deno.json"), "utf8"));
  const catalogue = JSON.parse(await readFile(join(root, "catalogue", "libraries.json"), "utf8"));
  const crates = await compiledCrates(root);

  const { modules, assets } = await programFiles(root);
  const scripts = await transpile(root, modules);
  const launcher = await bundle(
    (path) => readFile(join(root, path), "utf8"),
    ...[LAUNCHER, "./in_deno.js"] as const,
  );
  const imported = importedPackages(
    [...scripts].filter(([path]) => path.endsWith(".js")).map(([, text]) => text),
  );
  const common = { version: VERSION, ...(repository !== undefined && { repository }) };
  const manifest = programManifest(
    { ...facts, ...common, catalogue, deno: Deno.version.deno },
    imported,
  );
  const bill = billOfMaterials(
    VERSION,
    {
      ...manifest["dependencies"] as Record<string, string>,
      ...denoPackages(Deno.version.deno),
    },
    JSON.parse(await readFile(join(root, "deno.lock"), "utf8")),
    crates,
  );
  const packed: Packed[] = [];
  packed.push(
    await pack(out, manifest, limited("program"), [
      ...[...scripts].map(([path, text]) => [path, { text }] as const),
      ...assets.map((path) => [path, { copy: join(root, path) }] as const),
      [LAUNCHER.replace(/\.ts$/, ".cjs"), { text: launcher }],
      ["deno.json", { text: json(shippedFacts(facts)) }],
      ["README.md", { copy: join(root, "packages", "README.md") }],
    ]),
  );
  if (fixtures) {
    packed.push(
      await pack(out, fixturesManifest(common), Infinity, [
        ...(await fixtureFiles(root)).map((path) =>
          [path, { copy: join(root, "fixtures", path) }] as const
        ),
        ["LICENSE", { copy: join(root, "LICENSE") }],
      ]),
    );
  }
  const notices = await licenceNotices(crates);
  for (const [platform, given] of platforms) {
    const library = given ?? await buildKernels(root, platform, systemLinker);
    if (!anyGlibc) await checkGlibc(library);
    packed.push(
      await pack(out, kernelsManifest(platform, common), limited("kernels"), [
        [libraryName(platform.split("-")[0]), { copy: library }],
        ["LICENSE", { copy: join(root, "LICENSE") }],
        ["THIRD_PARTY.txt", { text: notices }],
      ]),
    );
  }
  const billPath = join(out, `tactus-${VERSION}.cdx.json`);
  await writeFile(billPath, json(bill));
  const sums = [...packed.map(({ path, sha256 }) => ({ path, sha256 })), {
    path: billPath,
    sha256: await fileSha256(billPath),
  }];
  await writeFile(
    join(out, "SHA256SUMS"),
    sums.map(({ path, sha256 }) => `${sha256}  ${basename(path)}\n`).join(""),
  );
  return packed;
}

/** Returns what the program reads of `deno.json`. */
function shippedFacts({ name, version, imports }: {
  readonly name: string;
  readonly version: string;
  readonly imports: Readonly<Record<string, string>>;
}): unknown {
  return { name, version, imports: { "onnxruntime-node": imports["onnxruntime-node"] } };
}

async function checkGlibc(library: string): Promise<void> {
  const needed = neededGlibc(await readFile(library));
  if (needed === undefined || compareVersions(needed, NEWEST_GLIBC) <= 0) return;
  throw new UsageError(
    `${library} needs glibc ${needed}, but at most ${NEWEST_GLIBC} is allowed: build it with cargo zigbuild, as this ` +
      "program does without --library, or allow it with --any-glibc",
  );
}

function limited(kind: keyof typeof LIMITS): number {
  return LIMITS[kind];
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Writes the files of a package and packs them with npm, which sets fixed times and owners. */
async function pack(
  out: string,
  manifest: Manifest,
  mostBytes: number,
  content: Iterable<readonly [string, { readonly text: string } | { readonly copy: string }]>,
): Promise<Packed> {
  const name = String(manifest["name"]);
  const folder = await Deno.makeTempDir({ dir: out, prefix: ".package-" });
  try {
    const files: Content = new Map([["package.json", { text: json(manifest) }], ...content]);
    for (const [path, file] of files) {
      const target = join(folder, path);
      await mkdir(dirname(target), { recursive: true });
      if ("text" in file) await writeFile(target, file.text);
      else await copyFile(file.copy, target);
      // As git keeps them, whatever the umask is; npm makes the programs of a package executable.
      await chmod(target, 0o644);
    }
    const { filename, size, unpackedSize } = await npmPack(folder, out);
    const path = join(out, filename);
    if (size > mostBytes) {
      throw new UsageError(
        `${name} has ${size} bytes packed, but at most ${mostBytes} are allowed` +
          (name === PROGRAM_PACKAGE ? "" : ": remove the symbols of its library (strip)"),
      );
    }
    return { name, path, bytes: size, unpackedBytes: unpackedSize, sha256: await fileSha256(path) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface NpmPacked {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
}

async function npmPack(folder: string, out: string): Promise<NpmPacked> {
  const { success, stdout, stderr } = await new Deno.Command(
    process.platform === "win32" ? "npm.cmd" : "npm",
    { args: ["pack", "--json", "--ignore-scripts", "--pack-destination", out], cwd: folder },
  ).output();
  const decoder = new TextDecoder();
  if (!success) throw new UsageError(`npm pack failed: ${decoder.decode(stderr).trim()}`);
  const parsed = JSON.parse(decoder.decode(stdout));
  // Newer versions of npm write an object by name instead of an array.
  const [packed] = Object.values(parsed) as NpmPacked[];
  if (packed === undefined) throw new UsageError("npm pack packed nothing");
  return { ...packed, filename: basename(packed.filename) };
}

/** Returns the table of packages. */
export function packedTable(packed: readonly Packed[]): string {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2);
  return textTable([
    ["package", "packed, MB", "unpacked, MB", "SHA-256"],
    ...packed.map(({ name, bytes, unpackedBytes, sha256 }) => [
      ...[name, megabytes(bytes), megabytes(unpackedBytes), sha256],
    ]),
  ], (column) => column === 1 || column === 2).join("\n");
}

/** Returns the platform of this machine, if kernels are packed for it. */
export function thisPlatform(): Platform | undefined {
  return PLATFORMS.find((platform) => platform === `${process.platform}-${process.arch}`);
}
