// High resolution time, the performance timeline and user timing.
//
// The timeline has the entries of one call, at most `MAX_ENTRIES`: further ones are made and
// returned, but not kept.
(function (use, native, platform) {
  'use strict';
  const { expose, need, dictionary, isObject, sequence } = use('idl');
  const { EventTarget, report } = use('events');
  const { now, timeOrigin } = use('clock');

  const KEY = {}, MAX_ENTRIES = 10000;

  // The entries of the current call, and who observes them.
  let entries = [], observers = [], call = 0;
  const timeline = () => {
    const current = platform.call();
    if (call !== current) {
      call = current;
      entries = [];
      observers = [];
    }
    return entries;
  };

  class PerformanceEntry {
    #values;
    constructor(key, name, type, start, duration) {
      if (key !== KEY) throw new TypeError('Illegal constructor');
      this.#values = { __proto__: null, name, type, start, duration };
    }
    get name() { return this.#values.name; }
    get entryType() { return this.#values.type; }
    get startTime() { return this.#values.start; }
    get duration() { return this.#values.duration; }
    toJSON() {
      const { name, type, start, duration } = this.#values;
      const json = { name, entryType: type, startTime: start, duration };
      if (isMark(this) || isMeasure(this)) json.detail = this.detail;
      return json;
    }
  }
  expose(PerformanceEntry);

  const copy = (detail) =>
    (detail === undefined || detail === null ? null : use('clone').structuredClone(detail));

  let isMark, isMeasure;

  class PerformanceMark extends PerformanceEntry {
    #detail;
    constructor(name, options = undefined) {
      need(arguments.length, 1, 'PerformanceMark');
      const text = `${name}`;
      const { detail, startTime } = dictionary(options, 'the options of a mark');
      const start = startTime === undefined ? now() : time(startTime);
      super(KEY, text, 'mark', start, 0);
      this.#detail = copy(detail);
    }
    static { isMark = (entry) => #detail in entry; }
    get detail() { return this.#detail; }
  }
  expose(PerformanceMark);

  class PerformanceMeasure extends PerformanceEntry {
    #detail;
    constructor(key, name, start, duration, detail) {
      super(key, name, 'measure', start, duration);
      this.#detail = detail;
    }
    static { isMeasure = (entry) => #detail in entry; }
    get detail() { return this.#detail; }
  }
  Object.defineProperty(PerformanceMeasure, 'length', { value: 0 });
  expose(PerformanceMeasure);
  Object.defineProperty(PerformanceEntry, 'length', { value: 0 });

  const time = (value) => {
    const number = Number(value);
    if (!Number.isFinite(number)) throw new TypeError('a time must be a finite number');
    if (number < 0) throw new TypeError('a time must not be negative');
    return number;
  };

  // The time that a mark or a number stands for.
  const timeOf = (mark) => {
    if (typeof mark === 'number') return time(mark);
    const name = `${mark}`, list = timeline();
    for (let i = list.length - 1; i >= 0; i--) {
      if (list[i].entryType === 'mark' && list[i].name === name) return list[i].startTime;
    }
    throw new DOMException(`there is no mark ${name}`, 'SyntaxError');
  };

  // In the order of their start times.
  const select = (list, name, type) => list
    .filter((entry) => (name === undefined || entry.name === name) && (type === undefined || entry.entryType === type))
    .sort((a, b) => a.startTime - b.startTime);

  const record = (entry) => {
    const list = timeline();
    if (list.length < MAX_ENTRIES) list.push(entry);
    for (const observer of observers) notify(observer, entry);
  };

  const clear = (type, name) => {
    const list = timeline(), text = name === undefined ? undefined : `${name}`;
    entries = list.filter((entry) => entry.entryType !== type || (text !== undefined && entry.name !== text));
  };

  // ---- observers ----

  const TYPES = Object.freeze(['mark', 'measure']);
  let notify;

  class PerformanceObserverEntryList {
    #entries;
    constructor(key, list) {
      if (key !== KEY) throw new TypeError('Illegal constructor');
      this.#entries = list;
    }
    getEntries() { return select(this.#entries); }
    getEntriesByType(type) {
      need(arguments.length, 1, 'getEntriesByType');
      return select(this.#entries, undefined, `${type}`);
    }
    getEntriesByName(name, type = undefined) {
      need(arguments.length, 1, 'getEntriesByName');
      return select(this.#entries, `${name}`, type === undefined ? undefined : `${type}`);
    }
  }
  Object.defineProperty(PerformanceObserverEntryList, 'length', { value: 0 });
  expose(PerformanceObserverEntryList);

  class PerformanceObserver {
    #callback;
    #types = [];
    #kind;
    #queue = [];
    #pending = 0;
    constructor(callback) {
      need(arguments.length, 1, 'PerformanceObserver');
      if (typeof callback !== 'function') throw new TypeError('PerformanceObserver needs a function');
      this.#callback = callback;
    }
    static {
      notify = (observer, entry) => {
        if (!observer.#types.includes(entry.entryType)) return;
        if (observer.#queue.length < MAX_ENTRIES) observer.#queue.push(entry);
        observer.#schedule();
      };
    }
    static get supportedEntryTypes() { return TYPES; }
    #schedule() {
      if (this.#pending === platform.call()) return;
      this.#pending = platform.call();
      platform.start(() => {
        this.#pending = 0;
        const list = this.takeRecords();
        if (list.length === 0) return;
        try {
          this.#callback.call(this, new PerformanceObserverEntryList(KEY, list), this, { droppedEntriesCount: 0 });
        } catch (error) {
          report(error);
        }
      }, 0);
    }
    observe(options = undefined) {
      const { entryTypes, type, buffered } = dictionary(options, 'the options of an observer');
      const queue = this.#queue;
      if (entryTypes === undefined && type === undefined) {
        throw new TypeError('observe needs entryTypes or a type');
      }
      if (entryTypes !== undefined && (type !== undefined || buffered !== undefined)) {
        throw new TypeError('observe takes either entryTypes or a type');
      }
      const kind = entryTypes === undefined ? 'one' : 'many';
      if (this.#kind !== undefined && this.#kind !== kind) {
        throw new DOMException('the observer was used with the other kind of options', 'InvalidModificationError');
      }
      this.#kind = kind;
      const types = (kind === 'one' ? [`${type}`] : sequence(entryTypes, 'entryTypes').map(String))
        .filter((name) => TYPES.includes(name));
      if (types.length === 0) return;
      const list = timeline();
      this.#types = kind === 'one' ? [...new Set([...this.#types, ...types])] : types;
      if (!observers.includes(this)) observers.push(this);
      if (buffered) {
        for (const entry of select(list, undefined, types[0])) queue.push(entry);
        if (queue.length > 0) this.#schedule();
      }
    }
    disconnect() {
      this.#types = [];
      this.#queue = [];
      this.#kind = undefined;
      observers = observers.filter((observer) => observer !== this);
    }
    takeRecords() {
      const list = this.#queue;
      this.#queue = [];
      return list;
    }
  }
  expose(PerformanceObserver);

  // ---- performance ----

  class Performance extends EventTarget {
    #own;
    constructor(key) {
      if (key !== KEY) throw new TypeError('Illegal constructor');
      super();
      this.#own = true;
    }
    now() { this.#own; return now(); }
    get timeOrigin() { this.#own; return timeOrigin(); }
    toJSON() { this.#own; return { timeOrigin: timeOrigin() }; }
    mark(markName, markOptions = undefined) {
      this.#own;
      need(arguments.length, 1, 'mark');
      const entry = new PerformanceMark(markName, markOptions);
      record(entry);
      return entry;
    }
    measure(measureName, startOrMeasureOptions = undefined, endMark = undefined) {
      this.#own;
      need(arguments.length, 1, 'measure');
      const name = `${measureName}`;
      let start, end, duration, detail = null;
      if (isObject(startOrMeasureOptions)) {
        const options = startOrMeasureOptions;
        ({ detail, duration, end, start } = options);
        if (start !== undefined || end !== undefined || duration !== undefined || detail !== undefined) {
          if (endMark !== undefined) throw new TypeError('measure takes either options or an end mark');
          if (start === undefined && end === undefined) throw new TypeError('measure needs a start or an end');
          if (start !== undefined && end !== undefined && duration !== undefined) {
            throw new TypeError('measure takes two of start, end and duration');
          }
        }
      } else if (startOrMeasureOptions !== undefined && startOrMeasureOptions !== null) {
        start = `${startOrMeasureOptions}`;
      }
      let to;
      if (endMark !== undefined) to = timeOf(`${endMark}`);
      else if (end !== undefined) to = timeOf(end);
      else if (start !== undefined && duration !== undefined) to = timeOf(start) + timeOf(Number(duration));
      else to = now();
      let from = 0;
      if (start !== undefined) from = timeOf(start);
      else if (duration !== undefined && end !== undefined) from = timeOf(end) - timeOf(Number(duration));
      const entry = new PerformanceMeasure(KEY, name, from, to - from, copy(detail));
      record(entry);
      return entry;
    }
    clearMarks(markName = undefined) { this.#own; clear('mark', markName); }
    clearMeasures(measureName = undefined) { this.#own; clear('measure', measureName); }
    getEntries() { this.#own; return select(timeline()); }
    getEntriesByType(type) {
      this.#own;
      need(arguments.length, 1, 'getEntriesByType');
      return select(timeline(), undefined, `${type}`);
    }
    getEntriesByName(name, type = undefined) {
      this.#own;
      need(arguments.length, 1, 'getEntriesByName');
      return select(timeline(), `${name}`, type === undefined ? undefined : `${type}`);
    }
  }
  Object.defineProperty(Performance, 'length', { value: 0 });
  expose(Performance);

  return {
    Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure,
    PerformanceObserver, PerformanceObserverEntryList, performance: new Performance(KEY),
  };
})
