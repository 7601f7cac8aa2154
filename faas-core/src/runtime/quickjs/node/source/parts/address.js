// The functions of `node:net` that need no network.
'use strict';

const isIPv4 = (text) => {
  const parts = `${text}`.split('.');
  return parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
};

const isIPv6 = (text) => {
  let address = `${text}`;
  const zone = address.indexOf('%');
  if (zone >= 0) {
    if (!/^[0-9a-zA-Z\-.:]+$/.test(address.slice(zone + 1))) return false;
    address = address.slice(0, zone);
  }
  const last = address.lastIndexOf(':') + 1;
  if (address.includes('.')) {
    if (!isIPv4(address.slice(last))) return false;
    address = `${address.slice(0, last)}0:0`;
  }
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length <= 7 : groups.length === 8;
};

const isIP = (text) => (isIPv4(text) ? 4 : isIPv6(text) ? 6 : 0);

module.exports = { isIP, isIPv4, isIPv6 };
