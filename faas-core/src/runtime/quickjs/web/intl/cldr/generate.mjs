// Writes the files of this folder from the CLDR packages of npm. See README.md.
//
// `node generate.mjs FOLDER`, where FOLDER has the packages in `node_modules`.
import { readFileSync, writeFileSync, existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const LANGUAGES = (
  "ar bg bn ca cs da de el en es et fa fi fil fr he hi hr hu id it ja ko lt lv ms nb nl no pl pt ro " +
  "ru sk sl sr sv ta th tr uk ur vi zh"
).split(" ");

const here = dirname(fileURLToPath(import.meta.url));
const root = join(process.argv[2], "node_modules");
const read = (path) => JSON.parse(readFileSync(join(root, path), "utf8"));
const supplemental = (name) => read(`cldr-core/supplemental/${name}.json`).supplemental;
const main = (kind, locale, name) => {
  const path = `cldr-${kind}-full/main/${locale}/${name}.json`;
  if (existsSync(join(root, path))) return read(path).main[locale];
  return locale === "root" ? undefined : main(kind, parentOf(locale), name);
};
const pick = (object, names) => names.map((name) => object[name]);
const text = (pattern) => (typeof pattern === "string" ? pattern : pattern?._value);

const MONTHS = Array.from({ length: 12 }, (_, i) => `${i + 1}`);
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const WIDTHS = { a: "abbreviated", w: "wide", n: "narrow" };
const STYLES = ["full", "long", "medium", "short"];
const byWidth = (object, names) =>
  Object.fromEntries(Object.entries(WIDTHS).map(([key, width]) => [key, pick(object[width], names)]));

// Skeletons without weeks of the year, quarters and variants.
const skeletons = (formats) =>
  Object.fromEntries(
    Object.entries(formats)
      .filter(([name]) => !/[QwWYeb-]/.test(name))
      .map(([name, pattern]) => [name, text(pattern)]),
  );

const calendar = (data) => {
  const periods = {};
  for (const [key, width] of Object.entries(WIDTHS)) {
    periods[key] = Object.fromEntries(
      Object.entries(data.dayPeriods.format[width]).filter(([name]) => !name.includes("-alt-")),
    );
  }
  const intervals = {};
  for (const [name, patterns] of Object.entries(data.dateTimeFormats.intervalFormats)) {
    if (typeof patterns === "string") intervals[name] = patterns;
    else if (!/[QwWYeBb-]/.test(name)) {
      intervals[name] = Object.fromEntries(Object.entries(patterns).filter(([field]) => !field.includes("-")));
    }
  }
  return {
    months: { format: byWidth(data.months.format, MONTHS), alone: byWidth(data.months["stand-alone"], MONTHS) },
    days: { format: byWidth(data.days.format, DAYS), alone: byWidth(data.days["stand-alone"], DAYS) },
    periods,
    eras: { a: pick(data.eras.eraAbbr, ["0", "1"]), w: pick(data.eras.eraNames, ["0", "1"]), n: pick(data.eras.eraNarrow, ["0", "1"]) },
    dates: STYLES.map((style) => text(data.dateFormats[style])),
    times: STYLES.map((style) => text(data.timeFormats[style])),
    glue: STYLES.map((style) => text(data.dateTimeFormats[style])),
    glueAt: STYLES.map((style) => text(data["dateTimeFormats-atTime"].standard[style])),
    formats: skeletons(data.dateTimeFormats.availableFormats),
    append: { Timezone: data.dateTimeFormats.appendItems.Timezone },
    intervals,
  };
};

const plurals = (object, prefix) => {
  const found = {};
  for (const [name, pattern] of Object.entries(object)) {
    if (name.startsWith(`${prefix}-count-`)) found[name.slice(prefix.length + 7)] = text(pattern);
  }
  return found;
};

const REGION_CURRENCIES = new Set();
for (const list of Object.values(supplemental("currencyData").currencyData.region)) {
  for (const entry of list) {
    for (const [code, { _to, _tender }] of Object.entries(entry)) {
      if (_to === undefined && _tender !== "false") REGION_CURRENCIES.add(code);
    }
  }
}

const numbers = (data) => {
  const systems = {};
  for (const key of Object.keys(data)) {
    const system = /^symbols-numberSystem-(.*)$/.exec(key)?.[1];
    if (system === undefined) continue;
    const symbols = data[key];
    const of = (name) => data[`${name}-numberSystem-${system}`];
    const compact = (table) => {
      const found = {};
      for (const [name, pattern] of Object.entries(table)) {
        const [, zeros, plural, alt] = /^1(0+)-count-([a-z0-9]+)(-alt-.*)?$/.exec(name) ?? [];
        if (zeros === undefined) continue;
        if (alt === undefined) (found[zeros.length] ??= {})[plural] = pattern;
      }
      return found;
    };
    const currency = of("currencyFormats");
    systems[system] = {
      symbols: pick(symbols, [
        "decimal", "group", "plusSign", "minusSign", "percentSign", "exponential", "infinity", "nan",
        "approximatelySign",
      ]),
      money: symbols.currencyDecimal === undefined && symbols.currencyGroup === undefined ? undefined
        : [symbols.currencyDecimal, symbols.currencyGroup],
      time: symbols.timeSeparator,
      decimal: of("decimalFormats").standard,
      percent: of("percentFormats").standard,
      scientific: of("scientificFormats").standard,
      currency: currency.standard,
      accounting: currency.accounting,
      spacing: [currency.currencySpacing.beforeCurrency, currency.currencySpacing.afterCurrency].map((space) =>
        pick(space, ["currencyMatch", "surroundingMatch", "insertBetween"])),
      named: plurals(currency, "unitPattern"),
      short: compact(of("decimalFormats").short.decimalFormat),
      long: compact(of("decimalFormats").long.decimalFormat),
      shortCurrency: compact(currency.short?.standard ?? {}),
      range: of("miscPatterns").range,
      approximately: of("miscPatterns").approximately,
    };
  }
  return {
    system: data.defaultNumberingSystem,
    native: data.otherNumberingSystems?.native,
    minimumGrouping: Number(data.minimumGroupingDigits),
    systems,
  };
};

const currencies = (data) => {
  const found = {};
  for (const [code, entry] of Object.entries(data)) {
    const symbol = entry.symbol === undefined || entry.symbol === code ? 0 : entry.symbol;
    const narrow = entry["symbol-alt-narrow"] ?? 0;
    const isUsed = REGION_CURRENCIES.has(code);
    if (!isUsed && symbol === 0 && narrow === 0) continue;
    found[code] = isUsed
      ? [symbol, narrow, entry.displayName, plurals(entry, "displayName")] : [symbol, narrow];
  }
  return found;
};

const SIMPLE = (
  "acre bit byte celsius centimeter day degree fahrenheit fluid-ounce foot gallon gigabit gigabyte gram " +
  "hectare hour inch kilobit kilobyte kilogram kilometer liter megabit megabyte meter microsecond mile " +
  "mile-scandinavian milliliter millimeter millisecond minute month nanosecond ounce percent petabyte " +
  "pound second stone terabit terabyte week yard year"
).split(" ");
const isUnit = (unit) => SIMPLE.includes(unit) || (unit.split("-per-").length === 2 && unit.split("-per-").every((part) => SIMPLE.includes(part)));
const units = (data) => {
  const found = {};
  for (const width of ["long", "short", "narrow"]) {
    const list = (found[width] = {});
    for (const [key, entry] of Object.entries(data[width])) {
      const unit = key.replace(/^[a-z]+-/, "");
      if (key === "per") list.per = entry.compoundUnitPattern;
      else if (isUnit(unit) && !key.startsWith("10p") && plurals(entry, "unitPattern").other !== undefined) {
        list[unit] = { ...plurals(entry, "unitPattern"), per: entry.perUnitPattern };
      }
    }
  }
  return found;
};

const UNITS = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];
const relative = (data) => {
  const found = {};
  for (const unit of UNITS) {
    for (const [key, suffix] of [["long", ""], ["short", "-short"], ["narrow", "-narrow"]]) {
      const entry = data[unit + suffix], names = {};
      for (const [name, value] of Object.entries(entry)) {
        const number = /^relative-type-(.*)$/.exec(name)?.[1];
        if (number !== undefined) names[number] = value;
      }
      (found[unit] ??= {})[key] = {
        names,
        future: plurals(entry["relativeTime-type-future"] ?? {}, "relativeTimePattern"),
        past: plurals(entry["relativeTime-type-past"] ?? {}, "relativeTimePattern"),
      };
    }
  }
  return found;
};

