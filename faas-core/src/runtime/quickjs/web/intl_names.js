// `Intl.DisplayNames`.
(function (use) {
  'use strict';
  const { resolve, readOptions, choice, missing, service, data, canonical } = use('intl_locales');
  const Failure = TypeError, OutOfRange = RangeError;
  const TYPES = ['language', 'region', 'script', 'currency', 'calendar', 'dateTimeField'];

  class DisplayNames {
    #base;
    #type;
    #style;
    #fallback;
    #languageDisplay;
    constructor(locales, input) {
      const { base } = resolve(locales);
      if (input === undefined) throw new Failure('DisplayNames needs the option type');
      const options = readOptions(input);
      choice(options, 'localeMatcher', ['lookup', 'best fit'], 'best fit');
      this.#style = choice(options, 'style', ['narrow', 'short', 'long'], 'long');
      this.#type = choice(options, 'type', TYPES, undefined);
      if (this.#type === undefined) throw new Failure('DisplayNames needs the option type');
      this.#fallback = choice(options, 'fallback', ['code', 'none'], 'code');
      this.#languageDisplay =
        choice(options, 'languageDisplay', ['dialect', 'standard'], 'dialect');
      if (this.#type === 'calendar' || this.#type === 'dateTimeField') {
        throw missing(`DisplayNames of the type ${this.#type}`);
      }
      this.#base = base;
    }
    of(value) {
      const code = `${value}`;
      if (this.#type === 'language') return this.#language(code);
      if (this.#type === 'currency') return this.#currency(code);
      const isRegion = this.#type === 'region';
      if (!(isRegion ? /^(?:[A-Za-z]{2}|[0-9]{3})$/ : /^[A-Za-z]{4}$/).test(code)) {
        throw new OutOfRange(`invalid ${this.#type}: ${code}`);
      }
      const key = isRegion ? code.toUpperCase() : code[0].toUpperCase() + code.slice(1).toLowerCase();
      const names = data(this.#base, 'names');
      const short = isRegion && this.#style !== 'long' ? names.shortRegion[key] : undefined;
      const name = short ?? names[this.#type][key];
      if (name !== undefined) return name;
      if (!isRegion) throw missing(`the name of the script ${key}`);
      return this.#fallback === 'code' ? key : undefined;
    }
    #currency(code) {
      if (!/^[A-Za-z]{3}$/.test(code)) throw new OutOfRange(`invalid currency: ${code}`);
      const key = code.toUpperCase(), found = data(this.#base, 'currencies')[key];
      if (found?.[2] !== undefined) return found[2];
      throw missing(`the name of the currency ${key}`);
    }
    #language(code) {
      const tag = canonical(code), names = data(this.#base, 'names');
      // A language, and with it a script or a region.
      if (this.#style !== 'long' || !/^[a-z]{2,3}(?:-(?:[A-Z][a-z]{3}|[A-Z]{2}|[0-9]{3}))?$/.test(tag)) {
        throw missing(`the ${this.#style} name of the language ${tag}`);
      }
      const isWhole = this.#languageDisplay === 'dialect' && names.language[tag] !== undefined;
      if (isWhole) return names.language[tag];
      const [language, other] = tag.split('-');
      const name = names.language[language];
      if (name === undefined) throw missing(`the name of the language ${language}`);
      if (other === undefined) return name;
      const added = names[other.length === 4 ? 'script' : 'region'][other];
      if (added === undefined) throw missing(`the name of the language ${tag}`);
      return names.pattern.replace('{0}', () => name).replace('{1}', () => added);
    }
    resolvedOptions() {
      const shown = { locale: this.#base, style: this.#style, type: this.#type, fallback: this.#fallback };
      if (this.#type === 'language') shown.languageDisplay = this.#languageDisplay;
      return shown;
    }
  }
  service(DisplayNames, 'DisplayNames');

  return { DisplayNames };
})
