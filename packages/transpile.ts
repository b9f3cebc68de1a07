/**
 * Transpiles the program to JavaScript with source maps and type declarations: Deno refuses TypeScript in packages of
 * npm.
 *
 * @module
 */

import { join, relative } from "node:path";
import ts from "typescript";

/** Files by their path in the package, with `/`. */
export type Files = ReadonlyMap<string, string>;

/** A module that the compiler cannot transpile. */
export class TranspileError extends Error {
  /** Name of the class in printed errors. */
  override name = "TranspileError";
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.esnext.d.ts"],
  types: [],
  jsx: ts.JsxEmit.ReactJSX,
  jsxImportSource: "preact",
  strict: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  resolveJsonModule: true,
  rewriteRelativeImportExtensions: true,
  declaration: true,
  sourceMap: true,
  newLine: ts.NewLineKind.LineFeed,
  // `deno check` has checked the types; its declarations of Node are not at hand here.
  noCheck: true,
};

/**
 * Transpiles modules.
 *
 * @param root folder of the sources
 * @param paths paths of the modules in it
 * @returns for each module its JavaScript, source map and declarations
 * @throws {TranspileError} if a module has a syntax error
 */
export async function transpile(root: string, paths: readonly string[]): Promise<Files> {
  const options = { ...OPTIONS, rootDir: root, outDir: root };
  const host = ts.createCompilerHost(options);
  const denoTypes = join(root, "deno_types.d.ts");
  const text = await typesOfDeno();
  const { getSourceFile, fileExists } = host;
  host.getCurrentDirectory = (): string => root;
  host.fileExists = (path): boolean => path === denoTypes || fileExists(path);
  host.getSourceFile = (path, ...rest): ts.SourceFile | undefined =>
    path === denoTypes
      ? ts.createSourceFile(path, text, ts.ScriptTarget.ESNext)
      : getSourceFile(path, ...rest);
  const program = ts.createProgram({
    rootNames: [...paths.map((path) => join(root, path)), denoTypes],
    options,
    host,
  });
  const wrong = program.getSyntacticDiagnostics().filter(({ file }) =>
    file?.fileName !== denoTypes
  );
  if (wrong.length > 0) {
    throw new TranspileError(
      ts.formatDiagnostics(wrong, { ...host, getNewLine: () => "\n" }).trim(),
    );
  }
  const wanted = new Set(paths);
  const files = new Map<string, string>();
  program.emit(undefined, (path, content, _bom, _onError, sources) => {
    const name = relative(root, path).replaceAll("\\", "/");
    const source = relative(root, sources?.[0]?.fileName ?? "").replaceAll("\\", "/");
    if (!wanted.has(source)) return;
    files.set(name, name.endsWith(".d.ts") ? withJavaScriptNames(content) : withWorkers(content));
  });
  return files;
}

/** The compiler leaves the names of sources in declarations. */
function withJavaScriptNames(declarations: string): string {
  return declarations.replaceAll(/((?:from |import\()"\.[^"]*)\.tsx?"/g, '$1.js"');
}

/** The compiler does not rewrite the module of a worker, which is an address. */
function withWorkers(script: string): string {
  return script.replaceAll(/(new URL\("\.[^"]*)\.ts"(?=, import\.meta\.url\))/g, '$1.js"');
}

async function typesOfDeno(): Promise<string> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["types"],
    stderr: "inherit",
  }).output();
  if (!success) throw new TranspileError("deno types failed, see above");
  return new TextDecoder().decode(stdout);
}
