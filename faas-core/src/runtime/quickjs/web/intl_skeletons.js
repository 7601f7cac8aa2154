// Finds the pattern of a date for the fields that were asked for, as CLDR describes it (UTS #35,
// "Matching Skeletons"): the format of the locale that is nearest, with the widths of the request.
(function (use) {
  'use strict';
  const { missing: absent } = use('intl_locales');
  // The fields, in their order.
  const [ERA, YEAR, , MONTH, , , WEEKDAY, , , DAY, PERIOD, HOUR, MINUTE, SECOND, FRACTION, ZONE] =
    Array.from({ length: 16 }, (_, index) => index);
  const COUNT = 16, DATE = (1 << PERIOD) - 1, TIME = (1 << COUNT) - 1 - DATE;

  // How far a letter and its length are from others of the field. Names are below 0, numbers above.
  const NARROW = -0x101, SHORTER = -0x102, SHORT = -0x103, LONG = -0x104, NUMBER = 0x100, STEP = 0x10;
  const names = (step) => [[1, SHORT - step], [4, LONG - step], [5, NARROW - step]];
  const LETTERS = {
    __proto__: null,
    G: [ERA, names(0)], y: [YEAR, [[1, NUMBER]]],
    M: [MONTH, [[1, NUMBER], [3, SHORT], [4, LONG], [5, NARROW]]],
    L: [MONTH, [[1, NUMBER + STEP], [3, SHORT - STEP], [4, LONG - STEP], [5, NARROW - STEP]]],
    E: [WEEKDAY, [...names(0), [6, SHORTER]]],
    c: [WEEKDAY, [[1, NUMBER + 2 * STEP], [3, SHORT - 2 * STEP], [4, LONG - 2 * STEP], [5, NARROW - 2 * STEP]]],
    d: [DAY, [[1, NUMBER]]],
    a: [PERIOD, names(0)], b: [PERIOD, names(STEP)], B: [PERIOD, names(3 * STEP)],
    H: [HOUR, [[1, NUMBER + 10 * STEP]]], k: [HOUR, [[1, NUMBER + 11 * STEP]]],
    h: [HOUR, [[1, NUMBER]]], K: [HOUR, [[1, NUMBER + STEP]]],
    m: [MINUTE, [[1, NUMBER]]], s: [SECOND, [[1, NUMBER]]], S: [FRACTION, [[1, NUMBER]]],
    v: [ZONE, [[1, SHORT - 2 * STEP], [4, LONG - 2 * STEP]]], z: [ZONE, [[1, SHORT], [4, LONG]]],
    O: [ZONE, [[1, SHORT - STEP], [4, LONG - STEP]]],
  };
  const typeOf = (letter, length) => {
    const [field, rows] = LETTERS[letter];
    let [, type] = rows[0];
    for (const [least, found] of rows) if (least <= length) type = found;
    return [field, type > 0 ? type + length : type];
  };

  // A pattern as a list of texts and fields: `{ letter, length }`.
  const readPattern = (pattern) => {
    const items = [];
    let text = '';
    const flush = () => {
      if (text !== '') items.push(text);
      text = '';
    };
    for (let i = 0; i < pattern.length; ) {
      const letter = pattern[i];
      if (letter === "'") {
        if (pattern[i + 1] === "'") {
          text += "'";
          i += 2;
          continue;
        }
        let end = i + 1;
        while (end < pattern.length && (pattern[end] !== "'" || pattern[end + 1] === "'")) {
          text += pattern[end];
          end += pattern[end] === "'" ? 2 : 1;
        }
        i = end + 1;
      } else if (/[A-Za-z]/.test(letter)) {
        flush();
        let length = 1;
        while (pattern[i + length] === letter) length++;
        items.push({ letter, length });
        i += length;
      } else {
        text += letter;
        i++;
      }
    }
    flush();
    return items;
  };

  // The types of the fields of a skeleton, and the letters and lengths that they come from.
  const readSkeleton = (items) => {
    const types = new Array(COUNT).fill(0), fields = new Array(COUNT);
    for (const item of items) {
      if (typeof item === 'string' || LETTERS[item.letter] === undefined) continue;
      const [field, type] = typeOf(item.letter, item.length);
      types[field] = type;
      fields[field] = item;
    }
    if (fields[HOUR] !== undefined) {
      // A clock of 12 hours has a period of the day, others have none.
      if (/[hK]/.test(fields[HOUR].letter)) {
        if (fields[PERIOD] === undefined) {
          types[PERIOD] = SHORT;
          fields[PERIOD] = { letter: 'a', length: 1 };
        }
      } else {
        types[PERIOD] = 0;
        fields[PERIOD] = undefined;
      }
    }
    if (fields[MINUTE] !== undefined && fields[FRACTION] !== undefined && fields[SECOND] === undefined) {
      types[SECOND] = NUMBER + 1;
      fields[SECOND] = { letter: 's', length: 1 };
    }
    return { types, fields };
  };
  const keyOf = ({ fields }) =>
    fields.map((field) => (field === undefined ? '' : field.letter.repeat(field.length))).join('');
  // Skeletons of one base differ in the widths of names or numbers only.
  const baseOf = ({ fields, types }) => fields
    .map((field, at) => (field === undefined ? '' : `${field.letter}${types[at] > 0 ? '' : types[at]}`)).join('');

  // Makes the function that finds patterns. `point` is before the fraction of a second.
  const makeFinder = (dates, point) => {
    const entries = new Map(), bases = new Set();
    const add = (pattern, skeleton, isGiven) => {
      const items = readPattern(pattern);
      if (items.some((item) => item.letter !== undefined && LETTERS[item.letter] === undefined)) return;
      const read = readSkeleton(skeleton === undefined ? items : readPattern(skeleton));
      const key = keyOf(read), old = entries.get(key);
      if (old !== undefined && old.isGiven) return;
      const base = baseOf(read);
      if (!isGiven && bases.has(base)) return;
      bases.add(base);
      entries.set(key, { items, isGiven, ...read });
    };
    for (const letter of ['G', 'y', 'M', 'E', 'd', 'a', 'H', 'm', 's', 'S', 'v']) add(letter, undefined, false);
    for (let i = 0; i < 4; i++) {
      add(dates.dates[i], undefined, false);
      add(dates.times[i], undefined, false);
    }
    for (const skeleton of Object.keys(dates.formats)) add(dates.formats[skeleton], skeleton, true);
    const letterOf = ({ fields }) => fields.find((field) => field !== undefined)?.letter ?? 'a';
    const list = [...entries.values()]
      .map((entry, index) => ({ entry, index, letter: letterOf(entry) }))
      .sort((a, b) => (a.letter < b.letter ? -1 : a.letter > b.letter ? 1 : a.index - b.index))
      .map(({ entry }) => entry);

    // The format that is nearest for some of the fields, and those of them that it lacks.
    const nearest = (wanted, mask) => {
      let best, least = Infinity, bestMissing = 0, bestExtra = 0;
      for (const entry of list) {
        let distance = 0, missing = 0, extra = 0;
        for (let field = 0; field < COUNT; field++) {
          const mine = (mask & (1 << field)) === 0 ? 0 : wanted.types[field];
          const other = entry.types[field];
          if (mine === other) continue;
          if (mine === 0) {
            distance += 0x10000;
            extra |= 1 << field;
          } else if (other === 0) {
            distance += 0x1000;
            missing |= 1 << field;
          } else {
            distance += Math.abs(mine - other);
          }
        }
        if (distance < least) {
          [best, least, bestMissing, bestExtra] = [entry, distance, missing, extra];
          if (distance === 0) break;
        }
      }
      return { best, missing: bestMissing, extra: bestExtra };
    };

    // The fields of a format with the widths of the request.
    const adjust = (entry, wanted, hasFraction) => entry.items.flatMap((item) => {
      if (typeof item === 'string' || LETTERS[item.letter] === undefined) return [item];
      const [field] = typeOf(item.letter, item.length);
      const asked = wanted.fields[field];
      if (asked === undefined) return [item];
      let { length } = asked;
      if (asked.letter === 'E' && length < 3) length = 3;
      if (field === MINUTE || field === SECOND) {
        length = item.length;
      } else if (entry.isGiven) {
        const given = entry.fields[field];
        const isNumber = typeOf(item.letter, item.length)[1] > 0, wantsNumber = wanted.types[field] > 0;
        const givenLength = given === undefined ? 0 : given.letter === 'E' ? Math.max(given.length, 1) : given.length;
        if (givenLength === length || isNumber !== wantsNumber) length = item.length;
      }
      const keepsLetter = [HOUR, MONTH, WEEKDAY, YEAR].includes(field);
      const found = { letter: keepsLetter ? item.letter : asked.letter, length };
      if (field === SECOND && hasFraction) {
        return [found, point, { letter: 'S', length: wanted.fields[FRACTION].length }];
      }
      return [found];
    });

    const appendTo = (template, first, second) => template.split(/(\{[01]\})/).flatMap((piece) => {
      if (piece === '{0}') return first;
      return piece === '{1}' ? second : readPattern(piece);
    });

    const appending = (wanted, mask) => {
      if (mask === 0) return [];
      let { best, missing } = nearest(wanted, mask);
      let items = adjust(best, wanted, false);
      if ((missing & (1 << FRACTION)) !== 0 && (mask & (1 << SECOND)) !== 0) {
        items = adjust({ ...best, items }, wanted, true);
        missing &= ~(1 << FRACTION);
      }
      if (missing === 0) return items;
      // Other fields would be appended as "(month: 3)". Implementations do not agree on how.
      if (missing !== 1 << ZONE) throw absent('this combination of the fields of a date');
      const zone = adjust(nearest(wanted, missing).best, wanted, false);
      return appendTo(dates.append.Timezone, items, zone);
    };

    // The pattern for a skeleton. Both are lists of items.
    return (skeleton) => {
      const wanted = readSkeleton(skeleton);
      const { best, missing, extra } = nearest(wanted, (1 << COUNT) - 1);
      if (missing === 0 && extra === 0) return adjust(best, wanted, false);
      let mask = 0;
      wanted.types.forEach((type, field) => {
        if (type !== 0) mask |= 1 << field;
      });
      const date = appending(wanted, mask & DATE), time = appending(wanted, mask & TIME);
      if (date.length === 0) return time;
      if (time.length === 0) return date;
      const month = wanted.fields[MONTH]?.length;
      const style = month === 4 ? (wanted.fields[WEEKDAY] === undefined ? 1 : 0) : month === 3 ? 2 : 3;
      return appendTo(dates.glueAt[style], time, date);
    };
  };

  return { makeFinder, readPattern };
})
