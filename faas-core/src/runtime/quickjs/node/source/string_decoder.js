// `node:string_decoder`.
'use strict';
module.exports = { StringDecoder: require('string_decoder/').StringDecoder };
