/** Serf (HashiCorp): one agent for each node, told an event, killed, stopped and joined; times are those of the lines that agents print. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePorts } from '../../src/lab/ports.ts';
import { processorMs, pssBytes } from '../harness/processes.ts';
import { pause, until } from '../harness/wait.ts';
import { Program } from './program.ts';
import type { Tool } from './tools.ts';

const DEADLINE_MS = 120_000;
const LOOK_MS = 20;

export interface Times {
  readonly half: number;
  readonly all: number;
}

export class Serf {
  readonly #tool: Tool;
  readonly #signal: AbortSignal;
  readonly #agents = new Map<string, Program>();
  #first: { readonly address: string; readonly rpc: string } | null = null;
  #count = 0;

  constructor(tool: Tool, signal: AbortSignal) {
    this.#tool = tool;
    this.#signal = signal;
  }

  /** Until every agent knows all of them. */
  async start(nodes: number): Promise<void> {
    for (let index = 0; index < nodes; index += 1) await this.#add();
    await this.#seen([...this.#agents.values()], 'all agents know each other', (agent) => {
      const joined = agent.lines.filter(({ text }) => text.includes('EventMemberJoin:')).length;
      return joined >= nodes ? 0 : undefined;
    });
  }

  /** An event of the user, from the first agent that has it. */
  async event(): Promise<Times> {
    const name = `bench-${(this.#count += 1)}`;
    await promisify(execFile)(this.#tool.program, ['event', `-rpc-addr=${this.#first?.rpc}`, name], {
      env: this.#tool.env,
      signal: this.#signal,
    });
    const times = await this.#seen(
      [...this.#agents.values()],
      `all agents know ${name}`,
      (agent) => agent.line(`user-event: ${name}`)?.atMs,
    );
    return timesSince(Math.min(...times), times);
  }

  /** Until all others take it for failed; it comes back afterwards. `SIGSTOP`: a machine that is silent. */
  async failure(signal: 'SIGKILL' | 'SIGSTOP'): Promise<Times> {
    const [name, victim] = [...this.#agents].at(-1) as [string, Program];
    const others = [...this.#agents.values()].filter((agent) => agent !== victim);
    const sinceMs = Date.now();
    victim.signal(signal);
    const times = await this.#seen(
      others,
      `all agents know that ${name} has failed`,
      (agent) => agent.line(`EventMemberFailed: ${name} `, sinceMs)?.atMs,
    );
    await victim.end();
    this.#agents.delete(name);
    await this.join();
    return timesSince(sinceMs, times);
  }

  /** From the moment at which the new agent is a member in its own eyes. */
  async join(): Promise<Times> {
    const others = [...this.#agents.values()];
    const { name, agent } = await this.#add();
    const times = await this.#seen(others, `all agents know ${name}`, (other) => other.line(`EventMemberJoin: ${name} `)?.atMs);
    const [sinceMs = 0] = await this.#seen([agent], `${name} is up`, (own) => own.line(`EventMemberJoin: ${name} `)?.atMs);
    return timesSince(sinceMs, times);
  }

  /** Percent of a processor, and memory, of each agent. */
  async idle(forMs: number): Promise<{ percent: number[]; bytes: number[] }> {
    const pids = [...this.#agents.values()].flatMap(({ pid }) => pid ?? []);
    const [before, beganAt] = [pids.map(processorMs), performance.now()];
    await pause(forMs, this.#signal);
    const tookMs = performance.now() - beganAt;
    return {
      percent: pids.map((pid, index) => ((processorMs(pid) - (before[index] ?? 0)) / tookMs) * 100),
      bytes: pids.flatMap((pid) => pssBytes(pid) ?? []),
    };
  }

  async end(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.end()));
  }

  async #add(): Promise<{ name: string; agent: Program }> {
    const [port, rpcPort] = await freePorts(2);
    const name = `agent${(this.#count += 1)}`;
    const [address, rpc] = [`127.0.0.1:${port}`, `127.0.0.1:${rpcPort}`];
    const join = this.#first === null ? [] : [`-join=${this.#first.address}`];
    const agent = new Program(
      this.#tool.program,
      ['agent', `-node=${name}`, `-bind=${address}`, `-rpc-addr=${rpc}`, ...join],
      this.#tool.env,
    );
    this.#agents.set(name, agent);
    await this.#seen([agent], `${name} runs`, (own) => own.line(`EventMemberJoin: ${name} `)?.atMs);
    this.#first ??= { address, rpc };
    return { name, agent };
  }

  /** What `when` says of each of these agents, once it says it of all. */
  #seen(agents: readonly Program[], what: string, when: (agent: Program) => number | undefined): Promise<number[]> {
    return until(
      what,
      async () => {
        const times = agents.flatMap((agent) => when(agent) ?? []);
        return times.length === agents.length ? { done: times } : { soFar: `${times.length} of ${agents.length}` };
      },
      { deadlineMs: DEADLINE_MS, signal: this.#signal, everyMs: LOOK_MS },
    );
  }
}

function timesSince(sinceMs: number, times: readonly number[]): Times {
  const ascending = times.map((atMs) => Math.max(0, atMs - sinceMs)).toSorted((a, b) => a - b);
  return { half: ascending[Math.ceil(ascending.length / 2) - 1] ?? 0, all: ascending.at(-1) ?? 0 };
}
