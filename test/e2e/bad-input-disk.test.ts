/** Bad input: a node's disk is full. It says so, keeps what it had and goes on gossiping; with room again it catches up by itself. Needs root. */
import { execFileSync } from 'node:child_process';
import { cp, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ClusterStatus, NodeRow } from '../../src/operator/status.ts';
import { withDirectory } from '../support/gossip.ts';
import { withLab } from '../support/lab.ts';
import type { TestLab } from '../support/lab.ts';
import { notebook, writeModule } from '../support/modules.ts';
import type { Notebook } from '../support/modules.ts';

const BALLAST_BYTES = 1024 * 1024;

it('a full disk of one node holds up nobody, loses nothing, and heals when there is room', { timeout: 400_000 }, async ({ skip }) => {
  await withDirectory((directory) =>
    withLab({ nodes: 3, rendezvous: 1 }, async (lab) => {
      await lab.ask('deploy', await writeModule(directory, notebook('1.0.0')), '--wait');
      await lab.stop('node1');
      const disk = await SmallDisk.under(lab.node('node1').directory, directory).catch((error: Error) => error);
      if (disk instanceof Error) {
        process.stdout.write(`skipped: a tmpfs cannot be mounted here (${disk.message})\n`);
        return skip(disk.message);
      }
      try {
        await lab.start('node1');
        await lab.converged();
        const before = await born(lab);
        await disk.fill();

        const large = await writeModule(directory, { ...notebook('1.1.0'), ballastBytes: BALLAST_BYTES });
        await lab.ask('deploy', large, '--to', 'rendezvous1');
        const full = await lab.untilStatus('the others run d2, and node1 tells of its disk', (status) => {
          const others = status.nodes.filter(({ name }) => name !== 'node1');
          return others.every(({ modules }) => modules[0]?.deployment === 'd2') && tellsOfDisk(node1(status));
        });
        expect(node1(full)).toMatchObject({ reachable: true, modules: [{ deployment: 'd1' }] });
        expect((await lab.run('status')).stdout).toContain('GOSSIP_E_DISK');
        expect(await lab.run('deploy', '--module', 'registry', '--to', 'node1', '--json')).toMatchObject({
          code: 1,
          json: { error: { code: 'GOSSIP_E_DISK' } },
        });
        expect(await lab.ask('history')).toHaveLength(2);
        expect(await born(lab)).toBe(before);

        await disk.free();
        const healed = await lab.converged();
        expect(node1(healed)).toMatchObject({ disk: null, modules: [{ deployment: 'd2', version: '1.1.0' }] });
        expect(await born(lab)).toBe(before);

        await disk.fill();
        await lab.kill('node1');
        // What a write left half done is swept away at the start, and may be room enough to start with.
        const outcome = await lab.start('node1').then(
          () => 'started',
          (error: { code?: string }) => error.code,
        );
        expect(['started', 'GOSSIP_E_DISK']).toContain(outcome);
        await disk.free();
        await lab.start('node1');
        await lab.converged();
        expect(await born(lab)).toBe(before);
      } finally {
        await lab.kill('node1');
        disk.unmount();
      }
    }),
  );
});

function node1({ nodes }: ClusterStatus): NodeRow {
  return nodes.find(({ name }) => name === 'node1') as NodeRow;
}

function tellsOfDisk({ disk, modules }: NodeRow): boolean {
  return disk?.code === 'GOSSIP_E_DISK' || modules.some(({ why }) => why?.code === 'GOSSIP_E_DISK');
}

async function born(lab: TestLab): Promise<string> {
  return (await lab.ask<{ state: Notebook }>('module', 'inspect', 'notebook', '--to', 'node1')).state.born;
}

/** A disk of a few megabytes in the place of a directory, with what was in it. */
class SmallDisk {
  readonly #at: string;

  private constructor(at: string) {
    this.#at = at;
  }

  static async under(directory: string, aside: string): Promise<SmallDisk> {
    const kept = join(aside, 'kept');
    await cp(directory, kept, { recursive: true, preserveTimestamps: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m,mode=700', 'gossip-test', directory], { stdio: 'pipe' });
    await cp(kept, directory, { recursive: true, preserveTimestamps: true });
    return new SmallDisk(directory);
  }

  /** Takes every block that is left; whoever writes beside it may free some, so until none is. */
  async fill(): Promise<void> {
    const file = await open(join(this.#at, 'filler'), 'a');
    try {
      for (let left = await this.#free(); left > 0; left = await this.#free()) await file.write(Buffer.alloc(left)).catch(() => undefined);
    } finally {
      await file.close();
    }
  }

  async free(): Promise<void> {
    await rm(join(this.#at, 'filler'), { force: true });
  }

  async #free(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#at);
    return bavail * bsize;
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.#at]);
  }
}
