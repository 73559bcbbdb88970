/**
 * Fault 32: an operator's uplink has 64 kB/s and stalls; the command is killed, its link dies, and it is repeated at once. It goes on
 * where it stopped, and what went up is little more than the code.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { launch, until, withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import { findingsOf } from './fault.ts';
import type { Findings } from './fault.ts';
import { hasNamespaces, withNamespace } from './namespace.ts';
import { proxiedUplink, shapedUplink } from './slow-uplink.ts';
import type { Uplink } from './slow-uplink.ts';

const CODE_BYTES = 4 * 1024 * 1024;
const LAB = { nodes: 2, rendezvous: 1, intervalMs: 500 };
/** Shorter than the silence after which both sides give up. */
const STALL_MS = 6_000;
/** Four parts of it, each of which takes a quarter of a minute. */
const PART_MS = 120_000;
/** TLS, gossip of the nodes, and what was under way when a command was killed. */
const GOAL_CARRIED = 1.5;

test('row 32: uplink of 64 kB/s, by a proxy: stalls, a killed command repeated', { timeout: 600_000 }, async ({ task }) => {
  const findings = findingsOf(task);
  await withDirectory((directory) =>
    withLab(LAB, async (lab) => {
      const uplink = await proxiedUplink(lab.node('rendezvous1').address);
      expect(await suffer(findings, lab, { uplink, directory, through: [], how: 'a proxy' })).toBeLessThan(GOAL_CARRIED);
    }),
  );
});

test.skipIf(!hasNamespaces())(
  'row 32: uplink of 64 kB/s, by the kernel: stalls, a killed command repeated',
  { timeout: 600_000 },
  async ({ task }) => {
    const findings = findingsOf(task);
    await withDirectory((directory) =>
      withNamespace((namespace) =>
        withLab({ ...LAB, through: namespace.through }, async (lab) => {
          const uplink = shapedUplink(namespace, lab.node('rendezvous1').address);
          expect(await suffer(findings, lab, { uplink, directory, through: namespace.through, how: 'tc' })).toBeLessThan(GOAL_CARRIED);
        }),
      ),
    );
  },
);

interface Setting {
  readonly uplink: Uplink;
  readonly directory: string;
  readonly through: readonly string[];
  readonly how: string;
}

/** How many times the code went up the link. */
async function suffer(findings: Findings, lab: TestLab, { uplink, directory, through, how }: Setting): Promise<number> {
  const code = await writeModule(directory, { ...notebook('1.0.0'), ballastBytes: CODE_BYTES });
  const deploy = () => launch(['deploy', code, '--no-check', '--to', uplink.address], { home: lab.home, through });
  const part = (share: number) => untilKept(lab, share * CODE_BYTES);
  const carriedBefore = uplink.carried();

  // A stall is no end.
  const first = deploy();
  await part(0.2);
  uplink.stall();
  findings.inject();
  await pause(STALL_MS);
  uplink.goOn();
  await part(0.4);
  first.child.kill('SIGKILL');
  findings.inject();
  await first.ended;

  // Repeated at once; then it is killed while its link is dead, so that the node cannot know.
  const second = deploy();
  await part(0.6);
  uplink.stall();
  second.child.kill('SIGKILL');
  findings.inject(2);
  await second.ended;
  uplink.goOn();

  const last = await deploy().ended;
  expect(last).toMatchObject({ code: 0 });
  expect(last.stderr).toMatch(/^(sending \d\.\d of 4\.0 MiB to rendezvous1|sent 4\.0 MiB; waiting until rendezvous1 has it on its disk)$/m);
  const share = (uplink.carried() - carriedBefore) / CODE_BYTES;
  findings.figure(`${how}: went up the link, of the code`, [share], { unit: 'times', goal: GOAL_CARRIED });
  await lab.converged(PART_MS);
  findings.outcome('it outlasted the stalls; each repeated command went on where the last one was killed');
  return share;
}

/** Waits until so many bytes of what is on its way lie on the node's disk. */
async function untilKept(lab: TestLab, bytes: number): Promise<void> {
  const partials = join(lab.node('rendezvous1').directory, 'content', 'partial');
  const kept = async (): Promise<boolean> => {
    const files = await Promise.all((await readdir(partials)).map((name) => stat(join(partials, name)).catch(() => null)));
    return files.some((file) => (file?.size ?? 0) >= bytes);
  };
  await until(`${Math.round(bytes)} bytes of the code have come`, kept, { deadlineMs: PART_MS });
}
