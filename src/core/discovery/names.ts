/**
 * Names that become addresses. `dns:` asks the system as every program does (getaddrinfo), so that /etc/hosts, search domains and the names of containers
 * count; records of services only a DNS server has.
 */
import { Resolver, lookup } from 'node:dns/promises';
import { failureOf, GossipError } from '../../model/errors.ts';
import { shuffled } from './answer.ts';
import type { Found } from './answer.ts';
import { MAX_ADDRESSES, SOURCE_MS } from './limits.ts';

export interface ServiceRecord {
  readonly name: string;
  readonly port: number;
  /** Lower ones first. */
  readonly priority: number;
  /** Of the same priority: how often it comes first, against the others. */
  readonly weight: number;
}

/** Who looks names up. */
export interface Names {
  readonly addresses: (name: string) => Promise<readonly string[]>;
  readonly services: (name: string) => Promise<readonly ServiceRecord[]>;
}

const TRY_MS = 2_500;
const TRIES = 2;

/** With the servers that the system names now. */
export function systemNames(): Names {
  return {
    addresses: alone(async (name) => (await lookup(name, { all: true, order: 'verbatim' })).map(({ address }) => address)),
    services: (name) => new Resolver({ timeout: TRY_MS, tries: TRIES }).resolveSrv(name),
  };
}

/**
 * One at a time, and no further one while one hangs: each takes a thread of the few that also write to the disk, and nothing can end it.
 */
export function alone(look: Names['addresses']): Names['addresses'] {
  let before: Promise<unknown> = Promise.resolve();
  return (name) => {
    const looking = before.then(() => look(name));
    before = looking.catch(() => undefined);
    return looking;
  };
}

/** Every address of a name; `withinMs`: then it is given up. */
export async function foundByName(names: Names, name: string, withinMs = SOURCE_MS): Promise<Found[]> {
  const addresses = await inTime(asked(name, names.addresses(name)), name, withinMs);
  return addresses.map((text) => ({ text, place: name }));
}

/** Every address of every target, the targets in the order of RFC 2782. One that has none is told, and hinders no other. */
export async function foundByService(names: Names, name: string, random: () => number): Promise<Found[]> {
  const until = performance.now() + SOURCE_MS;
  const records = await inTime(asked(name, names.services(name)), name, SOURCE_MS);
  const found: Found[] = [];
  for (const { name: target, port } of inTurn(records, random).slice(0, MAX_ADDRESSES)) {
    const hosts = await foundByName(names, target, until - performance.now()).catch((thrown: unknown) => failureOf(thrown).message);
    if (typeof hosts === 'string') found.push({ problem: hosts, place: target });
    else found.push(...shuffled(hosts, random).map((host) => ({ ...host, ...(port > 0 && { port }) })));
  }
  return found;
}

/** RFC 2782: by priority, and among equals at random by weight. A target of `.` says that there is no service. */
function inTurn(records: readonly ServiceRecord[], random: () => number): ServiceRecord[] {
  const offered = records.filter(({ name }) => name !== '' && name !== '.');
  // The largest of u^(1/w) is each of them at the share of its weight (Efraimidis and Spirakis 2006); a weight of 0 is a very small one.
  return offered
    .map((record) => ({ record, chance: random() ** (1 / Math.max(record.weight, 0.1)) }))
    .toSorted((a, b) => a.record.priority - b.record.priority || b.chance - a.chance)
    .map(({ record }) => record);
}

function asked<Value>(name: string, looking: Promise<Value>): Promise<Value> {
  return looking.catch((thrown: unknown) => {
    const { code, message } = thrown as NodeJS.ErrnoException;
    throw new GossipError('GOSSIP_E_JOIN_FROM', `'${name}' cannot be looked up: ${WHY[code ?? ''] ?? message}`, { cause: thrown });
  });
}

const WHY: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such name',
  ENODATA: 'it has no such record',
  EAI_AGAIN: 'no name server answers',
  ETIMEOUT: 'no name server answers',
  ECONNREFUSED: 'no name server answers',
  ESERVFAIL: 'the name server fails',
};

async function inTime<Value>(work: Promise<Value>, name: string, ms: number): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = new GossipError('GOSSIP_E_JOIN_FROM', `'${name}' was not looked up in time`);
  const timer = setTimeout(() => reject(late), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
