// Apache Olingo's JavaScript client (npm odatajs 4.0.0): a batch of reads and of a change set that refers to itself.
'use strict';

const assert = require('node:assert');
const { oData } = require('odatajs');

const id = '00000000-0000-4000-8000-00000000000a';
const json = { Accept: 'application/json', 'Content-Type': 'application/json' };

/** Sends a batch; the handler reads what comes back. */
function batch(requests) {
  const request = {
    requestUri: `${process.env.ROOT}/$batch`,
    method: 'POST',
    headers: { Accept: 'multipart/mixed', Authorization: `Bearer ${process.env.TOKEN}` },
    data: { __batchRequests: requests },
  };
  return new Promise((resolve, reject) => {
    oData.request(request, (data) => resolve(data.__batchResponses), reject, oData.batch.batchHandler);
  });
}

async function main() {
  const change = (number, requestUri, method, data) => ({
    requestUri, method, data, headers: { ...json, 'Content-ID': String(number) },
  });
  const [before, changes, after] = await batch([
    { requestUri: 'TodoItems?$top=5', method: 'GET', headers: json },
    { __changeRequests: [change(1, 'TodoItems', 'POST', { Id: id, Title: 'Ölwechsel' }), change(2, '$1', 'PATCH', { Notes: 'n' })] },
    { requestUri: `TodoItems(${id})`, method: 'GET', headers: json },
  ]);
  assert.deepStrictEqual(before.data.value, []);
  const made = changes.__changeResponses;
  assert.deepStrictEqual(made.map((answer) => [answer.statusCode, answer.headers['Content-ID']]), [['201', '1'], ['204', '2']]);
  assert.strictEqual(made[0].data.Title, 'Ölwechsel');
  assert.deepStrictEqual([after.data.Title, after.data.Notes], ['Ölwechsel', 'n']);

  // One that fails fails its change set, and ends the batch.
  const failed = await batch([
    { __changeRequests: [change(1, `TodoItems(${id})`, 'PATCH', { Title: 'x' }), change(2, 'TodoItems', 'POST', { Title: 5 })] },
    { requestUri: 'TodoItems', method: 'GET', headers: json },
  ]);
  assert.strictEqual(failed.length, 1);
  assert.strictEqual(failed[0].response.statusCode, '400');
  assert.match(failed[0].response.body, /"target":"Title"/);
  const [still] = await batch([{ requestUri: `TodoItems(${id})`, method: 'GET', headers: json }]);
  assert.strictEqual(still.data.Title, 'Ölwechsel');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
