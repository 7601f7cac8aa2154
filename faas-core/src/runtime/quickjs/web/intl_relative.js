// `Intl.RelativeTimeFormat`.
(function (use) {
  'use strict';
  const { resolve, readOptions, choice, textOf, service, data } = use('intl_locales');
  const { numberFormatter } = use('intl_numbers');
  const { decimal, applyDigits } = use('intl_decimal');
  const { pluralOf } = use('intl_plural_rules');
  const OutOfRange = RangeError;
  const UNITS = ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'];
  const DIGITS = { minInteger: 1, minFraction: 0, maxFraction: 3 };

  class RelativeTimeFormat {
    #base;
    #style;
    #numeric;
    #numbers;
    constructor(locales = undefined, input = undefined) {
      const { base, keywords } = resolve(locales);
      const options = readOptions(input === undefined ? undefined : Object(input));
      choice(options, 'localeMatcher', ['lookup', 'best fit'], 'best fit');
      const numberingSystem = choice(options, 'numberingSystem', undefined, keywords.nu);
      this.#style = choice(options, 'style', ['long', 'short', 'narrow'], 'long');
      this.#numeric = choice(options, 'numeric', ['always', 'auto'], 'always');
      this.#base = base;
      this.#numbers = numberFormatter(base, { numberingSystem });
    }
    #parts(value, unit) {
      const number = Number(value), name = `${unit}`.replace(/s$/, '');
      if (!UNITS.includes(name)) throw new OutOfRange(`invalid unit: ${unit}`);
      if (!(Math.abs(number) < Infinity)) throw new OutOfRange('the value must be finite');
      const { names, future, past } = data(this.#base, 'relative')[name][this.#style];
      const key = Object.is(number, -0) ? '-0' : `${number}`;
      const special = this.#numeric === 'auto' ? names[key === '-0' ? '0' : key] : undefined;
      if (special !== undefined) return [{ type: 'literal', value: special }];
      const isPast = number < 0 || Object.is(number, -0);
      const size = applyDigits(decimal(Math.abs(number)), DIGITS);
      const forms = isPast ? past : future;
      const [before, after] = (forms[pluralOf(this.#base, size)] ?? forms.other).split('{0}');
      const literal = (text) => (text === '' || text === undefined ? [] : [{ type: 'literal', value: text }]);
      if (after === undefined) return literal(before);
      const counted = this.#numbers.toParts(Math.abs(number)).map((part) => ({ ...part, unit: name }));
      return [...literal(before), ...counted, ...literal(after)];
    }
    format(value, unit) { return textOf(this.#parts(value, unit)); }
    formatToParts(value, unit) { return this.#parts(value, unit); }
    resolvedOptions() {
      const { numberingSystem, locale } = this.#numbers.resolved;
      return { locale, style: this.#style, numeric: this.#numeric, numberingSystem };
    }
  }
  service(RelativeTimeFormat, 'RelativeTimeFormat');

  return { RelativeTimeFormat };
})
