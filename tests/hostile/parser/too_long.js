// More code than may be uploaded.
// must: refused
// timeout: 300

return 1;«550000 //» 
