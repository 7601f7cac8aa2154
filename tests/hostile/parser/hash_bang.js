// The first line of a script.
// must: completed 1
// timeout: 10000

#!/bin/sh
return 1;
