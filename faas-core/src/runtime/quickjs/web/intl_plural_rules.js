// `Intl.PluralRules`.
(function (use, native) {
  'use strict';
  const { resolve, readOptions, choice, missing, service } = use('intl_locales');
  const { decimal, applyDigits, written, readDigits, showDigits, showRounding } = use('intl_decimal');
  const ORDER = ['zero', 'one', 'two', 'few', 'many', 'other'];

  const KEPT = 16;
  const kept = new Map();
  const rulesOf = (base, isOrdinal) => {
    const key = `${base} ${isOrdinal}`;
    let rules = kept.get(key);
    if (rules === undefined) {
      rules = native.pluralRules(base, isOrdinal);
      if (rules === undefined) throw missing(`plural rules in the locale ${base}`);
      if (kept.size >= KEPT) kept.clear();
      kept.set(key, rules);
    }
    return rules;
  };

  // The category of a number that has been rounded.
  const pluralOf = (base, number, isOrdinal = false) => {
    if (number.special !== undefined) return 'other';
    return rulesOf(base, isOrdinal)(written(number))[0];
  };

  class PluralRules {
    #base;
    #digits;
    #isOrdinal;
    #resolved;
    constructor(locales = undefined, input = undefined) {
      const { base } = resolve(locales);
      const options = readOptions(input === undefined ? undefined : Object(input));
      choice(options, 'localeMatcher', ['lookup', 'best fit'], 'best fit');
      const type = choice(options, 'type', ['cardinal', 'ordinal'], 'cardinal');
      this.#base = base;
      this.#isOrdinal = type === 'ordinal';
      this.#digits = readDigits(options, 0, 3, false);
      const pluralCategories = rulesOf(base, this.#isOrdinal)(undefined)
        .sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
      this.#resolved = showDigits(this.#digits, { locale: base, type });
      this.#resolved.pluralCategories = pluralCategories;
      showRounding(this.#digits, this.#resolved);
    }
    select(value) {
      const number = decimal(Number(value));
      if (number.special !== undefined) return 'other';
      return pluralOf(this.#base, applyDigits(number, this.#digits), this.#isOrdinal);
    }
    resolvedOptions() {
      return { ...this.#resolved, pluralCategories: [...this.#resolved.pluralCategories] };
    }
  }
  service(PluralRules, 'PluralRules');

  return { PluralRules, pluralOf };
})
