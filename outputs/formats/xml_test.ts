import { deepStrictEqual as equal } from "node:assert/strict";
import { xmlAttribute } from "./xml.ts";

Deno.test("xmlAttribute() escapes markup, quotes, tabs and line ends", () => {
  equal(
    xmlAttribute(`<a href="x">'&'</a>\t\r\n`),
    "&lt;a href=&quot;x&quot;&gt;&apos;&amp;&apos;&lt;/a&gt;&#9;&#13;&#10;",
  );
});

Deno.test("xmlAttribute() replaces what XML does not allow, and keeps all other characters", () => {
  equal(xmlAttribute("a\0\x07\x1f\ufffe\uffff\ud800b"), "a" + "\ufffd".repeat(6) + "b");
  equal(xmlAttribute("é 日本 🎵\x7f\x85"), "é 日本 🎵\x7f\x85");
});
