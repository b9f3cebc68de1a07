import assert from "node:assert/strict";
import { hash32 } from "../../core/counter_random.ts";
import { ModelError, type ModelProblem } from "../model_error.ts";
import { PickleTuple, type PickleValue, readPickle } from "./pickle.ts";

function read(text: string): PickleValue {
  return readPickle(Uint8Array.from(text, (c) => c.charCodeAt(0)), {
    constructors: new Map([["collections.OrderedDict", (): PickleValue => new Map()]]),
    names: new Set(["torch.FloatStorage"]),
    persistent: ([id]) => id ?? null,
  });
}

function fails(problem: ModelProblem, text: string): void {
  assert.throws(
    () => read(text),
    (error) => error instanceof ModelError && error.problem === problem,
  );
}

Deno.test("readPickle() reads integers of any size and sign", () => {
  assert.equal(read("\x80\x02K\xff."), 255);
  assert.equal(read("\x80\x02J\xff\xff\xff\xff."), -1);
  assert.equal(read("\x80\x02\x8a\x00."), 0);
  assert.equal(read("\x80\x02\x8a\x02\x00\x80."), -32768);
  assert.equal(read("\x80\x02\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f."), 2n ** 63n - 1n);
});

Deno.test("readPickle() keeps shared objects of the memo shared", () => {
  const value = read("\x80\x02]q\x00h\x00\x86.");
  assert.ok(value instanceof PickleTuple);
  assert.equal(value.items[0], value.items[1]);
});

Deno.test("readPickle() skips the attributes of a dictionary", () => {
  assert.deepEqual(read("\x80\x02ccollections\nOrderedDict\n)R}b."), new Map());
});

Deno.test("readPickle() forbids other globals, other calls and other states", () => {
  fails("forbidden", "\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.");
  fails("forbidden", "\x80\x04\x8c\x02os\x8c\x06system\x93.");
  fails("forbidden", "\x80\x02ctorch\nFloatStorage\n)R.");
  fails("forbidden", "\x80\x02K\x01)R.");
  fails("forbidden", "\x80\x02]}b.");
  fails("forbidden", "\x80\x02c__builtin__\neval\n.");
});

Deno.test("readPickle() fails on other protocols and opcodes", () => {
  fails("format", "\x80\x01N.");
  fails("format", "\x80\x06N.");
  fails("format", "\x80\x02I1\n.");
  fails("format", "\x80\x02i__main__\nX\n.");
});

Deno.test("readPickle() fails on a malformed program", () => {
  for (
    const text of ["", "\x80", "\x80\x02", "\x80\x02.", "\x80\x02NN.", "\x80\x02(N.", "\x80\x02t."]
  ) {
    fails("format", text);
  }
  fails("format", "\x80\x02h\x05.");
  fails("format", "\x80\x02X\xff\xff\xff\x7fa.");
  fails("format", "\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xffa.");
  fails("format", "\x80\x02K\x01K\x02a.");
  fails("format", "\x80\x02}K\x01(u.");
  fails("too-large", "\x80\x02\x8b\xff\xff\xff\x7f.");
});

Deno.test("readPickle() stops a pickle that fills the stack", () => {
  fails("too-large", "\x80\x02" + "N".repeat(1_000_001));
  fails("too-large", "\x80\x02" + "(".repeat(1_000_001));
});

Deno.test("readPickle() returns a value or throws a ModelError for any bytes", () => {
  for (let seed = 0; seed < 3000; seed++) {
    const bytes = Array.from({ length: 40 }, (_, i) => hash32(seed * 40 + i) & 0xff);
    try {
      read("\x80\x02" + String.fromCharCode(...bytes));
    } catch (error) {
      assert.ok(error instanceof ModelError, String(error));
    }
  }
});
