/**
 * Reads Python pickles without running them.
 *
 * Protocols 2 to 5 as `torch.save` writes them. A global stays a name; the only calls are to constructors that the caller
 * allows. Any other global and any other opcode is an error.
 *
 * Source: `Lib/pickletools.py` of CPython, for the opcodes.
 *
 * @module
 */

import { ModelError } from "../model_error.ts";
import { ByteReader } from "./_byte_reader.ts";

/** A value in a pickle; dictionaries are maps, lists are arrays. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | PickleTuple
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>
  | PickleGlobal
  | PickleObject;

/** A Python tuple. */
export class PickleTuple {
  /** Items of the tuple. */
  readonly items: readonly PickleValue[];

  /** Creates a tuple. */
  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

/** The name of a Python class or function; it is never resolved or called. */
export class PickleGlobal {
  /** Module and name, such as `collections.OrderedDict`. */
  readonly name: string;

  /** Stores a name, `module.name`. */
  constructor(name: string) {
    this.name = name;
  }
}

/** Base class of the objects that constructors of the caller return. */
export abstract class PickleObject {
  /** Kind of object, for errors. */
  abstract readonly kind: string;
}

/** Creates a value from the arguments of a call. */
export type PickleConstructor = (args: readonly PickleValue[]) => PickleValue;

/** Names that a pickle may use. */
export interface PickleAllowance {
  /** Replacements of the globals that a pickle may call, by name. */
  readonly constructors: ReadonlyMap<string, PickleConstructor>;
  /** Globals that a pickle may name but not call. */
  readonly names: ReadonlySet<string>;
  /** Resolves a persistent identifier, such as that of a tensor's storage. */
  readonly persistent: PickleConstructor;
}

const MAX_PROTOCOL = 5;
const MAX_ENTRIES = 1_000_000;
const STOP = 0x2e;

type Operation = (machine: PickleMachine) => void;

/**
 * Reads a pickle.
 *
 * @param bytes content of the pickle
 * @param allowance globals that it may name and call
 * @returns value of the pickle
 * @throws {ModelError} `forbidden` for a global or a call that is not allowed, `format` for anything malformed or
 *   unsupported, `too-large` for more than a million entries on the stack or in the memo
 */
export function readPickle(bytes: Uint8Array, allowance: PickleAllowance): PickleValue {
  const machine = new PickleMachine(new ByteReader(bytes), allowance);
  for (;;) {
    const at = machine.reader.position;
    const opcode = machine.reader.u8();
    if (opcode === STOP) return machine.finish();
    const operation = OPERATIONS.get(opcode);
    if (operation === undefined) {
      throw malformed(`opcode 0x${opcode.toString(16)} at byte ${at} is not supported`);
    }
    operation(machine);
  }
}

/** Stack machine that executes a pickle's opcodes. */
class PickleMachine {
  readonly reader: ByteReader;
  readonly allowance: PickleAllowance;
  readonly memo: Map<number, PickleValue> = new Map();
  #stack: PickleValue[] = [];
  readonly #marked: PickleValue[][] = [];

  constructor(reader: ByteReader, allowance: PickleAllowance) {
    this.reader = reader;
    this.allowance = allowance;
  }

