// `URLPattern`, as the URL Pattern standard defines it. Rust parses patterns and inputs; the regular
// expressions run in the engine of JavaScript.
(function (use, native) {
  'use strict';
  const { usv, isObject, dictionary, expose } = use('idl');
  const Failure = TypeError, Expression = RegExp;
  const { exec } = RegExp.prototype;
  const { apply } = Reflect;
  const COMPONENTS = [
    'protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash',
  ];

  // The members of a URLPatternInit as an array, `baseURL` last; or a string.
  const readInput = (input) => {
    if (input !== undefined && input !== null && !isObject(input)) return usv(input);
    const init = dictionary(input, 'the pattern');
    const read = (name) => {
      const value = init[name];
      return value === undefined ? undefined : usv(value);
    };
    // Members are read in the order of their names.
    const base = read('baseURL');
    const values = { __proto__: null };
    for (const name of [...COMPONENTS].sort()) values[name] = read(name);
    return [...COMPONENTS.map((name) => values[name]), base];
  };

  const asInit = (members) => {
    const init = {};
    COMPONENTS.forEach((name, i) => { if (members[i] !== undefined) init[name] = members[i]; });
    if (members[8] !== undefined) init.baseURL = members[8];
    return init;
  };

  class URLPattern {
    // For each component: its pattern, its regular expression and the names of its groups.
    #components;
    #hasRegExpGroups;

    constructor(input = {}, base = undefined, options = undefined) {
      let baseURL, settings;
      if (arguments.length < 3 && (base === undefined || base === null || isObject(base))) {
        settings = base;
      } else {
        baseURL = usv(base);
        settings = options;
      }
      const pattern = readInput(input);
      const { ignoreCase } = dictionary(settings, 'the options of URLPattern');
      const parsed = native.parse(pattern, baseURL, Boolean(ignoreCase));
      if (typeof parsed === 'string') throw new Failure(`invalid URL pattern: ${parsed}`);
      const flags = ignoreCase ? 'vi' : 'v';
      const components = [];
      for (let i = 0; i < COMPONENTS.length; i++) {
        const [text, expression, names] = parsed[i];
        try {
          components.push({ text, expression: new Expression(expression, flags), names });
        } catch (error) {
          throw new Failure(`invalid URL pattern: ${COMPONENTS[i]}: ${error?.message}`);
        }
      }
      this.#components = components;
      this.#hasRegExpGroups = parsed[8];
    }

    // For each component: its text and what its regular expression found; null without a match.
    #match(input, base) {
      const components = this.#components;
      const read = readInput(input);
      const inputs = [typeof read === 'string' ? read : asInit(read)];
      let baseURL;
      if (base !== undefined) {
        baseURL = usv(base);
        if (typeof read !== 'string') {
          throw new Failure('a base URL can be given with a string only');
        }
        inputs.push(baseURL);
      }
      const texts = native.input(read, baseURL);
      if (texts === undefined) return null;
      const found = [];
      for (let i = 0; i < COMPONENTS.length; i++) {
        const match = apply(exec, components[i].expression, [texts[i]]);
        if (match === null) return null;
        found.push(match);
      }
      return { inputs, texts, found };
    }

    test(input = {}, baseURL = undefined) { return this.#match(input, baseURL) !== null; }

    exec(input = {}, baseURL = undefined) {
      const match = this.#match(input, baseURL);
      if (match === null) return null;
      const result = { inputs: match.inputs };
      COMPONENTS.forEach((component, i) => {
        const groups = {};
        this.#components[i].names.forEach((name, j) => { groups[name] = match.found[i][j + 1]; });
        result[component] = { input: match.texts[i], groups };
      });
      return result;
    }

    get protocol() { return this.#components[0].text; }
    get username() { return this.#components[1].text; }
    get password() { return this.#components[2].text; }
    get hostname() { return this.#components[3].text; }
    get port() { return this.#components[4].text; }
    get pathname() { return this.#components[5].text; }
    get search() { return this.#components[6].text; }
    get hash() { return this.#components[7].text; }
    get hasRegExpGroups() { return this.#hasRegExpGroups; }
  }
  return { URLPattern: expose(URLPattern, 'URLPattern') };
})
