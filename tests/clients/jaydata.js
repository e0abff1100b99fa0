// JayData 1.5.10, the seed's own client: a year of work in change sets of 200, and what it is told where others were faster.
'use strict';

const assert = require('node:assert');
const $data = require('jaydata/core');
require('jaydata/odata');

const TodoItem = $data.Entity.extend('Tidemark.TodoItem', {
  Id: { type: 'Edm.Guid', key: true },
  Title: { type: 'Edm.String' },
  Notes: { type: 'Edm.String' },
  IsDone: { type: 'Edm.Boolean' },
  _UpdatedAt: { type: 'Edm.Int64' },
});
const Context = $data.EntityContext.extend('Tidemark.Context', {
  TodoItems: { type: $data.EntitySet, elementType: TodoItem },
});

/** Opens the service as an office script does. */
function open() {
  const context = new Context({ provider: 'oData', oDataServiceHost: process.env.ROOT, maxDataServiceVersion: '4.0' });
  context.batches = 0;
  context.prepareRequest = ([request]) => {
    request.headers = { ...request.headers, Authorization: `Bearer ${process.env.TOKEN}` };
    context.batches += request.requestUri.endsWith('/$batch') ? 1 : 0;
  };
  return new Promise((resolve, reject) => context.onReady({ success: resolve, error: reject }));
}

const id = (number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

async function main() {
  const context = await open();
  const own = Date.now() - 60_000;
  for (let start = 0; start < 450; start += 200) {
    for (let number = start; number < Math.min(start + 200, 450); number++) {
      context.TodoItems.add({ Id: id(number), Title: `Visit ${number}`, IsDone: false, _UpdatedAt: String(own) });
    }
    assert.strictEqual(await context.saveChanges(), Math.min(200, 450 - start));
  }
  assert.strictEqual(context.batches, 3);
  assert.strictEqual(await context.TodoItems.length(), 450);

  // A change that is older than what is stored does not stand, and does not hold up the others of its set.
  const [first, second, third] = await context.TodoItems.orderBy((item) => item.Title).take(3).toArray();
  assert.deepStrictEqual([first, second, third].map((item) => item.Title), ['Visit 0', 'Visit 1', 'Visit 10']);
  for (const [item, title, at] of [[first, 'late', own - 1], [second, 'newer', own + 1]]) {
    context.attach(item);
    item.Title = title;
    item._UpdatedAt = String(at);
  }
  assert.strictEqual(await context.saveChanges(), 2);
  const read = async (number) => (await context.TodoItems.filter('it.Id == this.id', { id: id(number) }).toArray())[0];
  assert.deepStrictEqual([(await read(0)).Title, (await read(1)).Title], ['Visit 0', 'newer']);

  // An update of what others deleted is a 404 and fails its set: of that the protocol has one answer, which is none of a set
  // (Protocol 4.01 section 11.7.7.6). JayData looks for the answers of a set there and stumbles; nothing of the set is applied.
  context.attach(third);
  context.TodoItems.remove(third);
  await context.saveChanges();
  const other = await open();
  const edit = (number, title) => {
    const item = new TodoItem({ Id: id(number) });
    other.attach(item);
    item.Title = title;
    item._UpdatedAt = String(own + 2);
  };
  edit(10, 'of a deleted one');
  edit(2, 'beside it');
  const stumbled = new Promise((resolve) => {
    process.once('uncaughtException', resolve);
  });
  other.saveChanges().catch(() => {});
  assert.match((await stumbled).stack, /TypeError[^]*SaveStrategies\/batch\.js/);
  assert.strictEqual((await read(2)).Title, 'Visit 2');
  assert.strictEqual(await read(10), undefined);
}

main().catch((error) => {
  console.error(error, error && error.data);
  process.exit(1);
});
