// `Intl`, and the methods of builtins that use it. What is not built throws a RangeError, and never
// gives a text of another locale.
(function (use, native) {
  'use strict';
  const { Locale, readLocales, shared } = use('intl_locales');
  const { DateTimeFormat, dateTexts, zones } = use('intl_dates');
  const { NumberFormat, numberText, UNITS } = use('intl_numbers');
  const { PluralRules } = use('intl_plural_rules');
  const { RelativeTimeFormat } = use('intl_relative');
  const { DisplayNames } = use('intl_names');
  const { Collator, ListFormat, Segmenter, compareText } = use('intl_texts');
  const OutOfRange = RangeError, Failure = TypeError;
  const { defineProperty } = Object;
  const numberOf = Number.prototype.valueOf, bigintOf = BigInt.prototype.valueOf;
  const { apply } = Reflect;

  const Intl = {};
  const members = {
    Collator, DateTimeFormat, DisplayNames, ListFormat, Locale, NumberFormat, PluralRules, RelativeTimeFormat,
    Segmenter,
    getCanonicalLocales(locales) { return readLocales(locales); },
    supportedValuesOf(key) {
      const text = `${key}`, numbers = shared('numbers');
      switch (text) {
        case 'timeZone':
          return [...new Set(zones().map((zone) => native.zone(zone)).filter(Boolean))].sort();
        case 'currency': return [...numbers.currencies];
        case 'numberingSystem': return Object.keys(numbers.digits).sort();
        case 'unit': return [...UNITS].sort();
        case 'calendar': return ['buddhist', 'gregory'];
        case 'collation': return ['emoji', 'eor', 'phonebk', 'pinyin', 'stroke', 'trad', 'zhuyin'];
        default: throw new OutOfRange(`Intl.supportedValuesOf: invalid key ${text}`);
      }
    },
  };
  for (const name in members) {
    defineProperty(Intl, name, {
      __proto__: null, value: members[name], writable: true, enumerable: false, configurable: true,
    });
  }
  defineProperty(Intl, Symbol.toStringTag, { __proto__: null, value: 'Intl', configurable: true });

  // The arrays that `toLocaleString` is within.
  const open = [];
  const need = (value, name) => {
    if (value === undefined || value === null) throw new Failure(`${name} needs a value`);
    return `${value}`;
  };
  const changeCase = (value, locales, isUpper) => {
    const text = need(value, 'this method');
    return native.changeCase(readLocales(locales)[0] ?? 'en-US', text, isUpper);
  };

  // The methods of builtins: `this`, and their arguments.
  const methods = {
    date: dateTexts.all,
    day: dateTexts.day,
    time: dateTexts.time,
    number: (value, locales, options) => numberText(apply(numberOf, value, []), locales, options),
    bigint: (value, locales, options) => numberText(apply(bigintOf, value, []), locales, options),
    list(value, locales, options) {
      if (value === undefined || value === null) throw new Failure('toLocaleString needs a value');
      const list = Object(value), texts = [];
      // An array within itself is an empty text.
      if (open.includes(list)) return '';
      open.push(list);
      try {
        for (let i = 0; i < list.length; i++) {
          const item = list[i];
          texts.push(item === undefined || item === null
            ? '' : `${item.toLocaleString(locales, options)}`);
        }
      } finally {
        open.pop();
      }
      return texts.join(',');
    },
    compare: (value, other, locales, options) =>
      compareText(need(value, 'localeCompare'), `${other}`, locales, options),
    upper: (value, locales) => changeCase(value, locales, true),
    lower: (value, locales) => changeCase(value, locales, false),
  };

  return { Intl, methods };
})
