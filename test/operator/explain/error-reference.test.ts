/** What `gossip explain` finds for what people type. */
import { describe, expect, test } from 'vitest';
import { errorReference, findEntry, parseReference } from '../../../src/operator/explain/error-reference.ts';

const reference = await errorReference();

describe('a code is found', () => {
  test.each(['GOSSIP_E_UNREACHABLE', 'unreachable', 'Gossip_E_Unreachable', ' UNREACHABLE '])('as %j', (typed) => {
    expect(findEntry(typed, reference)).toMatchObject({ code: 'GOSSIP_E_UNREACHABLE', exit: 3, topic: 'Reaching nodes' });
  });

  test('with dashes for underscores', () => {
    expect(findEntry('no-cluster', reference).code).toBe('GOSSIP_E_NO_CLUSTER');
  });
});

describe('what is no code', () => {
  test('is answered with the nearest', () => {
    expect(() => findEntry('UNREACHABEL', reference)).toThrowError(
      expect.objectContaining({ advice: 'Did you mean GOSSIP_E_UNREACHABLE?' }),
    );
  });

  test.each(['frobnicate', '', 'x'.repeat(100_000), 'constructor'])('is refused: %#', (typed) => {
    expect(() => findEntry(typed, reference)).toThrowError(expect.objectContaining({ code: 'GOSSIP_E_USAGE' }));
  });
});

test('links are told as paths, for a terminal cannot follow them', () => {
  const [entry] = parseReference(
    '# Errors\n\n## Trust\n\n### GOSSIP_E_SIGNATURE (exit 6)\n- Means: a.\n- Cause: b ([operators](operators.md#keys)).\n- Do: see [the guide](wasm.md).\n',
  );
  expect(entry).toEqual({
    code: 'GOSSIP_E_SIGNATURE',
    exit: 6,
    topic: 'Trust',
    means: 'a.',
    cause: 'b (operators (docs/operators.md)).',
    do: 'see the guide (docs/wasm.md).',
  });
  expect(reference.map(({ means, cause, do: remedy }) => means + cause + remedy).filter((text) => /\]\(/.test(text))).toEqual([]);
});
