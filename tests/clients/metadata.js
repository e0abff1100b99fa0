// Where the scripts that generate a client work, and the metadata they generate it from: as 4.0 has it, since they know no other.
'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const bin = (name) => path.join(__dirname, 'node_modules', '.bin', name);

/** Writes the service's metadata into a file of the work folder. */
async function write(file, accept = 'application/xml') {
  const headers = { Accept: accept, 'OData-MaxVersion': '4.0' };
  const answer = await fetch(`${process.env.ROOT}/$metadata`, { headers });
  const target = path.join(process.env.WORK, file);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, await answer.text());
  return target;
}

/** Lets what is generated in the work folder find the packages. */
fs.symlinkSync(path.join(__dirname, 'node_modules'), path.join(process.env.WORK, 'node_modules'));

/** Runs one of the packages' programs in the work folder. */
function run(name, ...args) {
  execFileSync(process.execPath, [fs.realpathSync(bin(name)), ...args], { cwd: process.env.WORK, stdio: 'pipe' });
}

/** Writes a file of the work folder. */
function put(file, content) {
  fs.writeFileSync(path.join(process.env.WORK, file), JSON.stringify(content));
}

module.exports = { write, run, put, work: (...parts) => path.join(process.env.WORK, ...parts) };
