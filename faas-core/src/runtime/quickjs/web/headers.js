// `Headers`. Names that browsers forbid are allowed, as on other servers.
(function (use) {
  'use strict';
  const { expose, need, isObject, iterator, sequence, iterable } = use('idl');

  const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

  const byteString = (value) => {
    const text = `${value}`;
    if (/[^\x00-\xff]/.test(text)) throw new TypeError('a header has a character above U+00FF');
    return text;
  };

  const nameOf = (value) => {
    const name = byteString(value);
    if (!TOKEN.test(name)) throw new TypeError(`invalid header name: ${JSON.stringify(name)}`);
    return name.toLowerCase();
  };

  const trim = (text) => text.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');

  const valueOf = (value) => trim(byteString(value));

  const checkValue = (name, value) => {
    if (/[\0\r\n]/.test(value)) throw new TypeError(`invalid value of the header ${name}`);
  };

  let listOf, setGuard, fill;

  class Headers {
    // Pairs of a lower-case name and a value.
    #list = [];
    #isImmutable = false;
    // The sorted and combined pairs, until the list changes.
    #sorted = null;

    constructor(init = undefined) {
      if (init !== undefined) fill(this, init);
    }

    static {
      listOf = (headers) => headers.#list;
      setGuard = (headers) => { headers.#isImmutable = true; };
      fill = (headers, init) => {
        if (!isObject(init)) throw new TypeError('headers must be an object or a list of pairs');
        const pairs = iterator(init, 'headers') !== undefined
          ? sequence(init, 'headers').map((pair) => {
            if (!isObject(pair)) throw new TypeError('a header must be a pair of a name and a value');
            const parts = sequence(pair, 'a header');
            if (parts.length !== 2) throw new TypeError('a header must be a pair of a name and a value');
            return [byteString(parts[0]), byteString(parts[1])];
          })
          : record(init);
        for (const pair of pairs) headers.append(pair[0], pair[1]);
      };
      iterable(Headers, 'Headers', (headers, index) => headers.#pairs()[index]);
    }

    #change() {
      if (this.#isImmutable) throw new TypeError('these headers cannot be changed');
      this.#sorted = null;
    }

    #pairs() {
      if (this.#sorted !== null) return this.#sorted;
      const values = new Map();
      for (const { 0: name, 1: value } of this.#list) {
        const found = values.get(name);
        if (found === undefined) values.set(name, [value]);
        else found.push(value);
      }
      const pairs = [];
      for (const name of [...values.keys()].sort()) {
        if (name === 'set-cookie') for (const value of values.get(name)) pairs.push([name, value]);
        else pairs.push([name, values.get(name).join(', ')]);
      }
      return (this.#sorted = pairs);
    }

    append(name, value) {
      this.#list;
      need(arguments.length, 2, 'append');
      const text = nameOf(name), normal = valueOf(value);
      checkValue(text, normal);
      this.#change();
      this.#list.push([text, normal]);
    }

    delete(name) {
      this.#list;
      need(arguments.length, 1, 'delete');
      const text = nameOf(name);
      this.#change();
      this.#list = this.#list.filter((pair) => pair[0] !== text);
    }

    get(name) {
      this.#list;
      need(arguments.length, 1, 'get');
      const text = nameOf(name);
      const values = this.#list.filter((pair) => pair[0] === text).map((pair) => pair[1]);
      return values.length === 0 ? null : values.join(', ');
    }

    getSetCookie() {
      return this.#list.filter((pair) => pair[0] === 'set-cookie').map((pair) => pair[1]);
    }

    has(name) {
      this.#list;
      need(arguments.length, 1, 'has');
      const text = nameOf(name);
      return this.#list.some((pair) => pair[0] === text);
    }

    set(name, value) {
      this.#list;
      need(arguments.length, 2, 'set');
      const text = nameOf(name), normal = valueOf(value);
      checkValue(text, normal);
      this.#change();
      const first = this.#list.findIndex((pair) => pair[0] === text);
      if (first < 0) return void this.#list.push([text, normal]);
      this.#list = this.#list.filter((pair, i) => i <= first || pair[0] !== text);
      this.#list[first] = [text, normal];
    }
  }
  expose(Headers);

  const record = (init) => {
    const pairs = new Map();
    for (const key of Reflect.ownKeys(init)) {
      const property = Reflect.getOwnPropertyDescriptor(init, key);
      if (property === undefined || !property.enumerable) continue;
      const name = byteString(key);
      pairs.set(name, byteString(init[key]));
    }
    return pairs;
  };

  const isHeaders = (value) => {
    try {
      return isObject(value) && listOf(value) !== undefined;
    } catch {
      return false;
    }
  };

  return { Headers, isHeaders, listOf, setGuard, fill, byteString };
})
