// Values as text, for the console and for failures, much as Node.js shows them. Loaded when it is
// first used.
//
// Everything is bounded: the depth, the items of a collection, the nodes of one text and its
// length. There are no template literals: QuickJS evaluates them with `String.prototype.concat`,
// which users can replace. Nothing here calls a getter, except `name`, `message` and `stack` of an error; but traps
// of proxies run, so this is user code's time.
(function (builtins) {
  'use strict';
  const {
    apply, ownKeys, keys, getPrototypeOf, getOwnPropertyDescriptor, isArray, put, stringify,
    toText, slice, indexOf, charCodeAt, symbolText, dateText, regExpText, mapEach, setEach,
    ExceptionClass, DateClass, RegExpClass, PromiseClass, MapClass, SetClass, BinaryClass,
  } = builtins;

  const MAX_DEPTH = 4, MAX_CAUSES = 4, MAX_ITEMS = 100, MAX_NODES = 5000;
  const MAX_TEXT = 65536, MAX_STRING = 10000, MAX_SHORT = 1000, MAX_HOLES = 10000;
  let nodes = 0;

  // An exception of the web platform is no `Error` to `isError`. The check runs traps of proxies.
  const isError = (value) => {
    try { return builtins.isError(value) || value instanceof ExceptionClass; } catch { return false; }
  };

  const cut = (text, max) => (text.length > max ? apply(slice, text, [0, max]) + '…' : text);

  const contains = (text, part) => apply(indexOf, text, [part]) >= 0;

  const replaced = (text, part, by) => {
    let result = '', start = 0;
    for (;;) {
      const at = apply(indexOf, text, [part, start]);
      if (at < 0) return result + apply(slice, text, [start]);
      result += apply(slice, text, [start, at]) + by;
      start = at + part.length;
    }
  };

  const indented = (text, by) => (contains(text, '\n') ? replaced(text, '\n', '\n' + by) : text);

  const quoted = (text) => {
    const inner = apply(slice, stringify(cut(text, MAX_STRING)), [1, -1]);
    if (!contains(inner, "'")) return "'" + replaced(inner, '\\"', '"') + "'";
    if (!contains(inner, '\\"')) return '"' + inner + '"';
    return "'" + replaced(replaced(inner, '\\"', '"'), "'", "\\'") + "'";
  };

  const isName = (key) => {
    if (key === '' || key.length > 100) return false;
    for (let i = 0; i < key.length; i++) {
      const code = apply(charCodeAt, key, [i]);
      const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
      const isDigit = code >= 48 && code <= 57;
      if (!isLetter && code !== 95 && code !== 36 && code < 128 && !(isDigit && i > 0)) {
        // An index is shown without quotes, as a name is.
        return isDigit && toText(code - 48) === key[0] && toText(+key) === key;
      }
    }
    return true;
  };

  const keyText = (key) =>
    typeof key === 'symbol' ? '[' + apply(symbolText, key, []) + ']' : isName(key) ? key : quoted(key);

  const ownValue = (object, key) => {
    const property = getOwnPropertyDescriptor(object, key);
    return property === undefined ? undefined : property.value;
  };

  const className = (object) => {
    const prototype = getPrototypeOf(object);
    if (prototype === null) return '[Object: null prototype]';
    const constructor = ownValue(prototype, 'constructor');
    const name = typeof constructor === 'function' ? ownValue(constructor, 'name') : undefined;
    return typeof name === 'string' ? cut(name, 100) : '';
  };

  const list = (open, items, more, close) => {
    let text = open;
    for (let i = 0; i < items.length; i++) text += (i === 0 ? ' ' : ', ') + items[i];
    if (more > 0) text += (items.length === 0 ? ' ' : ', ') + '… ' + more + ' more';
    return text + (items.length === 0 && more <= 0 ? close : ' ' + close);
  };

  const show = (value, depth, seen) => {
    switch (typeof value) {
      case 'string': return depth === 0 ? value : quoted(value);
      case 'number': return value === 0 && 1 / value < 0 ? '-0' : toText(value);
      case 'bigint': return value + 'n';
      case 'symbol': return apply(symbolText, value, []);
      case 'function': return functionText(value, depth, seen);
      case 'object': return value === null ? 'null' : showObject(value, depth, seen);
      default: return toText(value);
    }
  };

  const functionText = (value, depth, seen) => {
    const name = ownValue(value, 'name');
    const named = typeof name === 'string' && name !== '';
    const text = named ? '[Function: ' + cut(name, 100) + ']' : '[Function (anonymous)]';
    if (depth > MAX_DEPTH || isSeen(value, seen)) return text;
    put(seen, value);
    const items = [];
    const total = showProperties(value, keys(value), depth, seen, items);
    seen.length--;
    return total === 0 ? text : list(text + ' {', items, total - items.length, '}');
  };

  const isSeen = (value, seen) => {
    for (let i = 0; i < seen.length; i++) if (seen[i] === value) return true;
    return false;
  };

  const showObject = (value, depth, seen) => {
    if (isSeen(value, seen)) return '[Circular]';
    if (isError(value)) return errorText(value, depth, seen);
    if (value instanceof DateClass) {
      try { return apply(dateText, value, []); } catch { return 'Invalid Date'; }
    }
    if (value instanceof RegExpClass) {
      try { return apply(regExpText, value, []); } catch { return '[RegExp]'; }
    }
    const name = className(value);
    if (value instanceof PromiseClass) return 'Promise {}';
    if (depth > MAX_DEPTH || ++nodes > MAX_NODES) return isArray(value) ? '[Array]' : '[' + (name || 'Object') + ']';
    put(seen, value);
    const items = [];
    let text, more = 0;
    if (isArray(value) || value instanceof BinaryClass) {
      more = showElements(value, depth, seen, items);
      const { length } = value;
      text = list(isArray(value) && name === 'Array' ? '[' : name + '(' + length + ') [', items, more, ']');
    } else if (value instanceof MapClass) {
      apply(mapEach, value, [(item, key) => {
        if (items.length >= MAX_ITEMS) more++;
        else put(items, show(key, depth + 1, seen) + ' => ' + show(item, depth + 1, seen));
      }]);
      text = list('Map(' + (items.length + more) + ') {', items, more, '}');
    } else if (value instanceof SetClass) {
      apply(setEach, value, [(item) => {
        if (items.length >= MAX_ITEMS) more++;
        else put(items, show(item, depth + 1, seen));
      }]);
      text = list('Set(' + (items.length + more) + ') {', items, more, '}');
    } else {
      const names = ownKeys(value), shown = [];
      for (let i = 0; i < names.length; i++) {
        if (shown.length >= MAX_ITEMS) more++;
        else if (getOwnPropertyDescriptor(value, names[i])?.enumerable) put(shown, names[i]);
      }
      showProperties(value, shown, depth, seen, items);
      text = list(name === 'Object' || name === '' ? '{' : name + ' {', items, more, '}');
    }
    seen.length--;
    return cut(text, MAX_TEXT);
  };

  // Fills `items` with the first elements, and returns how many there are beyond them.
  const showElements = (value, depth, seen, items) => {
    const { length } = value;
    let i = 0, holes = 0;
    for (; i < length && items.length < MAX_ITEMS && holes < MAX_HOLES; i++) {
      const property = getOwnPropertyDescriptor(value, i);
      if (property === undefined) {
        holes++;
        continue;
      }
      showHoles(holes, items);
      holes = 0;
      put(items, indented(propertyText(property, depth, seen), '  '));
    }
    showHoles(holes, items);
    return length - i;
  };

  const showHoles = (holes, items) => {
    if (holes > 0) put(items, holes === 1 ? '<1 empty item>' : '<' + holes + ' empty items>');
  };

  // Fills `items` with the first of the named properties, and returns how many there are.
  const showProperties = (object, names, depth, seen, items) => {
    for (let i = 0; i < names.length && i < MAX_ITEMS; i++) {
      const property = getOwnPropertyDescriptor(object, names[i]);
      const text = property === undefined ? 'undefined' : propertyText(property, depth, seen);
      put(items, keyText(names[i]) + ': ' + indented(text, '  '));
    }
    return names.length;
  };

  const propertyText = (property, depth, seen) => {
    const { get, set } = property;
    if (get !== undefined) return set === undefined ? '[Getter]' : '[Getter/Setter]';
    return set === undefined ? show(property.value, depth + 1, seen) : '[Setter]';
  };

  // ---- errors ----

  const plain = (value) => (typeof value === 'string' ? value : show(value, 1, []));

  const head = (error) => {
    const { name, message } = error;
    const title = name === undefined ? 'Error' : plain(name);
    const text = message === undefined ? '' : plain(message);
    return cut(title === '' ? text : text === '' ? title : title + ': ' + text, MAX_TEXT);
  };

  const stackOf = (error) => {
    const { stack } = error;
    if (typeof stack !== 'string') return '';
    return stack[stack.length - 1] === '\n' ? apply(slice, stack, [0, -1]) : stack;
  };

  // What an error has beyond its message and its stack: its own properties, its cause, its parts.
  const extras = (error, each) => {
    const names = ownKeys(error);
    for (let i = 0; i < names.length && i < MAX_ITEMS; i++) {
      const key = names[i];
      if (key === 'message' || key === 'stack' || key === 'name') continue;
      const property = getOwnPropertyDescriptor(error, key);
      if (property === undefined) continue;
      if (property.enumerable) each(keyText(key), property);
      else if (key === 'cause' || key === 'errors' || key === 'error' || key === 'suppressed') {
        each('[' + key + ']', property);
      }
    }
  };

  const detailsOf = (error, depth, seen) => {
    if (depth > MAX_CAUSES || ++nodes > MAX_NODES) return '';
    let text = '';
    put(seen, error);
    extras(error, (key, property) => {
      if (text.length > MAX_TEXT) return;
      text += (text === '' ? '' : ',') + '\n  ' + key + ': ' + indented(propertyText(property, depth, seen), '  ');
    });
    seen.length--;
    return text === '' ? '' : ' {' + text + '\n}';
  };

  const errorText = (error, depth, seen) => {
    const title = head(error);
    if (depth > MAX_CAUSES || ++nodes > MAX_NODES) return '[' + title + ']';
    const stack = stackOf(error);
    const text = stack === '' ? (depth === 0 ? title : '[' + title + ']')
      : apply(indexOf, stack, [title]) === 0 ? stack : title + '\n' + stack;
    return cut(text + detailsOf(error, depth, seen), MAX_TEXT);
  };

  // In one line and without stacks.
  const shortOf = (error, depth, seen) => {
    let text = '';
    put(seen, error);
    extras(error, (key, property) => {
      if (text.length > MAX_SHORT) return;
      text += (text === '' ? ' ' : ', ') + key + ': ' + shortValue(property, depth + 1, seen);
    });
    seen.length--;
    return text === '' ? '' : ' {' + text + ' }';
  };

  const shortValue = (property, depth, seen) => {
    const { value } = property;
    if (isError(value)) {
      if (isSeen(value, seen)) return '[Circular]';
      return cut(head(value), MAX_SHORT) + (depth < MAX_CAUSES ? shortOf(value, depth, seen) : '');
    }
    if (isArray(value)) {
      const items = [];
      const { length } = value;
      for (let i = 0; i < length && i < 3; i++) {
        const item = getOwnPropertyDescriptor(value, i);
        put(items, item === undefined ? '' : shortValue(item, depth + 1, seen));
      }
      return list('[', items, length - items.length, ']');
    }
    return cut(propertyText(property, MAX_DEPTH, seen), 200);
  };

  // ---- entry points ----

  // `depth` 0: a text is shown without quotes, as the console does; 1: with them.
  const safely = (value, depth = 0) => {
    nodes = 0;
    try { return show(value, depth, []); } catch { return '[a value that cannot be shown]'; }
  };

  const ofError = (error) => {
    nodes = 0;
    const title = head(error);
    let short = '', details = '';
    try {
      short = cut(shortOf(error, 0, []), MAX_SHORT);
      details = detailsOf(error, 0, []);
    } catch {
      // What cannot be shown is left out.
    }
    return { __proto__: null, head: title, short, details };
  };

  return { __proto__: null, safely, ofError, cut, indented, MAX_TEXT };
})
