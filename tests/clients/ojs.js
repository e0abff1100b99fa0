// o.js (npm odata 2.0.1): single requests, and batches with absolute and with relative URLs.
'use strict';

const assert = require('node:assert');
const { o } = require('odata');

function open(batch) {
  const Authorization = `Bearer ${process.env.TOKEN}`;
  return o(`${process.env.ROOT}/`, {
    headers: { Authorization, 'Content-Type': 'application/json' },
    batch: {
      boundaryPrefix: 'batch_',
      changsetBoundaryPrefix: 'changset_',
      endpoint: '$batch',
      headers: new Headers({ Authorization, 'Content-Type': 'multipart/mixed' }),
      useChangset: false,
      useRelativeURLs: false,
      ...batch,
    },
  });
}

async function main() {
  const made = await open().post('TodoItems', { Title: 'single' }).query();
  assert.strictEqual(made.Title, 'single');
  await open().patch(`TodoItems(${made.Id})`, { Notes: 'n' }).query();
  assert.strictEqual((await open().get(`TodoItems(${made.Id})`).query()).Notes, 'n');
  for (const useRelativeURLs of [false, true]) {
    const answers = await open({ useRelativeURLs })
      .post('TodoItems', { Title: 'one' })
      .post('TodoItems', { Title: 'two' })
      .get('TodoItems')
      .batch({ $filter: "Title eq 'single'" });
    assert.deepStrictEqual(answers.map(({ contentId, status }) => [contentId, status]), [[1, 201], [2, 201], [3, 200]]);
    assert.deepStrictEqual(answers.slice(0, 2).map(({ body }) => body.Title), ['one', 'two']);
    assert.deepStrictEqual(answers[2].body.map(({ Title }) => Title), ['single']);
  }
  // Of a batch with a change set it writes no boundary of the batch between the set and what follows, so that this stands
  // behind the set's end, where RFC 2046 has it ignored: a set alone is what it can send. It does not read the answer.
  await open({ useChangset: true }).post('TodoItems', { Title: 'in a set' }).post('TodoItems', { Title: 'in a set' }).batch();
  const all = await open().get('TodoItems').query({ $filter: "Title eq 'in a set'" });
  assert.strictEqual(all.length, 2);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
