import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Configuration, MAX_MODULES } from '../../src/gossip/configuration.ts';
import { KEPT_RECORDS } from '../../src/gossip/kept-records.ts';
import { covers, MAX_SUMMARY, summarize } from '../../src/gossip/summary.ts';
import { compareDeployments } from '../../src/model/deployment.ts';
import type { VerifiedDeployment } from '../../src/model/deployment.ts';
import type { ModuleName, PayloadHash } from '../../src/model/names.ts';
import type { TrustedRoot } from '../../src/trust/root.ts';
import { peer, record, seeded } from '../support/records.ts';

const membership = 'membership' as ModuleName;

/** More records than are kept, with scrubs, removals, other modules, and numbers that differ only in time, origin or content. */
const universe: readonly VerifiedDeployment[] = Array.from({ length: 140 }, (_, index) =>
  record(1 + (index % 90), {
    module: index % 7 === 0 ? 'registry' : 'membership',
    scrub: index % 11 === 0 && index < 40,
    time: 1_000 + (index % 3),
    origin: peer(1 + (index % 2)).id,
    message: index > 120 ? 'another' : '',
    ...(index === 17 ? { code: null } : {}),
  }),
);

const some = fc
  .uniqueArray(fc.nat(universe.length - 1), { maxLength: universe.length })
  .map((places) => places.map((place) => universe[place] as VerifiedDeployment));

function merged(...batches: (readonly VerifiedDeployment[])[]): Configuration {
  const configuration = new Configuration();
  for (const batch of batches) configuration.merge(batch);
  return configuration;
}

function contents(configuration: Configuration): string[] {
  return configuration
    .records()
    .map(({ hash }) => hash)
    .toSorted();
}

test('only records of the trust epoch of the root that is followed are taken, and those of another are forgotten', () => {
  const root = (version: number, epoch: number) => ({ hash: `${version}`.repeat(64), root: { version, epoch } }) as unknown as TrustedRoot;
  const configuration = new Configuration();
  const { epoch } = record(1).deployment;
  configuration.follow(root(1, epoch));
  expect(configuration.merge([record(1)]).statuses).toEqual(['applied']);
  configuration.follow(root(2, epoch + 1));
  expect(configuration.merge([record(1), record(2)]).statuses).toEqual(['older', 'older']);
  expect(contents(configuration)).toEqual([]);
});

describe('merging', () => {
  test('is commutative', () => {
    fc.assert(
      fc.property(some, some, (a, b) => {
        expect(contents(merged(a, b))).toEqual(contents(merged(b, a)));
      }),
    );
  });

  test('is associative', () => {
    fc.assert(
      fc.property(some, some, some, (a, b, c) => {
        const left = merged(merged(a, b).records(), c);
        const right = merged(a, merged(b, c).records());
        expect(contents(left)).toEqual(contents(right));
      }),
    );
  });

  test('is idempotent, and says so', () => {
    fc.assert(
      fc.property(some, (a) => {
        const configuration = merged(a);
        const before = configuration.digest;
        const again = configuration.merge(configuration.records());
        expect(again.applied).toEqual([]);
        expect(new Set(again.statuses)).toEqual(new Set(configuration.size === 0 ? [] : ['known']));
        expect(configuration.digest).toBe(before);
      }),
    );
  });

  test('keeps of each module the highest records and the one that opened the state epoch', () => {
    const scrub = record(3, { scrub: true });
    const later = Array.from({ length: 80 }, (_, index) => record(index + 4));
    const configuration = merged([record(1), record(2), scrub], later);
    expect(configuration.size).toBe(KEPT_RECORDS + 1);
    expect(configuration.lastScrub(membership)).toBe(scrub.hash);
    expect(configuration.merge([record(2)]).statuses).toEqual(['older']);
  });

  test('counts a removal as the start of a new state epoch', () => {
    const removal = record(2, { code: null });
    expect(merged([record(1), removal, record(3)]).lastScrub(membership)).toBe(removal.hash);
  });

  test('names two payloads of one number as a conflict, and both nodes choose the same', () => {
    const a = record(5, { message: 'a' });
    const b = record(5, { message: 'b' });
    expect(merged([a]).merge([b]).conflicts).toEqual([{ a, b }]);
    expect(merged([a], [b]).newest(membership)).toBe(merged([b], [a]).newest(membership));
  });
});

