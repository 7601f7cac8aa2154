// Writes `expected.json`: what Node.js gives for the most used calls of `Intl`, by locale.
//
// `node expected.mjs`, with Node.js 20 and its full data of locales.
import { writeFileSync } from "node:fs";

const LOCALES = (
  "en-US en-GB de fr es it pt-BR pt-PT nl sv da nb fi pl cs tr ru uk ja ko zh-CN zh-TW hi he ar id th vi " +
  "de-AT de-CH fr-CA es-MX en-IN ar-EG bg bn ca el hr hu ro sk"
).split(" ");
const DATES = [1709643785123, 1732741503123];
const OPTIONS = [
  {}, { dateStyle: "full" }, { dateStyle: "long" }, { dateStyle: "medium" }, { dateStyle: "short" },
  { timeStyle: "short" }, { timeStyle: "medium" }, { timeStyle: "full" },
  { dateStyle: "medium", timeStyle: "short" }, { dateStyle: "long", timeStyle: "short" },
  { year: "numeric", month: "2-digit", day: "2-digit" },
  { year: "numeric", month: "long", day: "numeric" },
  { weekday: "long", year: "numeric", month: "long", day: "numeric" },
  { weekday: "short", day: "numeric", month: "short" },
  { month: "long", year: "numeric" }, { month: "long" }, { weekday: "long" },
  { hour: "2-digit", minute: "2-digit" }, { hour: "numeric", minute: "numeric", hour12: true },
  { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", timeZoneName: "short" },
];
const NUMBERS = [
  "", "{ maximumFractionDigits: 0 }", "{ minimumFractionDigits: 2 }", "{ style: 'percent' }",
  "{ style: 'currency', currency: 'EUR' }", "{ style: 'currency', currency: 'USD' }",
  "{ style: 'currency', currency: 'JPY', currencyDisplay: 'name' }",
  "{ style: 'currency', currency: 'CHF', currencyDisplay: 'code' }", "{ notation: 'compact' }",
  "{ notation: 'compact', compactDisplay: 'long' }", "{ style: 'unit', unit: 'kilometer-per-hour' }",
  "{ style: 'unit', unit: 'byte', unitDisplay: 'long' }", "{ signDisplay: 'always' }",
];

// What newer data of CLDR have otherwise than Node.js 20: Korean periods of the day, ordinal numbers,
// and the plural rules and lists of ICU4X.
const NEWER = [
  ["ko", /timeStyle|"hour"|toLocaleTime|LocaleString\('ko', \{ t/],
  ["bg es es-MX", /ordinal/],
  ["hi he", /ListFormat\('..'\)/],
  ["vi", /PluralRules\('vi'\)/],
];

const cases = {};
for (const locale of LOCALES) {
  const list = [];
  for (const options of OPTIONS) {
    for (const date of DATES) {
      const text = JSON.stringify({ ...options, timeZone: "Europe/Berlin" });
      list.push(`new Intl.DateTimeFormat('${locale}', ${text}).format(${date})`);
    }
  }
  for (const method of ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]) {
    list.push(`new Date(${DATES[0]}).${method}('${locale}', { timeZone: 'America/New_York' })`);
  }
  for (const options of NUMBERS) {
    for (const number of ["-1234.5", "1234567.891", "0.256", "1"]) {
      list.push(`(${number}).toLocaleString('${locale}'${options === "" ? "" : `, ${options}`})`);
    }
  }
  list.push(
    `['z', 'a', 'Z', 'ä', 'ö', 'é', 'n', 'ñ', '10', '9'].sort(new Intl.Collator('${locale}', { numeric: true }).compare).join()`,
    `[0, 1, 2, 3, 5, 11, 21, 1.5].map((n) => new Intl.PluralRules('${locale}').select(n)).join()`,
    `[1, 2, 3, 4, 11, 21].map((n) => new Intl.PluralRules('${locale}', { type: 'ordinal' }).select(n)).join()`,
    `new Intl.ListFormat('${locale}').format(['a', 'b', 'c'])`,
    `new Intl.ListFormat('${locale}', { type: 'disjunction' }).format(['a', 'b'])`,
    `new Intl.RelativeTimeFormat('${locale}').format(-3, 'day')`,
    `new Intl.RelativeTimeFormat('${locale}', { numeric: 'auto' }).format(1, 'day')`,
    `new Intl.RelativeTimeFormat('${locale}', { style: 'short' }).format(5, 'month')`,
    `new Intl.DisplayNames('${locale}', { type: 'region' }).of('DE')`,
    `new Intl.DisplayNames('${locale}', { type: 'language' }).of('fr')`,
    `new Intl.DisplayNames('${locale}', { type: 'currency' }).of('USD')`,
    `'istanbul ΣΑΣ'.toLocaleUpperCase('${locale}')`,
    `new Intl.NumberFormat('${locale}').resolvedOptions().numberingSystem`,
    `new Intl.DateTimeFormat('${locale}', { hour: 'numeric' }).resolvedOptions().hourCycle`,
    `new Intl.DateTimeFormat('${locale}').resolvedOptions().locale`,
  );
  const isSame = (expression) =>
    !NEWER.some(([locales, pattern]) => locales.split(" ").includes(locale) && pattern.test(expression));
  cases[locale] = Object.fromEntries(list.filter(isSame).map((expression) => [expression, (0, eval)(expression)]));
}
writeFileSync(new URL("expected.json", import.meta.url), `${JSON.stringify(cases, null, 1)}\n`);
