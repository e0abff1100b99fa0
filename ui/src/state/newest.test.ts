import { expect, test } from 'vitest';
import { Newest } from './newest';

/** A thing whose answers the test gives, in whichever order. */
function asked() {
  const answers: { give: (answer: string) => void; fail: (cause: unknown) => void }[] = [];
  const seen: string[] = [];
  const newest = new Newest<string>(
    () => new Promise((give, fail) => answers.push({ give, fail })),
    (answer) => seen.push(answer),
    (cause) => seen.push(`failed: ${String(cause)}`),
  );
  return { answers, seen, newest };
}

test('an older answer that arrives late does not replace a newer one', async () => {
  const { answers, seen, newest } = asked();
  const first = newest.read();
  const second = newest.read();
  answers[1]?.give('newer');
  await second;
  answers[0]?.give('older');
  await first;
  expect(seen).toEqual(['newer']);
});

test('whoever waits for a reading that was overtaken sees the newest, also where theirs failed', async () => {
  for (const end of ['give', 'fail'] as const) {
    const { answers, seen, newest } = asked();
    const mine = newest.read().then(() => seen.at(-1));
    void newest.read();
    answers[0]?.[end]('older');
    await Promise.resolve();
    answers[1]?.give('newer');
    expect(await mine).toBe('newer');
    expect(seen).toEqual(['newer']);
  }
});

test('what was forgotten meanwhile stays forgotten, and nobody waits for it for ever', async () => {
  const { answers, seen, newest } = asked();
  const reading = newest.read();
  newest.forget();
  answers[0]?.give('of an account that is gone');
  await reading;
  expect(seen).toEqual([]);
});

test('a reading that failed says so', async () => {
  const { answers, seen, newest } = asked();
  const reading = newest.read();
  answers[0]?.fail('no');
  await reading;
  expect(seen).toEqual(['failed: no']);
});
