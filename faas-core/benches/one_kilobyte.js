// Prices an order: the kind of thing that a first function does.
const TAX = { de: 0.19, fr: 0.2, gb: 0.2, us: 0 };
const DISCOUNTS = [
  { from: 1000, rate: 0.1 },
  { from: 500, rate: 0.05 },
  { from: 100, rate: 0.02 },
];

function subtotal(items) {
  return items.reduce((sum, item) => sum + item.price * item.count, 0);
}

function discount(amount) {
  const step = DISCOUNTS.find((entry) => amount >= entry.from);
  return step === undefined ? 0 : amount * step.rate;
}

function round(amount) {
  return Math.round(amount * 100) / 100;
}

class Order {
  constructor(items, country) {
    this.items = items;
    this.country = country;
  }

  get total() {
    const gross = subtotal(this.items);
    const net = gross - discount(gross);
    return round(net * (1 + (TAX[this.country] ?? 0)));
  }
}

function handler(input) {
  const order = new Order(input.items, input.country ?? 'de');
  return { total: order.total, lines: order.items.length, currency: 'EUR' };
}
