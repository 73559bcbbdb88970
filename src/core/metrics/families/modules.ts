/** What is told of each module, with its name as a label. */
import type { ModuleStatus } from '../../../api/status.ts';
import { oneOf } from '../family.ts';
import type { Family, Sample } from '../family.ts';
import type { ModuleReading } from '../reading.ts';

const STATES: readonly ModuleStatus['state'][] = ['running', 'updating', 'held', 'failed', 'stopped'];
/** Enough to tell codes apart, as people write them. */
const CODE_DIGITS = 12;

export const MODULE_FAMILIES: readonly Family[] = [
  of(
    'gauge',
    'info',
    'Always 1: the deployment in force here, its code, and the version that its author gave it; absent while none runs',
    ['deployment', 'code', 'version'],
    ({ status }) =>
      status.deployment === null
        ? []
        : [{ labels: { deployment: status.deployment, code: shortCode(status.code), version: status.version ?? '' }, value: 1 }],
  ),
  value(
    'gauge',
    'deployment_sequence',
    'Sequence of the deployment in force here, such as 5 for d5; absent while none runs',
    ({ status }) => status.number?.sequence,
  ),
  value(
    'gauge',
    'newest_deployment_sequence',
    'Sequence of the newest deployment that the node knows',
    ({ status }) => status.newestNumber.sequence,
  ),
  value(
    'gauge',
    'newest_deployment_timestamp_seconds',
    'When the newest deployment was made, by the clock of its origin, since 1970; its age is time() less this',
    ({ status }) => status.newestNumber.time / 1_000,
  ),
  value(
    'gauge',
    'deployment_known_delay_seconds',
    'From the making of the newest deployment until this node knew it, where it was made since the start of the node',
    ({ spread }) => seconds(spread?.knownMs),
  ),
  value(
    'gauge',
    'deployment_running_delay_seconds',
    'From the making of the newest deployment until it ran here, where it was made since the start of the node',
    ({ spread }) => seconds(spread?.runningMs),
  ),
  of('gauge', 'state', '1 for the state that the module is in, 0 for the others', ['state'], ({ status }) =>
    oneOf('state', STATES, (state) => state === status.state),
  ),
  value('gauge', 'state_age_seconds', 'Since the module is in its present state', ({ status }) => seconds(status.sinceMs)),
  of(
    'gauge',
    'behind',
    '1 while the node does not run the newest deployment, with the code of the reason',
    ['code'],
    ({ status: { why } }) => (why === null ? [] : [{ labels: { code: why.code }, value: 1 }]),
  ),
  value(
    'gauge',
    'breaker_open',
    '1 while the newest deployment is tried once in a long while only, because it failed too often',
    ({ isBroken }) => Number(isBroken),
  ),
  value(
    'counter',
    'restarts_total',
    'Starts of an instance of the newest deployment after a failure; a newer deployment begins at 0',
    ({ status }) => status.restarts,
  ),
  value('gauge', 'useful', '0 when the module gossips in vain: its exchanges fail', ({ status }) => Number(status.useful)),
  value('gauge', 'healthy_seconds', 'Since the instance serves and answers without a break; 0 while none runs', ({ status }) =>
    seconds(status.healthyMs),
  ),
  of(
    'counter',
    'exchanges_total',
    'Exchanges of the present instance, asked or answered by it; another instance begins at 0',
    ['outcome'],
    ({ status: { exchanges } }) =>
      exchanges === undefined
        ? []
        : [
            { labels: { outcome: 'answered' }, value: exchanges.answered },
            { labels: { outcome: 'failed' }, value: exchanges.failed },
          ],
  ),
  value(
    'counter',
    'errors_total',
    'Messages and requests that the present instance could not answer; another instance begins at 0',
    ({ status }) => status.errors?.count,
  ),
  of(
    'summary',
    'request_seconds',
    'Time that requests of applications, operators and other modules took, answered or not',
    [],
    ({ requests }) =>
      requests === undefined
        ? []
        : [
            { suffix: '_sum', value: requests.tookMs / 1_000 },
            { suffix: '_count', value: requests.answered + requests.failed },
          ],
  ),
  value(
    'counter',
    'request_failures_total',
    'Requests of applications, operators and other modules that got no answer',
    ({ requests }) => requests?.failed,
  ),
  value('gauge', 'state_bytes', "Size of the module's last state on the disk", ({ stateBytes }) => stateBytes),
  value('gauge', 'checkpoint_age_seconds', 'Since the last state was taken of the instance', ({ status }) =>
    seconds(status.checkpoint?.ageMs),
  ),
  value('gauge', 'checkpoint_failing', '1 while the instance gives no state', ({ status: { checkpoint } }) =>
    checkpoint === undefined ? null : Number(checkpoint.error !== null),
  ),
  value('gauge', 'resident_memory_bytes', "Memory of the instance's process", ({ status }) => status.residentBytes),
  value(
    'gauge',
    'processor_ratio',
    "Share of one processor core that the instance's process took of late",
    ({ status }) => status.processor,
  ),
];

/** A family of modules: what is read of each bears its name. */
function of(
  type: Family['type'],
  name: string,
  help: string,
  labels: readonly string[],
  read: (module: ModuleReading) => readonly Sample[],
): Family {
  return {
    name: `gossip_module_${name}`,
    type,
    labels: ['module', ...labels],
    help,
    read: ({ modules }) =>
      modules.flatMap((module) => read(module).map((sample) => ({ ...sample, labels: { module: module.status.name, ...sample.labels } }))),
  };
}

/** With one value for each module, or none. */
function value(type: 'counter' | 'gauge', name: string, help: string, read: (module: ModuleReading) => number | null | undefined): Family {
  return of(type, name, help, [], (module) => {
    const told = read(module);
    return told === null || told === undefined ? [] : [{ value: told }];
  });
}

function seconds(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : ms / 1_000;
}

function shortCode(code: string | null): string {
  return (code ?? '').replace(/^sha256:/, '').slice(0, CODE_DIGITS);
}
