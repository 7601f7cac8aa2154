// The first line of a script.
// must: refused
// timeout: 300

#!/bin/sh
return 1;
