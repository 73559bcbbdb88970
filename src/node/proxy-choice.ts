/** Which proxy a node uses, for what, and what its operator should hear about it. */
import { parseDirect } from '../core/transport/client/direct.ts';
import { parseProxy } from '../core/transport/client/proxy.ts';
import type { Direct } from '../core/transport/client/direct.ts';

export interface ProxyChoice {
  readonly proxy: string | undefined;
  /** What is called without it. */
  readonly direct: Direct;
  readonly remarks: readonly string[];
}

export interface ProxyWishes {
  /** A URL, or `@FILE` that holds one. */
  readonly proxy: string | undefined;
  /** Whether it stands on the command line, for every user of the machine to read. */
  readonly onCommandLine: boolean;
  /** Networks with commas between. Default: loopback, and what `NO_PROXY` lists. */
  readonly direct: string | undefined;
}

const OTHERS = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'] as const;
const LOOPBACK = '127.0.0.0/8,::1';

export async function chooseProxy(wishes: ProxyWishes, environment: Readonly<Record<string, string | undefined>>): Promise<ProxyChoice> {
  const { proxy: asked, onCommandLine } = wishes;
  const proxy = asked?.startsWith('@') === true ? await readProxy(asked.slice(1)) : asked;
  if (proxy !== undefined) parseProxy(proxy);
  const listed = environment['NO_PROXY'] || environment['no_proxy'] || '';
  const direct = wishes.direct === undefined ? parseDirect(`${LOOPBACK},${listed}`, { skipNames: true }) : parseDirect(wishes.direct);
  return { proxy, direct, remarks: remarksOf(asked, onCommandLine, environment) };
}

async function readProxy(file: string): Promise<string> {
  const { readGivenText } = await import('../operator/files/given-file.ts');
  const text = await readGivenText(file, 'proxy');
  return text.replace(/^\uFEFF/, '').trim();
}

function remarksOf(asked: string | undefined, onCommandLine: boolean, environment: Readonly<Record<string, string | undefined>>): string[] {
  if (asked !== undefined) {
    const shown = onCommandLine && URL.canParse(asked) && new URL(asked).password !== '';
    return shown
      ? [
          "The proxy's password stands on the command line, where every user of this machine can read it: give GOSSIP_PROXY, or --proxy @FILE.",
        ]
      : [];
  }
  const unused = OTHERS.find((name) => (environment[name] ?? '') !== '');
  return unused === undefined
    ? []
    : [`${unused} is set, but not used: nodes are called directly. Give --proxy or GOSSIP_PROXY to go through a proxy.`];
}
