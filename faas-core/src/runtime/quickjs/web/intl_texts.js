// `Intl.Collator`, `Intl.ListFormat` and `Intl.Segmenter`.
(function (use, native) {
  'use strict';
  const {
    resolve, readOptions, choice, missing, partsOf, textOf, service, callable, languageOf, remember,
    withKeywords,
  } = use('intl_locales');
  const Failure = TypeError;
  // The longest text that is segmented, in UTF-16 code units.
  const LONGEST = 1 << 20;

  // The collations besides the usual one, with the languages that have them.
  const COLLATIONS = {
    __proto__: null,
    emoji: '', eor: '', phonebk: ['de', 'fi'], pinyin: ['zh'], stroke: ['zh'], zhuyin: ['zh'],
    trad: ['es', 'sv', 'fi', 'vi', 'bn'],
  };

  const readCollator = (locales, input) => {
    const { base, keywords } = resolve(locales);
    const options = readOptions(input === undefined ? undefined : Object(input));
    const usage = choice(options, 'usage', ['sort', 'search'], 'sort');
    if (usage === 'search') throw missing('the usage search of Collator');
    const numeric = options.numeric === undefined
      ? keywords.kn !== undefined && keywords.kn !== 'false' : Boolean(options.numeric);
    const caseFirst = choice(options, 'caseFirst', ['upper', 'lower', 'false'],
      keywords.kf ?? (languageOf(base) === 'da' ? 'upper' : 'false'));
    const sensitivity =
      choice(options, 'sensitivity', ['base', 'accent', 'case', 'variant'], 'variant');
    const ignorePunctuation = options.ignorePunctuation === undefined
      ? languageOf(base) === 'th' : Boolean(options.ignorePunctuation);
    const wanted = choice(options, 'collation', undefined, keywords.co);
    const isKnown = COLLATIONS[wanted] !== undefined
      && (COLLATIONS[wanted] === '' || COLLATIONS[wanted].includes(languageOf(base)));
    const collation = isKnown ? wanted : 'default';
    const tag = isKnown ? `${base}-u-co-${collation}` : base;
    const compare = native.collator(tag, {
      numeric: `${numeric}`, caseFirst, sensitivity, ignorePunctuation: `${ignorePunctuation}`,
    });
    if (compare === undefined) throw missing(`collation in the locale ${base}`);
    return {
      compare,
      resolved: {
        locale: withKeywords(base, {
          co: isKnown && keywords.co === wanted ? wanted : undefined,
          kf: keywords.kf === caseFirst ? caseFirst : undefined,
          kn: keywords.kn !== undefined && numeric ? '' : undefined,
        }),
        usage, sensitivity, ignorePunctuation, collation, numeric, caseFirst,
      },
    };
  };

  class Collation {
    #read;
    #compare;
    constructor(locales, options) {
      this.#read = readCollator(locales, options);
    }
    get compare() {
      const { compare } = this.#read;
      return this.#compare ??= { f: (a, b) => compare(`${a}`, `${b}`) }.f;
    }
    resolvedOptions() { return { ...this.#read.resolved }; }
  }
  const Collator = callable(Collation, 'Collator');

  const usual = remember(readCollator);
  const compareText = (a, b, locales, options) => usual(locales, options).compare(a, b);

  class ListFormat {
    #base;
    #type;
    #style;
    constructor(locales = undefined, input = undefined) {
      const options = readOptions(input);
      this.#base = resolve(locales).base;
      this.#type = choice(options, 'type', ['conjunction', 'disjunction', 'unit'], 'conjunction');
      this.#style = choice(options, 'style', ['long', 'short', 'narrow'], 'long');
    }
    #parts(list) {
      const items = [];
      for (const item of list === undefined ? [] : list) {
        if (typeof item !== 'string') throw new Failure('a list must have strings only');
        items.push(item);
      }
      if (items.length === 0) return [];
      const flat = native.list(this.#base, this.#type, this.#style, items);
      if (flat === undefined) throw missing(`lists in the locale ${this.#base}`);
      return partsOf(flat);
    }
    format(list) { return textOf(this.#parts(list)); }
    formatToParts(list) { return this.#parts(list); }
    resolvedOptions() {
      return { locale: this.#base, type: this.#type, style: this.#style };
    }
  }
  service(ListFormat, 'ListFormat');

  class Segments {
    #text;
    #ends;
    #isWord;
    constructor(text, granularity) {
      this.#text = text;
      this.#ends = native.segment(granularity, text.toWellFormed());
      this.#isWord = granularity === 'word';
    }
    #at(index) {
      const end = this.#ends[2 * index];
      if (end === undefined) return undefined;
      const start = index === 0 ? 0 : this.#ends[2 * index - 2];
      const segment = { segment: this.#text.slice(start, end), index: start, input: this.#text };
      if (this.#isWord) segment.isWordLike = this.#ends[2 * index + 1];
      return segment;
    }
    containing(place = 0) {
      const at = Math.trunc(Number(place)) || 0;
      if (at < 0 || at >= this.#text.length) return undefined;
      let low = 0, high = this.#ends.length / 2 - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.#ends[2 * middle] > at) high = middle;
        else low = middle + 1;
      }
      return this.#at(low);
    }
    *[Symbol.iterator]() {
      for (let index = 0; ; index++) {
        const segment = this.#at(index);
        if (segment === undefined) return;
        yield segment;
      }
    }
  }

  class Segmenter {
    #base;
    #granularity;
    constructor(locales = undefined, input = undefined) {
      const options = readOptions(input);
      this.#base = resolve(locales).base;
      this.#granularity =
        choice(options, 'granularity', ['grapheme', 'word', 'sentence'], 'grapheme');
    }
    segment(value) {
      const text = `${value}`;
      if (text.length > LONGEST) throw missing(`a text of more than ${LONGEST} code units`);
      return new Segments(text, this.#granularity);
    }
    resolvedOptions() { return { locale: this.#base, granularity: this.#granularity }; }
  }
  service(Segmenter, 'Segmenter');

  return { Collator, ListFormat, Segmenter, compareText };
})
