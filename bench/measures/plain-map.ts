/**
 * The baseline of the door: a map behind plain HTTP on a Unix socket, `node bench/measures/plain-map.ts SOCKET`. It answers what a registry answers, and has no node behind it:
 * no sandbox, no update, no other nodes.
 */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

interface Asked {
  readonly op: 'get' | 'set';
  readonly key: string;
  readonly value?: unknown;
}

const [, , socket] = process.argv;
const map = new Map<string, { value: unknown; version: string }>();
let written = 0;

const server = createServer((request, response) => {
  void text(request).then((body) => {
    response.setHeader('content-type', 'application/json');
    return response.end(JSON.stringify(answer(JSON.parse(body) as Asked)));
  });
});
server.listen(socket, () => process.stdout.write('ready\n'));
// Whoever started it is gone.
process.stdin.resume().once('end', () => process.exit());

function answer({ op, key, value }: Asked): object {
  const known = map.get(key);
  if (op === 'get') return known === undefined ? { key, exists: false } : { key, exists: true, ...known };
  written += 1;
  const version = `${written}.0.`;
  map.set(key, { value, version });
  return { key, version };
}
