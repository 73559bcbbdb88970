import { expect, test } from 'vitest';
import { repeatedKey } from '../../src/model/repeated-key.ts';

test.each([
  ['{"a":1,"b":{"a":2},"c":[{"a":1},{"a":1}],"d":"a"}', null],
  ['{"a":"\\"a\\":1,","b":["a","a"]}', null],
  ['[]', null],
  ['{"a":1,"a":2}', { path: 'a', at: 7 }],
  ['{"log":{"level":"info", "level":"warn"}}', { path: 'log.level', at: 24 }],
  ['[[0],{"on":[1,[],{"x":{},"y":{"z":[1,2],"z":2}}]}]', { path: '[1].on[2].y.z', at: 40 }],
  // The same key, spelt in another way.
  ['{"a":[1,{"x":1}],"\\u0061":2}', { path: 'a', at: 17 }],
])('%s', (text, found) => {
  expect(JSON.parse(text)).toBeDefined();
  expect(repeatedKey(text)).toEqual(found);
});
