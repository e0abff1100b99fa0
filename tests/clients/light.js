// @odata/client 2.21.10 ("light-odata"): keys are written as texts, and a multipart batch is sent with Accept: application/json.
'use strict';

const assert = require('node:assert');
const { OData } = require('@odata/client');

async function main() {
  const commonHeaders = { Authorization: `Bearer ${process.env.TOKEN}` };
  const client = OData.New4({ serviceEndpoint: `${process.env.ROOT}/`, commonHeaders });
  const tasks = client.getEntitySet('TodoItems');
  const made = await tasks.create({ Title: 'light', Priority: 3 });
  const named = client.newFilter().property('Title').eq('light');
  const found = await tasks.query(client.newParam().filter(named).select('Title').orderby('Priority'));
  assert.deepStrictEqual(found.map(({ Title }) => Title), ['light']);
  await tasks.update(made.Id, { Notes: 'n' });
  assert.strictEqual((await tasks.retrieve(made.Id)).Notes, 'n');
  assert.strictEqual(await tasks.count(named), 1);
  const sum = await tasks.query(client.newParam().apply('aggregate(Priority with sum as Total)'));
  assert.strictEqual(sum[0].Total, 3);
  const answers = await client.execBatchRequests([
    client.newBatchRequest({ collection: 'TodoItems', entity: JSON.stringify({ Title: 'one' }), method: 'POST', withContentLength: true }),
    client.newBatchRequest({ collection: 'TodoItems', params: client.newParam().filter(named) }),
  ]);
  assert.deepStrictEqual(answers.map(({ status }) => status), [201, 200]);
  assert.strictEqual((await answers[1].json()).value.length, 1);
  await tasks.delete(made.Id);
  assert.strictEqual(await tasks.count(named), 0);
  await assert.rejects(tasks.create({ Title: 5 }), /Title must be text/);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
