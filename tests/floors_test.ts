/** Tests imports: none of a higher folder, no cycle, and none of a private file from another folder. */

import { deepStrictEqual as equal, ok, throws } from "node:assert/strict";
import { dirname } from "node:path/posix";
import { repository } from "./support/program.ts";
import {
  cycles,
  type Graph,
  groupedGraph,
  importGraph,
  readSources,
  type Sources,
} from "./support/source_graph.ts";

/** Folders of the product; each imports only from itself and from those before it. */
const FLOORS: readonly string[] = [
  "deno.json",
  "core",
  "kernels",
  "models",
  "pipeline",
  "parity",
  "evaluation",
  "outputs",
  "reports",
  "harness",
  "catalogue",
  "service",
  "cli",
  "main.ts",
];

/** Folders of code that is not part of the product: it may import anything, and the product imports none of it. */
const ASIDE: readonly string[] = ["examples", "fixtures", "packages", "scripts", "tests"];

const isTest = (path: string): boolean => /_test\.tsx?$/.test(path);

const topOf = (path: string): string => path.split("/")[0]!;

/** Returns the imports that go up, as `from → to`. A test may import any file, because no file imports a test. */
function upwardImports(graph: Graph): string[] {
  return edgesOf(graph).filter(([from, to]) => {
    if (isTest(to)) return true;
    const [floor, target] = [FLOORS.indexOf(topOf(from)), FLOORS.indexOf(topOf(to))];
    return floor >= 0 && !isTest(from) && (target < 0 || target > floor);
  }).map(([from, to]) => `${from} → ${to}`);
}

/** Returns the imports of files named `_x.ts` from other folders, as `from → to`. */
function privateImports(graph: Graph): string[] {
  return edgesOf(graph)
    .filter(([from, to]) => /(^|\/)_[^/]*$/.test(to) && dirname(from) !== dirname(to))
    .map(([from, to]) => `${from} → ${to}`);
}

/** Returns the cycles between the subfolders of each folder. A folder and its subfolder may import from each other. */
function folderCycles(graph: Graph): string[] {
  const product = new Map([...graph].filter(([path]) => !isTest(path)));
  const folders = new Set<string>();
  for (let path of product.keys()) {
    while (path !== ".") folders.add(path = dirname(path));
  }
  return [...folders].toSorted().flatMap((folder) => {
    const prefix = folder === "." ? "" : `${folder}/`;
    const subfolderOf = (path: string): string | null => {
      const [child, ...rest] = path.startsWith(prefix) ? path.slice(prefix.length).split("/") : [];
      return child !== undefined && rest.length > 0 ? prefix + child : null;
    };
    return inWords(cycles(groupedGraph(product, subfolderOf)));
  });
}

const inWords = (found: string[][]): string[] =>
  found.map((cycle) => [...cycle, cycle[0]].join(" → "));

function edgesOf(graph: Graph): [string, string][] {
  return [...graph].flatMap(([from, targets]) =>
    [...targets].map((to): [string, string] => [from, to])
  );
}

/** Returns all faults of a set of TypeScript files. */
function faultsOf(sources: Sources): Record<string, string[]> {
  const graph = importGraph(sources);
  return {
    upward: upwardImports(graph),
    private: privateImports(graph),
    files: inWords(cycles(graph)),
    folders: folderCycles(graph),
  };
}

/** Files with names that the options need; they load nothing else. */
const NAMES: readonly string[] = [
  "outputs/formats/mod.ts",
  "outputs/track_file_formats.ts",
  "parity/suites.ts",
  "pipeline/backends/backend.ts",
  "pipeline/backends/devices.ts",
  "pipeline/levels.ts",
  "pipeline/stages.ts",
];

/** Files of cli/ that are loaded when a command runs. */
const LOADED_LATE: readonly string[] = [
  "cli/_analyze_run.ts",
  "cli/_batch.ts",
  "cli/_catalogue_queue.ts",
  "cli/_catalogue_table.ts",
  "cli/_inputs.ts",
  "cli/_doctor_run.ts",
  "cli/_models_remove.ts",
  "cli/_models_run.ts",
  "cli/_name_notes.ts",
  "cli/_plan.ts",
  "cli/_serve_run.ts",
  "cli/_summary.ts",
  "cli/_tempo_tags.ts",
  "cli/_version_text.ts",
  "cli/_weights.ts",
];

