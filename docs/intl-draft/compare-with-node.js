const fs=require('fs'); const D='/tmp/native-later/'; const W='/work/wt/native/faas-core/src/runtime/quickjs/web/';
const N=Intl;
const zoneOk=z=>{ if(/^[+-]/.test(z)) return undefined; try { return new N.DateTimeFormat('en',{timeZone:z}).resolvedOptions().timeZone } catch { return undefined } };
const native={
 canonical:t=>{try{return N.getCanonicalLocales(t)[0]}catch{return undefined}},
 expand:(t,m)=>m?new N.Locale(t).maximize().baseName:new N.Locale(t).minimize().baseName,
 changeCase:(l,t,u)=>u?t.toLocaleUpperCase(l):t.toLocaleLowerCase(l),
 zone:z=>zoneOk(z), zones:()=>N.supportedValuesOf('timeZone'),
 local:(z,ms)=>{const p=Object.fromEntries(new N.DateTimeFormat('en-US',{timeZone:z,hourCycle:'h23',year:'numeric',month:'numeric',day:'numeric',hour:'numeric',minute:'numeric',second:'numeric',weekday:'short'}).formatToParts(ms).map(x=>[x.type,x.value]));
  const off=(Date.UTC(p.year,p.month-1,p.day,p.hour,p.minute,p.second)-Math.floor(ms/1000)*1000)/1000;
  return [+p.year,+p.month,+p.day,['Sun','Mon','Tue','Wed','Thu','Fri','Sat'].indexOf(p.weekday),+p.hour,+p.minute,+p.second,((ms%1000)+1000)%1000,off]},
 dateFormatter:(tag,o)=>{ const n={short:'short',long:'long',shortGeneric:'shortGeneric',longGeneric:'longGeneric'}[o.zone]; return (z,ms)=>{const p=new N.DateTimeFormat(tag,{timeZone:z,timeZoneName:n}).formatToParts(ms).filter(x=>x.type=='timeZoneName'); return p.flatMap(x=>[x.type,x.value])}},
 numberFormatter:(tag,g)=>{return s=>{ const plus=s[0]=='+'; return new N.NumberFormat(tag,{useGrouping:g==='never'?false:g,minimumFractionDigits:(s.split('.')[1]||'').length,minimumIntegerDigits:Math.min(21,s.replace(/^[+-]/,'').split('.')[0].length), maximumFractionDigits:20,signDisplay:plus?'always':'auto'}).formatToParts(plus?+s:s).flatMap(x=>[x.type,x.value])}},
 pluralRules:(t,o)=>{const r=new N.PluralRules(t,{type:o?'ordinal':'cardinal'}); return n=>n===undefined?r.resolvedOptions().pluralCategories:[r.select(+n)]},
 collator:(t,o)=>{const c=new N.Collator(t,{numeric:o.numeric==='true',caseFirst:o.caseFirst,sensitivity:o.sensitivity});return (a,b)=>Math.sign(c.compare(a,b))},
 list:(t,type,style,items)=>new N.ListFormat(t,{type,style}).formatToParts(items).flatMap(x=>[x.type,x.value]),
 segment:(g,t)=>[...new N.Segmenter('en',{granularity:g}).segment(t)].flatMap(x=>[x.index+x.segment.length,!!x.isWordLike]),
};
const loaded={idl:{isObject:(v)=>(typeof v==='object'&&v!==null)||typeof v==='function'}}; const use=n=>loaded[n]??=(0,eval)(fs.readFileSync((n==='idl'?W:D)+n+'.js','utf8'))(use,native,{});
const {Intl:M,methods}=use('intl');
let bad=0,all=0; const eq=(l,a,b)=>{all++; if(a!==b){ if(bad++<45) console.log(l,'| ours:',JSON.stringify(a),'| node:',JSON.stringify(b))}};
const sp=s=>s.replace(/\u202f/g,' ');
const dates=[0,1732741503123,-62135596800000+86400e3,951782400000, 1e12, -1e12, 1720000000999];
const opts=[]; const W3=[undefined,'short','long','narrow'],YS=[undefined,'numeric','2-digit'];
for(const weekday of W3) for(const year of YS) for (const month of [undefined,'numeric','2-digit','short','long','narrow']) for (const day of YS) for (const h of [null,{hour:'numeric'},{hour:'2-digit',minute:'2-digit'},{hour:'numeric',minute:'2-digit',second:'2-digit'},{hour:'numeric',minute:'numeric',hourCycle:'h23'},{minute:'2-digit',second:'2-digit'}]) for (const era of [undefined,'short']) for (const tz of [undefined,'short','longOffset','long']) opts.push({weekday,year,month,day,era,...h,timeZoneName:tz});
const clean=o=>Object.fromEntries(Object.entries(o).filter(([k,v])=>v!==undefined));
let thrown=0; const kinds={};
for(const o of opts){ const c={...clean(o),timeZone:'America/New_York'}; let f; try{f=new M.DateTimeFormat('en-US',c)}catch(e){thrown++; kinds[e.message]=(kinds[e.message]||0)+1; continue}
 if (Math.random()<0.08) { const n=new N.DateTimeFormat('en-US',c); for(const d of [dates[1],dates[3]]) { eq(JSON.stringify(c), f.format(d), sp(n.format(d))); const A=f.formatToParts(d).map(x=>x.type).join(),B=n.formatToParts(d).map(x=>x.type).join(); eq("parts"+JSON.stringify(c),A,B); } } }
