(function(use,native,platform){"use strict";const require=use,module={exports:{}};let exports=module.exports;
"use strict";module.exports={names:()=>native.names(),get:name=>{let[part,member]=native.find(name);if(part===void 0)return;let exports2=require(part);return member===void 0?exports2:exports2[member]}};
return module.exports;})
