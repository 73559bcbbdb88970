/**
 * A service that keeps a copy of a part of the registry in memory, always as its node has it: `node node_service.mjs SOCKET PREFIX`. Prints the copy as a line of JSON
 * whenever it changes.
 */
import { connect } from 'gossip/client';

const [, , socket, prefix] = process.argv;
const registry = connect({ socket }).module('registry');
let copy = new Map();

/** All that is there: at the start, and whenever events were lost. */
async function readAll() {
  const read = new Map();
  for (let after = '', more = true; more;) {
    const answer = await registry.request({ op: 'list', prefix, after });
    for (const { key, value } of answer.entries) read.set(key, value);
    after = answer.entries.at(-1)?.key ?? '';
    more = answer.more;
  }
  copy = read;
}

function print() {
  process.stdout.write(`${JSON.stringify(Object.fromEntries([...copy].toSorted(([a], [b]) => (a < b ? -1 : 1))))}\n`);
}

// Watched before it is read: what changes meanwhile comes as an event afterwards.
const events = registry.watch({ topic: prefix });
let next = events.next();
await readAll();
print();
for (;;) {
  const { value: event } = await next;
  next = events.next();
  if (event.type === 'lost') await readAll();
  else if (event.data.event === 'set') copy.set(event.data.key, event.data.value);
  else copy.delete(event.data.key);
  print();
}
