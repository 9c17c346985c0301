/* What a card number, an expiry date and a security code look like while they are typed, and when they are whole. */

export const digits = (text) => text.replace(/\D/g, "");

export const brandOf = (number) =>
  /^3[47]/.test(number) ? "amex" : /^4/.test(number) ? "visa" : /^(5[1-5]|2[2-7])/.test(number) ? "mastercard" : "";

const lengthOf = (number) => (brandOf(number) === "amex" ? 15 : 16);

export const spaced = (text) => {
  const number = digits(text).slice(0, 19);
  const groups = brandOf(number) === "amex" ? [4, 6, 5] : [4, 4, 4, 4, 3];
  let at = 0;
  return groups.map((size) => number.slice(at, (at += size))).filter(Boolean).join(" ");
};

/** "1230", "12/30", "12/2030" -> "12 / 30"; a month from 2 to 9 gets its zero. */
export const slashed = (text) => {
  const [, month = "", separator = "", year = ""] = /^(\d{0,2})\s*(\/?)\s*(\d*)/.exec(text.replace(/[^\d/]/g, "")) || [];
  const whole = /^[2-9]$/.test(month) || (month.length === 1 && separator) ? `0${month}` : month;
  const short = year.length > 2 && year.startsWith("20") ? year.slice(2, 4) : year.slice(0, 2);
  if (year || separator) return `${whole} / ${short}`;
  return whole.length === 2 && whole !== month ? `${whole} / ` : whole;
};

/** "12 / 30" -> {month: 12, year: 2030}; NaN where a part is missing. */
export const expiryOf = (text) => {
  const [month, year] = text.split("/").map((part) => parseInt(part, 10));
  return { month, year: year + 2000 };
};

const luhn = (number) =>
  [...number].reverse().reduce((sum, digit, index) => {
    const doubled = Number(digit) * (index % 2 ? 2 : 1);
    return sum + (doubled > 9 ? doubled - 9 : doubled);
  }, 0) % 10 === 0;

/** Stripe's code of what is wrong with a field, or "" when it is whole. `now` is a Date. */
export const faultOf = (name, value, { number = "", now = new Date() } = {}) => {
  if (name === "number") {
    const all = digits(value);
    if (all.length < lengthOf(all)) return "incomplete_number";
    return luhn(all) ? "" : "invalid_number";
  }
  if (name === "cvc") return digits(value).length < (brandOf(digits(number)) === "amex" ? 4 : 3) ? "incomplete_cvc" : "";
  const { month, year } = expiryOf(value);
  if (!(month >= 1 && month <= 12) || !(year >= 2000) || !/\/ *\d\d$/.test(value)) return "incomplete_expiry";
  if (year < now.getFullYear()) return "invalid_expiry_year_past";
  return year === now.getFullYear() && month < now.getMonth() + 1 ? "invalid_expiry_month_past" : "";
};
