(function(use,native,platform){"use strict";const require=use,module={exports:{}};let exports=module.exports;
"use strict";var Console=class{constructor(out,error=out){let{stdout=out,stderr=error??stdout}=out?.write===void 0?out??{}:{},{format}=require("node:util"),to=stream=>(...values)=>{stream.write(`${format(...values)}
`)};for(let name of["log","info","debug","dir"])this[name]=to(stdout);for(let name of["error","warn","trace"])this[name]=to(stderr)}},exported=Object.create(globalThis.console);for(let name of Object.keys(globalThis.console))exported[name]=globalThis.console[name];exported.Console=Console;module.exports=exported;
return module.exports;})
