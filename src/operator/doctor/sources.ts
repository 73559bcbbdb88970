/** Where nodes look for addresses (`--join-from`): what came of it there, and what a source gives here. */
import { connect } from 'node:net';
import type { SourceStatus } from '../../api/join-from.ts';
import { systemNames } from '../../core/discovery/names.ts';
import { askSource } from '../../core/discovery/source.ts';
import { parseSources } from '../../core/discovery/wish.ts';
import { splitAddress } from '../../model/address.ts';
import { ERRORS } from '../../model/errors.ts';
import type { Address } from '../../model/names.ts';
import { failed, ok, warning } from './finding.ts';
import type { Finding } from './finding.ts';

const CONNECT_MS = 3_000;
/** The port of nodes that were told no other. */
const USUAL_PORT = 7946;

/** What a node tells of its sources. */
export function toldFindings(about: string, sources: readonly SourceStatus[] = []): readonly Finding[] {
  return sources.filter(({ askedMs }) => askedMs !== null).flatMap((source) => toldOf(about, source));
}

function toldOf(about: string, { source, addresses, known, met, unmet, failed: unanswered, bad, error }: SourceStatus): readonly Finding[] {
  if (error !== null) return [warning(about, `${source} gives no addresses: ${error.message}`, ERRORS[error.code].advice, error.code)];
  const wrong = bad.map((line) => warning(about, `${source}: ${line}`, 'Mend that in the source.'));
  if (addresses > 0 && known + met === 0 && unmet > 0) {
    const [first] = unanswered;
    const why = first === undefined ? '' : `, such as ${first.address}: ${first.message}`;
    return [
      ...wrong,
      warning(about, `${source} gives ${addresses}, and no member was met there${why}`, 'Bring the source up to date.', first?.code),
    ];
  }
  const told = `${source} gives ${addresses}: ${known} known to be alive, ${met} met, ${unmet} did not answer as a member`;
  return addresses === 0
    ? [...wrong, warning(about, `${source} gives no addresses`, 'Bring the source up to date.')]
    : [...wrong, ok(about, told)];
}

/** What sources give here, and where a machine takes connections; whether a member answers there only a node can tell. */
export async function askedFindings(texts: readonly string[]): Promise<readonly Finding[]> {
  const asking = { names: systemNames(), port: USUAL_PORT, random: Math.random, stopped: new AbortController().signal };
  const findings: Finding[] = [];
  for (const source of parseSources(texts)) {
    try {
      const { addresses, bad } = await askSource(source, asking);
      findings.push(...bad.map((line) => warning(source.label, line, 'Mend that in the source.')));
      if (addresses.length === 0) findings.push(warning(source.label, 'it gives no addresses', 'Bring the source up to date.'));
      findings.push(...(await Promise.all(addresses.toSorted().map((address) => callable(source.label, address)))));
    } catch (thrown) {
      findings.push(failed(source.label, thrown));
    }
  }
  return findings;
}

async function callable(about: string, address: Address): Promise<Finding> {
  const why = await refusalOf(address);
  if (why === null) return ok(about, `${address} takes connections`);
  return warning(
    about,
    `${address} takes no connection: ${why}`,
    'Start the node there, or take it out of the source.',
    'GOSSIP_E_UNREACHABLE',
  );
}

function refusalOf(address: Address): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const socket = connect({ ...splitAddress(address), timeout: CONNECT_MS });
  socket.once('connect', () => resolve(null));
  socket.once('timeout', () => resolve(`nobody answers in ${CONNECT_MS} ms`));
  socket.once('error', (error) => resolve(error.message));
  return promise.finally(() => socket.destroy());
}
