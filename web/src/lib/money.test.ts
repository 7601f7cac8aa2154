import { describe, expect, it } from "vitest";
import { exactMoney, formatMoney, nanos, roundMoney, shortMoney, sumMoney } from "./money";

describe("money", () => {
  it("shows all digits of a small amount", () => {
    expect(formatMoney(0.00035)).toBe("$0.000350");
    expect(formatMoney(0.000350046)).toBe("$0.000350046");
    expect(formatMoney(0.000000001)).toBe("$0.000000001");
    expect(formatMoney(0)).toBe("$0.00");
  });

  it("groups the digits of a large amount", () => {
    expect(formatMoney(1)).toBe("$1.0000");
    expect(formatMoney(12.345678)).toBe("$12.3457");
    expect(formatMoney(12345.678)).toBe("$12,345.68");
    expect(formatMoney(-0.5)).toBe("−$0.500000");
  });

  it("never rounds an amount to zero", () => {
    expect(roundMoney(0.271813456)).toBe("$0.271813");
    expect(roundMoney(0.000000011)).toBe("$0.000000011");
  });

  it("keeps every digit of any amount", () => {
    expect(exactMoney(12.000000001)).toBe("12.000000001");
    expect(exactMoney(-0.00002)).toBe("-0.000020000");
    for (let seed = 1; seed < 1e15; seed = seed * 7 + 3) {
      const text = exactMoney(seed / 1e9);
      expect(BigInt(text.replace(".", ""))).toBe(BigInt(seed));
    }
  });

  it("adds exactly, where floats would not", () => {
    expect(0.1 + 0.2).not.toBe(0.3);
    expect(sumMoney([0.1, 0.2])).toBe(0.3);
    expect(nanos(sumMoney(Array.from({ length: 10_000 }, () => 0.000350046)))).toBe(3_500_460_000);
  });

  it("has a short form", () => {
    expect(shortMoney(0.00035)).toBe("$0.00035");
    expect(shortMoney(0.271813)).toBe("$0.272");
    expect(shortMoney(12_300)).toBe("$12.3k");
  });
});
