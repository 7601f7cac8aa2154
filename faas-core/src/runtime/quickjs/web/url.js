// `URL` and `URLSearchParams`, as the URL standard defines them.
(function (use, native) {
  'use strict';
  const { usv, isObject, need, expose, iterable } = use('idl');
  const Failure = TypeError;
  const { ownKeys } = Reflect;
  const { getOwnPropertyDescriptor } = Object;

  // Between the two classes: the fields are private.
  let listOf, setList, newParams, setQuery;

  // The names and values of a query.
  const parseQuery = (text) => {
    const flat = native.parseQuery(text), list = [];
    for (let i = 0; i < flat.length; i += 2) list.push([flat[i], flat[i + 1]]);
    return list;
  };

  const serialize = (list) => {
    let text = '';
    for (const [name, value] of list) {
      text += `${text === '' ? '' : '&'}${native.encode(name)}=${native.encode(value)}`;
    }
    return text;
  };

  const readSequence = (sequence) => {
    const list = [];
    for (const item of sequence) {
      const pair = isObject(item) ? [...item] : [];
      if (pair.length !== 2) throw new Failure('a query needs pairs of a name and a value');
      list.push([usv(pair[0]), usv(pair[1])]);
    }
    return list;
  };

  const readRecord = (record) => {
    const places = new Map(), list = [];
    for (const key of ownKeys(record)) {
      if (!getOwnPropertyDescriptor(record, key)?.enumerable) continue;
      const name = usv(key), value = usv(record[key]);
      const pair = places.get(name);
      if (pair !== undefined) {
        pair[1] = value;
      } else {
        const added = [name, value];
        places.set(name, added);
        list.push(added);
      }
    }
    return list;
  };

  class URLSearchParams {
    #list;
    // The URL whose query this is.
    #url = null;

    static {
      listOf = (params) => params.#list;
      setList = (params, list) => { params.#list = list; };
      newParams = (url, list) => {
        const params = new URLSearchParams();
        params.#url = url;
        params.#list = list;
        return params;
      };
    }

    constructor(init = '') {
      if (isObject(init)) {
        const iterate = init[Symbol.iterator];
        this.#list = iterate === undefined || iterate === null
          ? readRecord(init)
          : readSequence(init);
      } else {
        const text = usv(init);
        this.#list = parseQuery(text[0] === '?' ? text.slice(1) : text);
      }
    }

    #update() {
      if (this.#url !== null) setQuery(this.#url, serialize(this.#list));
    }

    get size() { return this.#list.length; }

    append(name, value) {
      const list = this.#list;
      need(arguments.length, 2, 'append');
      list.push([usv(name), usv(value)]);
      this.#update();
    }

    delete(name, value = undefined) {
      const list = this.#list;
      need(arguments.length, 1, 'delete');
      const searched = usv(name), wanted = value === undefined ? undefined : usv(value);
      this.#list = list.filter((pair) =>
        pair[0] !== searched || (wanted !== undefined && pair[1] !== wanted));
      this.#update();
    }

    get(name) {
      const list = this.#list;
      need(arguments.length, 1, 'get');
      const searched = usv(name);
      const found = list.find((pair) => pair[0] === searched);
      return found === undefined ? null : found[1];
    }

    getAll(name) {
      const list = this.#list;
      need(arguments.length, 1, 'getAll');
      const searched = usv(name);
      return list.filter((pair) => pair[0] === searched).map((pair) => pair[1]);
    }

    has(name, value = undefined) {
      const list = this.#list;
      need(arguments.length, 1, 'has');
      const searched = usv(name), wanted = value === undefined ? undefined : usv(value);
      return list.some((pair) =>
        pair[0] === searched && (wanted === undefined || pair[1] === wanted));
    }

    set(name, value) {
      const list = this.#list;
      need(arguments.length, 2, 'set');
      const searched = usv(name), text = usv(value);
      let isSet = false;
      this.#list = list.filter((pair) => {
        if (pair[0] !== searched) return true;
        if (isSet) return false;
        pair[1] = text;
        return isSet = true;
      });
      if (!isSet) this.#list.push([searched, text]);
      this.#update();
    }

    sort() {
      // By UTF-16 code units, as strings are compared.
      this.#list.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
      this.#update();
    }

    toString() { return serialize(this.#list); }
  }
  expose(URLSearchParams, 'URLSearchParams');
  iterable(URLSearchParams, 'URLSearchParams', (params, index) => listOf(params)[index]);

  // The numbers in a parsed URL: where its components start and end.
  const HREF = 0, PROTOCOL = 1, USER = 2, USER_END = 3, PASSWORD = 4, PASSWORD_END = 5, HOST = 6,
    HOST_END = 7, PORT = 8, PORT_END = 9, PATH = 10, PATH_END = 11, QUERY_END = 12;

  const parse = (url, base) => native.parse(usv(url), base === undefined ? undefined : usv(base));

  class URL {
    // The text and the places of the components in it.
    #parsed;
    #params;

    static {
      setQuery = (url, query) => { url.#set('search', query); };
    }

    static canParse(url, base = undefined) {
      need(arguments.length, 1, 'URL.canParse');
      return parse(url, base) !== undefined;
    }

    static parse(url, base = undefined) {
      need(arguments.length, 1, 'URL.parse');
      const parsed = parse(url, base);
      if (parsed === undefined) return null;
      const made = new URL('a:');
      made.#parsed = parsed;
      return made;
    }

    constructor(url, base = undefined) {
      need(arguments.length, 1, 'URL');
      this.#parsed = parse(url, base);
      if (this.#parsed === undefined) {
        const of = base === undefined ? '' : ` with the base ${JSON.stringify(usv(base))}`;
        const error = new Failure(`invalid URL: ${JSON.stringify(usv(url))}${of}`);
        error.code = 'ERR_INVALID_URL';
        throw error;
      }
    }

    #slice(start, end) { return this.#parsed[HREF].slice(this.#parsed[start], this.#parsed[end]); }

    // A query or fragment; nothing if it has no more than its mark.
    #marked(start, end) {
      const text = this.#slice(start, end);
      return text.length === 1 ? '' : text;
    }

    #set(component, value) {
      const parsed = native.set(this.#parsed[HREF], component, value);
      if (parsed !== undefined) this.#parsed = parsed;
    }

    #readQuery() {
      if (this.#params !== undefined) setList(this.#params, parseQuery(this.search.slice(1)));
    }

    get href() { return this.#parsed[HREF]; }
    set href(value) {
      this.#parsed;
      const parsed = native.parse(usv(value), undefined);
      if (parsed === undefined) throw new Failure(`invalid URL: ${JSON.stringify(usv(value))}`);
      this.#parsed = parsed;
      this.#readQuery();
    }
    get origin() { return native.origin(this.#parsed[HREF]); }
    get protocol() { return this.#parsed[HREF].slice(0, this.#parsed[PROTOCOL]); }
    set protocol(value) { this.#set('protocol', usv(value)); }
    get username() { return this.#slice(USER, USER_END); }
    set username(value) { this.#set('username', usv(value)); }
    get password() { return this.#slice(PASSWORD, PASSWORD_END); }
    set password(value) { this.#set('password', usv(value)); }
    get host() { return this.#slice(HOST, PORT_END); }
    set host(value) { this.#set('host', usv(value)); }
    get hostname() { return this.#slice(HOST, HOST_END); }
    set hostname(value) { this.#set('hostname', usv(value)); }
    get port() { return this.#slice(PORT, PORT_END); }
    set port(value) { this.#set('port', usv(value)); }
    get pathname() { return this.#slice(PATH, PATH_END); }
    set pathname(value) { this.#set('pathname', usv(value)); }
    get search() { return this.#marked(PATH_END, QUERY_END); }
    set search(value) {
      this.#set('search', usv(value));
      this.#readQuery();
    }
    get searchParams() {
      return this.#params ??= newParams(this, parseQuery(this.search.slice(1)));
    }
    get hash() { return this.#marked(QUERY_END, undefined); }
    set hash(value) { this.#set('hash', usv(value)); }

    toString() { return this.#parsed[HREF]; }
    toJSON() { return this.#parsed[HREF]; }
  }
  expose(URL, 'URL');

  return { URL, URLSearchParams };
})
