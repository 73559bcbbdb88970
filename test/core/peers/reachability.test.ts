/** A node says when none of its calls gets through, and when they do again. */
import { describe, expect, it } from 'vitest';
import { Reachability } from '../../../src/core/peers/reachability.ts';
import { GossipError } from '../../../src/model/errors.ts';
import { peer } from '../../support/records.ts';

const proxyDown = () => Promise.reject(new GossipError('GOSSIP_E_PROXY', 'the proxy cannot be used'));
const peerDown = () => Promise.reject(new GossipError('GOSSIP_E_UNREACHABLE', 'the peer cannot be reached'));

function watched() {
  const lines: unknown[] = [];
  const log = { info: (line: unknown) => void lines.push(line), warn: (line: unknown) => void lines.push(line) };
  const reach = new Reachability(log);
  const fail = async (call: () => Promise<never>, times: number, who = 1) => {
    for (let count = 0; count < times; count += 1) await expect(reach.watch(peer(who).id, call())).rejects.toThrow(GossipError);
  };
  return { reach, lines, fail, answer: (who = 1) => reach.watch(peer(who).id, Promise.resolve('an answer')) };
}

describe('Reach', () => {
  it('passes answers and failures on, and says nothing while somebody answers', async () => {
    const { reach, lines, fail, answer } = watched();
    for (let round = 0; round < 10; round += 1) {
      await fail(peerDown, 5);
      expect(await answer()).toBe('an answer');
    }
    expect([reach.trouble, lines]).toEqual([null, []]);
  });

  it('does not count what this node itself did not try', async () => {
    const { reach, lines, fail } = watched();
    await fail(() => Promise.reject(new GossipError('GOSSIP_E_BUSY', 'no connection is begun')), 50);
    expect([reach.trouble, lines]).toEqual([null, []]);
  });

  it('says once that nobody answers, and why, and once that somebody does again', async () => {
    const { reach, lines, fail, answer } = watched();
    await fail(proxyDown, 30);
    expect(reach.trouble).toEqual({ code: 'GOSSIP_E_PROXY', message: 'the proxy cannot be used' });
    await answer();
    await answer();
    expect(reach.trouble).toBeNull();
    expect(lines).toEqual([{ code: 'GOSSIP_E_PROXY', error: 'the proxy cannot be used' }, 'peers can be reached again']);
  });

  it('is not deceived by many that are long gone: one that answered must have been called again', async () => {
    const { reach, lines, fail, answer } = watched();
    await answer(1);
    for (let gone = 2; gone < 40; gone += 1) await fail(peerDown, 1, gone);
    expect([reach.trouble, lines]).toEqual([null, []]);
    await fail(peerDown, 1, 1);
    expect(reach.trouble?.code).toBe('GOSSIP_E_UNREACHABLE');
  });

  it('does not wait for all of many: enough of those that answered are enough', async () => {
    const { reach, fail, answer } = watched();
    for (let count = 1; count <= 40; count += 1) await answer(count);
    for (let count = 1; count <= 7; count += 1) await fail(proxyDown, 1, count);
    expect(reach.trouble).toBeNull();
    await fail(proxyDown, 1, 8);
    expect(reach.trouble?.code).toBe('GOSSIP_E_PROXY');
  });

  it('says the newest reason', async () => {
    const { reach, fail } = watched();
    await fail(peerDown, 20);
    await fail(proxyDown, 1);
    expect(reach.trouble?.code).toBe('GOSSIP_E_PROXY');
  });

  it('does not complain of calls that end because the node stops', async () => {
    const { reach, lines, fail } = watched();
    await fail(() => Promise.reject(new GossipError('GOSSIP_E_STOPPING', 'the node is stopping')), 30);
    expect([reach.trouble, lines]).toEqual([null, []]);
  });
});
