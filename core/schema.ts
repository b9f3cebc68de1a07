/**
 * One source for a JSON format: a zod schema gives its check, its types and its JSON Schema file.
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

import { z } from "zod";

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

/**
 * Returns the JSON Schema file of a schema.
 *
 * @param id `$id` of the file
 * @param title title of the file
 * @param schema schema of the whole document
 * @param io whether the document is written by the program, `output`, or by a person, who may leave out defaults
 * @returns JSON Schema, draft 2020-12, with a final newline
 */
export function jsonSchemaText(
  id: string,
  title: string,
  schema: z.core.$ZodType,
  io: "input" | "output" = "output",
): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io });
  return JSON.stringify({ $schema, $id: id, title, ...rest }, null, 2) + "\n";
}

/**
 * Describes the first error of a failed check. Of alternatives it is that of the one that fits best: whose error is the
 * deepest in the document.
 *
 * @param error error of a schema
 * @returns path as a JSON pointer, or `it`, and what is wrong there
 */
export function firstIssue({ issues }: z.core.$ZodError): string {
  const found = deepest(issues);
  const path = (found?.path ?? []).map((part) => `/${String(part)}`).join("");
  return `${path || "it"}: ${found?.message ?? "unknown error"}`;
}

type Issue = Pick<z.core.$ZodIssue, "path" | "message">;

/** Returns the first issue, or the deepest one of the alternatives that it stands for. */
function deepest([first]: readonly z.core.$ZodIssue[]): Issue | undefined {
  if (first?.code !== "invalid_union") return first;
  const found = first.errors.map(deepest).filter((issue) => issue !== undefined)
    .map(({ path, message }) => ({ path: [...first.path, ...path], message }));
  const depth = Math.max(...found.map(({ path }) => path.length));
  const best = found.filter(({ path }) => path.length === depth);
  const message = [...new Set(best.map(({ message }) => message))].join(", or ");
  return found.length === 0 ? first : { path: best[0]!.path, message };
}
