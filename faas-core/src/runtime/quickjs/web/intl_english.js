// Dates in American English, with every combination of fields, as CLDR has them. Programs compute
// with these texts, so none of them is approximate.
(function (use, native) {
  'use strict';
  const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August',
    'September', 'October', 'November', 'December'];
  const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
  const ERAS = {
    short: ['BC', 'AD'], long: ['Before Christ', 'Anno Domini'], narrow: ['B', 'A'],
  };

  const two = (number) => (number < 10 ? `0${number}` : `${number}`);
  const named = (names, index, width) =>
    (width === 'long' ? names[index] : names[index].slice(0, width === 'short' ? 3 : 1));
  const isText = (width) => width === 'long' || width === 'short' || width === 'narrow';

  // The parts of the date, in their order, with literals.
  const dateParts = (local, fields, missing) => {
    const { weekday, era, year, month, day } = fields;
    const parts = [];
    const put = (type, value) => parts.push({ type, value });
    const literal = (value) => put('literal', value);
    // There is no year 0 in an era.
    const shownYear = era !== undefined && local.year <= 0 ? 1 - local.year : local.year;
    const putYear = () =>
      put('year', year === '2-digit' ? two(Math.abs(shownYear) % 100) : `${shownYear}`);
    const putDay = () => put('day', day === '2-digit' ? two(local.day) : `${local.day}`);
    const putWeekday = () => put('weekday', named(DAYS, local.weekday, weekday));

    if (weekday !== undefined && month === undefined) {
      if (year !== undefined || era !== undefined) throw missing('a weekday and a year only');
      if (day !== undefined) {
        putDay();
        literal(' ');
      }
      putWeekday();
      return parts;
    }
    if (month === undefined && day !== undefined && (year !== undefined || era !== undefined)) {
      throw missing('a year and a day without a month');
    }
    if (era !== undefined && year === undefined && parts.length + (month === undefined ? 0 : 1) > 0) {
      throw missing('an era without a year');
    }
    if (weekday !== undefined && day === undefined) {
      throw missing('a weekday and a month without a day');
    }
    if (weekday !== undefined) {
      putWeekday();
      literal(', ');
    }
    if (month === undefined) {
      if (year !== undefined) putYear();
      if (day !== undefined) putDay();
    } else if (isText(month)) {
      put('month', named(MONTHS, local.month - 1, month));
      if (day !== undefined) {
        literal(' ');
        putDay();
      }
      if (year !== undefined) {
        literal(day === undefined ? ' ' : ', ');
        putYear();
      }
    } else {
      put('month', month === '2-digit' ? two(local.month) : `${local.month}`);
      if (day !== undefined) {
        literal('/');
        putDay();
      }
      if (year !== undefined) {
        literal('/');
        putYear();
      }
    }
    if (era !== undefined) {
      if (parts.length > 0) literal(' ');
      put('era', ERAS[era][local.year > 0 ? 1 : 0]);
    }
    return parts;
  };

  const timeParts = (local, fields, hourCycle) => {
    const { hour, minute, second, fractionalSecondDigits: digits } = fields;
    const parts = [];
    const put = (type, value) => parts.push({ type, value });
    const is12 = hourCycle === 'h12' || hourCycle === 'h11';
    if (hour !== undefined) {
      let number = local.hour;
      if (is12) number = hourCycle === 'h12' ? (number + 11) % 12 + 1 : number % 12;
      else if (hourCycle === 'h24' && number === 0) number = 24;
      put('hour', hour === '2-digit' || !is12 ? two(number) : `${number}`);
    }
    if (minute !== undefined) {
      const isAlone = hour === undefined && second === undefined;
      if (parts.length > 0) put('literal', ':');
      put('minute', isAlone ? `${local.minute}` : two(local.minute));
    }
    if (second !== undefined) {
      const isAlone = hour === undefined && minute === undefined;
      if (parts.length > 0) put('literal', ':');
      put('second', isAlone ? `${local.second}` : two(local.second));
    }
    if (digits !== undefined) {
      if (parts.length > 0) put('literal', '.');
      put('fractionalSecond', `${local.millisecond}`.padStart(3, '0').slice(0, digits));
    }
    if (hour !== undefined && is12) {
      // As in Node.js, the parts have a narrow no-break space and the text has a space.
      put('literal', '\u202f');
      put('dayPeriod', local.hour < 12 ? 'AM' : 'PM');
    }
    return parts;
  };

  // The parts of an instant. `zoneName` is the text of its zone.
  const english = (local, fields, hourCycle, zoneName, missing) => {
    const date = dateParts(local, fields, missing);
    const time = timeParts(local, fields, hourCycle);
    const parts = [...date];
    const isLong = fields.glue === undefined ? fields.month === 'long' : fields.glue === 'at';
    const isWeekday = date.length === 1 && fields.weekday !== undefined;
    const glue = isLong ? ' at ' : ', ';
    if (date.length > 0 && time.length > 0) {
      const isShort = isWeekday && fields.hour !== undefined && zoneName === undefined;
      parts.push({ type: 'literal', value: isShort ? ' ' : glue });
    }
    parts.push(...time);
    if (zoneName !== undefined) {
      if (parts.length > 0) {
        parts.push({ type: 'literal', value: time.length > 0 ? ' ' : glue });
      }
      parts.push({ type: 'timeZoneName', value: zoneName });
    }
    return parts;
  };

  const FULL = { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' };
  const DATE_STYLES = {
    full: FULL,
    long: { year: 'numeric', month: 'long', day: 'numeric' },
    medium: { year: 'numeric', month: 'short', day: 'numeric' },
    short: { year: '2-digit', month: 'numeric', day: 'numeric' },
  };
  const CLOCK = { hour: 'numeric', minute: '2-digit' };
  const TIME_STYLES = {
    full: { ...CLOCK, second: '2-digit', timeZoneName: 'long' },
    long: { ...CLOCK, second: '2-digit', timeZoneName: 'short' },
    medium: { ...CLOCK, second: '2-digit' },
    short: CLOCK,
  };
  const styled = (dateStyle, timeStyle) => ({
    ...(dateStyle === undefined ? {} : DATE_STYLES[dateStyle]),
    ...(timeStyle === undefined ? {} : TIME_STYLES[timeStyle]),
    glue: dateStyle === 'full' || dateStyle === 'long' ? 'at' : 'comma',
  });

  return { english, styled };
})
