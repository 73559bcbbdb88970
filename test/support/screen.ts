/** A real terminal for tests, by tmux: a program in it, keys, and what is on its screen. On a server of its own, which is ended whatever happens. */
import { spawnSync } from 'node:child_process';
import { until } from './condition.ts';

export interface Screen {
  /** Types text as it is. */
  readonly type: (text: string) => void;
  /** Presses keys by tmux's names, such as `Tab`, `Enter` or `C-u`. */
  readonly press: (...keys: readonly string[]) => void;
  /** The screen, once it is as `holds` says. */
  readonly until: (what: string, holds: (shown: string) => boolean) => Promise<string>;
  readonly end: () => void;
}

let count = 0;

/** `program` is for the shell. */
export function openScreen(program: string, { cwd, env, columns = 80, rows = 24 }: ScreenSettings): Screen {
  count += 1;
  const server = `gossip-test-${process.pid}-${count}`;
  const tmux = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync('tmux', ['-L', server, '-f', '/dev/null', ...args], { cwd, env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`tmux ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), program);
  return {
    type: (text) => void tmux('send-keys', '-l', text),
    press: (...keys) => void tmux('send-keys', ...keys),
    until: (what, holds) => {
      let shown = '';
      const probe = (): Promise<string | false> => {
        shown = tmux('capture-pane', '-p').trimEnd();
        return Promise.resolve(holds(shown) && shown);
      };
      return until(what, probe, { deadlineMs: 30_000 }).catch((cause: unknown) => {
        throw new Error(`${(cause as Error).message}; on the screen:\n${shown}`, { cause });
      });
    },
    end: () => void spawnSync('tmux', ['-L', server, 'kill-server'], { cwd, env }),
  };
}

export interface ScreenSettings {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly columns?: number;
  readonly rows?: number;
}
