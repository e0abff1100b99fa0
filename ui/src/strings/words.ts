// How English counts and joins. A second language brings its own file of this shape.

const plurals = new Intl.PluralRules('en');
const numbers = new Intl.NumberFormat('en');

/** A whole number with its separators: 12,400. */
export const number = (n: number): string => numbers.format(n);

/** `one` or `many` by the language's own rule; `#` stands for the number. */
export function plural(n: number, one: string, many: string): string {
  return (plurals.select(n) === 'one' ? one : many).replace('#', number(n));
}

/** A message of the host as a sentence: it begins with a capital and ends with a stop. */
export function sentence(message: string): string {
  const text = message.trim();
  if (text === '') return text;
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…:][)”"]?$/.test(capital) ? capital : `${capital}.`;
}

/** Bytes as people read them: 820 B, 14 KB, 3.2 MB. */
export function bytes(n: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = n;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 10 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit] ?? 'B'}`;
}
