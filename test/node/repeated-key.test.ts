import { expect, test } from 'vitest';
import { repeatedKey } from '../../src/node/repeated-key.ts';

test.each([
  ['{"a":1,"b":{"a":2},"c":[{"a":1},{"a":1}],"d":"a"}', null],
  ['{"a":"\\"a\\":1,","b":["a","a"]}', null],
  ['[]', null],
  ['{"a":1,"a":2}', { key: 'a', at: 7 }],
  ['{"log":{"level":"info", "level":"warn"}}', { key: 'level', at: 24 }],
  // The same key, spelt in another way.
  ['{"a":[1,{"x":1}],"\\u0061":2}', { key: 'a', at: 17 }],
])('%s', (text, found) => {
  expect(JSON.parse(text)).toBeDefined();
  expect(repeatedKey(text)).toEqual(found);
});
