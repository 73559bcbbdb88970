/** Whether a change is asked about. What happens on a terminal: test/e2e/confirm.test.ts. */
import { describe, expect, it } from 'vitest';
import { confirm } from '../../src/commands/terminal/confirm.ts';
import type { Address } from '../../src/model/names.ts';
import { generateKey } from '../../src/trust/keys.ts';
import { makeRoot, trustRoot } from '../../src/trust/root.ts';
import { peer } from '../support/records.ts';

function clusterAt(...addresses: readonly string[]) {
  const key = generateKey();
  const rendezvous = addresses.map((address, index) => ({ ...peer(index + 1, `r${index + 1}`), address: address as Address }));
  return {
    name: 'prod',
    root: trustRoot(makeRoot({ name: 'prod', created: 0, rootKeys: [key], deployKeys: [key], admitKeys: [key], rendezvous })),
  };
}

async function ask(addresses: readonly string[], yes = false) {
  const remarks: string[] = [];
  const cluster = clusterAt(...addresses);
  const speaker = {
    json: false,
    remark: (text: string) => void remarks.push(text),
    show: () => undefined,
    logJson: () => undefined,
    endWith: () => undefined,
  };
  const how = await confirm(speaker, { cluster, lines: ['counter: d1 -> d2', 'signed by ada'], yes });
  return { how, remarks, named: `Cluster 'prod' (${cluster.root.cluster.slice(0, 12)})` };
}

describe('a change', () => {
  it.each([[['127.0.0.1:7946']], [['127.0.0.1:7946', '127.9.9.9:7947', '[::1]:7946']]])(
    'of a cluster of this machine alone is asked about never: %j',
    async (addresses) => expect(await ask(addresses)).toMatchObject({ how: 'untold', remarks: [] }),
  );

  it.each([[['10.0.0.1:7946']], [['127.0.0.1:7946', '10.0.0.1:7946']], [['[fd00::7]:7946']], [[]]])(
    'of any other is refused where there is no terminal: %j',
    (addresses) => expect(ask(addresses)).rejects.toMatchObject({ code: 'GOSSIP_E_UNCONFIRMED', exitCode: 2 }),
  );

  it('is named in full where --yes was said', async () => {
    const { how, remarks, named } = await ask(['10.0.0.1:7946'], true);
    expect([how, remarks]).toEqual(['told', [named, '  counter: d1 -> d2', '  signed by ada']]);
  });
});
