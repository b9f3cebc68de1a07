/**
 * Bill of materials in the format CycloneDX 1.6.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { PROGRAM_PACKAGE } from "../core/package_names.ts";
import type { Crate } from "./crates.ts";

/** A part of the program that others made. */
export interface Component {
  /** Kind of the part. */
  readonly type: "library" | "file";
  /** Identifier in the document. */
  readonly "bom-ref": string;
  /** Name. */
  readonly name: string;
  /** Version. */
  readonly version: string;
  /** Licences, if they are known. */
  readonly licenses?: readonly { readonly expression: string }[];
  /** Hashes of its package, if they are known. */
  readonly hashes?: readonly { readonly alg: "SHA-512"; readonly content: string }[];
  /** Package URL; absent for a file. */
  readonly purl?: string;
}

/** A bill of materials. */
export interface BillOfMaterials {
  /** Name of the format. */
  readonly bomFormat: "CycloneDX";
  /** Version of the format. */
  readonly specVersion: "1.6";
  /** Identifier, which follows from the content. */
  readonly serialNumber: string;
  /** Version of the document. */
  readonly version: 1;
  /** The program. */
  readonly metadata: { readonly component: Record<string, unknown> };
  /** Its parts. */
  readonly components: readonly Component[];
  /** What depends on what. */
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/** The part of `deno.lock` that lists packages of npm. */
export interface LockFile {
  /** Packages by name and version. */
  readonly npm: Readonly<
    Record<string, { readonly integrity: string; readonly dependencies?: readonly string[] }>
  >;
}

/** Files of others that are part of the package. */
const FILES: readonly Component[] = [
  {
    type: "file",
    "bom-ref": "Inter",
    name: "Inter",
    version: "4",
    licenses: [{ expression: "OFL-1.1" }],
  },
];

/**
 * Returns the bill of materials of the program with its packages of npm and the crates of the kernels.
 *
 * @param version version of the program
 * @param dependencies the packages of npm that it depends on, with their versions
 * @param lock content of `deno.lock`
 * @param crates the crates
 */
export function billOfMaterials(
  version: string,
  dependencies: Readonly<Record<string, string>>,
  lock: LockFile,
  crates: readonly Crate[],
): BillOfMaterials {
  const packages = lockedPackages(dependencies, lock);
  const components: Component[] = [
    ...packages.map(({ component }) => component),
    ...crates.map(({ name, version, license }): Component => ({
      type: "library",
      "bom-ref": `pkg:cargo/${name}@${version}`,
      ...{ name, version },
      ...(license !== "" && { licenses: [{ expression: license.replaceAll("/", " OR ") }] }),
      purl: `pkg:cargo/${name}@${version}`,
    })),
    ...FILES,
  ];
  const root = npmUrl(PROGRAM_PACKAGE, version);
  const direct = Object.entries(dependencies).map(([name, version]) => npmUrl(name, version));
  const content = {
    metadata: {
      component: {
        ...{ type: "application", "bom-ref": root, name: PROGRAM_PACKAGE, version, purl: root },
        licenses: [{ license: { id: "MIT" } }],
      },
    },
    components,
    dependencies: [
      {
        ref: root,
        dependsOn: [
          ...direct,
          ...components.filter(({ purl }) => !purl?.startsWith("pkg:npm/"))
            .map((component) => component["bom-ref"]),
        ],
      },
      ...packages.map(({ component, dependsOn }) => ({ ref: component["bom-ref"], dependsOn })),
    ],
  };
  return {
    ...{ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 },
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(content))}`,
    ...content,
  };
}

interface LockedPackage {
  readonly component: Component;
  readonly dependsOn: readonly string[];
}

/** Returns the packages and all that they depend on, sorted. */
function lockedPackages(
  dependencies: Readonly<Record<string, string>>,
  { npm }: LockFile,
): LockedPackage[] {
  // `NAME@VERSION`, with the versions of peers after `_`.
  const keys = Object.keys(npm);
  const keyOf = (name: string, version?: string): string | undefined =>
    keys.find((key) => {
      const [known, of] = nameAndVersion(key);
      return known === name && (version === undefined || of === version);
    });
  const found = new Map<string, LockedPackage>();
  const visit = (name: string, version?: string): string | undefined => {
    const key = keyOf(name, version);
    if (key === undefined) {
      // Deno itself is not in its own lock file.
      if (version === undefined) return undefined;
      const ref = npmUrl(name, version);
      found.set(ref, {
        component: { type: "library", "bom-ref": ref, name, version, purl: ref },
        dependsOn: [],
      });
      return ref;
    }
    const [, exact] = nameAndVersion(key);
    const ref = npmUrl(name, exact);
    if (found.has(ref)) return ref;
    const { integrity, dependencies = [] } = npm[key]!;
    const dependsOn: string[] = [];
    found.set(ref, {
      component: {
        ...{ type: "library", "bom-ref": ref, name, version: exact },
        hashes: [{ alg: "SHA-512", content: hexOf(integrity) }],
        purl: ref,
      },
      dependsOn,
    });
    for (const dependency of dependencies) {
      const [name, version] = nameAndVersion(dependency);
      const ref = visit(name, version === "" ? undefined : version);
      if (ref !== undefined) dependsOn.push(ref);
    }
    return ref;
  };
  for (const [name, version] of Object.entries(dependencies)) visit(name, version);
  return [...found].sort(([a], [b]) => a < b ? -1 : 1).map(([, one]) => one);
}

function nameAndVersion(key: string): [name: string, version: string] {
  const at = key.indexOf("@", 1);
  return at < 0 ? [key, ""] : [key.slice(0, at), key.slice(at + 1).split("_", 1)[0]!];
}

function npmUrl(name: string, version: string): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

function hexOf(integrity: string): string {
  return Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex");
}

/** Returns an identifier of version 8, whose bits come from a hash. */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ];
  return [...parts, hex.slice(20, 32)].join("-");
}
