// Decimal numbers as texts of digits: how values are read and rounded, for `Intl.NumberFormat` and
// `Intl.PluralRules`. A number is `{ negative, whole, fraction }`, or `{ negative, special }`.
(function (use) {
  'use strict';
  const { choice, count } = use('intl_locales');
  const Failure = TypeError, OutOfRange = RangeError;

  // The sign, the digits before the point and those after it; a name for what is no number.
  const decimal = (value) => {
    let input = value;
    if (typeof input === 'object' && input !== null) {
      const primitive = input[Symbol.toPrimitive];
      input = primitive === undefined ? input.valueOf() : primitive.call(input, 'number');
      if (typeof input === 'object') input = `${value}`;
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
    const [whole, fraction = ''] = mantissa.split('.');
    return shift({ negative, whole, fraction }, Number(exponent));
  };

  // A number times a power of ten.
  const shift = (number, power) => {
    let { whole, fraction } = number;
    if (power > 0) {
      fraction = fraction.padEnd(power, '0');
      whole += fraction.slice(0, power);
      fraction = fraction.slice(power);
    } else if (power < 0) {
      whole = whole.padStart(1 - power, '0');
      fraction = whole.slice(power) + fraction;
      whole = whole.slice(0, power);
    }
    return { ...number, whole: whole.replace(/^0+(?=.)/, '') || '0', fraction };
  };

  const MODES = ['ceil', 'floor', 'expand', 'trunc', 'halfCeil', 'halfFloor', 'halfExpand', 'halfTrunc',
    'halfEven'];
  // Whether digits that are left out make what is left one more.
  const isUp = (mode, negative, last, rest) => {
    if (/^0*$/.test(rest)) return false;
    if (mode === 'ceil') return !negative;
    if (mode === 'floor') return negative;
    if (mode === 'expand' || mode === 'trunc') return mode === 'expand';
    const half = `5${'0'.repeat(rest.length - 1)}`;
    if (rest !== half) return rest > half;
    if (mode === 'halfCeil') return !negative;
    if (mode === 'halfFloor') return negative;
    if (mode === 'halfEven') return Number(last) % 2 === 1;
    return mode === 'halfExpand';
  };

  // Rounds to a number of digits after the point, which may be negative, and to a multiple.
  const round = (number, places, { mode = 'halfExpand', increment = 1 } = {}) => {
    const digits = number.whole + number.fraction;
    let keep = number.whole.length + places;
    if (keep >= digits.length && increment === 1) return number;
    const all = digits.padEnd(Math.max(keep, digits.length), '0').padStart(digits.length - Math.min(keep, 0), '0');
    keep = Math.max(keep, 0);
    let kept = all.slice(0, keep), rest = all.slice(keep);
    if (increment === 1) {
      if (isUp(mode, number.negative, kept.at(-1) ?? '0', rest)) {
        kept = (BigInt(`0${kept}`) + 1n).toString().padStart(keep, '0');
      }
    } else {
      // The remainder is compared with half of the increment, so both are doubled.
      const by = BigInt(increment), value = BigInt(`0${kept}`);
      const under = value / by, over = value % by;
      const size = BigInt(`0${rest}`), scale = 10n ** BigInt(rest.length);
      const tenths = ((over * scale + size) * 10n ** 20n) / (by * scale);
      const left = tenths.toString().padStart(20, '0') + (((over * scale + size) * 10n ** 20n) % (by * scale) > 0n ? '1' : '0');
      const isMore = isUp(mode, number.negative, `${under % 10n}`, left);
      kept = ((isMore ? under + 1n : under) * by).toString().padStart(keep, '0');
    }
    if (places < 0) {
      const whole = (kept === '' ? '0' : kept) + '0'.repeat(-places);
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

  const bySignificant = (number, digits) => {
    const rounded = round(number, digits.maxSignificant - magnitude(number), digits);
    const least = Math.max(digits.minSignificant - magnitude(rounded), 0);
    return { ...rounded, fraction: rounded.fraction.replace(/0+$/, '').padEnd(least, '0') };
  };
  const byFraction = (number, digits) => {
    const rounded = round(number, digits.maxFraction, digits);
    return { ...rounded, fraction: rounded.fraction.replace(/0+$/, '').padEnd(digits.minFraction, '0') };
  };

  const applyDigits = (number, digits) => {
    let rounded;
    if (digits.maxSignificant === undefined) {
      rounded = byFraction(number, digits);
    } else if (digits.maxFraction === undefined) {
      rounded = bySignificant(number, digits);
    } else {
      // The one that rounds at the smaller digit has more precision.
      const isSignificant = digits.maxSignificant - magnitude(number) > digits.maxFraction;
      const wantsMore = digits.priority !== 'lessPrecision';
      rounded = isSignificant === wantsMore ? bySignificant(number, digits) : byFraction(number, digits);
    }
    if (digits.strip && /^0*$/.test(rounded.fraction)) rounded.fraction = '';
    return { ...rounded, whole: rounded.whole.padStart(digits.minInteger, '0') };
  };

  const written = ({ whole, fraction }) => (fraction === '' ? whole : `${whole}.${fraction}`);

  const INCREMENTS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000];

  // Reads the options for digits. `least` and `most` are the defaults of digits after the point.
  const readDigits = (options, least, most, isCompact) => {
    const digits = { minInteger: count(options, 'minimumIntegerDigits', 1, 21, 1) };
    let minFraction = count(options, 'minimumFractionDigits', 0, 100, undefined);
    let maxFraction = count(options, 'maximumFractionDigits', 0, 100, undefined);
    const minSignificant = count(options, 'minimumSignificantDigits', 1, 21, undefined);
    const maxSignificant =
      count(options, 'maximumSignificantDigits', minSignificant ?? 1, 21, undefined);
    digits.increment = count(options, 'roundingIncrement', 1, 5000, 1);
    if (!INCREMENTS.includes(digits.increment)) {
      throw new OutOfRange(`roundingIncrement must be one of ${INCREMENTS.join(', ')}`);
    }
    digits.mode = choice(options, 'roundingMode', MODES, 'halfExpand');
    digits.priority =
      choice(options, 'roundingPriority', ['auto', 'morePrecision', 'lessPrecision'], 'auto');
    digits.strip =
      choice(options, 'trailingZeroDisplay', ['auto', 'stripIfInteger'], 'auto') === 'stripIfInteger';
    const hasSignificant = minSignificant !== undefined || maxSignificant !== undefined;
    const hasFraction = minFraction !== undefined || maxFraction !== undefined;
    const isBoth = digits.priority !== 'auto';
    const needsSignificant = isBoth || hasSignificant;
    const needsFraction = isBoth || !(hasSignificant || (!hasFraction && isCompact));
    if (digits.increment !== 1) {
      if (needsSignificant) throw new Failure('roundingIncrement cannot be used with significant digits');
      if (minFraction !== undefined && maxFraction !== undefined && minFraction !== maxFraction) {
        throw new OutOfRange('roundingIncrement needs equal minimumFractionDigits and maximumFractionDigits');
      }
    }
    if (needsSignificant) {
      digits.minSignificant = minSignificant ?? 1;
      digits.maxSignificant = maxSignificant ?? 21;
    }
    if (needsFraction) {
      minFraction ??= maxFraction === undefined ? least : Math.min(least, maxFraction);
      maxFraction ??= Math.max(digits.increment === 1 ? most : least, minFraction);
      if (minFraction > maxFraction) {
        throw new OutOfRange('minimumFractionDigits is above maximumFractionDigits');
      }
      digits.minFraction = minFraction;
      digits.maxFraction = maxFraction;
    }
    if (!needsSignificant && !needsFraction) {
      // What a compact number has without options.
      Object.assign(digits, {
        minFraction: 0, maxFraction: 0, minSignificant: 1, maxSignificant: 2, priority: 'morePrecision',
      });
    }
    return digits;
  };

  const showDigits = (digits, resolved) => {
    resolved.minimumIntegerDigits = digits.minInteger;
    if (digits.maxFraction !== undefined) {
      resolved.minimumFractionDigits = digits.minFraction;
      resolved.maximumFractionDigits = digits.maxFraction;
    }
    if (digits.maxSignificant !== undefined) {
      resolved.minimumSignificantDigits = digits.minSignificant;
      resolved.maximumSignificantDigits = digits.maxSignificant;
    }
    return resolved;
  };
  // The options for rounding, which `resolvedOptions` shows last.
  const showRounding = (digits, resolved) => Object.assign(resolved, {
    roundingIncrement: digits.increment, roundingMode: digits.mode, roundingPriority: digits.priority,
    trailingZeroDisplay: digits.strip ? 'stripIfInteger' : 'auto',
  });

  return {
    decimal, shift, isZero, magnitude, applyDigits, written, readDigits, showDigits, showRounding,
  };
})