const zoneName = (entry) => [
  entry?.long?.standard ?? 0, entry?.long?.daylight ?? 0, entry?.short?.standard ?? 0, entry?.short?.daylight ?? 0,
];
const zones = (data) => {
  const found = { hour: data.hourFormat, gmt: data.gmtFormat, metazones: {}, zones: {} };
  for (const [name, entry] of Object.entries(data.metazone ?? {})) {
    const names = zoneName(entry);
    if (names.some((each) => each !== 0)) found.metazones[name] = names;
  }
  const walk = (prefix, object) => {
    for (const [name, entry] of Object.entries(object)) {
      if (typeof entry !== "object") continue;
      if (entry._type === "zone") {
        const names = zoneName(entry);
        if (names.some((each) => each !== 0)) found.zones[prefix + name] = names;
      } else walk(`${prefix}${name}/`, entry);
    }
  };
  walk("", data.zone);
  return found;
};

// Of the languages, those with a code of two letters and a few others; of the scripts, those that
// tags of languages have.
const OTHER_LANGUAGES = "ast ceb chr ckb dsb fil fur gsw haw hsb kok mai mni nds sat sco smn szl yue".split(" ");
const SCRIPTS = "Adlm Arab Armn Beng Bopo Brai Cyrl Deva Ethi Geor Grek Gujr Guru Hang Hani Hans Hant Hebr Hira Jpan Kana Khmr Knda Kore Laoo Latn Mlym Mong Mymr Orya Sinh Taml Telu Thaa Thai Tibt Tfng Zxxx Zyyy".split(" ");
const isNamed = (key, code) => {
  if (key === "languages") return /^[a-z]{2}(?:-|$)/.test(code) || OTHER_LANGUAGES.includes(code);
  return key === "scripts" ? SCRIPTS.includes(code) : true;
};
const names = (locale) => {
  const of = (name, key) => {
    const all = main("localenames", locale, name)?.localeDisplayNames[key] ?? {};
    return Object.fromEntries(
      Object.entries(all).filter(([code]) => !code.includes("-alt-") && isNamed(key, code)),
    );
  };
  const patterns = main("localenames", locale, "localeDisplayNames").localeDisplayNames.localeDisplayPattern;
  const short = {};
  for (const [code, name] of Object.entries(main("localenames", locale, "territories")?.localeDisplayNames.territories ?? {})) {
    if (code.endsWith("-alt-short")) short[code.slice(0, -10)] = name;
  }
  return {
    language: of("languages", "languages"), region: of("territories", "territories"), script: of("scripts", "scripts"),
    shortRegion: short, pattern: patterns.localePattern, separator: patterns.localeSeparator,
  };
};

