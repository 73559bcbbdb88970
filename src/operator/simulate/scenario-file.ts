/** Scenario files: a cluster and what happens to it, as closed JSON that people write. docs/operators.md describes the form. */
import * as v from 'valibot';
import { GossipError, toGossipError } from '../../model/errors.ts';
import { nodeNames } from '../../sim/play/plan.ts';
import type { Selection, SpreadPlan, Step } from '../../sim/play/plan.ts';
import { parseJson } from '../../trust/canonical.ts';
import { parseForm } from '../../trust/form.ts';
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';
import { withoutByteOrderMark } from '../files/byte-order-mark.ts';
import { parseDuration } from '../../model/duration.ts';
import { readGiven } from '../files/given-file.ts';
import { parseBitRate, parseChurn, parseShare, parseSize } from '../units/quantity.ts';
import { checkFigures, limitOf, MAX_LOSS, MAX_NODES } from './limits.ts';
import { figuresOf, modulesFor } from './plan.ts';

const LIMITS = { maxBytes: 256 * 1024, maxDepth: 8 };
const MAX_STEPS = 1_000;

/** A text that one of the operator's own parsers reads; what that says of a wrong one is the issue. */
function text<Value>(parse: (text: string) => Value) {
  return v.pipe(
    v.string('must be a text'),
    v.rawTransform<string, Value>(({ dataset, addIssue, NEVER }) => {
      try {
        return parse(dataset.value);
      } catch (error) {
        const { message, advice } = toGossipError(error);
        addIssue({ message: `${message}. ${advice}` });
        return NEVER;
      }
    }),
  );
}

const duration = text(parseDuration);
const share = text(parseShare);
const lossShare = v.pipe(share, v.maxValue(MAX_LOSS, `must be at most ${MAX_LOSS * 100}%`));

const COUNT_RULE = `must be names, a count from 1 to ${MAX_NODES}, or a share such as "10%"`;
const selection = v.union(
  [
    v.pipe(
      v.array(v.string()),
      v.minLength(1),
      v.transform((names): Selection => ({ names })),
    ),
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(1),
      v.maxValue(MAX_NODES),
      v.transform((count): Selection => ({ count })),
    ),
    v.pipe(
      share,
      v.transform((part): Selection => ({ share: part })),
    ),
  ],
  COUNT_RULE,
);

const step = v.variant('do', [
  v.strictObject({ at: duration, do: v.literal('deploy'), node: v.optional(v.string(), 'rendezvous1') }),
  v.strictObject({ at: duration, do: v.literal('crash'), nodes: selection }),
  v.strictObject({ at: duration, do: v.literal('start'), nodes: v.optional(selection, '100%') }),
  v.strictObject({ at: duration, do: v.literal('restart'), nodes: selection }),
  v.strictObject({ at: duration, do: v.literal('partition'), nodes: selection }),
  v.strictObject({ at: duration, do: v.literal('heal') }),
  v.strictObject({ at: duration, do: v.literal('loss'), share: lossShare }),
  v.pipe(
    v.strictObject({ at: duration, do: v.literal('link'), nodes: selection, bandwidth: text(parseBitRate) }),
    v.transform(({ bandwidth, ...rest }) => ({ ...rest, bitsPerSecond: bandwidth })),
  ),
]);

const schema = v.strictObject({
  type: v.literal('gossip/scenario/1', `must be "gossip/scenario/1"`),
  about: v.optional(v.string(), ''),
  nodes: v.number(),
  rendezvous: v.optional(v.number()),
  interval: v.optional(duration),
  loss: v.optional(share),
  churn: v.optional(text(parseChurn)),
  code: v.optional(text(parseSize)),
  bandwidth: v.optional(text(parseBitRate)),
  cores: v.optional(v.number()),
  'nodes-per-machine': v.optional(v.number()),
  modules: v.optional(v.picklist(['membership', 'pulse', 'silent'], 'must be "membership", "pulse" or "silent"')),
  limit: v.optional(duration),
  steps: v.pipe(
    v.array(step),
    v.minLength(1, 'must hold a step at least'),
    v.maxLength(MAX_STEPS, `must be at most ${MAX_STEPS}`),
    v.check((steps) => steps.some((each) => each.do === 'deploy'), 'must hold a deploy: without one nothing spreads'),
  ),
});

export async function readScenario(path: string): Promise<SpreadPlan> {
  return parseScenario(await readGiven(path, 'scenario'), path);
}

/** `name`: of the file, for errors. */
export function parseScenario(bytes: Uint8Array, name: string): SpreadPlan {
  const file = formOf(bytes, name);
  const plan = {
    ...figuresOf({ ...file, nodesPerMachine: file['nodes-per-machine'] }),
    modules: file.modules ?? modulesFor(file.nodes),
    steps: file.steps.map(({ at, ...rest }): Step => ({ atMs: at, ...rest })),
  };
  checkFigures(plan, (figure, why) => refuse(`${name}: ${figure}: ${why}`));
  checkNames(plan, name);
  const steps = plan.steps.toSorted((a, b) => a.atMs - b.atMs);
  const limitMs = file.limit ?? limitOf({ ...plan, steps });
  if (limitMs <= (steps.at(-1) as Step).atMs) refuse(`${name}: limit: ends before the last step`);
  return { ...plan, steps, limitMs };
}

function formOf(bytes: Uint8Array, name: string): v.InferOutput<typeof schema> {
  try {
    return parseForm(schema, parseJson(withoutByteOrderMark(bytes), LIMITS), name);
  } catch (cause) {
    const { message, cause: syntax } = toGossipError(cause);
    const place = syntax instanceof SyntaxError ? ` (${safeText(syntax.message, MAX_TOLD)})` : '';
    return refuse(message.startsWith(name) ? message : `${name}: ${message}${place}`, cause);
  }
}

function checkNames(plan: Omit<SpreadPlan, 'limitMs'>, name: string): void {
  const known = new Set(nodeNames(plan));
  plan.steps.forEach((each, index) => {
    const named = each.do === 'deploy' ? [each.node] : 'nodes' in each && 'names' in each.nodes ? each.nodes.names : [];
    const stranger = named.find((node) => !known.has(node));
    if (stranger === undefined) return;
    const field = each.do === 'deploy' ? 'node' : 'nodes';
    const last = plan.nodes > plan.rendezvous ? ` and node1 to node${plan.nodes - plan.rendezvous}` : '';
    refuse(`${name}: steps.${index}.${field}: there is no '${stranger}', only rendezvous1 to rendezvous${plan.rendezvous}${last}`);
  });
}

function refuse(message: string, cause?: unknown): never {
  throw new GossipError('GOSSIP_E_SCENARIO', message, { cause });
}
