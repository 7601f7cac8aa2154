// `atob` and `btoa`, as the HTML standard defines them.
(function (use, native) {
  'use strict';
  const refuse = (message) => new DOMException(message, 'InvalidCharacterError');
  const need = (name, count) => {
    if (count === 0) throw new TypeError(name + ' needs an argument');
  };

  function atob(data) {
    need('atob', arguments.length);
    const bytes = native.decode(`${data}`);
    if (bytes === undefined) throw refuse('the text is not valid Base64');
    return bytes;
  }

  function btoa(data) {
    need('btoa', arguments.length);
    const text = native.encode(`${data}`);
    if (text === undefined) throw refuse('the text has a character above U+00FF');
    return text;
  }

  return { atob, btoa };
})