test('law 1, only forward: replaying any records in any order never lowers the newest (attack A2)', () => {
  fc.assert(
    fc.property(some, (records) => {
      const configuration = new Configuration();
      for (const next of records) {
        const before = configuration.newest(next.deployment.module);
        configuration.merge([next]);
        const after = configuration.newest(next.deployment.module) as VerifiedDeployment;
        expect(compareDeployments(after, before ?? after)).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});

describe('attack A15: a number that leaps', () => {
  const far = record(2 ** 40, { message: 'far' });

  /** Records in the first stretches of numbers and far above, of two modules, some of which scrub or remove. */
  const scattered: readonly VerifiedDeployment[] = Array.from({ length: 160 }, (_, index) =>
    record((index % 5) * 2 ** 24 + 1 + (index % 3) * 7 + (index % 11 === 0 ? 2 ** 39 : 0), {
      module: index % 7 === 0 ? 'registry' : 'membership',
      scrub: index % 13 === 0,
      message: String(index),
      ...(index % 29 === 0 ? { code: null } : {}),
    }),
  );
  const any = fc
    .uniqueArray(fc.nat(scattered.length - 1), { maxLength: scattered.length })
    .map((places) => places.map((place) => scattered[place] as VerifiedDeployment));
  const decided = (configuration: Configuration): unknown => [
    contents(configuration),
    configuration.counted().map(({ hash }) => hash),
    configuration.aside.map(({ hash }) => hash),
    [...configuration.modules()].toSorted().map((module) => [configuration.newest(module)?.hash, configuration.lastScrub(module)]),
    configuration.digest,
  ];
  const inOrder = (configuration: Configuration): unknown => {
    const [all, , aside, modules, digest] = decided(configuration) as unknown[];
    return [
      all,
      configuration
        .counted()
        .map(({ hash }) => hash)
        .toSorted(),
      aside,
      modules,
      digest,
    ];
  };

  test('nodes with the same records decide equally, whatever came first: merging stays commutative, associative and idempotent', () => {
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        const left = merged(merged(a, b).records(), c);
        expect(inOrder(left)).toEqual(inOrder(merged(a, merged(b, c).records())));
        expect(inOrder(left)).toEqual(inOrder(merged(c, b, a)));
        expect(left.merge(left.records()).kept).toBe(0);
      }),
    );
  });

  test('what counts goes on counting, and the newest only rises', () => {
    fc.assert(
      fc.property(any, (records) => {
        const configuration = new Configuration();
        for (const next of records) {
          const before = [...configuration.modules()].map((module) => configuration.newest(module));
          configuration.merge([next]);
          for (const old of before) {
            if (old === undefined) continue;
            const now = configuration.newest(old.deployment.module) as VerifiedDeployment;
            expect(compareDeployments(now, old)).toBeGreaterThanOrEqual(0);
          }
        }
      }),
    );
  });

  test('is kept and told on, and counts for nothing', () => {
    const configuration = merged([record(1), record(2)], [far, record(2 ** 33, { scrub: true }), record(2 ** 32, { code: null })]);
    expect(configuration.records()).toHaveLength(5);
    expect(configuration.merge([far]).statuses).toEqual(['known']);
    expect([configuration.newest(membership), configuration.lastScrub(membership), configuration.highestSequence]).toEqual([
      record(2),
      null,
      2,
    ]);
    expect(configuration.history(membership)).toEqual([record(2), record(1)]);
  });

  test('displaces no record that counts, however many there are', () => {
    const honest = Array.from({ length: KEPT_RECORDS }, (_, index) => record(index + 1));
    const leaps = Array.from({ length: 200 }, (_, index) => record(2 ** 39 + index));
    expect(merged(honest, leaps).history(membership)).toHaveLength(KEPT_RECORDS);
    expect(merged(honest, leaps).records().length).toBe(2 * KEPT_RECORDS);
  });

  test('counts once the numbers below it have been used', () => {
    const second = record(2 ** 24);
    const third = record(2 ** 25);
    const configuration = merged([third, second]);
    expect(configuration.highestSequence).toBe(0);
    expect(configuration.merge([record(1)]).applied).toEqual([record(1), third, second]);
    expect(configuration.newest(membership)).toBe(third);
  });
});

test('the highest sequence is remembered also of records that are no longer kept', () => {
  expect(merged([record(9), record(4)]).highestSequence).toBe(9);
});

test('the digest tells contents apart, and only contents', () => {
  fc.assert(
    fc.property(some, some, (a, b) => {
      const [left, right] = [merged(a), merged(b)];
      expect(left.digest === right.digest).toBe(contents(left).join() === contents(right).join());
    }),
  );
});

test('a summary and the delta for it make two configurations equal', () => {
  fc.assert(
    fc.property(some, some, (a, b) => {
      const [left, right] = [merged(a), merged(b)];
      const summary = left.summary(seeded(1));
      const lacking = right.lacking(summary);
      left.merge(right.delta(summary));
      right.merge(lacking.flatMap((hash) => merged(a).get(hash) ?? []));
      expect(left.digest).toBe(right.digest);
    }),
  );
});

test('a summary that is as long as the wire allows speaks for its window alone', () => {
  const hashes = Array.from({ length: 3_000 }, (_, index) => index.toString(16).padStart(64, '0') as PayloadHash);
  const random = seeded(7);
  const spokenFor = new Set<PayloadHash>();
  for (let exchange = 0; exchange < 40; exchange += 1) {
    const summary = summarize(hashes, random);
    expect(summary).toHaveLength(MAX_SUMMARY);
    const covered = hashes.filter(covers(summary));
    expect(new Set(covered)).toEqual(new Set(summary));
    for (const hash of covered) spokenFor.add(hash);
  }
  expect(spokenFor.size).toBe(hashes.length);
});

describe('attack D12: more modules than a configuration holds', () => {
  /** Records that nobody signed: ten thousand signatures would take seconds. */
  const forged = (name: number, sequence: number, code: null | 'code' = 'code'): VerifiedDeployment => {
    const original = record(1);
    const module = `m${String(name).padStart(6, '0')}`;
    const hash = sequence.toString(16).padStart(64, '0');
    const changed = { ...original.deployment, module, number: { ...original.deployment.number, sequence }, ...(code === null && { code }) };
    return { ...original, hash, deployment: changed } as unknown as VerifiedDeployment;
  };
  const all = Array.from({ length: MAX_MODULES + 200 }, (_, index) => forged(index, index + 1));

  test('whatever came first, all keep the same of them', () => {
    const [forwards, backwards] = [merged(all), merged(all.toReversed())];
    expect(forwards.size).toBe(MAX_MODULES);
    expect(contents(forwards)).toEqual(contents(backwards));
    expect(forwards.digest).toBe(backwards.digest);
    expect(merged(all.slice(5_000), all.slice(0, 5_000)).digest).toBe(forwards.digest);
    const last = all.at(-1) as VerifiedDeployment;
    expect([forwards.hasRoom(last.deployment.module), forwards.hasRoom(all[0]?.deployment.module as ModuleName)]).toEqual([false, true]);
  });

  test('a tombstone keeps its place: a module that was removed does not come back (attack B6)', () => {
    const removed = forged(7, 100_000, null);
    const configuration = merged([...all, removed]);
    expect(configuration.merge([forged(7, 50_000)]).applied).not.toContain(configuration.newest(removed.deployment.module));
    expect(configuration.newest(removed.deployment.module)).toBe(removed);
    expect(configuration.removedModules).toBe(1);
  });

  test('a new node is told of the modules that are not removed first', () => {
    const removed = Array.from({ length: 100 }, (_, index) => [forged(index, 2 * index + 1), forged(index, 2 * index + 2, null)]).flat();
    const alive = forged(5_000, 500);
    expect(merged(removed, [alive]).records()[0]).toBe(alive);
  });
});
