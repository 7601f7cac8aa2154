// `node:assert`.
'use strict';

const { inspect } = require('node:util');
const { isDeepEqual, isDeepStrictEqual } = require('node:comparisons');

const PHRASES = {
  deepStrictEqual: 'Expected values to be strictly deep-equal:',
  strictEqual: 'Expected values to be strictly equal:',
  deepEqual: 'Expected values to be loosely deep-equal:',
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
};

const explain = (actual, expected, operator) => {
  const left = inspect(actual), right = inspect(expected), phrase = PHRASES[operator];
  if (phrase === undefined) return `${left} ${operator} ${right}`;
  return operator.startsWith('not') ? `${phrase} ${right}` : `${phrase}\n\n${left} !== ${right}\n`;
};

class AssertionError extends Error {
  constructor({ message, actual, expected, operator, stackStartFn }) {
    super(message === undefined ? explain(actual, expected, operator) : `${message}`);
    this.generatedMessage = message === undefined;
    this.code = 'ERR_ASSERTION';
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    if (stackStartFn !== undefined) Error.captureStackTrace?.(this, stackStartFn);
  }
  get name() { return 'AssertionError'; }
  toString() { return `${this.name} [${this.code}]: ${this.message}`; }
}

const fail = (details) => {
  if (details.message instanceof Error) throw details.message;
  throw new AssertionError(details);
};

const check = (isRight, values, actual, expected, operator, stackStartFn) => {
  if (!isRight) fail({ message: values[0], actual, expected, operator, stackStartFn });
};

function assert(value, ...message) {
  if (value) return;
  fail({
    message: arguments.length === 0 ? 'No value argument passed to `assert.ok()`'
      : message[0] ?? 'The expression evaluated to a falsy value',
    actual: value, expected: true, operator: '==', stackStartFn: assert,
  });
}

assert.ok = function ok(value, ...message) {
  if (value) return;
  fail({
    message: message[0] ?? 'The expression evaluated to a falsy value',
    actual: value, expected: true, operator: '==', stackStartFn: ok,
  });
};
assert.equal = function equal(a, b, ...message) {
  // eslint-disable-next-line eqeqeq
  check(a == b || (a !== a && b !== b), message, a, b, '==', equal);
};
assert.notEqual = function notEqual(a, b, ...message) {
  // eslint-disable-next-line eqeqeq
  check(!(a == b || (a !== a && b !== b)), message, a, b, '!=', notEqual);
};
assert.strictEqual = function strictEqual(a, b, ...message) {
  check(Object.is(a, b), message, a, b, 'strictEqual', strictEqual);
};
assert.notStrictEqual = function notStrictEqual(a, b, ...message) {
  check(!Object.is(a, b), message, a, b, 'notStrictEqual', notStrictEqual);
};
assert.deepEqual = function deepEqual(a, b, ...message) {
  check(isDeepEqual(a, b), message, a, b, 'deepEqual', deepEqual);
};
assert.notDeepEqual = function notDeepEqual(a, b, ...message) {
  check(!isDeepEqual(a, b), message, a, b, 'notDeepEqual', notDeepEqual);
};
assert.deepStrictEqual = function deepStrictEqual(a, b, ...message) {
  check(isDeepStrictEqual(a, b), message, a, b, 'deepStrictEqual', deepStrictEqual);
};
assert.notDeepStrictEqual = function notDeepStrictEqual(a, b, ...message) {
  check(!isDeepStrictEqual(a, b), message, a, b, 'notDeepStrictEqual', notDeepStrictEqual);
};
assert.fail = function (message = 'Failed') {
  if (message instanceof Error) throw message;
  throw new AssertionError({ message, operator: 'fail', stackStartFn: assert.fail });
};
assert.ifError = function ifError(value) {
  if (value === null || value === undefined) return;
  const text = value?.message ?? inspect(value);
  throw new AssertionError({
    message: `ifError got unwanted exception: ${text}`, actual: value, expected: null,
    operator: 'ifError', stackStartFn: ifError,
  });
};
assert.match = function match(text, pattern, ...message) {
  check(typeof text === 'string' && pattern.test(text), [message[0] ??
    `The input did not match the regular expression ${inspect(pattern)}. Input:\n\n${inspect(text)}\n`], text, pattern, 'match', match);
};
assert.doesNotMatch = function doesNotMatch(text, pattern, ...message) {
  check(!pattern.test(text), [message[0] ??
    `The input was expected to not match the regular expression ${inspect(pattern)}. Input:\n\n${inspect(text)}\n`], text, pattern, 'doesNotMatch', doesNotMatch);
};

