// The names of time zones: those of CLDR's metazones, and offsets.
(function (use, native) {
  'use strict';
  const { data, shared, missing } = use('intl_locales');
  const OutOfRange = RangeError;

  // The name of a zone as ICU writes it; for an offset, `+01:00`.
  const readZone = (value) => {
    const zone = native.zone(`${value}`);
    if (zone === undefined) throw new OutOfRange(`invalid time zone: ${value}`);
    return zone;
  };

  // The time at an instant in a zone.
  const localOf = (zone, ms) => {
    const found = native.local(zone, ms);
    if (found === undefined) throw missing('a date before the year -9999 or after 9999');
    const [year, month, day, weekday, hour, minute, second, millisecond, offset, isSummer] = found;
    return { year, month, day, weekday, hour, minute, second, millisecond, offset, isSummer: isSummer === 1 };
  };

  const two = (number) => `${number}`.padStart(2, '0');

  // An offset in a locale, as `GMT+1` or `GMT+01:00`.
  const offsetName = (zones, offset, isLong) => {
    const total = Math.abs(offset);
    const hours = Math.floor(total / 3600), minutes = Math.floor(total / 60) % 60, seconds = total % 60;
    const pattern = zones.hour.split(';')[offset < 0 ? 1 : 0];
    const separator = /H(.)mm/.exec(pattern)?.[1] ?? '';
    let text = isLong ? `${two(hours)}${separator}${two(minutes)}` : `${hours}`;
    if (!isLong && (minutes !== 0 || seconds !== 0)) text += separator + two(minutes);
    if (seconds !== 0) text += separator + two(seconds);
    const shown = pattern.replace(/H+.?mm/, () => text);
    return zones.gmt.replace('{0}', () => shown);
  };

  // The metazone of a zone at an instant.
  const metazoneOf = (zone, ms) => {
    const found = shared('zones').metazones[zone];
    if (found === undefined || typeof found === 'string') return found;
    const minutes = ms / 60000;
    for (let i = 0; i < found.length; i += 3) {
      const from = found[i + 1] || -Infinity, to = found[i + 2] || Infinity;
      if (minutes >= from && minutes < to) return found[i];
    }
    return undefined;
  };

  // The name of a zone for a letter of a pattern: `z` or `O`.
  const zoneName = (base, letter, length, zone, ms, local) => {
    const zones = data(base, 'zones'), isLong = length === 4;
    if (letter === 'z' && !/^[+-]/.test(zone)) {
      const known = shared('zones').aliases[zone] ?? zone;
      // The database has standard time in the Irish summer; CLDR has it in winter.
      const isSummer = known === 'Europe/Dublin' ? local.offset !== 0 : local.isSummer;
      const index = (isLong ? 0 : 2) + (isSummer ? 1 : 0);
      const name = zones.zones[known]?.[index] || zones.metazones[metazoneOf(known, ms)]?.[index];
      if (name) return name;
    }
    return offsetName(zones, local.offset, isLong);
  };

  return { readZone, localOf, zoneName };
})
