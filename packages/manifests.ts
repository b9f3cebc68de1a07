/**
 * The `package.json` of each package.
 *
 * @module
 */

import ts from "typescript";
import {
  DENO_PLATFORMS,
  denoPackage,
  FIXTURES_PACKAGE,
  kernelsPackage,
  type Platform,
  PLATFORMS,
  PROGRAM_PACKAGE,
} from "../core/package_names.ts";

/** Content of a `package.json`. */
export type Manifest = Readonly<Record<string, unknown>>;

/** Facts of `deno.json`. */
export interface ProgramFacts {
  /** Version of the program. */
  readonly version: string;
  /** Imports of `deno.json`: specifiers `npm:NAME@VERSION` by name. */
  readonly imports: Readonly<Record<string, string>>;
  /** Exports of `deno.json`: modules by entry point. */
  readonly exports: Readonly<Record<string, string>>;
  /** Version of Deno. */
  readonly deno: string;
  /** Address of the repository; absent where it is not published from one. */
  readonly repository?: string;
  /** Versions of the libraries that only the catalogue loads, where the user installed them. */
  readonly catalogue: Readonly<Record<string, string>>;
}

/** The package of npm that is loaded only where the user installed it. */
const ONNX_RUNTIME = "onnxruntime-node";

/** What all packages say; npm publishes with provenance only what names the repository that it was built in. */
function common(
  name: string,
  { version, repository }: Pick<ProgramFacts, "version" | "repository">,
  description: string,
): Manifest {
  return {
    ...{ name, version, description, license: "MIT", type: "module" },
    ...(repository !== undefined && {
      repository: { type: "git", url: `git+${repository}.git` },
    }),
  };
}

/**
 * Returns the manifest of the program's package.
 *
 * @param facts facts of `deno.json`
 * @param imported names of the packages that the modules import
 */
export function programManifest(facts: ProgramFacts, imported: ReadonlySet<string>): Manifest {
  const { version, imports, exports, deno, catalogue } = facts;
  const pinned = (name: string): string => {
    const found = imports[name]?.split("@").at(-1);
    if (found === undefined) throw new Error(`${name} is imported, but deno.json does not list it`);
    return found;
  };
  const peers = {
    ...{ [ONNX_RUNTIME]: pinned(ONNX_RUNTIME), [FIXTURES_PACKAGE]: version },
    // One that another part of the program needs is a dependency.
    ...Object.fromEntries(Object.entries(catalogue).filter(([name]) => !imported.has(name))),
  };
  const dependencies = [...imported].filter((name) => name !== ONNX_RUNTIME).sort();
  return {
    ...common(
      PROGRAM_PACKAGE,
      facts,
      "Tempo, beats, downbeats and segments of music: allin1 without Python",
    ),
    keywords: ["beat tracking", "tempo", "downbeat", "music structure", "source separation"],
    engines: { node: ">=20" },
    bin: { tactus: "packages/launcher/tactus.cjs" },
    exports: {
      ...Object.fromEntries(
        Object.entries(exports).map(([entry, module]) => {
          const path = module.replace(/\.ts$/, "");
          return [entry, {
            types: `${path}.d.ts`,
            deno: `${path}.js`,
            default: "./packages/launcher/needs_deno.js",
          }];
        }),
      ),
      "./package.json": "./package.json",
    },
    dependencies: Object.fromEntries(dependencies.map((name) => [name, pinned(name)])),
    optionalDependencies: {
      ...Object.fromEntries(PLATFORMS.map((platform) => [kernelsPackage(platform), version])),
      ...denoPackages(deno),
    },
    peerDependencies: peers,
    peerDependenciesMeta: Object.fromEntries(
      Object.keys(peers).map((name) => [name, { optional: true }]),
    ),
  };
}

/**
 * Returns the packages with Deno. The package `deno` has the same in it, but fails to install where there is none, and starts
 * a second Node.
 *
 * @param version version of Deno
 * @returns their versions by name
 */
export function denoPackages(version: string): Record<string, string> {
  return Object.fromEntries(DENO_PLATFORMS.map((platform) => [denoPackage(platform), version]));
}

/** Returns the manifest of the fixtures' package. */
export function fixturesManifest(
  facts: Pick<ProgramFacts, "version" | "repository">,
): Manifest {
  return common(
    FIXTURES_PACKAGE,
    facts,
    `Stored references of the original programs, for the command parity of ${PROGRAM_PACKAGE}`,
  );
}

/**
 * Returns the manifest of a package with compiled kernels.
 *
 * @param platform its platform
 * @param facts version and repository of the program
 */
export function kernelsManifest(
  platform: Platform,
  facts: Pick<ProgramFacts, "version" | "repository">,
): Manifest {
  const [os, cpu] = platform.split("-") as [string, string];
  return {
    ...common(
      kernelsPackage(platform),
      facts,
      `The compiled kernels of ${PROGRAM_PACKAGE} for ${platform}`,
    ),
    ...{ os: [os], cpu: [cpu] },
    ...(os === "linux" && { libc: ["glibc"] }),
  };
}

/**
 * Returns the names of the packages that scripts import.
 *
 * @param scripts texts of JavaScript modules
 */
export function importedPackages(scripts: Iterable<string>): Set<string> {
  const names = new Set<string>();
  for (const script of scripts) {
    const imported = ts.preProcessFile(script, true, true).importedFiles.map((one) => one.fileName);
    const resolved = [...script.matchAll(/\bimport\.meta\.resolve\("([^"]+)"\)/g)].map(([, name]) =>
      name!
    );
    for (const specifier of [...imported, ...resolved]) {
      if (/^(?:\.|node:)/.test(specifier)) continue;
      names.add(specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/"));
    }
  }
  return names;
}
