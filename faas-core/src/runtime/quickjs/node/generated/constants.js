(function(use,native,platform){"use strict";const require=use,module={exports:{}};let exports=module.exports;
"use strict";var{errno,signals,priority,dlopen}=require("node:os").constants;module.exports={...errno,...signals,...priority,...dlopen,...require("node:fs").constants,...require("node:crypto").constants};
return module.exports;})