  push(value: PickleValue): void {
    if (this.#stack.length >= MAX_ENTRIES) throw tooLarge("stack");
    this.#stack.push(value);
  }

  pop(): PickleValue {
    if (this.#stack.length === 0) throw malformed("it takes from an empty stack");
    return this.#stack.pop()!;
  }

  top(): PickleValue {
    if (this.#stack.length === 0) throw malformed("it looks at an empty stack");
    return this.#stack.at(-1)!;
  }

  mark(): void {
    if (this.#marked.length >= MAX_ENTRIES) throw tooLarge("stack");
    this.#marked.push(this.#stack);
    this.#stack = [];
  }

  popMark(): PickleValue[] {
    const items = this.#stack;
    const outer = this.#marked.pop();
    if (outer === undefined) throw malformed("it takes a mark that was never set");
    this.#stack = outer;
    return items;
  }

  popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  remember(index: number): void {
    if (this.memo.size >= MAX_ENTRIES) throw tooLarge("memo");
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw malformed(`it recalls entry ${index}, which was never stored`);
    this.push(value);
  }

  global(name: string): void {
    const { constructors, names } = this.allowance;
    if (!constructors.has(name) && !names.has(name)) {
      throw new ModelError(
        "forbidden",
        `The pickle names ${name}, which is not allowed; it was not run. ` +
          "Use the published file, or one with plain tensors and dictionaries only",
      );
    }
    this.push(new PickleGlobal(name));
  }

  call(): void {
    const args = this.pop();
    const callee = this.pop();
    const construct = callee instanceof PickleGlobal
      ? this.allowance.constructors.get(callee.name)
      : undefined;
    if (construct === undefined || !(args instanceof PickleTuple)) {
      const what = callee instanceof PickleGlobal ? callee.name : "a value that is not a global";
      throw new ModelError("forbidden", `The pickle calls ${what}, which may not be called`);
    }
    this.push(construct(args.items));
  }

  /** Skips the attributes of a dictionary, where torch stores metadata; other objects have none. */
  build(): void {
    this.pop();
    if (!(this.top() instanceof Map)) {
      throw new ModelError("forbidden", "The pickle sets the state of an object that has none");
    }
  }

  finish(): PickleValue {
    const value = this.pop();
    if (this.#stack.length > 0 || this.#marked.length > 0) {
      throw malformed("it ends with values left on its stack");
    }
    return value;
  }
}

function put(value: (reader: ByteReader) => PickleValue): Operation {
  return (machine) => machine.push(value(machine.reader));
}

function collect(make: (items: PickleValue[]) => PickleValue): Operation {
  return (machine) => machine.push(make(machine.popMark()));
}

function tuple(length: number): Operation {
  return (machine) => machine.push(new PickleTuple(machine.popMany(length)));
}

function extend(target: PickleValue, items: readonly PickleValue[]): void {
  if (!Array.isArray(target)) throw malformed("it appends to a value that is not a list");
  for (const item of items) target.push(item);
}

function setItems(target: PickleValue, items: readonly PickleValue[]): void {
  if (!(target instanceof Map) || items.length % 2 !== 0) {
    throw malformed("it sets items of a value that is not a dictionary");
  }
  for (let i = 0; i < items.length; i += 2) target.set(items[i]!, items[i + 1]!);
}

function addItems(target: PickleValue, items: readonly PickleValue[]): void {
  if (!(target instanceof Set)) throw malformed("it adds to a value that is not a set");
  for (const item of items) target.add(item);
}

function dictionary(items: readonly PickleValue[]): PickleValue {
  const made = new Map<PickleValue, PickleValue>();
  setItems(made, items);
  return made;
}

function stackGlobal(machine: PickleMachine): void {
  const [module, name] = machine.popMany(2);
  if (typeof module !== "string" || typeof name !== "string") {
    throw malformed("it names a global with a value that is not a text");
  }
  machine.global(`${module}.${name}`);
}

function protocol(machine: PickleMachine): void {
  const version = machine.reader.u8();
  if (version < 2 || version > MAX_PROTOCOL) {
    throw malformed(`its protocol is ${version}, expected 2 to ${MAX_PROTOCOL}`);
  }
}

function onMark(act: (target: PickleValue, items: PickleValue[]) => void): Operation {
  return (machine) => {
    const items = machine.popMark();
    act(machine.top(), items);
  };
}

function onItems(count: number, act: typeof extend): Operation {
  return (machine) => {
    const items = machine.popMany(count);
    act(machine.top(), items);
  };
}

const OPERATIONS: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [0x80, protocol],
  [0x95, (m): void => void m.reader.u64()], // FRAME
  [0x28, (m): void => m.mark()],
  [0x30, (m): void => void m.pop()],
  [0x31, (m): void => void m.popMark()],
  [0x32, (m): void => m.push(m.top())],
  [0x4e, put(() => null)],
  [0x88, put(() => true)],
  [0x89, put(() => false)],
  [0x4a, put((r) => r.i32())],
  [0x4b, put((r) => r.u8())],
  [0x4d, put((r) => r.u16())],
  [0x8a, put((r) => r.long(r.u8()))],
  [0x8b, put((r) => r.long(r.u32()))],
  [0x47, put((r) => r.f64BigEndian())],
  [0x58, put((r) => r.text(r.u32()))],
  [0x8c, put((r) => r.text(r.u8()))],
  [0x8d, put((r) => r.text(r.u64()))],
  [0x42, put((r) => r.take(r.u32()))],
  [0x43, put((r) => r.take(r.u8()))],
  [0x8e, put((r) => r.take(r.u64()))],
  [0x96, put((r) => r.take(r.u64()))],
  [0x5d, put(() => [])],
  [0x6c, collect((items) => items)],
  [0x61, onItems(1, extend)],
  [0x65, onMark(extend)],
  [0x29, put(() => new PickleTuple([]))],
  [0x74, collect((items) => new PickleTuple(items))],
  [0x85, tuple(1)],
  [0x86, tuple(2)],
  [0x87, tuple(3)],
  [0x7d, put(() => new Map())],
  [0x64, collect(dictionary)],
  [0x73, onItems(2, setItems)],
  [0x75, onMark(setItems)],
  [0x8f, put(() => new Set())],
  [0x90, onMark(addItems)],
  [0x91, collect((items) => new Set(items))],
  [0x63, (m): void => m.global(`${m.reader.line()}.${m.reader.line()}`)],
  [0x93, stackGlobal],
  [0x52, (m): void => m.call()],
  [0x81, (m): void => m.call()],
  [0x62, (m): void => m.build()],
  [0x51, (m): void => m.push(m.allowance.persistent([m.pop()]))],
  [0x71, (m): void => m.remember(m.reader.u8())],
  [0x72, (m): void => m.remember(m.reader.u32())],
  [0x94, (m): void => m.remember(m.memo.size)],
  [0x68, (m): void => m.recall(m.reader.u8())],
  [0x6a, (m): void => m.recall(m.reader.u32())],
]);

function malformed(why: string): ModelError {
  return new ModelError("format", `Cannot read the pickle: ${why}`);
}

function tooLarge(part: string): ModelError {
  return new ModelError("too-large", `The pickle's ${part} exceeds ${MAX_ENTRIES} entries`);
}
