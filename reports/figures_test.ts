import { deepStrictEqual as equal } from "node:assert/strict";
import {
  changeFigure,
  commitFigure,
  errorFigure,
  factorFigure,
  mebibytesFigure,
  minuteFigure,
  percentFigure,
  ratioFigure,
  secondsFigure,
} from "./figures.ts";

Deno.test("secondsFigure() keeps three decimals and at least three significant digits", () => {
  equal(
    [123.4567, 12.3456, 0.1, 0.0996, 0.00214999, 0.00999999, 1e-7, 0].map(secondsFigure),
    ["123.457", "12.346", "0.100", "0.0996", "0.00215", "0.0100", "0.000000100", "0.000"],
  );
});

Deno.test("factorFigure() is whole where it is large", () => {
  equal([0.51234, 31.849, 99.96, 1234.4].map(factorFigure), ["0.512", "31.8", "100", "1234"]);
});

Deno.test("an unknown figure is blank, never 0", () => {
  const all = [
    secondsFigure,
    ratioFigure,
    factorFigure,
    mebibytesFigure,
    errorFigure,
    percentFigure,
  ];
  equal(all.map((figure) => figure(null)), ["", "", "", "", "", ""]);
});

Deno.test("figures have the unit's scale", () => {
  equal([3, 30].map((count) => mebibytesFigure(count * 2 ** 20)), ["3.00", "30"]);
  equal(percentFigure(0.01234), "1.23");
  equal([errorFigure(0), errorFigure(4.567e-7)], ["0", "4.57e-7"]);
  equal([changeFigure(1.123), changeFigure(0.9)], ["+12.3 %", "-10.0 %"]);
  equal(minuteFigure("2026-11-23T02:00:59.123Z"), "2026-11-23 02:00 UTC");
  equal([commitFigure("0123456789abcdef"), commitFigure(null)], ["0123456789", "unknown"]);
});
