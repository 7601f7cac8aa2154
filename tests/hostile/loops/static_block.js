// The loop is in the definition of a class.
// must: failed timeout timed out after
// timeout: 200

class A { static { for (;;); } }
return A;
