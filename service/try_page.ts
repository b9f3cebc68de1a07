/**
 * The page to try the interface: Swagger UI, which is served from this machine.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { packageFolder } from "../core/installed_package.ts";
import { Problem } from "./problem.ts";

/** Files of Swagger UI that the page loads. */
const FILES: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
};

/** Script that starts the page. */
const START = `"use strict";
SwaggerUIBundle({ url: "/openapi.json", dom_id: "#page", deepLinking: true, tryItOutEnabled: true, validatorUrl: null });
`;

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>tactus: try the service</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<style>body{margin:0}.swagger-ui .info{margin:24px 0}</style>
</head>
<body>
<main id="page"></main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** What the page may load: files of this service, and pictures in its style sheet. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; media-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Returns the page. */
export function tryPage(): Response {
  if (folder() === undefined) {
    return new Response(
      "Swagger UI is not installed. Install it next to tactus: npm install --ignore-scripts swagger-ui-dist\n" +
        "The interface is described in /openapi.json.\n",
      { headers: { "Content-Type": "text/plain; charset=utf-8" } },
    );
  }
  return new Response(PAGE, {
    headers: { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY },
  });
}

/** Returns a file of the page. */
export async function tryPageFile(name: string): Promise<Response> {
  const headers = { "Cache-Control": "max-age=3600" };
  if (name === "start.js") {
    return new Response(START, {
      headers: { ...headers, "Content-Type": "text/javascript; charset=utf-8" },
    });
  }
  const from = folder();
  const type = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
  if (type === undefined || from === undefined) {
    throw new Problem("not-found", `The page has no file ${JSON.stringify(name)}`);
  }
  // Its source map is not served.
  const text = (await readFile(join(from, name), "utf8")).replace(
    /\n(?:\/\/|\/\*)# sourceMappingURL=.*\s*$/,
    "\n",
  );
  return new Response(text, { headers: { ...headers, "Content-Type": type } });
}

/** Returns the folder of Swagger UI; undefined where it is not installed. */
function folder(): string | undefined {
  const found = packageFolder("swagger-ui-dist");
  return found !== undefined && existsSync(join(found, "swagger-ui-bundle.js")) ? found : undefined;
}
