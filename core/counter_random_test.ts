import { deepStrictEqual as equal, notDeepStrictEqual, ok, throws } from "node:assert/strict";
import { CounterRandom } from "./counter_random.ts";

function first<Value>(count: number, draw: () => Value): Value[] {
  return Array.from({ length: count }, draw);
}

Deno.test("CounterRandom returns equal choices for equal keys and different ones for different keys", () => {
  const [a, b, other] = ["key", "key", "other"].map((key) => new CounterRandom(key));
  const bits = first(8, () => a!.bits());
  equal(first(8, () => b!.bits()), bits);
  notDeepStrictEqual(first(8, () => other!.bits()), bits);
});

Deno.test("CounterRandom.uniform() fills the interval evenly", () => {
  const random = new CounterRandom("uniform");
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) counts[Math.floor(10 * random.uniform())]!++;
  ok(counts.every((count) => Math.abs(count - 1000) < 150), String(counts));
});

Deno.test("CounterRandom.normal() has mean 0, deviation 1 and the normal's share beyond 2", () => {
  const random = new CounterRandom("normal");
  const values = first(20_000, () => random.normal());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const beyond = values.filter((value) => Math.abs(value) > 2).length / values.length;
  ok(Math.abs(mean) < 0.03, `mean ${mean}`);
  ok(Math.abs(variance - 1) < 0.05, `variance ${variance}`);
  ok(Math.abs(beyond - 0.0455) < 0.006, `beyond 2: ${beyond}`);
});

Deno.test("CounterRandom.pick() of no items is an error", () => {
  throws(() => new CounterRandom("none").pick([]), RangeError);
});