const sections = (locale) => {
  const fields = main("dates", locale, "dateFields").dates.fields;
  const found = {
    dates: calendar(main("dates", locale, "ca-gregorian").dates.calendars.gregorian),
    numbers: numbers(main("numbers", locale, "numbers").numbers),
    currencies: currencies(main("numbers", locale, "currencies").numbers.currencies),
    units: units(main("units", locale, "units").units),
    relative: relative(fields),
    zones: zones(main("dates", locale, "timeZoneNames").dates.timeZoneNames),
    names: names(locale),
  };
  if (locale === "th") {
    // What the calendar of this locale has other than the Gregorian one.
    const { dates, formats } = found.dates;
    found.buddhist = {
      dates: dates.with(1, "d MMMM y"), formats: { ...formats, y: "G y" },
      eras: { a: ["", "พ.ศ."], w: ["", "พุทธศักราช"], n: ["", "พ.ศ."] },
    };
  }
  return JSON.parse(JSON.stringify(found));
};

const isMap = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
// What changes `from` into `to`; `null` removes a member.
const difference = (from, to) => {
  const found = {};
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (JSON.stringify(from[key]) === JSON.stringify(to[key])) continue;
    if (!(key in to)) found[key] = null;
    else if (isMap(from[key]) && isMap(to[key])) found[key] = difference(from[key], to[key]);
    else found[key] = to[key];
  }
  return found;
};

