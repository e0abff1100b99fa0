// odata2ts 0.34.0: a client is generated from $metadata and used.
'use strict';

const assert = require('node:assert');
const { FetchClient } = require('@odata2ts/http-client-fetch');
const metadata = require('./metadata.js');

async function main() {
  const source = await metadata.write('model.xml');
  metadata.put('tsconfig.json', { compilerOptions: { target: 'ES2022', module: 'commonjs', skipLibCheck: true } });
  metadata.run('odata2ts', '-s', source, '-o', metadata.work('generated'), '-m', 'all', '-e', 'js', '-n');
  const { TidemarkService } = require(metadata.work('generated', 'TidemarkService.js'));
  const client = new FetchClient({ headers: { Authorization: `Bearer ${process.env.TOKEN}` } });
  const service = new TidemarkService(client, process.env.ROOT);
  const list = await service.TodoLists().create({ Name: 'typed' });
  const made = await service.TodoItems().create({ Title: 'ts', Priority: 2, TodoListId: list.data.Id });
  assert.strictEqual(made.status, 201);
  const found = await service.TodoItems().query((builder, task) =>
    builder
      .select('Title', 'Priority')
      .filter(task.Title.eq('ts'), task.Priority.gt(1))
      .orderBy(task.Title.asc())
      .count()
      .expanding('TodoList', (inner) => inner.select('Name')),
  );
  assert.strictEqual(found.data['@odata.count'], 1);
  assert.strictEqual(found.data.value[0].TodoList.Name, 'typed');
  const one = service.TodoItems(made.data.Id);
  assert.strictEqual((await one.patch({ Notes: 'n' })).status, 204);
  assert.strictEqual((await one.query()).data.Notes, 'n');
  assert.strictEqual((await one.TodoList().query()).data.Name, 'typed');
  assert.strictEqual((await one.delete()).status, 204);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
