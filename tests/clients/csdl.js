// The OASIS tools: $metadata in XML, made JSON by odata-csdl 0.11.2, says what $metadata in JSON says; odata-openapi 0.29.0 makes
// an OpenAPI document of it.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const metadata = require('./metadata.js');

// Own terms have no vocabulary that an XML reader could resolve, and stay in the JSON.
const isOwn = (name) => name.startsWith('@Tidemark.');

/** Writes terms with their vocabularies' names instead of aliases, and leaves out what says nothing. */
function plain(value, aliases, key) {
  if (Array.isArray(value)) return value.map((item) => plain(item, aliases));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([name]) => !isOwn(name) && name !== '$Reference');
  const named = entries.map(([name, inner]) => {
    const [, alias, rest] = /^@([A-Za-z]+)\.([A-Za-z]+)$/.exec(name) ?? [];
    const full = aliases[alias] ? `@${aliases[alias]}.${rest}` : name;
    // Six digits of a second are kept whether or not the model says so.
    return [full, plain(inner, aliases, name)];
  });
  return Object.fromEntries(named.filter(([name]) => !(key === 'DueAt' && name === '$Precision')));
}

async function main() {
  const xml = await metadata.write('model.xml');
  const json = JSON.parse(fs.readFileSync(await metadata.write('model.json', 'application/json'), 'utf8'));
  metadata.run('odata-csdl-xml2json', '-t', metadata.work('made.json'), xml);
  const made = JSON.parse(fs.readFileSync(metadata.work('made.json'), 'utf8'));
  const includes = Object.values(json.$Reference).flatMap((reference) => reference.$Include);
  const aliases = Object.fromEntries(includes.map(({ $Alias, $Namespace }) => [$Alias, $Namespace]));
  assert.deepStrictEqual(plain(made, aliases), plain(json, aliases));

  metadata.run('odata-openapi3', '-t', metadata.work('openapi.json'), xml);
  const theirs = JSON.parse(fs.readFileSync(metadata.work('openapi.json'), 'utf8'));
  const headers = { Authorization: `Bearer ${process.env.TOKEN}` };
  const ours = await (await fetch(`${process.env.ROOT}/openapi.json`, { headers })).json();
  const sets = (document) => Object.keys(document.paths).filter((path) => /^\/[A-Za-z]+$/.test(path)).sort();
  assert.deepStrictEqual(sets(ours), sets(theirs));
}

main().catch((error) => {
  console.error(error.stderr?.toString() ?? '', error);
  process.exit(1);
});