const parents = supplemental("parentLocales").parentLocales.parentLocale;
// The nearest ancestor that the packages have.
const parentOf = (locale) => {
  const parent = parents[locale] ?? (locale.includes("-") ? locale.replace(/-[^-]+$/, "") : "root");
  if (parent === "und") return "root";
  return parent === "root" || existsSync(join(root, `cldr-dates-full/main/${parent}`)) ? parent : parentOf(parent);
};
const { full } = read("cldr-core/availableLocales.json").availableLocales;

for (const file of readdirSync(here)) if (/\.txt$/.test(file)) rmSync(join(here, file));
const parsed = new Map();
const dataOf = (locale) => {
  if (!parsed.has(locale)) parsed.set(locale, sections(locale));
  return parsed.get(locale);
};
const otherParents = {};
for (const language of LANGUAGES) {
  const locales = full.filter((locale) => locale === language || locale.startsWith(`${language}-`))
    .filter((locale) => new Intl.Locale(locale).language === language)
    .filter((locale) => Intl.DateTimeFormat.supportedLocalesOf([locale]).length > 0 && existsSync(join(root, `cldr-dates-full/main/${locale}`)));
  let lines = "";
  for (const locale of locales) {
    const parent = parentOf(locale);
    if (parent !== locale.replace(/-?[^-]+$/, "") && parent !== "root") otherParents[locale] = parent;
    if (parent === "root" && locale.includes("-")) otherParents[locale] = "";
    const data = dataOf(locale), base = parent === "root" ? undefined : dataOf(parent);
    for (const section of Object.keys(data)) {
      const written = base === undefined ? data[section] : difference(base[section], data[section]);
      if (Object.keys(written).length > 0) lines += `${locale} ${section} ${JSON.stringify(written)}\n`;
    }
    if (lines.includes(`${locale} `) === false) lines += `${locale} same {}\n`;
  }
  writeFileSync(join(here, `${language}.txt`), lines);
}

