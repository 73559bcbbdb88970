/** The promises of the engine's ports broken, in the world that is real or in the simulated one (src/runner/ports.ts). */
import type { Mutant } from './mutant.ts';

const REFUSED_AFTER_A_STOP = 'until it has stopped it may speak and hear; then all that waits for it has failed';

export const PORTS: readonly Mutant[] = [
  {
    name: 'a real instance is asked while it says goodbye',
    breaks: 'law 4',
    edits: [{ in: 'HostedInstance.#ask', never: 'aborted' }],
    test: { file: 'hosts-real', name: REFUSED_AFTER_A_STOP },
  },
  {
    name: 'the end of an instance is told before that of its step',
    breaks: 'law 4',
    edits: [{ in: 'HostedInstance.#stop', drop: 'settled()' }],
    test: { file: 'hosts-real', name: 'a step under way when it is' },
  },
  {
    name: 'a simulated instance is asked while it says goodbye',
    breaks: 'law 4',
    edits: [{ in: 'PipedHost.#unable', never: '#leaving' }],
    test: { file: 'hosts-simulated', name: REFUSED_AFTER_A_STOP },
  },
  {
    name: 'a step is left open when its simulated instance ends',
    breaks: 'law 4',
    edits: [{ in: 'PipedHost.#gone', drop: ['#asked', 'fail()'] }],
    test: { file: 'hosts-simulated', name: 'where it dies in a step of its life, that alone tells of it' },
  },
  {
    name: 'the end of a simulated instance is told beside the step that failed',
    breaks: 'law 4',
    edits: [{ in: 'PipedHost.#gone', drop: '#steps' }],
    test: { file: 'hosts-simulated', name: 'where it dies in a step of its life, that alone tells of it' },
  },
  {
    name: 'what a simulated peer refuses is not answered',
    breaks: 'law 6',
    edits: [{ in: 'SimulatedPeers.receive', of: ['respond()', 'encodeAnswer()'], is: "'value' in outcome && $" }],
    test: { file: 'peers-simulated', name: 'what the runner of the peer refuses fails with the code of its refusal' },
  },
  {
    name: 'what a simulated peer cannot believe reaches its runner',
    breaks: 'law 2',
    edits: [{ in: 'SimulatedPeers.receive', never: ['failure', 'in', 'message'] }],
    test: { file: 'peers-simulated', name: 'what nobody has signed is refused by the peer, and never believed of it' },
  },
];
