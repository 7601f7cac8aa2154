// The console: https://console.spec.whatwg.org. Loaded when it is first used.
//
// A line has a level and a text. Groups indent, counters and timers are those of one call, and all
// of them are bounded.
(function (builtins, inspector, print, now, cleanStack) {
  'use strict';
  const {
    apply, keys, getOwnPropertyDescriptor, isArray, put, toText, toNumber, slice, indexOf, toFixed,
    parseInt, parseFloat, objectText, arrayText, errorText, mapEach, setEach, MapClass, SetClass, min,
  } = builtins;
  const { safely, cut, indented, MAX_TEXT } = inspector;
  const DEBUG = 0, LOG = 1, INFO = 2, WARN = 3, ERROR = 4;
  const MAX_LABELS = 1000, MAX_LABEL = 100, MAX_INDENT = 20, MAX_ROWS = 100, MAX_COLUMNS = 20, MAX_CELL = 80;

  let counts, timers, labels, groups;
  const reset = () => {
    counts = { __proto__: null };
    timers = { __proto__: null };
    labels = groups = 0;
  };
  reset();

  const write = (level, text) => {
    if (groups === 0) return print(level, text);
    let indent = '';
    for (let i = 0; i < groups && i < MAX_INDENT; i++) indent += '  ';
    print(level, indent + indented(cut(text, MAX_TEXT), indent));
  };

  // ---- format specifiers ----

  const numberText = (value, convert) => {
    if (typeof value === 'bigint') return value + 'n';
    if (typeof value === 'symbol') return 'NaN';
    try { return safely(convert(value, 10)); } catch { return 'NaN'; }
  };

  // An object that says itself what its text is does so.
  const stringText = (value) => {
    if (typeof value !== 'object' || value === null) return safely(value);
    try {
      const own = value.toString;
      if (typeof own === 'function' && own !== objectText && own !== arrayText && own !== errorText) {
        return toText(value);
      }
    } catch {
      // It is shown like any other.
    }
    return safely(value);
  };

  const formatted = (specifier, value) => {
    switch (specifier) {
      case 's': return stringText(value);
      case 'd': case 'i': return numberText(value, parseInt);
      case 'f': return numberText(value, parseFloat);
      case 'o': case 'O': return safely(value, 1);
      case 'c': return '';
    }
  };

  const format = (values) => {
    let text = '', used = 0;
    if (values.length > 1 && typeof values[0] === 'string') {
      const pattern = values[0];
      used = 1;
      let start = 0;
      for (;;) {
        const at = apply(indexOf, pattern, ['%', start]);
        if (at < 0 || text.length > MAX_TEXT) break;
        text += apply(slice, pattern, [start, at]);
        const specifier = pattern[at + 1];
        start = at + 2;
        if (specifier === '%') {
          text += '%';
          continue;
        }
        const shown = used < values.length ? formatted(specifier, values[used]) : undefined;
        if (shown === undefined) {
          text += '%';
          start--;
        } else {
          text += shown;
          used++;
        }
      }
      text += apply(slice, pattern, [start]);
    }
    for (let i = used; i < values.length; i++) {
      if (i > 0) text += ' ';
      text = cut(text + safely(values[i]), MAX_TEXT);
    }
    return text;
  };

  const writer = (level) => (values) => write(level, format(values));

  // ---- labels ----

  const labelOf = (values) => {
    if (values.length === 0 || values[0] === undefined) return 'default';
    return cut(typeof values[0] === 'string' ? values[0] : stringText(values[0]), MAX_LABEL);
  };

  // Beyond the bound, labels share one.
  const claim = (table, label) => {
    if (table[label] !== undefined) return label;
    if (labels >= MAX_LABELS) return 'too many labels';
    labels++;
    return label;
  };

  const free = (table, label) => {
    if (table[label] === undefined) return;
    delete table[label];
    labels--;
  };

  const elapsed = (label) => {
    const time = now() - timers[label];
    return time < 1000 ? apply(toFixed, time, [3]) + 'ms' : apply(toFixed, time / 1000, [3]) + 's';
  };

  // `name (duration)`, and what is to be shown with it.
  const timeText = (label, values) => {
    let text = label + ': ' + elapsed(label);
    for (let i = 1; i < values.length; i++) text = cut(text + ' ' + safely(values[i]), MAX_TEXT);
    return text;
  };

  const withTimer = (values, work) => {
    const label = labelOf(values);
    if (timers[label] === undefined) write(WARN, "Timer '" + label + "' does not exist");
    else work(label);
  };

  // ---- tables ----

  const cell = (value) => indented(cut(safely(value, 1), MAX_CELL), '');

  const propertyCell = (property) => {
    if (property === undefined) return '';
    return property.get !== undefined || property.set !== undefined ? '[Getter]' : cell(property.value);
  };

  const isObject = (value) => typeof value === 'object' && value !== null;

  const addRow = (table, index, value) => {
    if (table.rows.length >= MAX_ROWS) return;
    const row = { __proto__: null, index, cells: { __proto__: null }, value: undefined };
    if (isObject(value)) {
      const names = table.only ?? keys(value);
      for (let i = 0; i < names.length && i < MAX_COLUMNS; i++) {
        const name = names[i];
        if (table.known[name] === undefined) {
          if (table.columns.length >= MAX_COLUMNS) continue;
          table.known[name] = true;
          put(table.columns, name);
        }
        row.cells[name] = propertyCell(getOwnPropertyDescriptor(value, name));
      }
    } else {
      row.value = cell(value);
      table.hasValues = true;
    }
    put(table.rows, row);
  };

  const tableOf = (data, only) => {
    const table = { __proto__: null, rows: [], columns: [], known: { __proto__: null }, hasValues: false, only };
    let index = 0;
    if (data instanceof MapClass) {
      apply(mapEach, data, [(value, key) => addRow(table, cell(key), value)]);
    } else if (data instanceof SetClass) {
      apply(setEach, data, [(value) => addRow(table, toText(index++), value)]);
    } else if (isArray(data)) {
      for (; index < min(data.length, MAX_ROWS); index++) addRow(table, toText(index), data[index]);
    } else {
      const names = keys(data);
      for (; index < min(names.length, MAX_ROWS); index++) {
        const property = getOwnPropertyDescriptor(data, names[index]);
        addRow(table, names[index], property === undefined ? undefined : property.value);
      }
    }
    return table;
  };

  const padded = (text, width) => {
    for (let i = text.length; i < width; i++) text += ' ';
    return text;
  };

  const ruler = (widths, left, middle, right) => {
    let text = left;
    for (let i = 0; i < widths.length; i++) {
      if (i > 0) text += middle;
      for (let j = -2; j < widths[i]; j++) text += '─';
    }
    return text + right;
  };

  const tableText = ({ rows, columns, hasValues }) => {
    const lines = [];
    const header = ['(index)'];
    for (let i = 0; i < columns.length; i++) put(header, columns[i]);
    if (hasValues) put(header, 'Values');
    put(lines, header);
    for (let i = 0; i < rows.length; i++) {
      const { index, cells, value } = rows[i];
      const line = [index];
      for (let j = 0; j < columns.length; j++) put(line, cells[columns[j]] ?? '');
      if (hasValues) put(line, value ?? '');
      put(lines, line);
    }
    const widths = [];
    for (let column = 0; column < header.length; column++) {
      let width = 0;
      for (let i = 0; i < lines.length; i++) if (lines[i][column].length > width) width = lines[i][column].length;
      put(widths, width);
    }
    let text = ruler(widths, '┌', '┬', '┐');
    for (let i = 0; i < lines.length && text.length < MAX_TEXT; i++) {
      text += '\n';
      for (let column = 0; column < header.length; column++) {
        text += '│ ' + padded(lines[i][column], widths[column]) + ' ';
      }
      text += '│';
      if (i === 0) text += '\n' + ruler(widths, '├', '┼', '┤');
    }
    return text + '\n' + ruler(widths, '└', '┴', '┘');
  };

  const namesOf = (only) => {
    if (!isArray(only)) return undefined;
    const names = [];
    for (let i = 0; i < only.length && i < MAX_COLUMNS; i++) put(names, toText(only[i]));
    return names;
  };

  // ---- the methods; each takes its arguments as an array ----

  const group = (values) => {
    if (values.length > 0) write(LOG, format(values));
    groups++;
  };

  return {
    __proto__: null,
    reset,
    debug: writer(DEBUG),
    log: writer(LOG),
    info: writer(INFO),
    warn: writer(WARN),
    error: writer(ERROR),
    dirxml: writer(LOG),
    dir: (values) => write(LOG, safely(values[0], 1)),
    table: (values) => {
      const data = values[0];
      if (!isObject(data)) return write(LOG, format(values));
      let text;
      try { text = tableText(tableOf(data, namesOf(values[1]))); } catch { text = safely(data); }
      write(LOG, text);
    },
    trace: (values) => {
      const stack = cleanStack(new builtins.ErrorClass().stack);
      const text = values.length === 0 ? 'Trace' : 'Trace: ' + format(values);
      write(DEBUG, stack === '' ? text : text + '\n' + apply(slice, stack, [0, -1]));
    },
    assert: (values) => {
      if (values[0]) return;
      const rest = [];
      for (let i = 1; i < values.length; i++) put(rest, values[i]);
      if (rest.length === 0) return write(ERROR, 'Assertion failed');
      if (typeof rest[0] === 'string') rest[0] = 'Assertion failed: ' + rest[0];
      else return write(ERROR, 'Assertion failed: ' + format(rest));
      write(ERROR, format(rest));
    },
    count: (values) => {
      const label = claim(counts, labelOf(values));
      counts[label] = (counts[label] ?? 0) + 1;
      write(INFO, label + ': ' + counts[label]);
    },
    countReset: (values) => {
      const label = labelOf(values);
      if (counts[label] === undefined) write(WARN, "Count for '" + label + "' does not exist");
      else free(counts, label);
    },
    time: (values) => {
      const label = labelOf(values);
      if (timers[label] !== undefined) return write(WARN, "Timer '" + label + "' already exists");
      timers[claim(timers, label)] = now();
    },
    timeLog: (values) => withTimer(values, (label) => write(LOG, timeText(label, values))),
    timeEnd: (values) => withTimer(values, (label) => {
      write(INFO, timeText(label, []));
      free(timers, label);
    }),
    group,
    groupCollapsed: group,
    groupEnd: () => { if (groups > 0) groups--; },
    clear: () => { groups = 0; },
  };
})