// What all locales share.
const digits = {};
for (const [system, { _digits }] of Object.entries(supplemental("numberingSystems").numberingSystems)) {
  if (_digits !== undefined) digits[system] = _digits;
}
const fractions = {};
for (const [code, { _digits }] of Object.entries(supplemental("currencyData").currencyData.fractions)) {
  if (_digits !== "2") fractions[code] = Number(_digits);
}
const hours = {};
for (const [region, { _preferred, _allowed }] of Object.entries(supplemental("timeData").timeData)) {
  (hours[_preferred] ??= []).push(region.replace("_", "-"));
}
// Most regions have a clock of 24 hours. Of them, only locales that differ from their region are listed.
hours.H = hours.H.filter((name) => name.includes("-"));
const metazones = {};
const instant = (date) => (date === undefined ? 0 : Date.parse(`${date.replace(" ", "T")}:00Z`) / 60000);
const walk = (prefix, object) => {
  for (const [name, entry] of Object.entries(object)) {
    if (!Array.isArray(entry)) walk(`${prefix}${name}/`, entry);
    else {
      metazones[prefix + name] = entry.flatMap(({ usesMetazone: { _mzone, _from, _to } }) =>
        [_mzone, _from === undefined ? 0 : instant(_from), _to === undefined ? 0 : instant(_to)]);
      if (metazones[prefix + name].length === 3 && entry[0].usesMetazone._from === undefined && entry[0].usesMetazone._to === undefined) {
        metazones[prefix + name] = entry[0].usesMetazone._mzone;
      }
    }
  }
};
walk("", supplemental("metaZones").metaZones.metazoneInfo.timezone);
// The zones of other names that CLDR does not use.
const aliases = {};
for (const { _alias } of Object.values(read("cldr-bcp47/bcp47/timezone.json").keyword.u.tz)) {
  const [name, ...others] = _alias?.split(" ") ?? [];
  for (const other of others) aliases[other] = name;
}
const minutes = (time) => { const [hour, minute] = time.split(":"); return hour * 60 + Number(minute); };
const periods = {};
for (const [language, rules] of Object.entries(supplemental("dayPeriods").dayPeriodRuleSet)) {
  if (!LANGUAGES.includes(language.split("-")[0])) continue;
  periods[language] = Object.entries(rules).map(([name, rule]) =>
    (rule._at === undefined ? [name, minutes(rule._from), minutes(rule._before)] : [name, minutes(rule._at)]));
}
// The languages that ICU has and these files do not.
const languages = new Set(full.map((locale) => locale.split("-")[0]));
const absent = [...languages].filter((language) => !LANGUAGES.includes(language)
  && language.length <= 3 && Intl.DateTimeFormat.supportedLocalesOf([language]).length > 0);
// The regions that each language has in ICU, and the scripts of regions that are not the usual one.
const A = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const regions = [...A.flatMap((a) => A.map((b) => a + b)), "001", "150", "419"];
const tags = {}, scripts = {};
for (const language of LANGUAGES) {
  const candidates = new Set([...regions.map((region) => `${language}-${region}`),
    ...full.filter((locale) => locale.startsWith(`${language}-`)),
    ...["Hans", "Hant", "Cyrl", "Latn"].flatMap((script) => [`${language}-${script}`, ...regions.map((region) => `${language}-${script}-${region}`)])]);
  tags[language] = [...candidates].filter((tag) => {
    try { return new Intl.Locale(tag).language === language && new Intl.NumberFormat(tag).resolvedOptions().locale === tag; } catch { return false; }
  }).map((tag) => tag.slice(language.length + 1)).join(" ");
  const usual = new Intl.Locale(language).maximize().script;
  for (const tag of tags[language].split(" ").filter((each) => each !== "")) {
    const { script, region } = new Intl.Locale(`${language}-${tag}`);
    const real = new Intl.Locale(`${language}-${tag}`).maximize().script;
    if (script === undefined && real !== usual) scripts[`${language}-${tag}`] = `${language}-${real}-${region}`;
  }
}
const { weekData } = supplemental("weekData");
const NUMBERS = { mon: 1, tue: 2, wed: 3, thu: 4, fri: 5, sat: 6, sun: 7 };
const byRegion = (object, numberOf) => Object.fromEntries(
  Object.entries(object).filter(([region]) => !region.includes("-")).map(([region, value]) => [region, numberOf(value)]));
const weeks = {
  first: byRegion(weekData.firstDay, (day) => NUMBERS[day]),
  start: byRegion(weekData.weekendStart, (day) => NUMBERS[day]),
  end: byRegion(weekData.weekendEnd, (day) => NUMBERS[day]),
  minimum: byRegion(weekData.minDays, Number),
};
const shared = {
  weeks,
  locales: { tags, absent, parents: otherParents, scripts },
  numbers: { digits, fractions, currencies: [...REGION_CURRENCIES].sort() },
  dates: { hours, periods },
  zones: { metazones, aliases },
};
let lines = "";
for (const [section, data] of Object.entries(shared)) lines += `shared ${section} ${JSON.stringify(data)}\n`;
writeFileSync(join(here, "shared.txt"), lines);
