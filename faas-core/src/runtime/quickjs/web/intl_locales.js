// What the parts of `Intl` share: language tags and options, as ECMA-402 reads them.
(function (use, native) {
  'use strict';
  const { isObject } = use('idl');
  const Failure = TypeError, OutOfRange = RangeError;
  const { defineProperty } = Object;

  const DEFAULT = 'en-US';

  let tagOf;

  const canonical = (tag) => {
    const text = `${tag}`;
    const found = native.canonical(text);
    if (found === undefined || text.includes('_')) {
      throw new OutOfRange(`invalid language tag: ${text}`);
    }
    return found;
  };

  // The canonical tags in an argument.
  const readLocales = (locales) => {
    if (locales === undefined) return [];
    const list = typeof locales === 'string' || tagOf(locales) !== undefined
      ? [locales]
      : Array.from(Object(locales));
    const found = [];
    for (const item of list) {
      if (typeof item !== 'string' && !isObject(item)) {
        throw new Failure('a locale must be a string or an Intl.Locale');
      }
      const tag = tagOf(item) ?? canonical(item);
      if (!found.includes(tag)) found.push(tag);
    }
    return found;
  };

  const languageOf = (tag) => tag.split('-', 1)[0];
  // The keywords of a tag's Unicode extension, and the tag without extensions.
  const split = (tag) => {
    const at = tag.search(/-[a-z0-9]-/);
    const base = at < 0 ? tag : tag.slice(0, at);
    const keywords = { __proto__: null };
    const extension = /-u((?:-[a-z0-9]{2,8})+)/.exec(at < 0 ? '' : tag.slice(at));
    let key;
    for (const part of extension === null ? [] : extension[1].slice(1).split('-')) {
      if (part.length === 2) {
        key = part;
        keywords[key] = '';
      } else if (key !== undefined) {
        keywords[key] += (keywords[key] === '' ? '' : '-') + part;
      }
    }
    return { base, keywords };
  };

  // The locale of the data that a tag gets: the tag itself, or what is left of it without its last
  // subtags. `undefined` for a language without data.
  const available = (tag) => {
    let { base } = split(tag);
    const { tags } = shared('locales');
    const language = languageOf(base), known = tags[language];
    if (known === undefined) return undefined;
    while (base !== language && !` ${known} `.includes(` ${base.slice(language.length + 1)} `)) {
      base = base.slice(0, base.lastIndexOf('-'));
    }
    return base;
  };

  // The locale of a formatter: its tag, and the keywords that were asked for. Throws for languages
  // that other implementations of `Intl` have. As there, an unknown language gets the default.
  const resolve = (locales) => {
    const tags = readLocales(locales);
    for (const tag of tags) {
      const base = available(tag);
      if (base !== undefined) return { base, keywords: split(tag).keywords };
    }
    const { absent } = shared('locales');
    const other = tags.find((tag) => absent.includes(languageOf(tag)));
    if (other !== undefined) throw missing(`the locale ${other}`);
    return { base: DEFAULT, keywords: { __proto__: null } };
  };

  const supported = (locales) => readLocales(locales).filter((tag) => available(tag) !== undefined);

  // A tag with keywords, as `resolvedOptions` shows it.
  const withKeywords = (base, keywords) => {
    let text = '';
    for (const key of Object.keys(keywords).sort()) {
      if (keywords[key] !== undefined) text += keywords[key] === '' ? `-${key}` : `-${key}-${keywords[key]}`;
    }
    return text === '' ? base : `${base}-u${text}`;
  };

  // ---- the data of locales ----

  // How many sections are kept. One has a few hundred texts.
  const KEPT = 32;
  const kept = new Map();
  const keep = (key, make) => {
    let found = kept.get(key);
    if (found === undefined) {
      found = make();
      if (kept.size >= KEPT) kept.clear();
      kept.set(key, found);
    }
    return found;
  };

  const shared = (section) =>
    keep(`shared ${section}`, () => JSON.parse(native.data('shared', section)));

  // Applies the changes of a locale to the data of its parent.
  const change = (from, changes) => {
    if (changes === null || typeof changes !== 'object' || Array.isArray(changes)) return changes;
    const found = { __proto__: null, ...from };
    for (const key of Object.keys(changes)) {
      if (changes[key] === null) delete found[key];
      else found[key] = change(found[key], changes[key]);
    }
    return found;
  };

  // A section of the data of a locale, which has the changes to the data of its parents.
  const data = (base, section) => keep(`${base} ${section}`, () => {
    const { scripts, parents } = shared('locales');
    const chain = [];
    for (let tag = scripts[base] ?? base; tag !== ''; ) {
      chain.unshift(tag);
      tag = parents[tag] ?? tag.slice(0, Math.max(tag.lastIndexOf('-'), 0));
    }
    let found = { __proto__: null };
    for (const tag of chain) {
      const text = native.data(tag, section);
      if (text !== undefined) found = change(found, JSON.parse(text));
    }
    return found;
  });

  const readOptions = (options) => {
    if (options === undefined) return { __proto__: null };
    if (!isObject(options)) throw new Failure('the options must be an object');
    return options;
  };

  // An option that is a text of a list.
  const choice = (options, name, values, fallback) => {
    const value = options[name];
    if (value === undefined) return fallback;
    const text = `${value}`;
    if (values !== undefined && !values.includes(text)) {
      throw new OutOfRange(`${name} must be one of ${values.join(', ')}, not ${text}`);
    }
    return text;
  };

  const count = (options, name, least, most, fallback) => {
    const value = options[name];
    if (value === undefined) return fallback;
    const number = Number(value);
    if (!(number >= least && number <= most)) {
      throw new OutOfRange(`${name} must be from ${least} to ${most}`);
    }
    return Math.floor(number);
  };

  // What this implementation does not have.
  const missing = (what) => new OutOfRange(`Intl: ${what} is not supported by this runtime`);

  // The parts in an array of types and texts.
  const partsOf = (flat) => {
    const parts = [];
    for (let i = 0; i < flat.length; i += 2) parts.push({ type: flat[i], value: flat[i + 1] });
    return parts;
  };
  const textOf = (parts) => {
    let text = '';
    for (const { value } of parts) text += value;
    return text;
  };

  // Makes a class one of `Intl`: its members are not enumerable.
  const service = (Class, name) => {
    defineProperty(Class.prototype, Symbol.toStringTag, {
      __proto__: null, value: `Intl.${name}`, configurable: true,
    });
    if (Class.supportedLocalesOf === undefined) {
      const { supportedLocalesOf } = {
        supportedLocalesOf(locales, options = undefined) {
          choice(readOptions(options), 'localeMatcher', ['lookup', 'best fit'], 'best fit');
          return supported(locales);
        },
      };
      defineProperty(Class, 'supportedLocalesOf', {
        __proto__: null, value: supportedLocalesOf, writable: true, configurable: true,
      });
    }
    return Class;
  };

  // Makes a constructor that can be called without `new`, for a class.
  const callable = (Class, name) => {
    const make = {
      [name]: function (locales = undefined, options = undefined) {
        return Reflect.construct(Class, [locales, options], new.target ?? make);
      },
    }[name];
    defineProperty(make, 'length', { __proto__: null, value: 0, configurable: true });
    defineProperty(make, 'prototype', {
      __proto__: null, value: Class.prototype, writable: false, enumerable: false,
    });
    defineProperty(Class.prototype, 'constructor', {
      __proto__: null, value: make, writable: true, configurable: true,
    });
    return service(make, name);
  };

  // Remembers what `read` returns for a locale without options: methods of builtins are called often
  // with the same one. At most eight are kept.
  const remember = (read) => {
    const kept = new Map();
    return (locales, options) => {
      if (options !== undefined || (locales !== undefined && typeof locales !== 'string')) {
        return read(locales, options);
      }
      let found = kept.get(locales);
      if (found === undefined) {
        found = read(locales, options);
        if (kept.size >= 8) kept.clear();
        kept.set(locales, found);
      }
      return found;
    };
  };

  class Locale {
    #tag;
    #parsed;

    static {
      tagOf = (value) => (isObject(value) && #tag in value ? value.#tag : undefined);
    }

    constructor(tag, options = undefined) {
      if (typeof tag !== 'string' && !isObject(tag)) {
        throw new Failure('a locale must be a string or an Intl.Locale');
      }
      const settings = options === undefined ? {} : Object(options);
      const { base, keywords } = split(tagOf(tag) ?? canonical(tag));
      let [language, ...rest] = base.split('-');
      let script = rest.find((part) => /^[A-Za-z]{4}$/.test(part));
      let region = rest.find((part) => /^(?:[A-Za-z]{2}|[0-9]{3})$/.test(part));
      const variants = rest.filter((part) => part !== script && part !== region);
      language = choice(settings, 'language', undefined, language);
      script = choice(settings, 'script', undefined, script);
      region = choice(settings, 'region', undefined, region);
      const set = (key, name) => {
        const value = choice(settings, name, undefined, undefined);
        if (value !== undefined) keywords[key] = value === 'true' ? '' : value;
      };
      set('ca', 'calendar');
      set('co', 'collation');
      set('hc', 'hourCycle');
      set('kf', 'caseFirst');
      set('kn', 'numeric');
      set('nu', 'numberingSystem');
      let text = [language, script, region, ...variants].filter(Boolean).join('-');
      const keys = Object.keys(keywords).sort();
      if (keys.length > 0) {
        text += `-u-${keys.map((key) => (keywords[key] === '' ? key : `${key}-${keywords[key]}`)).join('-')}`;
      }
      this.#tag = canonical(text);
      this.#parsed = split(this.#tag);
    }

    #part(pattern) {
      return this.#parsed.base.split('-').slice(1).find((part) => pattern.test(part));
    }

    get baseName() { return this.#parsed.base; }
    get language() { return languageOf(this.#tag); }
    get script() { return this.#part(/^[A-Z][a-z]{3}$/); }
    get region() { return this.#part(/^(?:[A-Z]{2}|[0-9]{3})$/); }
    get calendar() { return this.#parsed.keywords.ca; }
    get collation() { return this.#parsed.keywords.co; }
    get hourCycle() { return this.#parsed.keywords.hc; }
    get caseFirst() { return this.#parsed.keywords.kf; }
    get numeric() {
      const { kn } = this.#parsed.keywords;
      return kn !== undefined && kn !== 'false';
    }
    get numberingSystem() { return this.#parsed.keywords.nu; }
    maximize() { return this.#expand(true); }
    minimize() { return this.#expand(false); }
    #expand(isMaximal) {
      const { base } = this.#parsed;
      return new Locale(native.expand(base, isMaximal) + this.#tag.slice(base.length));
    }
    getWeekInfo() {
      const { first, start, end, minimum } = shared('weeks'), { region } = this.maximize();
      const of = (days) => days[region] ?? days['001'];
      const weekend = [];
      for (let day = of(start); ; day = day % 7 + 1) {
        weekend.push(day);
        if (day === of(end)) break;
      }
      return { firstDay: of(first), weekend, minimalDays: of(minimum) };
    }
    get weekInfo() { return this.getWeekInfo(); }
    toString() { return this.#tag; }
  }
  defineProperty(Locale.prototype, Symbol.toStringTag, {
    __proto__: null, value: 'Intl.Locale', configurable: true,
  });

  return {
    Locale, readLocales, resolve, readOptions, choice, count, missing, partsOf, textOf, service,
    languageOf, remember, data, shared, withKeywords, available, callable, canonical,
  };
})
