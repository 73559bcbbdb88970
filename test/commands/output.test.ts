/** What a program that reads the output can rely on: it is whole, or the exit code says that it is not. */
import { expect, it } from 'vitest';
import { gossip, launch, withDirectory } from '../support/gossip.ts';

/** Prints about a mebibyte, and needs neither node nor settings. */
const MUCH = ['simulate', '--nodes', '115', '--replay', '1', '--json'];
/** More than a pipe holds. */
const MORE = ['simulate', '--nodes', '20', '--replay', '1', '--json'];
const LITTLE = ['completion', 'bash'];

const through = (script: string) => ['sh', '-c', script];

it('reaches a slow reader whole, however much it is', async () =>
  withDirectory(async (home) => {
    const script = '{ "$0" "$@"; echo "exit $?" >&2; } | dd bs=512 status=none';
    const { stdout, stderr } = await gossip(MUCH, { home, through: through(script) });
    expect(stdout.length).toBeGreaterThan(2 ** 20);
    expect((JSON.parse(stdout) as { trace: string[] }).trace.at(-1)).toBeTypeOf('string');
    expect(stderr).toBe('exit 0\n');
  }));

it.each([[MORE], [LITTLE], [['--version']], [['--help']], [['cluster', 'list']]])(
  'of %j on a full disk is a failure that is said',
  async (argv) =>
    withDirectory(async (home) => {
      const { code, stderr } = await launch(argv, { home, through: through('exec "$0" "$@" >/dev/full') }).ended;
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^Error: the output could not be written: ENOSPC.*\[GOSSIP_E_FILE\]\n {2}.*\n$/),
      ]);
    }),
);

it('keeps the exit code of a command that failed by itself', async () =>
  withDirectory(async (home) => {
    const { code } = await launch(['stauts', '--json'], { home, through: through('exec "$0" "$@" >/dev/full') }).ended;
    expect(code).toBe(2);
  }));

it('may be read in part: a reader that has seen enough is no failure', async () =>
  withDirectory(async (home) => {
    const script = '{ "$0" "$@"; echo "exit $?" >&2; } | head -c 10';
    const { stdout, stderr } = await launch(MORE, { home, through: through(script) }).ended;
    expect([stdout.length, stderr]).toEqual([10, 'exit 0\n']);
  }));
