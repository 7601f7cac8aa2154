// A name of half a million letters.
// must: completed 1
// timeout: 10000

const «500000 a» = 1;
return «500000 a»;
