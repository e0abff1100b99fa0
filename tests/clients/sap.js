// SAP's Cloud SDK 3.26.4: a client is generated from $metadata, and saves in a batch with a change set.
'use strict';

const assert = require('node:assert');
const metadata = require('./metadata.js');

async function main() {
  const url = new URL(process.env.ROOT);
  await metadata.write('edmx/Tidemark.edmx');
  metadata.put('tsconfig.json', {
    compilerOptions: { target: 'es2021', module: 'commonjs', lib: ['es2021'], skipLibCheck: true, types: [] },
  });
  const service = { packageName: 'tidemark', directoryName: 'tidemark', basePath: url.pathname };
  metadata.put('services.json', { 'edmx/Tidemark.edmx': service });
  metadata.run('generate-odata-client', '-i', 'edmx', '-o', 'sap', '--skipValidation', '--transpile', '--tsconfig',
    metadata.work('tsconfig.json'), '--optionsPerService', metadata.work('services.json'));
  const { tidemark, batch, changeset } = require(metadata.work('sap', 'tidemark'));
  const { todoItemsApi: tasks } = tidemark();
  const to = { url: url.origin };
  const send = (request) => request.addCustomHeaders({ Authorization: `Bearer ${process.env.TOKEN}` }).execute(to);
  const named = (title) => tasks.requestBuilder().getAll().filter(tasks.schema.TITLE.equals(title));

  const made = await send(tasks.requestBuilder().create(tasks.entityBuilder().title('sap').build()));
  made.notes = 'n';
  await send(tasks.requestBuilder().update(made));
  const [found] = await send(named('sap').select(tasks.schema.TITLE, tasks.schema.NOTES).top(2));
  assert.deepStrictEqual([found.title, found.notes], ['sap', 'n']);
  const create = (title) => tasks.requestBuilder().create(tasks.entityBuilder().title(title).build());
  const answers = await send(batch(changeset(create('in a set'), create('in a set')), named('sap')));
  assert.deepStrictEqual(answers.map((answer) => answer.isSuccess()), [true, true]);
  assert.strictEqual((await send(named('in a set'))).length, 2);
  await send(tasks.requestBuilder().delete(made.id));
  assert.strictEqual((await send(named('sap'))).length, 0);
}

main().catch((error) => {
  console.error(error.stderr?.toString() ?? '', error.stdout?.toString() ?? '', error, error.rootCause?.response?.data);
  process.exit(1);
});
