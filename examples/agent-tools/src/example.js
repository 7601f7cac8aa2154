// What a model could write for "find the cheapest trip for two on a free day in the next days".
const free = [];
const taken = await context.agent.entries({ from: '2026-03-13', to: '2026-03-16' });
for (const day of ['2026-03-13', '2026-03-14', '2026-03-15', '2026-03-16']) {
  if (!taken.some((entry) => entry.day === day)) free.push(day);
}
const destinations = ['Oslo', 'Paris', 'Rome'];
const prices = await Promise.all(
  destinations.map((to) => context.agent.price({ to, travellers: input.travellers ?? 2 })),
);
const cheapest = prices.indexOf(Math.min(...prices));
await context.agent.addEntry({ day: free[0], title: `Trip to ${destinations[cheapest]}` });
console.log('free days:', free.join(', '));
return { day: free[0], to: destinations[cheapest], price: prices[cheapest] };
