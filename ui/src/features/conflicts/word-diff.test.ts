import { describe, expect, test } from 'vitest';
import { type Piece, wordDiff } from './word-diff';

const written = (pieces: readonly Piece[]) =>
  pieces
    .map(({ kind, text }) => (kind === 'same' ? text : kind === 'removed' ? `[-${text}-]` : `{+${text}+}`))
    .join('');
const side = (pieces: readonly Piece[], without: Piece['kind']) =>
  pieces
    .filter((piece) => piece.kind !== without)
    .map((piece) => piece.text)
    .join('');

describe('words', () => {
  test.each([
    ['', '', ''],
    ['as it was', 'as it was', 'as it was'],
    ['', 'all new', '{+all new+}'],
    ['all gone', '', '[-all gone-]'],
    ['Take the long ladder.', 'Take the short ladder.', 'Take the [-long-]{+short+} ladder.'],
    ['Take the ladder.', 'Take the long ladder.', 'Take the {+long +}ladder.'],
    ['one two three', 'three', '[-one two -]three'],
    ['Done.', 'Done!', 'Done[-.-]{+!+}'],
    ['before noon today', 'after lunch today', '[-before noon-]{+after lunch+} today'],
    ['first\nsecond', 'first\n\nsecond', 'first\n{+\n+}second'],
    ['the valve’s seat', 'the valve’s ring', 'the valve’s [-seat-]{+ring+}'],
    ['Höhe 3 m', 'Höhe 4 m', 'Höhe [-3-]{+4+} m'],
  ])('%j to %j', (before, after, expected) => {
    expect(written(wordDiff(before, after))).toBe(expected);
  });
});

describe('whatever the texts', () => {
  const WORDS = ['pump', 'valve', 'the', ' ', '  ', '\n', '.', 'gasket-set', '🙂', 'é', 'a'];
  let state = 11;
  const roll = (sides: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
  const text = () => Array.from({ length: roll(14) }, () => WORDS[roll(WORDS.length)]).join('');

  test('both can be read back to the letter, and no two neighbours are of a kind', () => {
    for (let n = 0; n < 2000; n += 1) {
      const [before, after] = [text(), text()];
      const pieces = wordDiff(before, after);
      expect(side(pieces, 'added')).toBe(before);
      expect(side(pieces, 'removed')).toBe(after);
      expect(pieces.every((piece, at) => piece.text !== '' && piece.kind !== pieces[at + 1]?.kind)).toBe(
        true,
      );
    }
  });

  test('a text too long to compare is replaced whole, between what both begin and end with', () => {
    const long = (word: string) => `Start ${`${word} `.repeat(3000)}end`;
    const pieces = wordDiff(long('ebb'), long('flood'));
    expect(pieces.map((piece) => piece.kind)).toEqual(['same', 'removed', 'added', 'same']);
  });
});
