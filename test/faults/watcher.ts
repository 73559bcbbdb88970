/** Looks into the nodes of a lab over their own routes, as an admitted member: quicker than a command, and with every field. */
import type { Callee } from '../../src/core/transport/client/call.ts';
import type { ModuleStatus, NodeStatus } from '../../src/api/status.ts';
import { until } from '../support/gossip.ts';
import type { TestLab } from '../support/lab.ts';
import { Member } from '../support/member.ts';

export class Watcher {
  readonly #where: (name: string) => Callee;
  readonly #member: Member;

  private constructor(where: (name: string) => Callee, member: Member) {
    this.#where = where;
    this.#member = member;
  }

  /** `where` tells a way to a node that is not the one of its peers. */
  static async of(lab: TestLab, where: (name: string) => Callee = (name) => lab.node(name)): Promise<Watcher> {
    const { token } = await lab.ask<{ token: string }>('cluster', 'join-token');
    return new Watcher(where, new Member(token));
  }

  async status(name: string): Promise<NodeStatus> {
    const { status, json, text } = await this.#member.say(this.#where(name), '/v1/status');
    if (status !== 200) throw new Error(`${name} tells no status: ${text}`);
    return json as NodeStatus;
  }

  /** Waits for a status that is as `holds` says; a node that does not answer is asked again. */
  async until(name: string, what: string, holds: (status: NodeStatus) => boolean, deadlineMs?: number): Promise<NodeStatus> {
    let last: unknown;
    const probe = async (): Promise<NodeStatus | false> => {
      const status = await this.status(name).catch((error: unknown) => void (last = error));
      last = status ?? last;
      return status !== undefined && holds(status) && status;
    };
    return until(`${name}: ${what}`, probe, deadlineMs === undefined ? {} : { deadlineMs }).catch((cause: unknown) => {
      const seen = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`${(cause as Error).message}; last seen: ${seen}`, { cause });
    });
  }

  /** Waits until the node runs that deployment. */
  runs(name: string, module: string, deployment: string, deadlineMs?: number): Promise<NodeStatus> {
    const isRun = (status: NodeStatus): boolean => {
      const row = moduleOf(status, module);
      return row?.state === 'running' && row.deployment === deployment && row.newest === deployment;
    };
    return this.until(name, `${module} runs as ${deployment}`, isRun, deadlineMs);
  }

  /** What the running instance shows; null while none can. */
  async inspect<Shown>(name: string, module: string): Promise<Shown | null> {
    const { status, json } = await this.#member.say(this.#where(name), `/v1/modules/${module}/inspect`);
    return status === 200 ? (json as Shown) : null;
  }

  /** Waits until what the module shows on all of these nodes is as `holds` says. */
  async untilInspected<Shown>(
    names: readonly string[],
    module: string,
    what: string,
    holds: (shown: readonly Shown[]) => boolean,
  ): Promise<readonly Shown[]> {
    let last: readonly (Shown | null)[] = [];
    const probe = async (): Promise<readonly Shown[] | false> => {
      last = await Promise.all(names.map((name) => this.inspect<Shown>(name, module).catch(() => null)));
      const shown = last.filter((one) => one !== null);
      return shown.length === names.length && holds(shown) && shown;
    };
    return until(what, probe).catch((cause: unknown) => {
      throw new Error(`${(cause as Error).message}; last seen: ${JSON.stringify(last)}`, { cause });
    });
  }
}

export function moduleOf(status: NodeStatus, name: string): ModuleStatus | undefined {
  return status.modules.find((module) => module.name === name);
}
