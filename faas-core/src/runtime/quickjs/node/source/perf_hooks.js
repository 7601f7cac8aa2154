// `node:perf_hooks`: what the web platform has of it.
'use strict';

const { fill } = require('node:absent');
const performance = globalThis.performance;
for (const [name, value] of Object.entries({
  timerify: (work) => work,
  eventLoopUtilization: () => ({ idle: 0, active: 0, utilization: 0 }),
  nodeTiming: { name: 'node', entryType: 'node', startTime: 0, duration: 0 },
})) {
  if (!(name in performance)) {
    Object.defineProperty(performance, name, { __proto__: null, value, writable: true, configurable: true });
  }
}
class Histogram {
  min = 0; max = 0; mean = NaN; stddev = NaN; exceeds = 0; count = 0; percentiles = new Map();
  enable() { return true; }
  disable() { return true; }
  reset() {}
  record() {}
  recordDelta() {}
  percentile() { return 0; }
}
const exported = {
  performance,
  constants: {},
  monitorEventLoopDelay: () => new Histogram(),
  createHistogram: () => new Histogram(),
};
for (const name of [
  'Performance', 'PerformanceEntry', 'PerformanceMark', 'PerformanceMeasure',
  'PerformanceObserver', 'PerformanceObserverEntryList', 'PerformanceResourceTiming',
]) {
  if (typeof globalThis[name] === 'function') exported[name] = globalThis[name];
}
module.exports = fill(exported, 'perf_hooks', require('names:perf_hooks'));
