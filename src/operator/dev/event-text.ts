/** Events of `gossip module dev` as an author reads them: each line begins with the time of day. */
import { formatDuration } from '../../model/duration.ts';
import { countOfNodes } from '../render/names.ts';
import type { NodeLine } from '../logs/follow.ts';
import { shortHash } from '../render/cells.ts';
import { logParts } from '../render/log-text.ts';
import type { Built } from './build.ts';
import type { DevEvent, OfDeployment } from './events.ts';

export interface Surroundings {
  /** How the program is called. */
  readonly bin: string;
  readonly cluster: string;
  /** The built code, as a command takes it. */
  readonly output: string;
  readonly now: Date;
}

/** `12:03:04 d3 counter 1.0.0 sha256:12ab… runs on 3 of 3 nodes after 640ms`, and further lines below it; none where there is nothing to say. */
export function eventLines(event: DevEvent, surroundings: Surroundings): string[] {
  const [first, ...rest] = linesOf(event, surroundings);
  return first === undefined ? [] : [`${timeOf(whenOf(event, surroundings.now))} ${first}`, ...rest.map((line) => `  ${line}`)];
}

function linesOf(event: DevEvent, { bin, cluster, output }: Surroundings): string[] {
  switch (event.event) {
    case 'lab':
      return [
        `${countOfNodes(event.nodes.length)} in lab '${event.cluster}', the current cluster until this ends; watching ${event.project}. Ctrl-C ends it all.`,
      ];
    case 'inspector':
      return [
        `debuggers find ${event.module} on ${event.node} at ${event.url}, after each save again`,
        `Chrome: chrome://inspect; VS Code: "type": "node", "request": "attach", "port": ${new URL(event.url).port}, "restart": true`,
      ];
    case 'building':
    case 'deployed':
      return [];
    case 'built':
      return builtLines(event);
    case 'unchanged':
      return [`built ${short(event.code)}, which is ${event.deployment} already: nothing to deploy`];
    case 'refused':
      return [`not deployed: ${event.error.message} (${event.error.code})`, event.error.advice];
    case 'used':
      return [`${titleOf(event)} is deployed, for the module uses it`];
    case 'running':
      return [`${titleOf(event)} runs on ${event.nodes} of ${countOfNodes(event.of)} after ${formatDuration(event.elapsedMs)}`];
    case 'stuck':
      return [
        `${titleOf(event)} runs on ${event.nodes} of ${countOfNodes(event.of)}`,
        ...Map.groupBy(event.stragglers, ({ why }) => why)
          .entries()
          .flatMap(([why, nodes]) => `${nodes.map(({ node }) => node).join(', ')}: ${why}`.split('\n')),
        ...(event.stragglers.some(({ code }) => code === 'GOSSIP_E_MODULE_STATE')
          ? [`To throw the state away: ${bin} deploy ${output} --cluster ${cluster} --scrub`]
          : []),
      ];
    case 'replaced':
      return [`${titleOf(event)} was replaced: another command deployed to the lab; the next save deploys again`];
    case 'log':
      return logLines(event.line);
    case 'remark':
      return [event.text];
  }
}

function builtLines({ ok, elapsedMs, output }: Built): string[] {
  const title = ok ? 'the build says' : `the build failed after ${formatDuration(elapsedMs)}; what runs goes on`;
  if (output !== '') return [`${title}:`, ...output.split('\n')];
  return ok ? [] : [title];
}

function logLines(line: NodeLine): string[] {
  const { before, level, after } = logParts(line, null);
  return `${before}${level}${after}`.split('\n');
}

function titleOf({ deployment, module, version, code }: OfDeployment): string {
  return `${deployment} ${module} ${version} ${short(code)}`;
}

function short(hash: string): string {
  return `sha256:${shortHash(hash)}…`;
}

/** Lines of a log come a little later than they were written. */
function whenOf(event: DevEvent, now: Date): Date {
  return event.event === 'log' && 'record' in event.line ? new Date(event.line.record.time) : now;
}

function timeOf(now: Date): string {
  return [now.getHours(), now.getMinutes(), now.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
