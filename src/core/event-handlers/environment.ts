/** What a program for an event finds in its environment: what programs need, what they are told, and nothing of the node's own (tokens, passphrases, proxies with passwords). */
import type { Peer } from '../../model/names.ts';

/** Of the node's environment these alone are passed on. */
const PASSED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'XDG_RUNTIME_DIR'] as const;
const PASSED_BEGINNING = 'LC_';
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface HandlerSurroundings {
  readonly event: string;
  readonly self: Pick<Peer, 'id' | 'name'>;
  readonly socket: string | null;
}

export function handlerEnvironment(
  { event, self, socket }: HandlerSurroundings,
  own: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const passed = Object.entries(own).filter(([name]) => (PASSED as readonly string[]).includes(name) || name.startsWith(PASSED_BEGINNING));
  return {
    PATH: DEFAULT_PATH,
    ...(Object.fromEntries(passed.filter(([, value]) => value !== undefined)) as Record<string, string>),
    GOSSIP_EVENT: event,
    GOSSIP_NODE: self.name,
    GOSSIP_NODE_ID: self.id,
    // Then 'gossip call' finds the door by itself.
    ...(socket !== null && { GOSSIP_APP_SOCKET: socket }),
  };
}
