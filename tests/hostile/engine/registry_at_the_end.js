// Finalizers that register more, while the isolate ends.
// must: completed 1
// then: completed 1
// timeout: 10000

const registry = new FinalizationRegistry((held) => registry.register({}, held));
for (let i = 0; i < 1000; i++) {
  const target = {};
  registry.register(target, { registry, target: i }, target);
}
return 1;
