import { deepStrictEqual as equal, notStrictEqual } from "node:assert/strict";
import { cpuFlags, fingerprintOf, thisMachine } from "./machine.ts";

Deno.test("cpuFlags() keeps the flags that select code paths, on x86 and on ARM", () => {
  equal(cpuFlags("processor\t: 0\nflags\t\t: fpu avx2 sse4_2 fma mmx avx512f avx2\nbugs\t: x\n"), [
    "avx2",
    "avx512f",
    "fma",
    "sse4_2",
  ]);
  equal(cpuFlags("Features\t: fp asimd evtstrm sve\n"), ["asimd", "sve"]);
  equal(cpuFlags(""), []);
});

Deno.test("fingerprintOf() is equal for equal machines and differs for different ones", () => {
  const { fingerprint, ...machine } = thisMachine(["avx2"]);
  equal(fingerprintOf(machine), fingerprint);
  const others = [
    { ...machine, cpu: `${machine.cpu} 2` },
    { ...machine, cores: machine.cores + 1 },
    { ...machine, memoryGiB: machine.memoryGiB + 1 },
    { ...machine, os: "plan9" },
    { ...machine, architecture: "vax" },
    { ...machine, cpuFlags: [] },
  ];
  for (const other of others) notStrictEqual(fingerprintOf(other), fingerprint);
});
