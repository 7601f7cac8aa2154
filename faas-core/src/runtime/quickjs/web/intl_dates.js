// `Intl.DateTimeFormat`.
(function (use, native) {
  'use strict';
  const {
    resolve, readOptions, choice, count, missing, partsOf, textOf, service, languageOf, remember,
  } = use('intl_locales');
  const { english, styled } = use('intl_english');
  const Failure = TypeError, OutOfRange = RangeError, Now = Date.now;
  const { apply } = Reflect, timeOf = Date.prototype.getTime;
  const { clip } = { clip: (ms) => (Math.abs(ms) <= 8.64e15 ? Math.trunc(ms) + 0 : NaN) };

  const WIDTHS = ['narrow', 'short', 'long'], DIGITS = ['2-digit', 'numeric'];
  const ZONE_NAMES =
    ['short', 'long', 'shortOffset', 'longOffset', 'shortGeneric', 'longGeneric'];
  const STYLES = ['full', 'long', 'medium', 'short'];
  const DATE = ['weekday', 'year', 'month', 'day'];
  const TIME = ['dayPeriod', 'hour', 'minute', 'second', 'fractionalSecondDigits'];

  const CALENDARS = { th: 'buddhist', fa: 'persian' };

  const readZone = (value) => {
    const zone = native.zone(`${value}`);
    if (zone === undefined) throw new OutOfRange(`invalid time zone: ${value}`);
    return zone;
  };

  const localOf = (zone, ms) => {
    const found = native.local(zone, ms);
    if (found === undefined) throw missing('a date before the year -9999 or after 9999');
    const [year, month, day, weekday, hour, minute, second, millisecond, offset] = found;
    return { year, month, day, weekday, hour, minute, second, millisecond, offset };
  };

  const two = (number) => `${number}`.padStart(2, '0');
  const offsetName = (offset, isLong) => {
    if (offset === 0) return isLong ? 'GMT+00:00' : 'GMT+0';
    const total = Math.abs(offset), sign = offset < 0 ? '-' : '+';
    const hours = Math.floor(total / 3600), minutes = Math.floor(total / 60) % 60;
    const seconds = total % 60;
    let text = isLong ? `${two(hours)}:${two(minutes)}` : `${hours}`;
    if (!isLong && (minutes !== 0 || seconds !== 0)) text += `:${two(minutes)}`;
    if (seconds !== 0) text += `:${two(seconds)}`;
    return `GMT${sign}${text}`;
  };

  // The name of a zone in English.
  const zoneFormatters = { __proto__: null };
  const englishZone = (style, zone, ms, offset) => {
    if (style === 'shortOffset' || style === 'longOffset') {
      return offsetName(offset, style === 'longOffset');
    }
    if (zone === 'UTC') return style.startsWith('long') ? 'Coordinated Universal Time' : 'UTC';
    if (/^[+-]/.test(zone)) return offsetName(offset, style.startsWith('long'));
    const format = zoneFormatters[style] ??= native.dateFormatter('en-US', { zone: style });
    const flat = format?.(zone, ms);
    if (flat === undefined) throw missing(`the name of the time zone ${zone}`);
    return textOf(partsOf(flat));
  };

  // What ICU4X calls the fields, for a locale that is not American English.
  const WIDTH = { long: 'long', short: 'medium', numeric: 'short', '2-digit': 'short' };
  const semantic = (fields, hourCycle) => {
    const { weekday, era, year, month, day, hour, minute, second } = fields;
    const { fractionalSecondDigits, dayPeriod } = fields;
    for (const width of [weekday, era, month]) {
      if (width === 'narrow') throw missing('the width narrow in this locale');
    }
    if (era === 'long') throw missing('a long era in this locale');
    if (dayPeriod !== undefined) throw missing('dayPeriod');
    let date = '';
    if (year !== undefined || era !== undefined) date += 'y';
    if (month !== undefined) date += 'M';
    if (day !== undefined) date += 'd';
    if (weekday !== undefined) date += 'E';
    if (!['', 'd', 'Md', 'yMd', 'dE', 'MdE', 'yMdE', 'E', 'M', 'yM', 'y'].includes(date)) {
      throw missing('this combination of fields of a date');
    }
    const length = month !== undefined ? WIDTH[month] : WIDTH[weekday];
    if (weekday !== undefined && WIDTH[weekday] !== length) {
      throw missing('a weekday and a month of different widths in this locale');
    }
    if (year === '2-digit' && length !== 'short') {
      throw missing('a year of two digits and the name of a month in this locale');
    }
    let time;
    if (fractionalSecondDigits !== undefined) time = `${fractionalSecondDigits}`;
    else if (second !== undefined) time = 'second';
    else if (minute !== undefined) time = 'minute';
    else if (hour !== undefined) time = 'hour';
    if (time !== undefined && (hour === undefined || (second !== undefined && minute === undefined)
      || (fractionalSecondDigits !== undefined && second === undefined))) {
      throw missing('a time without its hour, minute or second in this locale');
    }
    return {
      length, date: date === '' ? undefined : date, time, zone: fields.timeZoneName, hourCycle,
      year: era !== undefined ? 'era' : year === '2-digit' ? 'auto' : 'full',
    };
  };

  const styledSemantic = (dateStyle, timeStyle, hourCycle) => {
    if (dateStyle !== undefined && timeStyle !== undefined && dateStyle !== 'short'
      && dateStyle !== 'medium') {
      // CLDR joins these by words, which ICU4X has for its own lengths only.
      throw missing('dateStyle full or long together with timeStyle in this locale');
    }
    return {
      length: dateStyle === 'full' ? 'long' : dateStyle,
      date: dateStyle === undefined ? undefined : dateStyle === 'full' ? 'yMdE' : 'yMd',
      time: timeStyle === undefined ? undefined : timeStyle === 'short' ? 'minute' : 'second',
      zone: timeStyle === 'full' ? 'long' : timeStyle === 'long' ? 'short' : undefined,
      year: dateStyle === 'short' ? 'auto' : 'full',
      hourCycle,
    };
  };

  // Makes numbers as wide as was asked for.
  const widen = (parts, fields) => {
    for (const part of parts) {
      const isNarrow = /^[0-9]$/.test(part.value) && fields[part.type] === '2-digit';
      if (isNarrow) part.value = `0${part.value}`;
    }
    return parts;
  };

  // `required` and `defaults` are `date`, `time`, or `any` and `all`.
  const read = (locales, input, required, defaults) => {
    const locale = resolve(locales), { base, keywords } = locale;
    const options = required === 'any' || input !== undefined
      ? readOptions(input === undefined ? undefined : Object(input))
      : { __proto__: null };
    choice(options, 'localeMatcher', ['lookup', 'best fit'], 'best fit');
    const calendar = choice(options, 'calendar', undefined, keywords.ca);
    const numberingSystem = choice(options, 'numberingSystem', undefined, keywords.nu);
    const hour12 = options.hour12 === undefined ? undefined : Boolean(options.hour12);
    let hourCycle = choice(options, 'hourCycle', ['h11', 'h12', 'h23', 'h24'], keywords.hc);
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
    if (fields.dayPeriod !== undefined) throw missing('dayPeriod');
    const isDefault = CALENDARS[languageOf(base)] ?? (base === 'ar-SA' ? 'islamic' : 'gregory');
    if (calendar !== undefined && calendar !== isDefault && calendar !== 'gregory') {
      throw missing(`the calendar ${calendar}`);
    }

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
        Object.assign(fields, { hour: 'numeric', minute: '2-digit', second: '2-digit' });
      }
    }
    // Two digits are the default of what follows an hour.
    const isEnglish = (base === 'en' || base === 'en-US') && (numberingSystem ?? 'latn') === 'latn'
      && (calendar ?? 'gregory') === 'gregory';
    const tag = isEnglish || numberingSystem === undefined
      ? base : `${base}-u-nu-${numberingSystem}`;
    const shown = dateStyle === undefined && timeStyle === undefined
      ? fields : styled(dateStyle, timeStyle);
    const usesHour = shown.hour !== undefined;
    if (usesHour && hour12 !== undefined) hourCycle = hour12 ? 'h12' : 'h23';
    let format;
    if (isEnglish) {
      hourCycle = hourCycle ?? 'h12';
      format = (ms) => {
        const local = localOf(timeZone, ms), { timeZoneName } = shown;
        const zoneName = timeZoneName === undefined
          ? undefined : englishZone(timeZoneName, timeZone, ms, local.offset);
        return english(local, shown, hourCycle, zoneName, missing);
      };
      // Throws for combinations of fields that it does not have.
      format(0);
    } else {
      if (hourCycle === 'h24') throw missing('the hour cycle h24 in this locale');
      const wanted = dateStyle === undefined && timeStyle === undefined
        ? semantic(fields, hourCycle) : styledSemantic(dateStyle, timeStyle, hourCycle);
      // ICU4X panics when it writes an offset for which it has no digits.
      if (wanted.zone !== undefined) throw missing('the name of a time zone in this locale');
      const calendarTag = calendar === undefined ? tag
        : `${base}-u-ca-${calendar}${numberingSystem === undefined ? '' : `-nu-${numberingSystem}`}`;
      const formatter = native.dateFormatter(calendarTag, wanted);
      if (formatter === undefined) throw missing(`this format of dates in the locale ${base}`);
      format = (ms) => {
        const flat = formatter(timeZone, ms);
        if (flat === undefined) throw missing('a date before the year -9999 or after 9999');
        return widen(partsOf(flat), fields);
      };
      if (usesHour && hourCycle === undefined) {
        const parts = format(0);
        hourCycle = parts.some(({ type }) => type === 'dayPeriod') ? 'h12' : 'h23';
      }
    }
    const resolved = {
      locale: base, calendar: calendar ?? isDefault, numberingSystem: numberingSystem ?? 'latn',
      timeZone,
    };
    if (usesHour) {
      resolved.hourCycle = hourCycle;
      resolved.hour12 = hourCycle === 'h12' || hourCycle === 'h11';
    }
    if (dateStyle === undefined && timeStyle === undefined) {
      for (const name of ['weekday', 'era', 'year', 'month', 'day', 'hour', 'minute', 'second',
        'fractionalSecondDigits', 'timeZoneName']) {
        if (fields[name] === undefined) continue;
        const isPadded = (name === 'minute' || name === 'second') && fields.hour !== undefined;
        resolved[name] = isPadded ? '2-digit' : fields[name];
      }
    }
    if (dateStyle !== undefined) resolved.dateStyle = dateStyle;
    if (timeStyle !== undefined) resolved.timeStyle = timeStyle;
    return { format, resolved };
  };

  const plain = (parts) => textOf(parts).replace(/\u202f/g, ' ');

  const instant = (date) => {
    const ms = clip(date === undefined ? Now() : Number(date));
    if (!(ms === ms)) throw new OutOfRange('the date is invalid');
    return ms;
  };

  class Format {
    #read;
    #format;
    constructor(locales = undefined, options = undefined) {
      this.#read = read(locales, options, 'any', 'date');
    }
    get format() {
      const { format } = this.#read;
      return this.#format ??= { f: (date) => plain(format(instant(date))) }.f;
    }
    formatToParts(date = undefined) { return this.#read.format(instant(date)); }
    resolvedOptions() { return { ...this.#read.resolved }; }
  }
  const DateTimeFormat = function DateTimeFormat(locales = undefined, options = undefined) {
    return Reflect.construct(Format, [locales, options], new.target ?? DateTimeFormat);
  };
  Object.defineProperty(DateTimeFormat, 'prototype', {
    __proto__: null, value: Format.prototype, writable: false,
  });
  Object.defineProperty(Format.prototype, 'constructor', {
    __proto__: null, value: DateTimeFormat, writable: true, configurable: true,
  });
  service(DateTimeFormat, 'DateTimeFormat');

  // What `toLocaleString`, `toLocaleDateString` and `toLocaleTimeString` of dates return.
  const textFor = (required, defaults) => {
    const usual = remember((locales, options) => read(locales, options, required, defaults));
    return (date, locales, options) => {
      const ms = apply(timeOf, date, []);
      if (!(ms === ms)) return 'Invalid Date';
      return plain(usual(locales, options).format(ms));
    };
  };
  const dateTexts = {
    all: textFor('any', 'all'), day: textFor('date', 'date'), time: textFor('time', 'time'),
  };

  return { DateTimeFormat, dateTexts, zones: native.zones };
})
