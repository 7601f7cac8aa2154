// How numbers are written: the patterns of CLDR, which have a prefix, digits and a suffix.
(function (use) {
  'use strict';
  const { shared, missing } = use('intl_locales');

  // The text of a pattern as tokens: `{ sign }` for a character that has a meaning, or a text.
  const tokensOf = (text) => {
    const tokens = [];
    let plain = '';
    const flush = () => {
      if (plain !== '') tokens.push(plain);
      plain = '';
    };
    for (let i = 0; i < text.length; i++) {
      if (text[i] === "'") {
        const end = text.indexOf("'", i + 1);
        plain += end === i + 1 ? "'" : text.slice(i + 1, end < 0 ? text.length : end);
        i = end < 0 ? text.length : end;
      } else if ('-+%¤'.includes(text[i])) {
        flush();
        tokens.push({ sign: text[i] });
      } else {
        plain += text[i];
      }
    }
    flush();
    return tokens;
  };

  const hasSign = (tokens, sign) => tokens.some((token) => token.sign === sign);

  // Reads a pattern as `#,##0.00 ¤;(#,##0.00 ¤)`.
  const readPattern = (pattern) => {
    const parts = /^((?:'[^']*'|[^;'])*)(?:;(.*))?$/s.exec(pattern);
    const read = (text) => {
      const [, before, digits, after] = /^((?:'[^']*'|[^#0,.'])*)([#0,.]*(?:E0+)?)(.*)$/s.exec(text);
      return { prefix: tokensOf(before), digits, suffix: tokensOf(after) };
    };
    const positive = read(parts[1]);
    const groups = positive.digits.split('.')[0].split(',').slice(1).map((group) => group.length);
    return {
      positive, negative: parts[2] === undefined ? undefined : read(parts[2]),
      primary: groups.at(-1) ?? 0, secondary: groups.at(-2) ?? groups.at(-1) ?? 0,
      zeros: positive.digits.replace(/[^0]/g, '').length,
    };
  };

  // A list of parts. Spaces and marks of direction at the ends of what is no literal are literals.
  class Parts {
    list = [];
    literal(value) {
      const last = this.list.at(-1);
      if (value === '') return;
      if (last !== undefined && last.type === 'literal') last.value += value;
      else this.list.push({ type: 'literal', value });
    }
    push(type, value) {
      if (type === 'literal') return this.literal(value);
      const [, before, middle, after] =
        /^([\p{Zs}\t\p{Bidi_Control}]*)(.*?)([\p{Zs}\t\p{Bidi_Control}]*)$/su.exec(value);
      this.literal(before);
      const last = this.list.at(-1);
      if (middle !== '') {
        if (type === 'compact' && last !== undefined && last.type === type) last.value += middle;
        else this.list.push({ type, value: middle });
      }
      this.literal(after);
    }
  }

  // The symbols and digits of a locale in a numbering system.
  const systemOf = (numbers, name) => {
    const { digits } = shared('numbers');
    const system = name ?? numbers.system;
    if (digits[system] === undefined) throw missing(`the numbering system ${system}`);
    const data = numbers.systems[system] ?? numbers.systems.latn;
    if (numbers.systems[system] === undefined && system.startsWith('arab')) {
      throw missing(`the numbering system ${system} in this locale`);
    }
    const [point, group, plus, minus, percent, exponent, infinity, nan, about] = data.symbols;
    return {
      data, system, digits: system === 'latn' ? undefined : [...digits[system]],
      point, group, plus, minus, percent, exponent, infinity, nan, about,
    };
  };

  const localDigits = (system, text) => {
    if (system.digits === undefined) return text;
    let found = '';
    for (const digit of text) found += system.digits[digit] ?? digit;
    return found;
  };

  // Writes the digits of a number. `grouping` is `[primary, secondary, minimum]` or undefined.
  const putDigits = (parts, number, system, grouping, money) => {
    if (number.special !== undefined) {
      parts.push(number.special, number.special === 'nan' ? system.nan : system.infinity);
      return;
    }
    const { whole, fraction } = number;
    const point = money?.[0] ?? system.point, separator = money?.[1] ?? system.group;
    if (grouping === undefined || grouping[0] === 0 || whole.length < grouping[0] + grouping[2]) {
      parts.push('integer', localDigits(system, whole));
    } else {
      const groups = [whole.slice(-grouping[0])];
      for (let rest = whole.slice(0, -grouping[0]); rest !== ''; rest = rest.slice(0, -grouping[1])) {
        groups.unshift(rest.slice(-grouping[1]));
      }
      groups.forEach((group, index) => {
        if (index > 0) parts.list.push({ type: 'group', value: separator });
        parts.push('integer', localDigits(system, group));
      });
    }
    if (fraction !== '') {
      parts.push('decimal', point);
      parts.push('fraction', localDigits(system, fraction));
    }
  };

  const isLetterLike = (character) => /[^\p{S}\p{Z}]/u.test(character);

  // Writes a number in a pattern. `shown` is the sign: '', '-' or '+'. `body(parts)` writes the
  // digits, `currency` is the symbol, and `literal` is the type of other texts.
  const putPattern = (parts, pattern, shown, system, body, currency, literal = 'literal') => {
    const { positive, negative } = pattern;
    const isPlus = shown === '+' && !hasSign([...positive.prefix, ...positive.suffix], '+');
    const usesNegative = negative !== undefined && (shown === '-'
      || (isPlus && hasSign([...negative.prefix, ...negative.suffix], '-')));
    const { prefix, suffix } = usesNegative ? negative : positive;
    const before = usesNegative || (shown !== '-' && !isPlus) ? prefix : [{ sign: '-' }, ...prefix];
    const put = (token) => {
      if (typeof token === 'string') parts.push(literal, token);
      else if (token.sign === '%') parts.push('percentSign', system.percent);
      else if (token.sign === '¤') parts.push('currency', currency);
      else if (token.sign === '-' && !isPlus) parts.push('minusSign', system.minus);
      else parts.push('plusSign', system.plus);
    };
    const inner = new Parts();
    if (positive.digits !== '') body(inner);
    const digits = inner.list;
    const isDigit = (character) => /\p{Nd}/u.test(character ?? '');
    before.forEach(put);
    if (currency !== undefined && before.at(-1)?.sign === '¤' && isLetterLike([...currency].at(-1))
      && isDigit([...digits[0]?.value ?? ''][0])) {
      parts.literal('\u00a0');
    }
    for (const { type, value } of digits) {
      if (type === 'literal') parts.literal(value);
      else parts.list.push({ type, value });
    }
    if (currency !== undefined && suffix[0]?.sign === '¤' && isLetterLike([...currency][0])
      && isDigit([...digits.at(-1)?.value ?? ''].at(-1))) {
      parts.literal('\u00a0');
    }
    suffix.forEach(put);
  };

  // Writes a text with `{0}` and `{1}`, such as `{0} km`. `put[0]` writes the first value, ….
  const putTemplate = (parts, template, put, type = 'literal') => {
    for (const piece of template.split(/(\{[0-9]\})/)) {
      if (/^\{[0-9]\}$/.test(piece)) put[Number(piece[1])](parts);
      else if (piece !== '') parts.push(type, piece);
    }
  };

  return { Parts, readPattern, systemOf, localDigits, putDigits, putPattern, putTemplate };
})
