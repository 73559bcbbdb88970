/** Which proxies a node uses, for what, and what its operator should hear about it. */
import { parseDirect } from '../core/transport/client/direct.ts';
import { parseProxy } from '../core/transport/client/proxy.ts';
import type { Direct } from '../core/transport/client/direct.ts';
import { GossipError } from '../model/errors.ts';
import { urlsIn } from './flag-values.ts';

export interface ProxyChoice {
  /** URLs, the one to be preferred first. */
  readonly proxies: readonly string[];
  /** What is called without them. */
  readonly direct: Direct;
  readonly remarks: readonly string[];
}

export interface ProxyWishes {
  /** URLs, some with commas between; `@FILE` that holds one in each line; `env`: that of the environment. */
  readonly proxies: readonly string[];
  /** Whether they stand on the command line, for every user of the machine to read. */
  readonly onCommandLine: boolean;
  /** Networks with commas between. Default: loopback, and what `NO_PROXY` lists. */
  readonly direct: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const OTHERS = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'] as const;
const FROM_ENVIRONMENT = 'env';
const LOOPBACK = '127.0.0.0/8,::1';
/** Each that does not work costs calls some time. */
const MAX_PROXIES = 8;

export async function chooseProxies(wishes: ProxyWishes, environment: Environment): Promise<ProxyChoice> {
  const { proxies: asked, onCommandLine } = wishes;
  const proxies = (await Promise.all(asked.map((text) => proxiesOf(text, environment)))).flat();
  if (proxies.length > MAX_PROXIES) throw new GossipError('GOSSIP_E_PROXY', `${proxies.length} proxies; a node may have ${MAX_PROXIES}`);
  for (const proxy of proxies) parseProxy(proxy);
  const listed = environment['NO_PROXY'] || environment['no_proxy'] || '';
  const direct = wishes.direct === undefined ? parseDirect(`${LOOPBACK},${listed}`, { skipNames: true }) : parseDirect(wishes.direct);
  return { proxies, direct, remarks: remarksOf(asked, onCommandLine, environment) };
}

async function proxiesOf(text: string, environment: Environment): Promise<readonly string[]> {
  if (text.startsWith('@')) return readProxies(text.slice(1));
  if (text !== FROM_ENVIRONMENT) return urlsIn(text);
  const set = setOf(environment);
  return set === undefined ? [] : [environment[set] ?? ''];
}

function setOf(environment: Environment): (typeof OTHERS)[number] | undefined {
  return OTHERS.find((name) => (environment[name] ?? '') !== '');
}

async function readProxies(file: string): Promise<readonly string[]> {
  const { readGivenText } = await import('../operator/files/given-file.ts');
  const text = await readGivenText(file, 'proxy');
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  const urls = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  // An empty file names no proxy: to go without one is asked for otherwise.
  return urls.length === 0 ? [''] : urls.flatMap(urlsIn);
}

function remarksOf(asked: readonly string[], onCommandLine: boolean, environment: Environment): string[] {
  const unused = setOf(environment);
  if (asked.length > 0) {
    return [
      ...(onCommandLine && asked.flatMap(urlsIn).some((url) => URL.canParse(url) && new URL(url).password !== '')
        ? [
            "The proxy's password stands on the command line, where every user of this machine can read it: give GOSSIP_PROXY, or --proxy @FILE.",
          ]
        : []),
      ...(asked.includes(FROM_ENVIRONMENT) && unused === undefined
        ? [`--proxy env: none of ${OTHERS.join(', ')} is set; nodes are called directly.`]
        : []),
    ];
  }
  return unused === undefined
    ? []
    : [`${unused} is set, but not used: nodes are called directly. Give --proxy env to use it, or --proxy URL.`];
}
