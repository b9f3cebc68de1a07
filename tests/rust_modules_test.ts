/** Tests that the modules of the Rust crate depend on each other without cycles. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { repository } from "./support/program.ts";
import { rustGraph } from "./support/rust_modules.ts";
import { cycles, readSources } from "./support/source_graph.ts";

const ROOT = "src/lib.rs";

function dependencies(files: Record<string, string>): Record<string, string[]> {
  const graph = rustGraph(new Map(Object.entries(files)), ROOT);
  return Object.fromEntries([...graph].map(([file, targets]) => [file, [...targets].toSorted()]));
}

function cyclesOf(files: Record<string, string>): string[][] {
  return cycles(rustGraph(new Map(Object.entries(files)), ROOT));
}

Deno.test("the modules of the Rust crate have no cycles", async () => {
  const graph = rustGraph(await readSources(join(repository, "kernels"), /\.rs$/), ROOT);
  const edges = [...graph.values()].reduce((sum, targets) => sum + targets.size, 0);
  ok(graph.size > 50 && edges > 150, `${graph.size} modules, ${edges} dependencies`);
  equal(cycles(graph).map((cycle) => [...cycle, cycle[0]].join(" → ")), []);
});

Deno.test("a dependency of a Rust module is found in each way of writing it", () => {
  const ways = [
    "use crate::b::item;",
    "use super::b::item;",
    "use super::b;",
    "use super::{b, c::other as renamed};",
    "use super::{b::{self, item}};",
    "fn f() { crate::b::item() }",
    "fn f() { super::b::item() }",
    "pub use crate::b::item;",
    "use crate::item;",
    "use crate::nickname;",
    "mod x86 { use super::super::b::item; }",
  ];
  for (const way of ways) {
    const root = "mod a; mod b; mod c; pub use b::item; use b::item as nickname;";
    const files = { [ROOT]: root, "src/a.rs": way, "src/b.rs": "", "src/c/mod.rs": "" };
    ok(dependencies(files)["src/a.rs"]!.includes("src/b.rs"), way);
  }
});

Deno.test("a re-export of a submodule, an inline module, a visibility, a test and another crate are no dependencies", () => {
  const files = {
    [ROOT]: "pub mod a; mod c;",
    "src/a/mod.rs": "mod b; #[cfg(test)] mod tests; pub use b::Thing; pub const SIZE: usize = 1;",
    "src/a/b.rs": "use super::SIZE; use rayon::prelude::*; // use crate::c;\n" +
      "mod x86 { use super::Own; } #[cfg(test)] mod tests { use super::*; use crate::c::D; }",
    "src/a/tests.rs": "use crate::c::D;",
    "src/c.rs": "pub(in super::a) struct Item; pub(super) use std::fmt;",
  };
  equal(dependencies(files), {
    [ROOT]: [],
    "src/a/mod.rs": [],
    "src/a/b.rs": ["src/a/mod.rs"],
    "src/c.rs": [],
  });
});

Deno.test("a cycle of Rust modules is found, also through a re-export and with the parent", () => {
  const through = {
    [ROOT]: "mod a; mod b; pub use b::Item;",
    "src/a.rs": "use crate::Item;",
    "src/b.rs": "fn f() { crate::a::g() }",
  };
  equal(cyclesOf(through), [["src/a.rs", "src/b.rs"]]);
  const parent = {
    [ROOT]: "mod a;",
    "src/a/mod.rs": "mod b; use b::helper; pub const SIZE: usize = 1;",
    "src/a/b.rs": "use super::SIZE; pub fn helper() {}",
  };
  equal(cyclesOf(parent), [["src/a/b.rs", "src/a/mod.rs"]]);
});
