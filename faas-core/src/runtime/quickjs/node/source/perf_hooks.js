// `node:perf_hooks`: what the web platform has of it.
'use strict';

const { fill } = require('node:absent');
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
  get performance() { return globalThis.performance; },
  constants: {},
  monitorEventLoopDelay: () => new Histogram(),
  createHistogram: () => new Histogram(),
};
for (const name of [
  'Performance', 'PerformanceEntry', 'PerformanceMark', 'PerformanceMeasure',
  'PerformanceObserver', 'PerformanceObserverEntryList', 'PerformanceResourceTiming',
]) {
  Object.defineProperty(exported, name, { get: () => globalThis[name], enumerable: true });
}
module.exports = fill(exported, 'perf_hooks', require('names:perf_hooks'));
