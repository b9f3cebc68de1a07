/**
 * Types of JSON documents, inferred from their zod schemas.
 *
 * `deno doc --lint` reports types of schemas as private. A module therefore collects its schemas in one
 * object, names the object's type `@internal`, and infers each public type from that:
 *
 * ```ts
 * import { z } from "zod";
 * import type { JsonOf } from "./schema.ts";
 *
 * const tolerance = z.strictObject({ absolute: z.number().min(0).describe("Largest error") });
 * // Internal, so that the documentation shows only the inferred types.
 * type Schemas = { readonly tolerance: typeof tolerance };
 * type Tolerance = JsonOf<Schemas["tolerance"]>;
 * const equality: Tolerance = { absolute: 0 };
 * ```
 *
 * @module
 */

/**
 * Read-only view of a JSON value, at every depth.
 *
 * @internal
 */
export type Immutable<Value> = Value extends object
  ? { readonly [Key in keyof Value]: Immutable<Value[Key]> }
  : Value;

/**
 * Type of the documents that a schema accepts, read-only at every depth.
 *
 * @internal
 */
export type JsonOf<Schema extends { readonly _zod: { readonly output: unknown } }> = Immutable<
  Schema["_zod"]["output"]
>;
