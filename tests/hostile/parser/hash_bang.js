// The first line of a script.
// must: refused
// timeout: 10000

#!/bin/sh
return 1;
