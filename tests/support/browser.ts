/**
 * A browser for tests, controlled through the DevTools protocol.
 *
 * @module
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { until, within } from "./deadline.ts";
import { inTemporaryFolder } from "./temporary_folder.ts";

const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--remote-debugging-port=0",
  "about:blank",
] as const;

/** Returns the path of a browser: `$CHROMIUM`, or one on the path; null where there is none. */
export function browserPath(): string | null {
  const named = Deno.env.get("CHROMIUM");
  if (named !== undefined && named !== "") return named;
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  return (Deno.env.get("PATH") ?? "").split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((file) => existsSync(file)) ?? null;
}

/**
 * Declares a test with a browser and the file of a page, which is ignored where there is no browser.
 *
 * @param name name of the test
 * @param page HTML of the page
 * @param test gets the browser, in which nothing is open yet, and the address of the file
 */
export function browserTest(
  name: string,
  page: () => string | Promise<string>,
  test: (browser: Browser, url: string) => Promise<void>,
): void {
  const path = browserPath();
  const note = path === null ? " (not run: no Chromium on the path, nor in $CHROMIUM)" : "";
  Deno.test({
    name: name + note,
    ignore: path === null,
    fn: () =>
      inTemporaryFolder(async (folder) => {
        const file = join(folder, "page.html");
        writeFileSync(file, await page());
        await using browser = await Browser.start(path!);
        await test(browser, pathToFileURL(file).href);
      }),
  });
}

/** Codes of keys that type no character. */
const KEY_CODES: Readonly<Record<string, number>> = {
  ...{ Tab: 9, Enter: 13, End: 35, Home: 36 },
  ...{ ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40 },
};

/** Parameters and results of the protocol. */
export type Fields = Readonly<Record<string, unknown>>;

/** Event of the page. */
export interface PageEvent {
  readonly method: string;
  readonly params: Fields;
}

/** One browser with one page, in a profile of its own. */
export class Browser implements AsyncDisposable {
  /** Events of the page since it was opened. */
  readonly events: PageEvent[] = [];
  readonly #process: Deno.ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Fields>>();
  #calls = 0;
  #session = "";

  private constructor(process: Deno.ChildProcess, profile: string, socket: WebSocket) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#receive(JSON.parse(data)));
  }

  /**
   * Starts a browser with an empty page.
   *
   * @param path path of the program
   * @throws {Error} if it does not start
   */
  static async start(path: string): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), "tactus-browser-"));
    const process = new Deno.Command(path, {
      args: [`--user-data-dir=${profile}`, ...ARGUMENTS],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const socket = new WebSocket(await addressOf(profile, path));
    const opened = Promise.withResolvers<void>();
    socket.addEventListener("open", () => opened.resolve(), { once: true });
    socket.addEventListener(
      "error",
      () => opened.reject(new Error("The browser closed the connection")),
      {
        once: true,
      },
    );
    await within("the browser to accept a connection", opened.promise);
    const browser = new Browser(process, profile, socket);
    const { targetInfos } = await browser.call("Target.getTargets") as {
      targetInfos: { type: string; targetId: string }[];
    };
    const { targetId } = targetInfos.find(({ type }) => type === "page")!;
    const { sessionId } = await browser.call("Target.attachToTarget", { targetId, flatten: true });
    browser.#session = sessionId as string;
    for (const domain of ["Page", "Runtime", "Log", "Network"]) {
      await browser.call(`${domain}.enable`);
    }
    await browser.call("Page.setLifecycleEventsEnabled", { enabled: true });
    return browser;
  }

  /**
   * Calls a method of the protocol.
   *
   * @param method such as `Page.navigate`
   * @param params its parameters
   * @throws {Error} if the browser reports an error
   */
  call(method: string, params: Fields = {}): Promise<Fields> {
    const id = ++this.#calls;
    const answer = Promise.withResolvers<Fields>();
    this.#waiting.set(id, answer);
    const session = this.#session === "" ? {} : { sessionId: this.#session };
    this.#socket.send(JSON.stringify({ id, method, params, ...session }));
    return within(`the browser to answer ${method}`, answer.promise);
  }

  /**
   * Evaluates an expression in the page; promises are awaited.
   *
   * @param expression JavaScript with a value that JSON can represent
   * @throws {Error} if it throws
   */
  async evaluate<Value>(expression: string): Promise<Value> {
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    }) as {
      result: { value: Value };
      exceptionDetails?: { text: string; exception?: { description?: string } };
    };
    if (exceptionDetails === undefined) return result.value;
    throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  }

  /**
   * Opens a page and waits until it has loaded and drawn.
   *
   * @param url address of the page
   * @param width width of the window, pixels
   * @param scheme preferred colour scheme
   */
  async open(url: string, width: number, scheme: "light" | "dark" = "light"): Promise<void> {
    this.events.length = 0;
    await this.call("Emulation.setDeviceMetricsOverride", {
      width,
      height: 900,
      deviceScaleFactor: 1,
      mobile: false,
    });
    await this.call("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: scheme }],
    });
    const { loaderId } = await this.call("Page.navigate", { url });
    // Events of an earlier page may still arrive.
    await until(
      `${url} to load`,
      () =>
        this.events.some(({ method, params }) =>
          method === "Page.lifecycleEvent" && params.loaderId === loaderId && params.name === "load"
        ),
    );
    await this.evaluate(
      "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))",
    );
  }

  /** Presses and releases a key, named as `KeyboardEvent.key` names it. */
  async press(key: string): Promise<void> {
    const keyCode = KEY_CODES[key] ?? key.toUpperCase().charCodeAt(0);
    for (const type of ["keyDown", "keyUp"]) {
      await this.call("Input.dispatchKeyEvent", {
        ...{ type, key, code: key, windowsVirtualKeyCode: keyCode },
        // Enter presses a button by the character that it types.
        ...(type === "keyDown" && key === "Enter" && { text: "\r" }),
      });
    }
  }

  /** Returns a picture of the whole page, as PNG. */
  async picture(): Promise<Uint8Array> {
    const { data } = await this.call("Page.captureScreenshot", { captureBeyondViewport: true });
    return Uint8Array.from(atob(data as string), (character) => character.charCodeAt(0));
  }

  /** Ends the browser and removes its profile. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = Promise.withResolvers<void>();
    this.#socket.addEventListener("close", () => closed.resolve(), { once: true });
    this.#session = "";
    await this.call("Browser.close");
    await within("the browser to end", Promise.all([closed.promise, this.#process.status]));
    // Other processes of the browser may still write.
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  #receive(
    message: PageEvent & {
      readonly id?: number;
      readonly result?: Fields;
      readonly error?: { readonly message: string };
    },
  ): void {
    if (message.id === undefined) {
      this.events.push({ method: message.method, params: message.params });
      return;
    }
    const answer = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error === undefined) answer?.resolve(message.result ?? {});
    else answer?.reject(new Error(message.error.message));
  }
}

/** Returns the address at which a browser listens, which it writes into its profile. */
async function addressOf(profile: string, path: string): Promise<string> {
  let address = "";
  await until(`${path} to listen; try it by hand with --headless,`, () => {
    try {
      const [port, name] = readFileSync(join(profile, "DevToolsActivePort"), "utf8").split("\n");
      if (name !== undefined && name !== "") address = `ws://127.0.0.1:${port}${name}`;
    } catch {
      // The file is not there yet.
    }
    return address !== "";
  });
  return address;
}
