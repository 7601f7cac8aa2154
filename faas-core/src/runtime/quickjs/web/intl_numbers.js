// `Intl.NumberFormat`, `Intl.PluralRules` and `Intl.RelativeTimeFormat`.
(function (use, native) {
  'use strict';
  const {
    resolve, readOptions, choice, count, missing, partsOf, textOf, service, languageOf, remember,
  } = use('intl_locales');
  const Failure = TypeError, OutOfRange = RangeError;

  // ---- decimal numbers as texts ----

  // The sign, the digits before the point and those after it; a text for what is no number.
  const decimal = (value) => {
    let input = value;
    if (typeof input === 'object' || typeof input === 'function') {
      input = input === null ? 0 : input[Symbol.toPrimitive]?.('number') ?? Number(input);
    }
    if (typeof input === 'symbol') throw new Failure('a symbol is not a number');
    if (typeof input === 'string') {
      const text = input.trim();
      const isDecimal = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)$/.test(text) && text.length < 4000;
      input = isDecimal ? text : Number(text);
    } else if (typeof input !== 'bigint') {
      input = Number(input);
    }
    if (typeof input === 'number') {
      if (input !== input) return { special: 'nan', negative: false };
      if (Math.abs(input) === Infinity) return { special: 'infinity', negative: input < 0 };
      if (Object.is(input, -0)) return { negative: true, whole: '0', fraction: '' };
    }
    let text = `${input}`;
    const negative = text[0] === '-';
    if (negative || text[0] === '+') text = text.slice(1);
    const [mantissa, exponent = '0'] = text.split('e');
    let [whole, fraction = ''] = mantissa.split('.');
    const shift = Number(exponent);
    if (shift > 0) {
      fraction = fraction.padEnd(shift, '0');
      whole += fraction.slice(0, shift);
      fraction = fraction.slice(shift);
    } else if (shift < 0) {
      whole = whole.padStart(1 - shift, '0');
      fraction = whole.slice(shift) + fraction;
      whole = whole.slice(0, shift);
    }
    whole = whole.replace(/^0+(?=.)/, '') || '0';
    return { negative, whole, fraction };
  };

  // Rounds half away from zero, to a number of digits after the point (which may be negative).
  const round = (number, places) => {
    const digits = number.whole + number.fraction;
    const keep = number.whole.length + places;
    if (keep >= digits.length) return number;
    let kept = keep < 0 ? '' : digits.slice(0, keep);
    if (keep >= 0 && digits[keep] >= '5') kept = (BigInt(`0${kept}`) + 1n).toString().padStart(keep, '0');
    if (places < 0) {
      const whole = (kept === '' ? '0' : kept) + '0'.repeat(kept === '' ? 0 : -places);
      return { ...number, whole: whole.replace(/^0+(?=.)/, ''), fraction: '' };
    }
    kept = kept.padStart(places + 1, '0');
    const at = kept.length - places;
    return {
      ...number, whole: kept.slice(0, at).replace(/^0+(?=.)/, ''), fraction: kept.slice(at),
    };
  };

  const isZero = ({ whole, fraction }) => /^0*$/.test(whole + fraction);

  // Places of the first digit that counts: 1 for 1 to 9, 0 for 0.1 to 0.9.
  const magnitude = ({ whole, fraction }) => {
    if (whole !== '0') return whole.length;
    const at = fraction.search(/[1-9]/);
    return at < 0 ? 1 : -at;
  };

  const applyDigits = (number, digits) => {
    let rounded;
    if (digits.maxSignificant !== undefined) {
      rounded = round(number, digits.maxSignificant - magnitude(number));
      const least = digits.minSignificant - magnitude(rounded);
      let { fraction } = rounded;
      const shortest = Math.max(least, 0);
      fraction = fraction.replace(/0+$/, '').padEnd(shortest, '0');
      rounded = { ...rounded, fraction };
    } else {
      rounded = round(number, digits.maxFraction);
      const fraction = rounded.fraction.replace(/0+$/, '').padEnd(digits.minFraction, '0');
      rounded = { ...rounded, fraction };
    }
    return { ...rounded, whole: rounded.whole.padStart(digits.minInteger, '0') };
  };

  const written = ({ whole, fraction }) => (fraction === '' ? whole : `${whole}.${fraction}`);

  const readDigits = (options, least, most) => {
    const digits = { minInteger: count(options, 'minimumIntegerDigits', 1, 21, 1) };
    const minFraction = count(options, 'minimumFractionDigits', 0, 100, undefined);
    const maxFraction = count(options, 'maximumFractionDigits', 0, 100, undefined);
    const minSignificant = count(options, 'minimumSignificantDigits', 1, 21, undefined);
    const maxSignificant = count(options, 'maximumSignificantDigits', minSignificant ?? 1, 21, undefined);
    const increment = options.roundingIncrement;
    if (increment !== undefined && Number(increment) !== 1) throw missing('roundingIncrement');
    const mode = choice(options, 'roundingMode', undefined, 'halfExpand');
    if (mode !== 'halfExpand') throw missing(`the rounding mode ${mode}`);
    const priority = choice(options, 'roundingPriority', undefined, 'auto');
    if (priority !== 'auto') throw missing(`the rounding priority ${priority}`);
    const zeros = choice(options, 'trailingZeroDisplay', undefined, 'auto');
    if (zeros !== 'auto') throw missing(`trailingZeroDisplay ${zeros}`);
    if (minSignificant !== undefined || maxSignificant !== undefined) {
      digits.minSignificant = minSignificant ?? 1;
      digits.maxSignificant = maxSignificant ?? 21;
    } else {
      digits.isDefault = minFraction === undefined && maxFraction === undefined;
      digits.minFraction = minFraction ?? Math.min(least, maxFraction ?? least);
      digits.maxFraction = maxFraction ?? Math.max(most, digits.minFraction);
      if (digits.minFraction > digits.maxFraction) {
        throw new OutOfRange('minimumFractionDigits is above maximumFractionDigits');
      }
    }
    return digits;
  };

  const showDigits = (digits, resolved) => {
    resolved.minimumIntegerDigits = digits.minInteger;
    if (digits.maxSignificant === undefined) {
      resolved.minimumFractionDigits = digits.minFraction;
      resolved.maximumFractionDigits = digits.maxFraction;
    } else {
      resolved.minimumSignificantDigits = digits.minSignificant;
      resolved.maximumSignificantDigits = digits.maxSignificant;
    }
    return resolved;
  };

  // ---- percents and currencies: what is around the number, by language ----

  const PERCENT = { __proto__: null };
  for (const language of 'en it nl pt ja zh ko pl id hi ms vi th uk bg'.split(' ')) {
    PERCENT[language] = ['', '%'];
  }
  for (const language of 'de es fr sv fi da cs sk ru nb no ro'.split(' ')) {
    PERCENT[language] = ['', '\u00a0%'];
  }
  PERCENT.tr = ['%', ''];
  // Regions whose percents differ from those of their language.
  const OTHER_PERCENT = /^(?:en-(?:AT|DE|DK|FI|NO|SE)|de-(?:CH|LI)|fr-CH|es-(?!ES$).*)$/;

  // The digits after the point of currencies that do not have two.
  const DIGITS = { __proto__: null, CLF: 4, UYW: 4 };
  for (const currency of ('AFN ALL BIF CLP COP DJF GNF HUF IDR IQD IRR ISK JPY KMF KPW KRW LAK LBP ' +
    'MGA MMK PKR PYG RWF SLL SOS SYP UGX UYI VND VUV XAF XOF XPF YER').split(' ')) {
    DIGITS[currency] = 0;
  }
  for (const currency of 'BHD JOD KWD LYD OMR TND'.split(' ')) DIGITS[currency] = 3;

  const ENGLISH = {
    __proto__: null,
    AUD: 'A$', BRL: 'R$', CAD: 'CA$', CNY: 'CN¥', EUR: '€', GBP: '£', HKD: 'HK$', ILS: '₪', INR: '₹',
    JPY: '¥', KRW: '₩', MXN: 'MX$', NZD: 'NZ$', PHP: '₱', TWD: 'NT$', USD: '$', VND: '₫', XAF: 'FCFA',
    XCD: 'EC$', XCG: 'Cg.', XOF: 'F\u202fCFA', XPF: 'CFPF', XXX: '¤',
  };
  const GREAT_BRITAIN = { __proto__: null, ...ENGLISH, JPY: 'JP¥', USD: 'US$' };
  const NARROW = { __proto__: null, ...ENGLISH };
  const narrow =
    'AFN؋,AMD֏,AOAKz,ARS$,AUD$,AZN₼,BAMKM,BBD$,BDT৳,BMD$,BND$,BOBBs,BRLR$,BSD$,BWPP,BZD$,' +
    'CAD$,CLP$,CNY¥,COP$,CRC₡,CUC$,CUP$,CZKKč,DKKkr,DOP$,EGPE£,EUR€,FJD$,FKP£,GBP£,GEL₾,' +
    'GHSGH₵,GIP£,GNFFG,GTQQ,GYD$,HKD$,HNLL,HRKkn,HUFFt,IDRRp,ILS₪,INR₹,ISKkr,JMD$,JPY¥,' +
    'KGS⃀,KHR៛,KMFCF,KPW₩,KRW₩,KYD$,KZT₸,LAK₭,LBPL£,LKRRs,LRD$,MGAAr,MMKK,MNT₮,MURRs,MXN$,' +
    'MYRRM,NAD$,NGN₦,NIOC$,NOKkr,NPRRs,NZD$,PHP₱,PKRRs,PLNzł,PYG₲,RONlei,RUB₽,RWFRF,SBD$,' +
    'SEKkr,SGD$,SHP£,SRD$,SSP£,STNDb,SYP£,THB฿,TOPT$,TRY₺,TTD$,TWD$,UAH₴,USD$,UYU$,VND₫,' +
    'XCD$,ZARR,ZMWZK';
  for (const pair of narrow.split(',')) NARROW[pair.slice(0, 3)] = pair.slice(3);

  // Whether the symbol comes first, the space beside it, and the symbols that are known.
  const CURRENCY = {
    __proto__: null,
    en: [true, '', ENGLISH], de: [false, '\u00a0', { EUR: '€', USD: '$', GBP: '£' }],
    fr: [false, '\u00a0', { EUR: '€' }], it: [false, '\u00a0', { EUR: '€' }],
    es: [false, '\u00a0', { EUR: '€' }], nl: [true, '\u00a0', { EUR: '€' }],
    fi: [false, '\u00a0', { EUR: '€' }], ja: [true, '', { JPY: '￥', USD: '$', EUR: '€' }],
    zh: [true, '', { CNY: '¥', USD: 'US$', EUR: '€' }], ko: [true, '', { KRW: '₩' }],
    pt: [true, '\u00a0', { BRL: 'R$', EUR: '€' }], sv: [false, '\u00a0', { SEK: 'kr' }],
    da: [false, '\u00a0', { DKK: 'kr.' }], pl: [false, '\u00a0', { PLN: 'zł' }],
    cs: [false, '\u00a0', { CZK: 'Kč' }], ru: [false, '\u00a0', { RUB: '₽' }],
  };
  // Locales whose patterns are those of their language.
  const PLAIN = /^(?:en(?:-US)?|de(?:-DE)?|fr(?:-FR)?|it(?:-IT)?|es(?:-ES)?|nl(?:-NL)?|fi(?:-FI)?|ja(?:-JP)?|zh(?:-CN)?|ko(?:-KR)?|pt(?:-BR)?|sv(?:-SE)?|da(?:-DK)?|pl(?:-PL)?|cs(?:-CZ)?|ru(?:-RU)?)$/;
  // Languages that do not write `NaN`.
  const OTHER_NAN = 'am ar fa fi ga hy ka kk ky lo lv my ru tk uz yue'.split(' ');

  // What is before the number, the space, what is after it, whether the pattern has the space, and
  // whether the sign is beside the number.
  const currencyPattern = (base, currency, display) => {
    const language = languageOf(base);
    const isBritish = base === 'en-GB';
    const pattern = PLAIN.test(base) || isBritish ? CURRENCY[language] : undefined;
    if (pattern === undefined || display === 'name') {
      throw missing(`currencyDisplay ${display} in the locale ${base}`);
    }
    const [isFirst, space, symbols] = pattern;
    let symbol = currency;
    if (display === 'narrowSymbol') {
      if (language !== 'en') throw missing(`currencyDisplay narrowSymbol in the locale ${base}`);
      symbol = NARROW[currency] ?? currency;
    } else if (display === 'symbol') {
      symbol = (isBritish ? GREAT_BRITAIN : symbols)[currency];
      if (symbol === undefined && language === 'en') symbol = currency;
      if (symbol === undefined) throw missing(`the symbol of ${currency} in the locale ${base}`);
    }
    // A letter does not touch a digit.
    const gap = /[\p{L}\p{M}]$/u.test(symbol) ? '\u00a0' : space;
    return isFirst
      ? [symbol, gap, '', space !== '', language === 'nl'] : ['', gap, symbol, true, false];
  };

  const COMPACT = [[12, 'T', 'trillion'], [9, 'B', 'billion'], [6, 'M', 'million'], [3, 'K', 'thousand']];

  const NUMBERING = { '٠': 'arab', '۰': 'arabext', '०': 'deva', '০': 'beng', '၀': 'mymr' };

  const readNumbers = (locales, input) => {
    const { base, keywords } = resolve(locales);
    const options = readOptions(input === undefined ? undefined : Object(input));
    choice(options, 'localeMatcher', ['lookup', 'best fit'], 'best fit');
    const system = choice(options, 'numberingSystem', undefined, keywords.nu);
    const style = choice(options, 'style', ['decimal', 'percent', 'currency', 'unit'], 'decimal');
    if (style === 'unit') throw missing('the style unit');
    const currency = choice(options, 'currency', undefined, undefined)?.toUpperCase();
    if (currency !== undefined && !/^[A-Z]{3}$/.test(currency)) {
      throw new OutOfRange(`invalid currency: ${currency}`);
    }
    const display =
      choice(options, 'currencyDisplay', ['code', 'symbol', 'narrowSymbol', 'name'], 'symbol');
    const sign = choice(options, 'currencySign', ['standard', 'accounting'], 'standard');
    if (style === 'currency' && currency === undefined) {
      throw new Failure('the style currency needs currency');
    }
    const notation =
      choice(options, 'notation', ['standard', 'scientific', 'engineering', 'compact'], 'standard');
    if (notation === 'scientific' || notation === 'engineering') {
      throw missing(`the notation ${notation}`);
    }
    const isCompact = notation === 'compact';
    if (isCompact && base !== 'en' && base !== 'en-US') throw missing(`the notation compact in ${base}`);
    const places = style === 'currency' && !isCompact ? DIGITS[currency] ?? 2 : 0;
    const digits = readDigits(options, places,
      style === 'currency' ? places : style === 'percent' || isCompact ? 0 : 3);
    const compactDisplay = choice(options, 'compactDisplay', ['short', 'long'], 'short');
    let grouping = options.useGrouping;
    if (grouping === undefined) grouping = isCompact ? 'min2' : 'auto';
    else if (grouping === true || grouping === 'true') grouping = 'always';
    else if (grouping === false || grouping === 'false') grouping = grouping === false ? false : 'auto';
    else grouping = choice(options, 'useGrouping', ['min2', 'auto', 'always'], 'auto');
    const signDisplay = choice(
      options, 'signDisplay', ['auto', 'never', 'always', 'exceptZero', 'negative'], 'auto');
    const tag = system === undefined ? base : `${base}-u-nu-${system}`;
    const format = native.numberFormatter(tag, grouping === false ? 'never' : grouping);
    if (format === undefined) throw missing(`formatting numbers in the locale ${base}`);
    let around = ['', '', ''];
    if (style === 'currency') {
      around = currencyPattern(base, currency, display);
      if (sign === 'accounting' && languageOf(base) !== 'en') {
        throw missing(`accounting in the locale ${base}`);
      }
    } else if (style === 'percent') {
      const percent = PERCENT[languageOf(base)];
      if (percent === undefined || OTHER_PERCENT.test(base)) throw missing(`percents in the locale ${base}`);
      around = percent;
    }
    const zero = partsOf(format('0'))[0].value;
    const resolved = { locale: base, numberingSystem: NUMBERING[zero] ?? 'latn', style };
    if (style === 'currency') Object.assign(resolved, { currency, currencyDisplay: display, currencySign: sign });
    showDigits(digits, resolved);
    resolved.useGrouping = grouping;
    resolved.notation = notation;
    if (isCompact) resolved.compactDisplay = compactDisplay;
    Object.assign(resolved, {
      signDisplay, roundingIncrement: 1, roundingMode: 'halfExpand', roundingPriority: 'auto',
      trailingZeroDisplay: 'auto',
    });

    // The minus and plus signs of the locale.
    const minus = partsOf(format('-1')).filter(({ type }) => type === 'minusSign');
    const plus = partsOf(format('+1')).filter(({ type }) => type === 'plusSign');

    const compact = (number) => {
      let shift = COMPACT.find(([power]) => number.whole.length > power);
      const scaled = (found) => {
        const moved = found === undefined ? number : {
          ...number, whole: number.whole.slice(0, -found[0]),
          fraction: number.whole.slice(-found[0]) + number.fraction,
        };
        if (!digits.isDefault) return applyDigits(moved, digits);
        const places = magnitude(moved) >= 2 ? 0 : 2 - Math.max(magnitude(moved), -20);
        const rounded = round(moved, places);
        return { ...rounded, fraction: rounded.fraction.replace(/0+$/, '') };
      };
      let rounded = scaled(shift);
      const next = COMPACT[shift === undefined ? 3 : COMPACT.indexOf(shift) - 1];
      if (rounded.whole.length > 3 && next !== undefined) {
        shift = next;
        rounded = scaled(shift);
      }
      return [rounded, shift];
    };

    const toParts = (value) => {
      let number = decimal(value);
      const parts = [];
      let body, suffix;
      if (number.special !== undefined) {
        if (number.special === 'nan' && OTHER_NAN.includes(languageOf(base))) {
          throw missing(`NaN in the locale ${base}`);
        }
        body = number.special === 'nan'
          ? [{ type: 'nan', value: 'NaN' }] : [{ type: 'infinity', value: '∞' }];
      } else {
        if (style === 'percent') {
          const all = (number.fraction.padEnd(2, '0'));
          number = {
            ...number, whole: (number.whole + all.slice(0, 2)).replace(/^0+(?=.)/, ''),
            fraction: all.slice(2),
          };
        }
        if (isCompact) [number, suffix] = compact(number);
        else number = applyDigits(number, digits);
        const flat = format(written(number));
        if (flat === undefined) throw missing('a number of so many digits');
        body = partsOf(flat);
      }
      const zeroed = number.special === undefined ? isZero(number) : number.special === 'nan';
      let shown = '';
      if (number.negative && (signDisplay === 'auto' || signDisplay === 'always')) shown = '-';
      else if (number.negative && !zeroed && signDisplay !== 'never') shown = '-';
      else if (!number.negative && (signDisplay === 'always' || (signDisplay === 'exceptZero' && !zeroed))) shown = '+';
      const isAccounting = sign === 'accounting' && style === 'currency' && shown === '-';
      const mark = style === 'percent' ? 'percentSign' : 'currency';
      const signs = shown === '-' ? minus : shown === '+' ? plus : [];
      const isInside = around[4] === true;
      if (isAccounting) parts.push({ type: 'literal', value: '(' });
      else if (!isInside) parts.push(...signs);
      if (style === 'percent') {
        if (around[0] !== '') parts.push({ type: mark, value: around[0] });
        parts.push(...body);
        const space = around[1].slice(0, -1);
        if (space !== '') parts.push({ type: 'literal', value: space });
        if (around[1] !== '') parts.push({ type: mark, value: '%' });
      } else {
        if (around[0] !== '') {
          parts.push({ type: mark, value: around[0] });
          const isTight = number.special !== undefined && !around[3];
          if (around[1] !== '' && !isTight) parts.push({ type: 'literal', value: around[1] });
        }
        if (isInside) parts.push(...signs);
        parts.push(...body);
        if (suffix !== undefined) {
          if (compactDisplay === 'long') parts.push({ type: 'literal', value: ' ' });
          parts.push({ type: 'compact', value: suffix[compactDisplay === 'long' ? 2 : 1] });
        }
        if (around[2] !== '') {
          parts.push({ type: 'literal', value: around[1] }, { type: mark, value: around[2] });
        }
      }
      if (isAccounting) parts.push({ type: 'literal', value: ')' });
      return parts;
    };
    return { toParts, resolved };
  };

  class Format {
    #read;
    #format;
    constructor(locales = undefined, options = undefined) {
      this.#read = readNumbers(locales, options);
    }
    get format() {
      const { toParts } = this.#read;
      return this.#format ??= { f: (value) => textOf(toParts(value)) }.f;
    }
    formatToParts(value) { return this.#read.toParts(value); }
    resolvedOptions() { return { ...this.#read.resolved }; }
  }
  const NumberFormat = function NumberFormat(locales = undefined, options = undefined) {
    return Reflect.construct(Format, [locales, options], new.target ?? NumberFormat);
  };
  Object.defineProperty(NumberFormat, 'prototype', {
    __proto__: null, value: Format.prototype, writable: false,
  });
  Object.defineProperty(Format.prototype, 'constructor', {
    __proto__: null, value: NumberFormat, writable: true, configurable: true,
  });
  service(NumberFormat, 'NumberFormat');

  class PluralRules {
    #rules;
    #digits;
    #resolved;
    constructor(locales = undefined, input = undefined) {
      const { base } = resolve(locales);
      const options = readOptions(input === undefined ? undefined : Object(input));
      const type = choice(options, 'type', ['cardinal', 'ordinal'], 'cardinal');
      this.#digits = readDigits(options, 0, 3);
      this.#rules = native.pluralRules(base, type === 'ordinal');
      if (this.#rules === undefined) throw missing(`plural rules in the locale ${base}`);
      const order = ['zero', 'one', 'two', 'few', 'many', 'other'];
      const categories = this.#rules(undefined).sort((a, b) => order.indexOf(a) - order.indexOf(b));
      this.#resolved =
        { ...showDigits(this.#digits, { locale: base, type }), pluralCategories: categories };
    }
    select(value) {
      const number = decimal(value);
      if (number.special !== undefined) return 'other';
      return this.#rules(written(applyDigits(number, this.#digits)))[0];
    }
    resolvedOptions() {
      return { ...this.#resolved, pluralCategories: [...this.#resolved.pluralCategories] };
    }
  }
  service(PluralRules, 'PluralRules');

  // ---- relative times, in English ----

  const UNITS = ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'];
  const SHORT = {
    second: ['sec.', 'sec.'], minute: ['min.', 'min.'], hour: ['hr.', 'hr.'], day: ['day', 'days'],
    week: ['wk.', 'wk.'], month: ['mo.', 'mo.'], quarter: ['qtr.', 'qtrs.'], year: ['yr.', 'yr.'],
  };
  const SPECIAL = {
    second: { 0: 'now' }, day: { '-1': 'yesterday', 0: 'today', 1: 'tomorrow' },
  };
  for (const unit of ['week', 'month', 'quarter', 'year']) {
    const name = { long: unit, short: SHORT[unit][0] };
    SPECIAL[unit] = { '-1': ['last', name], 0: ['this', name], 1: ['next', name] };
  }
  for (const unit of ['minute', 'hour']) SPECIAL[unit] = { 0: ['this', { long: unit, short: unit }] };

  class RelativeTimeFormat {
    #style;
    #numeric;
    #base;
    #numbers;
    constructor(locales = undefined, input = undefined) {
      const { base } = resolve(locales);
      const options = readOptions(input === undefined ? undefined : Object(input));
      this.#style = choice(options, 'style', ['long', 'short', 'narrow'], 'long');
      this.#numeric = choice(options, 'numeric', ['always', 'auto'], 'always');
      if (languageOf(base) !== 'en') throw missing(`RelativeTimeFormat in the locale ${base}`);
      if (this.#style === 'narrow') throw missing('RelativeTimeFormat with the style narrow');
      this.#base = base;
      this.#numbers = readNumbers(base, undefined);
    }
    #parts(value, unit) {
      const number = Number(value), text = `${unit}`.replace(/s$/, '');
      if (!UNITS.includes(text)) throw new OutOfRange(`invalid unit: ${unit}`);
      if (!(Math.abs(number) < Infinity)) throw new OutOfRange('the value must be finite');
      const special = this.#numeric === 'auto' ? SPECIAL[text]?.[`${number}`] : undefined;
      if (special !== undefined) {
        const shown = typeof special === 'string' ? special : `${special[0]} ${special[1][this.#style]}`;
        return [{ type: 'literal', value: shown }];
      }
      const isPast = number < 0 || Object.is(number, -0), size = Math.abs(number);
      const name = this.#style === 'long'
        ? text + (size === 1 ? '' : 's') : SHORT[text][size === 1 ? 0 : 1];
      const counted = this.#numbers.toParts(size).map((part) => ({ ...part, unit: text }));
      return isPast
        ? [...counted, { type: 'literal', value: ` ${name} ago` }]
        : [{ type: 'literal', value: 'in ' }, ...counted, { type: 'literal', value: ` ${name}` }];
    }
    format(value, unit) { return textOf(this.#parts(value, unit)); }
    formatToParts(value, unit) { return this.#parts(value, unit); }
    resolvedOptions() {
      return {
        locale: this.#base, style: this.#style, numeric: this.#numeric, numberingSystem: 'latn',
      };
    }
  }
  service(RelativeTimeFormat, 'RelativeTimeFormat');

  const usual = remember(readNumbers);
  const numberText = (value, locales, options) => textOf(usual(locales, options).toParts(value));

  return { NumberFormat, PluralRules, RelativeTimeFormat, numberText };
})
