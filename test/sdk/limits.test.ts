/** The authors' guide tells the limits that the code holds, each in its row, and no others. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { MAX_WAITING_REQUESTS, REQUEST_WAIT_MS } from '../../src/gossip/applications.ts';
import { MAX_SETTINGS_SCHEMA_BYTES } from '../../src/model/settings-schema.ts';
import * as sdk from '../../src/sdk/limits.ts';

const limits = { ...sdk, MAX_WAITING_REQUESTS, REQUEST_WAIT_MS, MAX_SETTINGS_SCHEMA_BYTES };

/** How each row begins, and the limits that it tells. */
const ROWS: Readonly<Record<string, readonly (keyof typeof limits)[]>> = {
  'a message': ['MAX_MESSAGE_BYTES'],
  'what `inspect` shows': ['MAX_MESSAGE_BYTES', 'MAX_SHOWN_DEPTH'],
  'a state': ['MAX_STATE_BYTES'],
  settings: ['MAX_RECORD_BYTES', 'MAX_SETTINGS_DEPTH'],
  'their schema': ['MAX_SETTINGS_SCHEMA_BYTES'],
  'messages of peers': ['MAX_OPEN_CALLS'],
  'exchanges that are open': ['MAX_OPEN_EXCHANGES'],
  'messages of `send`': ['MAX_OPEN_SENDS'],
  'exchanges and messages of `send` that begin': ['EXCHANGE_BURST', 'EXCHANGES_PER_SECOND'],
  '`timeoutMs`': ['MAX_EXCHANGE_MS'],
  'rounds of `every`': ['MOST_STRAIN'],
  'a request of an application': ['MAX_MESSAGE_BYTES'],
  'requests of applications': ['MAX_OPEN_REQUESTS', 'MAX_WAITING_REQUESTS', 'REQUEST_WAIT_MS'],
  'modules in `uses`': ['MAX_USES'],
  'a request to another module, its answer': ['MAX_MESSAGE_BYTES'],
  'requests to other modules that are open': ['MAX_OPEN_USES'],
  'requests to other modules that begin': ['USE_BURST', 'USES_PER_SECOND'],
  'watches of other modules': ['MAX_WATCHES'],
  'an event': ['MAX_EVENT_BYTES', 'MAX_TOPIC'],
  '`request`': ['REQUEST_MS'],
  'a request to another module, its wait': ['USE_MS', 'START_USE_MS'],
  loading: ['STEP_MS'],
  '`receive`': ['ANSWER_MS'],
  '`transferState`': ['ASK_MS', 'LAST_STATE_MS'],
  'anything in one piece': ['HUNG_MS'],
  '`stop`': ['STOP_MS'],
};

const guide = readFileSync(fileURLToPath(new URL('../../docs/module-authors.md', import.meta.url)), 'utf8');
const section = guide.slice(guide.indexOf('\n## Limits\n'), guide.indexOf('\n## Testing\n'));
const rows = [...section.matchAll(/^\| (.+?) \| (.+) \|$/gm)].map(([, what, limit]) => ({ what: what as string, limit: limit as string }));

test('every limit stands in a row of the guide, and every row is one of these', () => {
  const beginnings = Object.keys(ROWS).toSorted((a, b) => b.length - a.length);
  expect(rows.slice(1).map(({ what }) => beginnings.find((beginning) => what.startsWith(beginning)))).toEqual(Object.keys(ROWS));
  expect(Object.keys(limits).filter((name) => !Object.values(ROWS).some((told) => told.some((each) => each === name)))).toEqual([]);
});

test.each(Object.entries(ROWS))('the row of %s tells its limits', (beginning, names) => {
  const told = rows
    .filter(({ what }) => what.startsWith(beginning))
    .map(({ limit }) => [...limit.matchAll(/\d{1,3}(?:,\d{3})*/g)].map(String));
  const wanted = names.map((name) => limits[name].toLocaleString('en'));
  expect(told.some((numbers) => wanted.every((number) => numbers.includes(number)))).toBe(true);
});
