// The one door to words: `t` is the catalogue of the language in use.
import { en, type Strings } from './en';

export const t: Strings = en;
export { bytes, number, plural, sentence } from './words';
export { ago, dayName, due, duration, endOfDay, isWholeDay, moment, startOfDay, timeOfDay } from './time';
export { statusWords } from './status';
