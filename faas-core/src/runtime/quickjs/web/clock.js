// The clock of performance measurements, which begins when the isolate's first call that reads it
// began.
(function (use, native) {
  'use strict';
  const { now, timeOrigin } = native;
  return { now, timeOrigin };
})
