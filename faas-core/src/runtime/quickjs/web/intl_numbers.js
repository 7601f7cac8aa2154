// `Intl.NumberFormat`.
(function (use) {
  'use strict';
  const {
    resolve, readOptions, choice, missing, textOf, callable, remember, data, shared, withKeywords,
    languageOf,
  } = use('intl_locales');
  const {
    decimal, shift, isZero, magnitude, applyDigits, readDigits, showDigits, showRounding,
  } = use('intl_decimal');
  const { Parts, readPattern, systemOf, localDigits, putDigits, putPattern, putTemplate } =
    use('intl_number_parts');
  const { pluralOf } = use('intl_plural_rules');
  const Failure = TypeError, OutOfRange = RangeError;

  const UNITS = new Set(('acre bit byte celsius centimeter day degree fahrenheit fluid-ounce foot gallon ' +
    'gigabit gigabyte gram hectare hour inch kilobit kilobyte kilogram kilometer liter megabit megabyte ' +
    'meter microsecond mile mile-scandinavian milliliter millimeter millisecond minute month nanosecond ' +
    'ounce percent petabyte pound second stone terabit terabyte week yard year').split(' '));
  const MILLIONS = ['ca', 'es', 'fr', 'it', 'pt'];
  const isUnit = (unit) => {
    if (UNITS.has(unit)) return true;
    const parts = unit.split('-per-');
    return parts.length === 2 && UNITS.has(parts[0]) && UNITS.has(parts[1]);
  };

  const readGrouping = (options, isCompact) => {
    const value = options.useGrouping, fallback = isCompact ? 'min2' : 'auto';
    if (value === undefined) return fallback;
    if (value === true) return 'always';
    if (value === false || value === null || value === 0 || value === '') return false;
    const text = `${value}`;
    if (text === 'true' || text === 'false') return fallback;
    return choice({ text }, 'text', ['min2', 'auto', 'always'], fallback);
  };

  // The options, as ECMA-402 reads them.
  const readNumbers = (locales, input) => {
    const { base, keywords } = resolve(locales);
    const options = readOptions(input === undefined ? undefined : Object(input));
    choice(options, 'localeMatcher', ['lookup', 'best fit'], 'best fit');
    const { digits: systems } = shared('numbers');
    const asked = choice(options, 'numberingSystem', undefined, undefined);
    if (asked !== undefined && !/^[A-Za-z0-9]{3,8}(?:-[A-Za-z0-9]{3,8})*$/.test(asked)) {
      throw new OutOfRange(`invalid numberingSystem: ${asked}`);
    }
    const known = (name) => (name !== undefined && systems[name] !== undefined ? name : undefined);
    const extension = known(keywords.nu);
    const chosen = known(asked) ?? extension;
    const style = choice(options, 'style', ['decimal', 'percent', 'currency', 'unit'], 'decimal');
    const currency = choice(options, 'currency', undefined, undefined)?.toUpperCase();
    if (currency !== undefined && !/^[A-Z]{3}$/.test(currency)) {
      throw new OutOfRange(`invalid currency: ${currency}`);
    }
    if (style === 'currency' && currency === undefined) {
      throw new Failure('the style currency needs the option currency');
    }
    const currencyDisplay =
      choice(options, 'currencyDisplay', ['code', 'symbol', 'narrowSymbol', 'name'], 'symbol');
    const currencySign = choice(options, 'currencySign', ['standard', 'accounting'], 'standard');
    const unit = choice(options, 'unit', undefined, undefined);
    if (unit !== undefined && !isUnit(unit)) throw new OutOfRange(`invalid unit: ${unit}`);
    if (style === 'unit' && unit === undefined) throw new Failure('the style unit needs the option unit');
    const unitDisplay = choice(options, 'unitDisplay', ['short', 'narrow', 'long'], 'short');
    const notation =
      choice(options, 'notation', ['standard', 'scientific', 'engineering', 'compact'], 'standard');
    const isCompact = notation === 'compact';
    const places = style === 'currency' && notation === 'standard'
      ? shared('numbers').fractions[currency] ?? 2 : 0;
    const most = style === 'currency' && notation === 'standard' ? places : style === 'percent' ? 0 : 3;
    const digits = readDigits(options, places, style === 'currency' && notation !== 'standard' ? 0 : most,
      isCompact);
    const compactDisplay = choice(options, 'compactDisplay', ['short', 'long'], 'short');
    const useGrouping = readGrouping(options, isCompact);
    const signDisplay = choice(
      options, 'signDisplay', ['auto', 'never', 'always', 'exceptZero', 'negative'], 'auto');
    return {
      base, chosen, keyword: chosen === extension ? extension : undefined, style, currency,
      currencyDisplay, currencySign, unit, unitDisplay, notation, isCompact, digits, compactDisplay,
      useGrouping, signDisplay,
    };
  };

  const show = (options, system) => {
    const { base, keyword, style, digits } = options;
    const resolved = { locale: withKeywords(base, { nu: keyword }), numberingSystem: system, style };
    if (style === 'currency') {
      const { currency, currencyDisplay, currencySign } = options;
      Object.assign(resolved, { currency, currencyDisplay, currencySign });
    }
    if (style === 'unit') Object.assign(resolved, { unit: options.unit, unitDisplay: options.unitDisplay });
    showDigits(digits, resolved);
    resolved.useGrouping = options.useGrouping;
    resolved.notation = options.notation;
    if (options.isCompact) resolved.compactDisplay = options.compactDisplay;
    resolved.signDisplay = options.signDisplay;
    return showRounding(digits, resolved);
  };

  const signOf = (number, signDisplay) => {
    const isNothing = number.special === undefined ? isZero(number) : number.special === 'nan';
    const { negative } = number;
    if (signDisplay === 'never') return '';
    if (signDisplay === 'auto') return negative ? '-' : '';
    if (signDisplay === 'always') return negative ? '-' : '+';
    if (isNothing) return '';
    return negative ? '-' : signDisplay === 'exceptZero' ? '+' : '';
  };

  // The symbol of a currency in a locale.
  const symbolOf = (base, currency, display) => {
    if (display === 'code') return currency;
    const [symbol, narrow] = data(base, 'currencies')[currency] ?? [0, 0];
    return (display === 'narrowSymbol' ? narrow || symbol : symbol) || currency;
  };

  // The patterns of a unit: by plural, and the text around for a `per` that has none of its own.
  const unitOf = (base, unit, display) => {
    const all = data(base, 'units')[display];
    if (all[unit] !== undefined) return { forms: all[unit] };
    const [over, under] = unit.split('-per-');
    if (all[over] === undefined || all[under] === undefined) {
      throw missing(`the unit ${unit} in the locale ${base}`);
    }
    const { per } = all[under];
    if (per !== undefined) return { forms: all[over], per };
    const one = (all[under].one ?? all[under].other).replace('{0}', '').trim();
    return { forms: all[over], per: all.per.replace('{1}', () => one) };
  };

  // The pattern of a compact number for a number of digits before the point, and the power of ten
  // that it divides by.
  const compactOf = (table, size) => {
    const largest = Number(Object.keys(table).at(-1) ?? 0);
    const power = Math.min(size - 1, largest);
    const forms = table[power];
    if (forms === undefined) return { forms: undefined, power: 0 };
    if (/^0+$/.test(forms.other)) return { forms: undefined, power: 0 };
    return { forms, power: power - readPattern(forms.other).zeros + 1 };
  };

  const formatter = (locales, input) => {
    const options = readNumbers(locales, input);
    const { base, style, digits, notation, isCompact, currency, currencyDisplay, unitDisplay } = options;
    const numbers = data(base, 'numbers');
    const system = systemOf(numbers, options.chosen);
    const isNamed = style === 'currency' && currencyDisplay === 'name';
    const hasSymbol = style === 'currency' && !isNamed;
    const isPercentUnit = style === 'unit' && options.unit === 'percent' && unitDisplay !== 'long';
    const isPercent = style === 'percent' || isPercentUnit;
    const isAccounting = hasSymbol && options.currencySign === 'accounting';
    const { data: patterns } = system;
    const pattern = readPattern(hasSymbol ? patterns[isAccounting ? 'accounting' : 'currency']
      : isPercent ? patterns.percent : patterns.decimal);
    const symbol = hasSymbol ? symbolOf(base, currency, currencyDisplay) : undefined;
    const money = hasSymbol || isNamed ? patterns.money : undefined;
    const unit = style === 'unit' && !isPercentUnit ? unitOf(base, options.unit, unitDisplay) : undefined;
    if (isNamed && data(base, 'currencies')[currency]?.[2] === undefined
      && shared('numbers').currencies.includes(currency)) {
      throw missing(`the name of the currency ${currency} in the locale ${base}`);
    }
    const tableOf = (name) => {
      const table = patterns[name];
      return Object.keys(table).length > 0 ? table : numbers.systems.latn[name];
    };
    const table = !isCompact ? undefined
      : tableOf(hasSymbol ? 'shortCurrency' : options.compactDisplay === 'long' ? 'long' : 'short');
    const { useGrouping } = options;
    let grouping;
    if (useGrouping !== false) {
      const { minimumGrouping } = numbers;
      const least = useGrouping === 'always' ? 1
        : useGrouping === 'min2' ? Math.max(2, minimumGrouping) : minimumGrouping;
      grouping = [pattern.primary, pattern.secondary, least];
    }
    const category = (number) => pluralOf(base, number);

    // A number as it is shown: rounded, with the pattern of a compact number or an exponent.
    const prepare = (value) => {
      let number = decimal(value);
      if (number.special !== undefined) return { number };
      if (style === 'percent') number = shift(number, 2);
      if (isCompact) {
        let found = compactOf(table, number.whole.length);
        let rounded = applyDigits(shift(number, -found.power), digits);
        const size = rounded.whole.length + found.power;
        if (size > number.whole.length && !isZero(number)) {
          const next = compactOf(table, size);
          if (next.power !== found.power) {
            found = next;
            rounded = applyDigits(shift(number, -found.power), digits);
          } else found = next;
        }
        return { number: rounded, forms: found.forms, power: found.power };
      }
      if (notation !== 'standard') {
        const power = (one) => {
          if (isZero(one)) return 0;
          const size = magnitude(one) - 1;
          const exact = one.whole === '0' ? magnitude(one) - 1 : size;
          return notation === 'scientific' ? exact : Math.floor(exact / 3) * 3;
        };
        let exponent = power(number);
        let rounded = applyDigits(shift(number, -exponent), digits);
        const more = power(rounded);
        if (more !== 0) {
          exponent += more;
          rounded = applyDigits(shift(number, -exponent), digits);
        }
        return { number: rounded, exponent };
      }
      return { number: applyDigits(number, digits) };
    };

    const putExponent = (parts, exponent) => {
      parts.push('exponentSeparator', system.exponent);
      if (exponent < 0) parts.push('exponentMinusSign', system.minus);
      parts.push('exponentInteger', localDigits(system, `${Math.abs(exponent)}`));
    };

    const compactForm = (forms, number) => {
      const exact = number.fraction === '' && forms[Number(number.whole)];
      return readPattern(exact || (forms[category(number)] ?? forms.other));
    };

    const toParts = (value) => {
      const { number, forms, exponent, power = 0 } = prepare(value);
      const shown = signOf(number, options.signDisplay);
      const body = (parts) => {
        putDigits(parts, number, system, notation === 'standard' || isCompact ? grouping : undefined, money);
        if (exponent !== undefined) putExponent(parts, exponent);
      };
      const writeNumber = (parts) => {
        if (forms !== undefined) {
          const compact = compactForm(forms, number);
          putPattern(parts, compact, shown, system, body, symbol, 'compact');
        } else {
          putPattern(parts, pattern, shown, system, body, symbol);
        }
      };
      const parts = new Parts();
      // The category of the whole number, also if it is compact: "1M dollars". Languages that have a
      // category for millions use it also for 1.2 millions.
      const plural = () => {
        if (number.special !== undefined) return 'other';
        if (power >= 6 && MILLIONS.includes(languageOf(base))) return 'many';
        return category(power === 0 ? number : shift(number, power));
      };
      if (isNamed) {
        const [, , name, names] = data(base, 'currencies')[currency] ?? [0, 0, currency, {}];
        const form = plural();
        putTemplate(parts, patterns.named[form] ?? patterns.named.other, [
          writeNumber,
          (all) => all.push('currency', names[form] ?? names.other ?? name),
        ]);
      } else if (unit !== undefined) {
        const { forms: texts, per = '{0}' } = unit;
        const text = texts[plural()] ?? texts.other;
        putTemplate(parts, per.replace('{0}', () => text), [writeNumber], 'unit');
      } else if (isPercentUnit) {
        writeNumber(parts);
        for (const part of parts.list) if (part.type === 'percentSign') part.type = 'unit';
      } else {
        writeNumber(parts);
      }
      return parts.list;
    };
    return { toParts, resolved: show(options, system.system), options, system, patterns };
  };

  // Ranges are for plain numbers: CLDR says how to write what they share, such as a currency, but
  // not as a text.
  const rangeParts = (format, from, to) => {
    const { options, patterns, system, toParts } = format;
    if (from === undefined || to === undefined) throw new Failure('a range needs two numbers');
    const numbers = [decimal(from), decimal(to)];
    if (numbers.some(({ special }) => special === 'nan')) throw new OutOfRange('a range has no NaN');
    if (options.style !== 'decimal' || options.notation !== 'standard' || options.signDisplay !== 'auto'
      || numbers.some(({ negative, special }) => negative || special !== undefined)) {
      throw missing('a range of numbers with a sign, a unit, a currency or a notation');
    }
    const [start, end] = [toParts(from), toParts(to)];
    if (textOf(start) === textOf(end)) {
      return [{ type: 'approximatelySign', value: system.about }, ...start]
        .map((part) => ({ ...part, source: 'shared' }));
    }
    const [before, between, after] = patterns.range.split(/\{[01]\}/);
    const literal = (value) => (value === '' ? [] : [{ type: 'literal', value, source: 'shared' }]);
    return [
      ...literal(before), ...start.map((part) => ({ ...part, source: 'startRange' })),
      ...literal(between), ...end.map((part) => ({ ...part, source: 'endRange' })), ...literal(after),
    ];
  };

  class Format {
    #read;
    #format;
    constructor(locales, options) {
      this.#read = formatter(locales, options);
    }
    get format() {
      const { toParts } = this.#read;
      return this.#format ??= { f: (value) => textOf(toParts(value)) }.f;
    }
    formatToParts(value) { return this.#read.toParts(value); }
    formatRange(from, to) { return textOf(rangeParts(this.#read, from, to)); }
    formatRangeToParts(from, to) { return rangeParts(this.#read, from, to); }
    resolvedOptions() { return { ...this.#read.resolved }; }
  }
  const NumberFormat = callable(Format, 'NumberFormat');

  const usual = remember(formatter);
  const numberText = (value, locales, options) => textOf(usual(locales, options).toParts(value));

  return { NumberFormat, numberFormatter: formatter, numberText, UNITS };
})
