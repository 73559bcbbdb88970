/** A lab is no larger than the machine that it runs on. */
import { describe, expect, it } from 'vitest';
import { checkSize, MAX_LAB_NODES } from '../../src/lab/size.ts';

const GIB = 1024 ** 3;

describe('the size of a lab', () => {
  it('is one to 250 nodes', () => {
    for (const nodes of [0, -1, 1.5, Number.NaN, 251]) expect(() => checkSize(nodes, 1_000 * GIB)).toThrow(/1 to 250 nodes/);
    for (const nodes of [1, 10, MAX_LAB_NODES]) expect(() => checkSize(nodes, 1_000 * GIB)).not.toThrow();
  });

  it('fits into the memory that is free, and the refusal says what does', () => {
    expect(() => checkSize(16, GIB)).not.toThrow();
    expect(() => checkSize(17, GIB)).toThrow(
      expect.objectContaining({
        code: 'GOSSIP_E_USAGE',
        message: '17 nodes take some 1088 MiB of memory, and 1024 are free',
        advice: expect.stringContaining('--nodes 16'),
      }),
    );
    expect(() => checkSize(1, GIB / 32)).toThrow(expect.objectContaining({ advice: expect.stringContaining('Free some memory') }));
  });
});
