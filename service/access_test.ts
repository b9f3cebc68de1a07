import { doesNotThrow, equal, throws } from "node:assert/strict";
import { type Access, checkSource, checkToken, isLoopback, LOOPBACK_HOSTS } from "./access.ts";
import { Problem } from "./problem.ts";

const LOCAL: Access = { hosts: LOOPBACK_HOSTS };
const SECRET: Access = { token: "0123456789abcdef" };

function request(headers: Record<string, string>): Request {
  return new Request("http://localhost/analyses", { headers });
}

/** Returns the kind of the problem of a check; undefined for none. */
function kindOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error.kind;
    throw error;
  }
}

Deno.test("checkSource() takes the names of this machine with any port, and no others", () => {
  for (const host of ["localhost", "LOCALHOST:8008", "127.0.0.1:1", "[::1]:8008"]) {
    equal(kindOf(() => checkSource(request({ host }), LOCAL)), undefined, host);
  }
  for (
    const host of [
      "evil.example",
      "localhost.evil.example",
      "127.0.0.1.evil.example:80",
      "2130706433",
    ]
  ) {
    equal(kindOf(() => checkSource(request({ host }), LOCAL)), "foreign-host", host);
  }
  for (const host of ["", "a b", "localhost:80@evil.example", "localhost/", "localhost:x"]) {
    equal(kindOf(() => checkSource(request({ host }), LOCAL)), "bad-request", host);
  }
});

Deno.test("checkSource() refuses pages of other sites, also with null as origin", () => {
  const host = "127.0.0.1:8008";
  const kind = (headers: Record<string, string>): string | undefined =>
    kindOf(() => checkSource(request({ host, ...headers }), LOCAL));
  equal(kind({ origin: "http://127.0.0.1:8008" }), undefined);
  for (
    const origin of [
      "http://127.0.0.1:8009",
      "https://evil.example",
      "null",
      "http://127.0.0.1:8008/x",
    ]
  ) {
    equal(kind({ origin }), "foreign-origin", origin);
  }
  equal(kind({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }), "foreign-origin");
  equal(kind({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }), undefined);
});

Deno.test("checkToken() takes a bearer token, or the password of any user", () => {
  const basic = (text: string): string => `Basic ${btoa(text)}`;
  for (
    const authorization of [
      "Bearer 0123456789abcdef",
      "bearer 0123456789abcdef",
      basic("me:0123456789abcdef"),
    ]
  ) {
    doesNotThrow(() => checkToken(request({ authorization }), SECRET));
  }
  for (
    const authorization of [
      ...[
        "",
        "Bearer",
        "Bearer 0123456789abcdeg",
        "Bearer 0123456789abcdef0",
        basic("0123456789abcdef"),
      ],
      ...["Digest 0123456789abcdef", basic("0123456789abcdef:"), "Basic ***"],
    ]
  ) {
    equal(
      kindOf(() => checkToken(request({ authorization }), SECRET)),
      "unauthorized",
      authorization,
    );
  }
  throws(() => checkToken(request({}), SECRET), { kind: "unauthorized" });
  doesNotThrow(() => checkToken(request({}), {}));
});

Deno.test("isLoopback() knows the addresses that only this machine reaches", () => {
  equal(["localhost", "127.0.0.1", "127.1.2.3", "::1"].every(isLoopback), true);
  equal(
    ["0.0.0.0", "::", "192.168.0.1", "127.0.0.1.evil.example", "localhost.example"].some(
      isLoopback,
    ),
    false,
  );
});
