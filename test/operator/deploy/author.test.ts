import { expect, it } from 'vitest';
import { author } from '../../../src/operator/deploy/author.ts';

const by = (name: string): string => author({ GOSSIP_AUTHOR: name });
const family = '👨‍👩‍👧';

it.each([
  ['ada', 'ada'],
  ['a'.repeat(128), 'a'.repeat(128)],
  ['a'.repeat(129), 'a'.repeat(128)],
  [`${'a'.repeat(127)}😀`, 'a'.repeat(127)],
  [`${'a'.repeat(126)}😀`, `${'a'.repeat(126)}😀`],
  [`${'a'.repeat(121)}${family}`, 'a'.repeat(121)],
  [`${'a'.repeat(127)}e\u0301`, 'a'.repeat(127)],
  ['half \ud83d', 'half \ufffd'],
])('an author is cut at whole characters: %j', (name, cut) => expect(by(name)).toBe(cut));
