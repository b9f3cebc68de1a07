/**
 * A registry of npm on this machine, with the packages of a `node_modules` folder.
 *
 * @module
 */

import { readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { inTemporaryFolder } from "./temporary_folder.ts";

/** Parts of a `package.json`. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
}

/** A package and the folder that it is in; null for one that no system may install. */
type Packages = Map<
  string,
  Map<string, { readonly manifest: Manifest; readonly folder: string | null }>
>;

/**
 * Starts a registry. Packages that others name but that are not there exist for no system.
 *
 * @param modules the `node_modules` folder
 * @param leftOut begin of the names of packages that are not served, as those with the large program of Deno
 * @returns its address, and what ends it
 */
export async function startRegistry(
  modules: string,
  leftOut: string,
): Promise<AsyncDisposable & { readonly address: string }> {
  const packages: Packages = new Map();
  const add = (manifest: Manifest, folder: string | null): void => {
    const versions = packages.get(manifest.name) ?? new Map();
    packages.set(manifest.name, versions.set(manifest.version, { manifest, folder }));
  };
  for (const folder of await packageFolders(modules)) {
    const manifest: Manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    if (!manifest.name.startsWith(leftOut)) add(manifest, folder);
  }
  const named = [...packages.values()].flatMap((versions) => [...versions.values()])
    .flatMap(({ manifest: { dependencies, optionalDependencies, peerDependencies } }) =>
      Object.entries({ ...dependencies, ...optionalDependencies, ...peerDependencies })
    );
  for (const [name, range] of named) {
    const version = /\d+\.\d+\.\d+[-.\w]*/.exec(range)?.[0] ?? "1.0.0";
    if (!packages.has(name)) add({ name, version, os: ["none"] }, null);
  }

  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname, origin } = new URL(request.url);
      const [name = "", version] = decodeURIComponent(pathname.slice(1)).split("/-/");
      const versions = packages.get(name);
      if (versions === undefined) return new Response("{}", { status: 404 });
      if (version !== undefined) {
        const folder = versions.get(version.replace(/\.tgz$/, ""))?.folder;
        return folder ? new Response(await packed(folder)) : new Response("", { status: 404 });
      }
      return Response.json({
        name,
        "dist-tags": { latest: [...versions.keys()].at(-1) },
        versions: Object.fromEntries(
          [...versions].map(([version, { manifest }]) => [version, {
            ...manifest,
            dist: { tarball: `${origin}/${encodeURIComponent(name)}/-/${version}.tgz` },
          }]),
        ),
      });
    },
  );
  return {
    address: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Returns the folders of the packages in a `node_modules` folder, and of those inside them. */
async function packageFolders(modules: string): Promise<string[]> {
  const names = (await readdir(modules)).filter((name) => !name.startsWith("."));
  const folders = await Promise.all(
    names.map(async (name) =>
      name.startsWith("@")
        ? (await readdir(join(modules, name))).map((one) => join(modules, name, one))
        : [join(modules, name)]
    ),
  );
  const nested = await Promise.all(
    folders.flat().map((folder) => packageFolders(join(folder, "node_modules")).catch(() => [])),
  );
  return [...folders.flat(), ...nested.flat()];
}

/** Packs a package without those inside it. */
async function packed(folder: string): Promise<Uint8Array<ArrayBuffer>> {
  return await inTemporaryFolder(async (parent) => {
    await symlink(folder, join(parent, "package"));
    const { stdout, success, stderr } = await new Deno.Command("tar", {
      args: ["-chz", "--exclude=package/node_modules", "-f", "-", "package"],
      cwd: parent,
    }).output();
    if (!success) throw new Error(`tar failed: ${new TextDecoder().decode(stderr)}`);
    return stdout;
  });
}
