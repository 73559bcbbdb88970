/** What a schema complains of is said in this program's words, and those of its library reach nobody. */
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { issueText } from '../../src/model/issue-text.ts';

const schema = v.strictObject({
  type: v.literal('gossip/paper/1'),
  level: v.optional(v.picklist(['low', 'high'])),
  at: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(9))),
  name: v.optional(v.pipe(v.string(), v.maxLength(4), v.regex(/^[a-z]*$/))),
  id: v.optional(v.pipe(v.string('not an id'), v.regex(/^x/, 'not an id'))),
  list: v.optional(v.array(v.object({ on: v.boolean() }))),
});
const good = { type: 'gossip/paper/1' };

it.each<[unknown, string]>([
  [7, 'the paper: must be an object'],
  [{}, 'type: is missing'],
  [{ ...good, more: 1 }, 'more: is not a field of it'],
  [{ type: 'gossip/paper/2' }, 'type: must be "gossip/paper/1", and is "gossip/paper/2"'],
  [{ ...good, level: 'no\nne' }, 'level: must be ("low" | "high"), and is "no\\u000ane"'],
  [{ ...good, at: '5' }, 'at: must be a number'],
  [{ ...good, at: 0.5 }, 'at: must be a whole number'],
  [{ ...good, at: -1 }, 'at: is too small'],
  [{ ...good, at: 10 }, 'at: is too large'],
  [{ ...good, name: null }, 'name: must be a text'],
  [{ ...good, name: 'abcde' }, 'name: is too long'],
  [{ ...good, name: 'A' }, 'name: has not the form that it must have'],
  [{ ...good, id: 5 }, 'id: not an id'],
  [{ ...good, list: {} }, 'list: must be a list'],
  [{ ...good, list: [{ on: true }, { on: 1 }] }, 'list.1.on: must be true or false'],
  [{ ...good, list: [7] }, 'list.0: must be an object'],
])('%j', (value, says) => {
  const { issues } = v.safeParse(schema, value);
  expect(issues?.[0] && issueText(issues[0], 'the paper')).toBe(says);
});