// Whether what was thrown is as `expected` says; throws if it is not.
const matches = (thrown, expected, message, operator) => {
  if (expected === undefined) return;
  if (typeof expected === 'function') {
    if (expected.prototype !== undefined && thrown instanceof expected) return;
    if (Error.isPrototypeOf(expected)) throw thrown;
    if (expected.call({}, thrown) === true) return;
    fail({ message: message ?? `The ${expected.name ? `"${expected.name}"` : ''} validation function is expected to return "true".`, actual: thrown, expected, operator });
  }
  if (expected instanceof RegExp) {
    if (expected.test(`${thrown}`)) return;
    fail({ message: message ?? `The input did not match the regular expression ${inspect(expected)}. Input:\n\n${inspect(`${thrown}`)}\n`, actual: thrown, expected, operator });
  }
  const keys = Object.keys(expected);
  if (expected instanceof Error) keys.push('name', 'message');
  for (const key of keys) {
    const isText = typeof thrown?.[key] === 'string' && expected[key] instanceof RegExp;
    if (isText ? expected[key].test(thrown[key]) : isDeepStrictEqual(thrown?.[key], expected[key])) continue;
    fail({ message, actual: thrown, expected, operator });
  }
};

const NOTHING = Symbol('nothing');
const caught = (work) => {
  try { work(); } catch (error) { return error; }
  return NOTHING;
};
const caughtAsync = async (work) => {
  try { await (typeof work === 'function' ? work() : work); } catch (error) { return error; }
  return NOTHING;
};
const expectThrown = (thrown, operator, expected, message) => {
  if (typeof expected === 'string') [expected, message] = [undefined, expected];
  if (thrown !== NOTHING) return matches(thrown, expected, message, operator);
  const what = operator === 'rejects' ? 'rejection' : 'exception';
  const name = expected?.name ? ` (${expected.name})` : '';
  return fail({ message: `Missing expected ${what}${name}${message ? `: ${message}` : '.'}`, expected, operator });
};
const expectNothing = (thrown, operator, expected, message) => {
  if (thrown === NOTHING) return;
  if (typeof expected === 'string') message = expected;
  const what = operator === 'doesNotReject' ? 'rejection' : 'exception';
  fail({ message: `Got unwanted ${what}${message ? `: ${message}` : '.'}\nActual message: "${thrown?.message}"`, actual: thrown, expected, operator });
};
assert.throws = (work, ...rest) => expectThrown(caught(work), 'throws', ...rest);
assert.doesNotThrow = (work, ...rest) => expectNothing(caught(work), 'doesNotThrow', ...rest);
assert.rejects = async (work, ...rest) => expectThrown(await caughtAsync(work), 'rejects', ...rest);
assert.doesNotReject = async (work, ...rest) =>
  expectNothing(await caughtAsync(work), 'doesNotReject', ...rest);

assert.AssertionError = AssertionError;
assert.strict = Object.assign(function strict(...values) { assert(...values); }, assert, {
  equal: assert.strictEqual, notEqual: assert.notStrictEqual,
  deepEqual: assert.deepStrictEqual, notDeepEqual: assert.notDeepStrictEqual,
});
assert.strict.strict = assert.strict;
module.exports = assert;
