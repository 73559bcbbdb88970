/** All benches, in the order in which they run. What they need is loaded when they begin: `--help` and `--list` want none of it. */
import type { Bench } from '../harness/bench.ts';

const MINUTE_MS = 60_000;

export const BENCHES: readonly Bench[] = [
  {
    name: 'overhead',
    summary: 'An exchange of two modules through their cores, beside plain HTTPS between two processes: latency, processor time, bytes.',
    deadlineMs: { quick: 2 * MINUTE_MS, full: 10 * MINUTE_MS },
    run: async (setting) => (await import('./overhead.ts')).overhead(setting),
  },
  {
    name: 'propagation',
    summary: 'A deployment on its way through a cluster with rendezvous nodes, while the modules gossip and while all of them are dead.',
    deadlineMs: { quick: 4 * MINUTE_MS, full: 25 * MINUTE_MS },
    run: async (setting) => (await import('./propagation.ts')).propagation(setting),
  },
  {
    name: 'growth',
    summary:
      'What more nodes cost: start of a lab, spread of a deployment, messages and bytes of each node; real nodes and simulated ones.',
    deadlineMs: { quick: 4 * MINUTE_MS, full: 40 * MINUTE_MS },
    run: async (setting) => (await import('./growth.ts')).growth(setting),
  },
  {
    name: 'prediction',
    summary: 'Deployments in labs of several sizes, beside what the simulator promises for them.',
    deadlineMs: { quick: 4 * MINUTE_MS, full: 40 * MINUTE_MS },
    run: async (setting) => (await import('./prediction.ts')).prediction(setting),
  },
  {
    name: 'idle',
    summary: 'What a node costs while nothing happens: processor time and memory of its core and its module host, and how fast it starts.',
    deadlineMs: { quick: 2 * MINUTE_MS, full: 15 * MINUTE_MS },
    run: async (setting) => (await import('./idle.ts')).idle(setting),
  },
  {
    name: 'failure',
    summary: 'How long until all members know that one was killed, stands still, or has joined; and how many are suspected without cause.',
    deadlineMs: { quick: 4 * MINUTE_MS, full: 30 * MINUTE_MS },
    run: async (setting) => (await import('./failure.ts')).failure(setting),
  },
  {
    name: 'update-gap',
    summary: 'For how long a module answers nothing while it is updated.',
    deadlineMs: { quick: 2 * MINUTE_MS, full: 15 * MINUTE_MS },
    run: async (setting) => (await import('./update-gap.ts')).updateGap(setting),
  },
  {
    name: 'requests',
    summary:
      'A thousand requests of applications in a second to one node, with a live update in the middle, beside a map behind plain HTTP.',
    deadlineMs: { quick: 4 * MINUTE_MS, full: 20 * MINUTE_MS },
    run: async (setting) => (await import('./requests.ts')).requests(setting),
  },
  {
    name: 'overload',
    summary:
      'How a cluster comes back from an overload by itself: all started at once, no processor left, half of it frozen, all rendezvous nodes restarted.',
    deadlineMs: { quick: 6 * MINUTE_MS, full: 40 * MINUTE_MS },
    run: async (setting) => (await import('./overload.ts')).overload(setting),
  },
  {
    name: 'code',
    summary: 'Large code on its way to all nodes, and how often each of them uploads it.',
    deadlineMs: { quick: 2 * MINUTE_MS, full: 20 * MINUTE_MS },
    run: async (setting) => (await import('./code.ts')).code(setting),
  },
  {
    name: 'dev',
    summary: "From an author's save to its code running on three nodes, with gossip module dev.",
    deadlineMs: { quick: 3 * MINUTE_MS, full: 15 * MINUTE_MS },
    run: async (setting) => (await import('./dev.ts')).dev(setting),
  },
  {
    name: 'peers',
    summary: 'What operators use instead, fetched where it can be had: Serf, rsync with restart, PM2.',
    isApart: true,
    deadlineMs: { quick: 6 * MINUTE_MS, full: 30 * MINUTE_MS },
    run: async (setting) => (await import('./peers.ts')).peers(setting),
  },
];
