/**
 * What a pickle can hold, as far as this program reads pickles.
 *
 * @module
 */

/** A value out of a pickle; dictionaries are maps, lists are arrays. */
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
  /** The tuple's items. */
  readonly items: readonly PickleValue[];

  /** Makes a tuple of items. */
  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

/** The name of a Python class or function; it is never looked up, let alone run. */
export class PickleGlobal {
  /** Module and name, such as `collections.OrderedDict`. */
  readonly name: string;

  /** Names a class or function by `module.name`. */
  constructor(name: string) {
    this.name = name;
  }
}

/** What a caller's constructor made; its class is the caller's own. */
export abstract class PickleObject {
  /** What it is, for errors. */
  abstract readonly kind: string;
}

/** Makes a value from the arguments that a pickle calls a global with. */
export type PickleConstructor = (args: readonly PickleValue[]) => PickleValue;

/** What a pickle is allowed to name. */
export interface PickleAllowance {
  /** Globals that a pickle may call, by name, and what stands in for them. */
  readonly constructors: ReadonlyMap<string, PickleConstructor>;
  /** Globals that a pickle may name but not call. */
  readonly names: ReadonlySet<string>;
  /** Resolves a persistent identifier, such as that of a tensor's storage. */
  readonly persistent: PickleConstructor;
}
