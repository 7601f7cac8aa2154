// `Intl.DateTimeFormat`.
(function (use, native) {
  'use strict';
  const {
    resolve, readOptions, choice, count, missing, textOf, callable, languageOf, remember, data, shared,
    withKeywords,
  } = use('intl_locales');
  const { systemOf, localDigits } = use('intl_number_parts');
  const { makeFinder, readPattern } = use('intl_skeletons');
  const { readZone, localOf, zoneName } = use('intl_zones');
  const Failure = TypeError, OutOfRange = RangeError, Now = Date.now;
  const { apply } = Reflect, timeOf = Date.prototype.getTime;

  const WIDTHS = ['narrow', 'short', 'long'], DIGITS = ['2-digit', 'numeric'];
  const ZONE_NAMES = ['short', 'long', 'shortOffset', 'longOffset', 'shortGeneric', 'longGeneric'];
  const STYLES = ['full', 'long', 'medium', 'short'];
  const DATE = ['weekday', 'year', 'month', 'day'];
  const TIME = ['dayPeriod', 'hour', 'minute', 'second', 'fractionalSecondDigits'];

  // The calendars that locales have instead of the Gregorian one.
  const CALENDARS = { __proto__: null, th: 'buddhist', fa: 'persian' };

  // The letters of a skeleton for each field.
  const NAMED = { narrow: 5, short: 3, long: 4 };
  const LETTERS = {
    weekday: ['E', { narrow: 5, short: 3, long: 4 }], era: ['G', { narrow: 5, short: 3, long: 4 }],
    year: ['y', { '2-digit': 2, numeric: 1 }], month: ['M', { ...NAMED, '2-digit': 2, numeric: 1 }],
    day: ['d', { '2-digit': 2, numeric: 1 }], dayPeriod: ['B', { narrow: 5, short: 1, long: 4 }],
    hour: [undefined, { '2-digit': 2, numeric: 1 }], minute: ['m', { '2-digit': 2, numeric: 1 }],
    second: ['s', { '2-digit': 2, numeric: 1 }],
  };
  const ZONE_LETTERS = {
    short: ['z', 1], long: ['z', 4], shortOffset: ['O', 1], longOffset: ['O', 4],
  };
  const HOURS = { h11: 'K', h12: 'h', h23: 'H', h24: 'k' };
  const CYCLES = { K: 'h11', h: 'h12', H: 'h23', k: 'h24' };
  const TYPES = {
    __proto__: null,
    G: 'era', y: 'year', M: 'month', L: 'month', E: 'weekday', c: 'weekday', d: 'day', a: 'dayPeriod',
    B: 'dayPeriod', h: 'hour', H: 'hour', k: 'hour', K: 'hour', m: 'minute', s: 'second',
    S: 'fractionalSecond', z: 'timeZoneName', O: 'timeZoneName',
  };

  const regionOf = (base) => {
    const region = (tag) => tag.split('-').slice(1).find((part) => /^(?:[A-Z]{2}|[0-9]{3})$/.test(part));
    return region(base) ?? region(native.expand(base, true)) ?? '001';
  };
  const usualCycle = (base) => {
    const { hours } = shared('dates'), region = regionOf(base);
    const listed = (name) => Object.keys(hours).find((preferred) => hours[preferred].includes(name));
    const found = listed(`${languageOf(base)}-${region}`) ?? listed(region) ?? 'H';
    return found[0] === 'h' ? 'h12' : found[0] === 'K' ? 'h11' : 'h23';
  };

  // The part of the day, such as "in the morning".
  const periodOf = (base, periods, hour, minute) => {
    const rules = shared('dates').periods[base] ?? shared('dates').periods[languageOf(base)] ?? [];
    const time = hour * 60 + minute;
    let found;
    for (const [name, from, to] of rules) {
      if (periods[name] === undefined) continue;
      if (to === undefined) {
        if (time === from % 1440) return periods[name];
      } else if (from < to ? time >= from && time < to : time >= from || time < to) {
        found ??= periods[name];
      }
    }
    return found ?? periods[hour < 12 ? 'am' : 'pm'];
  };

  // What writes the items of a pattern.
  const makeWriter = (base, dates, system, items, timeZone, isBuddhist) => {
    const width = (length) => (length === 4 ? 'w' : length === 5 ? 'n' : 'a');
    const number = (value, length) => localDigits(system, `${value}`.padStart(length, '0'));
    const year = (local) => (isBuddhist ? local.year + 543 : local.year > 0 ? local.year : 1 - local.year);
    const write = ({ letter, length }, local, ms) => {
      switch (letter) {
        case 'G': return dates.eras[width(length)][isBuddhist || local.year > 0 ? 1 : 0];
        case 'y': return length === 2 ? number(year(local) % 100, 2) : number(year(local), length);
        case 'M': case 'L':
          return length < 3 ? number(local.month, length)
            : dates.months[letter === 'M' ? 'format' : 'alone'][width(length)][local.month - 1];
        case 'E': case 'c':
          return dates.days[letter === 'E' ? 'format' : 'alone'][width(length)][local.weekday];
        case 'd': return number(local.day, length);
        case 'a': return dates.periods[length === 5 ? 'n' : 'a'][local.hour < 12 ? 'am' : 'pm'];
        case 'B': return periodOf(base, dates.periods[width(length)], local.hour, local.minute);
        case 'h': return number((local.hour + 11) % 12 + 1, length);
        case 'H': return number(local.hour, length);
        case 'K': return number(local.hour % 12, length);
        case 'k': return number((local.hour + 23) % 24 + 1, length);
        case 'm': return number(local.minute, length);
        case 's': return number(local.second, length);
        case 'S': return localDigits(system, `${local.millisecond}`.padStart(3, '0').slice(0, length));
        default: return localDigits(system, zoneName(base, letter, length, timeZone, ms, local));
      }
    };
    return (ms) => {
      const local = localOf(timeZone, ms);
      const parts = [];
      for (const item of items) {
        const type = typeof item === 'string' ? 'literal' : TYPES[item.letter];
        const value = type === 'literal' ? item : write(item, local, ms);
        if (value === '') continue;
        const last = parts.at(-1);
        if (type === 'literal' && last?.type === type) last.value += value;
        else parts.push({ type, value });
      }
      return parts;
    };
  };

  // The fields that a pattern has, as `resolvedOptions` shows them.
  const shownFields = (items) => {
    const shown = {};
    const widths = { 3: 'short', 4: 'long', 5: 'narrow' };
    for (const item of items) {
      if (typeof item === 'string') continue;
      const { letter, length } = item, type = TYPES[letter];
      if (type === undefined || letter === 'a') continue;
      if (type === 'fractionalSecond') shown.fractionalSecondDigits = length;
      else if (type === 'timeZoneName') {
        shown.timeZoneName = `${length === 4 ? 'long' : 'short'}${letter === 'O' ? 'Offset' : ''}`;
      } else if (letter === 'B') shown.dayPeriod = widths[length] ?? 'short';
      else if ('GEc'.includes(letter) || ('ML'.includes(letter) && length > 2)) {
        shown[type] = widths[length] ?? 'short';
      } else {
        shown[type] = length === 2 ? '2-digit' : 'numeric';
      }
    }
    return shown;
  };

  // The options, as ECMA-402 reads them. `required` and `defaults` are `date`, `time`, `any` and `all`.
  const readDates = (locales, input, required, defaults) => {
    const { base, keywords } = resolve(locales);
    const options = readOptions(input === undefined ? undefined : Object(input));
    choice(options, 'localeMatcher', ['lookup', 'best fit'], 'best fit');
    const calendar = choice(options, 'calendar', undefined, undefined);
    const asked = choice(options, 'numberingSystem', undefined, undefined);
    const hour12 = options.hour12 === undefined ? undefined : Boolean(options.hour12);
    const hourCycle = choice(options, 'hourCycle', Object.keys(HOURS), undefined);
    const timeZone = options.timeZone === undefined ? 'UTC' : readZone(options.timeZone);
    const fields = {};
    const field = (name, values) => {
      const value = choice(options, name, values, undefined);
      if (value !== undefined) fields[name] = value;
    };
    field('weekday', WIDTHS);
    field('era', WIDTHS);
    field('year', DIGITS);
    field('month', [...DIGITS, ...WIDTHS]);
    field('day', DIGITS);
    field('dayPeriod', WIDTHS);
    field('hour', DIGITS);
    field('minute', DIGITS);
    field('second', DIGITS);
    const fraction = count(options, 'fractionalSecondDigits', 1, 3, undefined);
    if (fraction !== undefined) fields.fractionalSecondDigits = fraction;
    field('timeZoneName', ZONE_NAMES);
    choice(options, 'formatMatcher', ['basic', 'best fit'], 'best fit');
    const dateStyle = choice(options, 'dateStyle', STYLES, undefined);
    const timeStyle = choice(options, 'timeStyle', STYLES, undefined);
    if (dateStyle !== undefined || timeStyle !== undefined) {
      if (Object.keys(fields).length > 0) {
        throw new Failure('dateStyle and timeStyle cannot be used with the fields of a date');
      }
      if ((required === 'date' && timeStyle !== undefined)
        || (required === 'time' && dateStyle !== undefined)) {
        throw new Failure('dateStyle is for dates and timeStyle for times');
      }
    } else {
      const has = (names) => names.some((name) => fields[name] !== undefined);
      const isGiven = (required !== 'time' && has(DATE)) || (required !== 'date' && has(TIME));
      if (!isGiven && defaults !== 'time') {
        Object.assign(fields, { year: 'numeric', month: 'numeric', day: 'numeric' });
      }
      if (!isGiven && defaults !== 'date') {
        Object.assign(fields, { hour: 'numeric', minute: 'numeric', second: 'numeric' });
      }
    }
    const usual = CALENDARS[languageOf(base)] ?? 'gregory';
    const named = calendar ?? keywords.ca ?? usual;
    const shownCalendar = named === 'gregorian' ? 'gregory' : named;
    if (shownCalendar !== 'gregory' && (shownCalendar !== 'buddhist' || usual !== 'buddhist')) {
      throw missing(`the calendar ${shownCalendar}`);
    }
    if (fields.timeZoneName?.endsWith('Generic')) throw missing(`timeZoneName ${fields.timeZoneName}`);
    const digits = shared('numbers').digits;
    const known = (name) => (name !== undefined && digits[name] !== undefined ? name : undefined);
    const extension = known(keywords.nu);
    const numberingSystem = known(asked) ?? extension;
    const cycleKeyword = HOURS[keywords.hc] === undefined ? undefined : keywords.hc;
    const usualOne = usualCycle(base);
    let cycle = hourCycle ?? cycleKeyword ?? usualOne;
    if (hour12 !== undefined) {
      cycle = !hour12 ? 'h23' : usualOne !== 'h23' ? usualOne : regionOf(base) === 'JP' ? 'h11' : 'h12';
    }
    return {
      base, shownCalendar, numberingSystem, timeZone, fields, dateStyle, timeStyle, cycle,
      isCycleAsked: hour12 !== undefined || hourCycle !== undefined || cycleKeyword !== undefined,
      keywords: {
        ca: shownCalendar === keywords.ca && calendar === undefined ? keywords.ca : undefined,
        nu: numberingSystem === extension ? extension : undefined,
        hc: hour12 === undefined && cycle === cycleKeyword ? cycleKeyword : undefined,
      },
    };
  };

  const skeletonOf = (fields, cycle) => {
    const skeleton = [];
    for (const name in LETTERS) {
      if (fields[name] === undefined) continue;
      const [letter = HOURS[cycle], lengths] = LETTERS[name];
      skeleton.push({ letter, length: lengths[fields[name]] });
    }
    if (fields.fractionalSecondDigits !== undefined) {
      skeleton.push({ letter: 'S', length: fields.fractionalSecondDigits });
    }
    if (fields.timeZoneName !== undefined) {
      const [letter, length] = ZONE_LETTERS[fields.timeZoneName];
      skeleton.push({ letter, length });
    }
    return skeleton;
  };

  const isHour = (item) => typeof item !== 'string' && CYCLES[item.letter] !== undefined;
  const withCycle = (items, cycle) =>
    items.map((item) => (isHour(item) ? { ...item, letter: HOURS[cycle] } : item));

  // The patterns of `dateStyle` and `timeStyle`.
  const styledItems = (dates, find, { dateStyle, timeStyle, cycle }) => {
    const date = dateStyle === undefined ? [] : readPattern(dates.dates[STYLES.indexOf(dateStyle)]);
    if (timeStyle === undefined) return date;
    const time = readPattern(dates.times[STYLES.indexOf(timeStyle)]);
    let items = time;
    if (dateStyle !== undefined) {
      items = dates.glueAt[STYLES.indexOf(dateStyle)].split(/(\{[01]\})/)
        .flatMap((piece) => (piece === '{0}' ? time : piece === '{1}' ? date : readPattern(piece)));
    }
    const hour = items.find(isHour);
    if (hour === undefined || CYCLES[hour.letter] === cycle) return items;
    const skeleton = items.filter((item) => typeof item !== 'string' && !/[abB]/.test(item.letter));
    return withCycle(find(withCycle(skeleton, cycle)), cycle);
  };

  // The finders of the locales that were used last.
  const finders = new Map();
  const finderOf = (base, dates, isBuddhist, point) => {
    const key = `${base} ${isBuddhist} ${point}`;
    let find = finders.get(key);
    if (find === undefined) {
      find = makeFinder(dates, point);
      if (finders.size >= 8) finders.clear();
      finders.set(key, find);
    }
    return find;
  };

  const formatter = (locales, input, required, defaults) => {
    const options = readDates(locales, input, required, defaults);
    const { base, fields, cycle, timeZone, dateStyle, timeStyle, shownCalendar } = options;
    const isBuddhist = shownCalendar === 'buddhist';
    const dates = isBuddhist
      ? { ...data(base, 'dates'), ...data(base, 'buddhist') } : data(base, 'dates');
    const system = systemOf(data(base, 'numbers'), options.numberingSystem);
    const find = finderOf(base, dates, isBuddhist, system.point);
    const isStyled = dateStyle !== undefined || timeStyle !== undefined;
    const items = isStyled
      ? styledItems(dates, find, options) : withCycle(find(skeletonOf(fields, cycle)), cycle);
    const format = makeWriter(base, dates, system, items, timeZone, isBuddhist);
    const resolved = {
      locale: withKeywords(base, options.keywords), calendar: shownCalendar,
      numberingSystem: system.system, timeZone,
    };
    if (items.some(isHour)) {
      resolved.hourCycle = cycle;
      resolved.hour12 = cycle === 'h12' || cycle === 'h11';
    }
    if (!isStyled) {
      const shown = shownFields(items);
      for (const name of ['weekday', 'era', 'year', 'month', 'day', 'dayPeriod', 'hour', 'minute', 'second',
        'fractionalSecondDigits', 'timeZoneName']) {
        if (shown[name] !== undefined) resolved[name] = shown[name];
      }
    }
    if (dateStyle !== undefined) resolved.dateStyle = dateStyle;
    if (timeStyle !== undefined) resolved.timeStyle = timeStyle;
    return { format, resolved };
  };

  // As in Node.js, parts have a narrow no-break space where the text has a space.
  const plain = (parts) => textOf(parts).replace(/\u202f/g, ' ');

  const instant = (date) => {
    const ms = date === undefined ? Now() : Number(date);
    if (!(Math.abs(ms) <= 8.64e15)) throw new OutOfRange('the date is invalid');
    return Math.trunc(ms) + 0;
  };

  class Format {
    #read;
    #format;
    constructor(locales, options) {
      this.#read = formatter(locales, options, 'any', 'date');
    }
    get format() {
      const { format } = this.#read;
      return this.#format ??= { f: (date) => plain(format(instant(date))) }.f;
    }
    formatToParts(date = undefined) { return this.#read.format(instant(date)); }
    formatRange(from, to) { return textOf(this.formatRangeToParts(from, to)).replace(/\u202f/g, ' '); }
    formatRangeToParts(from, to) {
      if (from === undefined || to === undefined) throw new Failure('a range needs two dates');
      const { format } = this.#read;
      const [start, end] = [format(instant(from)), format(instant(to))];
      // CLDR has shorter texts for what two dates share.
      if (textOf(start) !== textOf(end)) throw missing('a range of dates');
      return start.map((part) => ({ ...part, source: 'shared' }));
    }
    resolvedOptions() { return { ...this.#read.resolved }; }
  }
  const DateTimeFormat = callable(Format, 'DateTimeFormat');

  // What `toLocaleString`, `toLocaleDateString` and `toLocaleTimeString` of dates return.
  const textFor = (required, defaults) => {
    const usual = remember((locales, options) => formatter(locales, options, required, defaults));
    return (date, locales, options) => {
      const ms = apply(timeOf, date, []);
      const { format } = usual(locales, options);
      return ms === ms ? plain(format(ms)) : 'Invalid Date';
    };
  };
  const dateTexts = {
    all: textFor('any', 'all'), day: textFor('date', 'date'), time: textFor('time', 'time'),
  };

  return { DateTimeFormat, dateTexts, zones: native.zones };
})
