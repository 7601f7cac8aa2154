// More code than may be uploaded.
// must: refused
// timeout: 10000

return 1;«5500000 //» 