console.log('thrown',thrown,'of',opts.length,kinds);
for(const ds of [undefined,'full','long','medium','short']) for(const ts of [undefined,'full','long','medium','short']) if(ds||ts) for(const d of dates) { const c=clean({dateStyle:ds,timeStyle:ts,timeZone:'Europe/Berlin'}); eq(JSON.stringify(c),new M.DateTimeFormat('en-US',c).format(d),sp(new N.DateTimeFormat('en-US',c).format(d))) }
for(const d of dates) for (const z of ['UTC','Asia/Kolkata','America/Los_Angeles']) { eq('tls',methods.date(new Date(d),'en-US',{timeZone:z}),sp(new Date(d).toLocaleString('en-US',{timeZone:z}))); eq('tlds',methods.day(new Date(d),undefined,{timeZone:z}),sp(new Date(d).toLocaleDateString('en-US',{timeZone:z}))); eq('tlts',methods.time(new Date(d),undefined,{timeZone:z,hour12:false}),sp(new Date(d).toLocaleTimeString('en-US',{timeZone:z,hourCycle:'h23'}))) }
const nums=[0,-0,1,-1,1.5,1234.5,1234567.891,0.1,0.005,1.005,-0.4,99.5,999.95,1e21,1e-7,123456,NaN,Infinity,-Infinity,12345678901234567890n,0.00012345,999999,1500,15e5,1.25e9];
const no=[{},{style:'percent'},{style:'percent',maximumFractionDigits:1},{style:'currency',currency:'USD'},{style:'currency',currency:'JPY'},{style:'currency',currency:'CHF'},{style:'currency',currency:'USD',currencySign:'accounting'},{style:'currency',currency:'EUR',currencyDisplay:'code'},{maximumFractionDigits:0},{minimumFractionDigits:2},{minimumFractionDigits:2,maximumFractionDigits:4},{maximumSignificantDigits:3},{minimumSignificantDigits:4},{minimumSignificantDigits:2,maximumSignificantDigits:5},{minimumIntegerDigits:3},{useGrouping:false},{useGrouping:'min2'},{notation:'compact'},{notation:'compact',compactDisplay:'long'},{notation:'compact',maximumFractionDigits:1},{signDisplay:'always'},{signDisplay:'exceptZero'},{signDisplay:'never'},{signDisplay:'negative'}];
for(const l of ['en-US','de-DE','fr-FR','en-GB','pt-BR','ja-JP']) for(const o of no){ let f; try{f=new M.NumberFormat(l,o)}catch(e){ if(l==='en-US') console.log('throws',l,JSON.stringify(o),e.message); continue } const n=new N.NumberFormat(l,o); for(const x of nums) { let a; try { a=JSON.stringify(f.formatToParts(x)) } catch(e) { a=e.stack } eq(l+JSON.stringify(o)+String(x),a,JSON.stringify(n.formatToParts(x))) } }
for(const l of ['de-DE','fr-FR','es-ES','it-IT','nl-NL','pt-PT','pl-PL']) { try { eq('eur '+l,new M.NumberFormat(l,{style:'currency',currency:'EUR'}).format(-1234567.5),new N.NumberFormat(l,{style:'currency',currency:'EUR'}).format(-1234567.5)) } catch(e) { console.log(l,e.message) } }
for(const u of ['second','minutes','hour','day','week','month','quarter','year']) for(const v of [0,-0,1,-1,2,-5,1.5,1000]) for(const numeric of ['always','auto']) for(const style of ['long','short']) { eq(['rtf',u,v,numeric,style].join(),new M.RelativeTimeFormat('en',{numeric,style}).format(v,u),new N.RelativeTimeFormat('en',{numeric,style}).format(v,u)) }
for(const n of [0,1,2,1.0,21]) { eq('pl',new M.PluralRules('pl').select(n),new N.PluralRules('pl').select(n)); eq('ord',new M.PluralRules('en',{type:'ordinal'}).select(n),new N.PluralRules('en',{type:'ordinal'}).select(n)) }
eq('list',new M.ListFormat('en').format(['a','b','c']),'a, b, and c'); eq('cmp',methods.compare('a','b'),-1);
eq('seg',JSON.stringify([...new M.Segmenter('en',{granularity:'word'}).segment('Hi there')]),JSON.stringify([...new N.Segmenter('en',{granularity:'word'}).segment('Hi there')]));
eq('loc',`${new M.Locale('en',{region:'GB',hourCycle:'h12'})}`,`${new N.Locale('en',{region:'GB',hourCycle:'h12'})}`);
eq('loc2',`${new M.Locale('zh').maximize()}`,`${new N.Locale('zh').maximize()}`);
eq('gcl',JSON.stringify(M.getCanonicalLocales(['EN-us','de'])),'["en-US","de"]');
console.log(bad,'bad of',all, process.versions.node, process.versions.icu);