/** Returns the imports of the commands that do not go through a door, and those that load one for the help. */
function doorFaults(sources: Sources): string[] {
  const folders = [
    ...["models", "pipeline", "parity", "evaluation", "outputs", "reports", "harness"],
    ...["catalogue", "service"],
  ];
  const commands = new Map([...sources].filter(([path]) => /^cli\//.test(path) && !isTest(path)));
  const aroundDoor = edgesOf(importGraph(sources)).filter(([from, to]) =>
    commands.has(from) && folders.includes(topOf(to)) && !/^\w+\/mod\.ts$/.test(to) &&
    !NAMES.includes(to)
  ).map(([from, to]) => `${from} → ${to}`);
  const early = [...commands].filter(([path, text]) =>
    !LOADED_LATE.includes(path) &&
    /^import (?!type )[^;]*"\.\.\/(?!core\/)\w+\/mod\.ts"/m.test(text)
  ).map(([path]) => path);
  return [...aroundDoor, ...early];
}

const NONE = { upward: [], private: [], files: [], folders: [] };

const made = (files: Record<string, string>): Sources => new Map(Object.entries(files));

Deno.test("imports between TypeScript files only go down, without cycles", async () => {
  const sources = new Map(await readSources(repository, /\.tsx?$/));
  // Its examples are strings that look like imports.
  ok(sources.delete("tests/floors_test.ts"));
  ok(sources.size > 200, `${sources.size} files`);
  ok(edgesOf(importGraph(sources)).length > 1000);
  equal(faultsOf(sources), NONE);
});

Deno.test("commands import other folders through their doors, and only when they run", async () => {
  const sources = new Map(await readSources(repository, /\.tsx?$/));
  sources.delete("tests/floors_test.ts");
  equal(doorFaults(sources), []);
  const faults = doorFaults(made({
    "cli/a.ts": 'import { b } from "../reports/b.ts";\nimport type { C } from "../reports/mod.ts";',
    "cli/d.ts": 'import {\n  e,\n  type F,\n} from "../parity/mod.ts";',
    "cli/g.ts": 'const { h } = await import("../parity/mod.ts");',
    "reports/b.ts": "",
    "reports/mod.ts": "",
    "parity/mod.ts": "",
  }));
  equal(faults, ["cli/a.ts → reports/b.ts", "cli/d.ts"]);
});

Deno.test("every folder with code is listed", async () => {
  const folders = [...(await readSources(repository, /\.tsx?$/)).keys()].map(topOf);
  equal(folders.filter((folder) => ![...FLOORS, ...ASIDE].includes(folder)), []);
});

Deno.test("an upward import is found in each way of writing it", () => {
  const ways = [
    'import { b } from "../cli/b.ts";',
    'import type { B } from "../cli/b.ts";',
    'import {\n  b,\n} from "../cli/b.ts";',
    'import "../cli/b.ts";',
    'export * from "../cli/b.ts";',
    'export { b } from "../cli/b.ts";',
    'const { b } = await import("../cli/b.ts");',
    'type B = typeof import("../cli/b.ts");',
    'new Worker(new URL("../cli/b.ts", import.meta.url));',
    'const path = import.meta.resolve("../cli/b.ts");',
    'const path = join(import.meta.dirname ?? ".", "..", "cli", "b.ts");',
  ];
  for (const way of ways) {
    const upward = ["core/a.ts → cli/b.ts"];
    equal(faultsOf(made({ "core/a.ts": way, "cli/b.ts": "" })), { ...NONE, upward }, way);
  }
  const computed = made({ "core/a.ts": "await import(`../cli/${name}.ts`);" });
  throws(() => faultsOf(computed), /core\/a\.ts: the path of a dynamic import is not a literal/);
});

Deno.test("imports that go down, in comments, of data, of packages and of tests are no faults", () => {
  equal(
    faultsOf(made({
      "cli/a.ts": 'import { b } from "../core/b.ts";\nimport { zip } from "fflate";',
      "core/b.ts": '// import "../cli/a.ts";\n/** import { a } from "../cli/a.ts"; */\n',
      "core/c.ts": 'readFileSync(new URL("../cli/page.css", import.meta.url));',
      "core/b_test.ts": 'import "../tests/support/d.ts";\nimport "../cli/a.ts";',
      "tests/support/d.ts": 'import "../../cli/a.ts";',
    })),
    NONE,
  );
});

Deno.test("the product imports neither tests nor other code outside of it", () => {
  const sources = made({
    "core/a.ts": 'import "../tests/support/b.ts";\nimport "../scripts/c.ts";',
    "core/d.ts": 'import "./e_test.ts";',
  });
  equal(faultsOf(sources).upward, [
    "core/a.ts → tests/support/b.ts",
    "core/a.ts → scripts/c.ts",
    "core/d.ts → core/e_test.ts",
  ]);
});

Deno.test("a cycle between files is found, also in one folder and through types only", () => {
  const sources = made({
    "core/a.ts": 'import { b } from "./b.ts";',
    "core/b.ts": 'export * from "./c.ts";',
    "core/c.ts": 'import type { A } from "./a.ts";',
    "core/d.ts": 'import "./a.ts";',
  });
  equal(faultsOf(sources), { ...NONE, files: ["core/a.ts → core/b.ts → core/c.ts → core/a.ts"] });
});

Deno.test("a cycle between folders is found where no file is in a cycle", () => {
  const sources = made({
    "models/readers/a.ts": 'import "../download/b.ts";',
    "models/download/b.ts": "",
    "models/download/c.ts": 'import "../readers/a.ts";',
    "models/readers/a_test.ts": 'import "../download/c.ts";',
  });
  const folders = ["models/download → models/readers → models/download"];
  equal(faultsOf(sources), { ...NONE, folders });
});

Deno.test("a private file is imported in its own folder only", () => {
  const sources = made({
    "core/_a.ts": "",
    "core/b.ts": 'import "./_a.ts";',
    "core/_a_test.ts": 'import "./_a.ts";',
    "cli/c.ts": 'import "../core/_a.ts";',
  });
  equal(faultsOf(sources), { ...NONE, private: ["cli/c.ts → core/_a.ts"] });
});
