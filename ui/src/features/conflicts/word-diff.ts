// What changed between two texts, word by word, as one reads it: long stretches stay, words go and come.
//
// The longest common subsequence of words, spaces and signs. Pure: the same two texts always give the same answer, and
// what is not `added` is the first text, what is not `removed` the second, to the letter.

export interface Piece {
  kind: 'same' | 'removed' | 'added';
  text: string;
}

/** Above this many pairs of words (after what both begin and end with), the middle counts as rewritten. */
const MOST_PAIRS = 4_000_000;

/** Returns the pieces of both texts in reading order; where something was replaced, what went stands first. */
export function wordDiff(before: string, after: string): Piece[] {
  const a = tokens(before);
  const b = tokens(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end])
    end += 1;
  const middle = compare(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return readable([
    { kind: 'same', text: a.slice(0, start).join('') },
    ...middle,
    { kind: 'same', text: a.slice(a.length - end).join('') },
  ]);
}

function tokens(text: string): string[] {
  return text.match(/\n|[^\S\n]+|[\p{L}\p{M}\p{N}_]+(?:[’'-][\p{L}\p{M}\p{N}_]+)*|[^\s]/gu) ?? [];
}

function compare(a: readonly string[], b: readonly string[]): Piece[] {
  const whole: Piece[] = [
    { kind: 'removed', text: a.join('') },
    { kind: 'added', text: b.join('') },
  ];
  if (a.length === 0 || b.length === 0 || a.length * b.length > MOST_PAIRS) return whole;
  // lengths[i * width + j]: how many words `a` from i and `b` from j have in common.
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pieces: Piece[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      pieces.push({ kind: 'same', text: left });
      i += 1;
      j += 1;
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      pieces.push({ kind: 'removed', text: left });
      i += 1;
    } else {
      pieces.push({ kind: 'added', text: right ?? '' });
      j += 1;
    }
  }
  return pieces;
}

/** Joins neighbours of a kind; a blank that alone survived between two replaced words belongs to both of them. */
function readable(pieces: readonly Piece[]): Piece[] {
  const joined: Piece[] = [];
  let removed = '';
  let added = '';
  const flush = () => {
    if (removed !== '') joined.push({ kind: 'removed', text: removed });
    if (added !== '') joined.push({ kind: 'added', text: added });
    removed = added = '';
  };
  for (const [nth, { kind, text }] of pieces.entries()) {
    if (text === '') continue;
    if (kind === 'removed') removed += text;
    else if (kind === 'added') added += text;
    else if (/^[^\S\n]+$/.test(text) && removed !== '' && added !== '' && replacesMore(pieces, nth + 1)) {
      removed += text;
      added += text;
    } else {
      flush();
      const last = joined.at(-1);
      if (last?.kind === 'same') last.text += text;
      else joined.push({ kind: 'same', text });
    }
  }
  flush();
  return joined;
}

/** Whether the run of changes that begins at `from` both takes away and adds. */
function replacesMore(pieces: readonly Piece[], from: number): boolean {
  const kinds = new Set<string>();
  for (const piece of pieces.slice(from)) {
    if (piece.kind === 'same') break;
    if (piece.text !== '') kinds.add(piece.kind);
  }
  return kinds.size === 2;
}
