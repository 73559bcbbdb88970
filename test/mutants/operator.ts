/** What keeps an operator from harm at the own machine: empty words, moved homes, output that is cut. */
import type { Mutant } from './mutant.ts';

export const OPERATOR: readonly Mutant[] = [
  {
    name: 'one that shows a goodbye is enough for operators',
    breaks: 'B18',
    edits: [{ in: 'Standing.#hasLeft', drop: ['lines', '>'] }],
    test: { name: 'are not believed to have left by anything else, nor by an old goodbye that a few show again' },
  },
  {
    name: 'settings are signed whatever the schema says',
    breaks: 'law 9',
    edits: [{ in: 'requireFitting', never: ['misfit', 'null', '!=='] }],
    test: { name: 'settings that do not fit are refused with path and rule; without a schema anything goes' },
  },
  {
    name: 'a host starts whatever the schema of the settings says',
    breaks: 'law 9',
    edits: [{ in: 'checkSettings', never: ['misfit', 'null', '!=='] }],
    test: { name: 'none of its code has run by then' },
  },
  {
    name: 'an empty variable counts as given',
    breaks: 'law 9',
    edits: [{ in: 'environment.given', never: 'value' }],
    test: { name: 'a variable that is empty is not given' },
  },
  {
    name: 'an empty --to counts as given',
    breaks: 'law 9',
    edits: [{ in: 'BaseCommand.parse', of: ['has()', '!'], is: "name !== '--to' && $" }],
    test: { name: 'is a usage error that names what is empty, and makes nothing' },
  },
  {
    name: 'settings name directories of their home by absolute paths',
    breaks: 'law 9',
    edits: [{ in: 'Settings.#change', drop: 'inside()' }],
    test: { name: 'says paths relative to itself, and others as they are' },
  },
  {
    name: 'a restored home signs with the keys of the place that it was copied from',
    breaks: 'law 9',
    edits: [{ in: 'settings.found', never: ['endsWith()', 'own'] }],
    test: { name: 'never means the keys of the place it was copied from' },
  },
  {
    name: 'a command ends before its output is read',
    breaks: 'law 9',
    edits: [{ in: 'output.drained', of: 'write()', is: '($, resolve())' }],
    test: { name: 'a process ends only after everything it printed was taken' },
  },
  {
    name: 'output that could not be written is a success',
    breaks: 'law 9',
    edits: [{ in: 'watchOutput.end', of: 'tell()', is: '0' }],
    test: { name: 'what could not be written makes a success a failure that is said' },
  },
  {
    name: 'what a build writes into the project is taken for a save',
    breaks: 'law 9',
    edits: [{ in: 'wantsBuild', of: ['stamp', '!=='], is: 'true' }],
    test: { name: 'what a build writes beside its output is no save' },
  },
  {
    name: 'code that runs already is deployed again',
    breaks: 'law 9',
    edits: [{ in: 'DevLoop.#bring', never: ['hash', '==='] }],
    test: { name: 'the same code is not deployed again' },
  },
  {
    name: 'nodes that are only late are said to be nowhere',
    breaks: 'law 9',
    edits: [
      { file: 'operator/client/connection-error.ts', from: "error.code !== 'GOSSIP_E_TIMEOUT'", to: "error.code !== 'GOSSIP_E_DISK'" },
    ],
    test: { name: 'is asked once more, with patience, where all are late' },
  },
  {
    name: 'what a running node cannot take over from its file goes unsaid',
    breaks: 'law 9',
    edits: [{ file: 'node/reload.ts', from: 'if (restart.length > 0)', to: 'if (restart.length > NAMES.length)' }],
    test: { name: 'what needs a restart is said each time, until it is as it runs' },
  },
  {
    name: 'what enters at a revoked node is said to spread',
    breaks: 'law 9',
    edits: [
      {
        file: 'operator/client/heard.ts',
        from: 'if (isRevoked(node, status, book)) throw',
        to: 'if (isRevoked(node, status, book) && false) throw',
      },
    ],
    test: { name: 'nothing enters at a revoked node: by the word of another, or by its own' },
  },
  {
    name: 'a second exchange of a key overwrites the first old one',
    breaks: 'law 5',
    edits: [{ file: 'operator/cluster/own-key.ts', from: 'await keepOlder(directory);', to: '' }],
    test: { name: 'every key that was exchanged is kept: the last as operator.key.old, those before it numbered' },
  },
  {
    name: 'a node that has just come says what is new, and so throws the state of all nodes away',
    breaks: 'law 3',
    edits: [{ file: 'operator/deploy/deploy.ts', from: 'if (root.epoch === 1) return;', to: 'if (root.epoch >= 1) return;' }],
    test: { name: 'a node that has just come does not say what is new: the state of all nodes would go' },
  },
  {
    name: 'the dashboard is served to whatever name points to this machine',
    breaks: 'law 9',
    edits: [{ in: 'Guard.judge', never: ['host', '#host', '!=='] }],
    test: { name: 'refuses everything else, and a refusal uses the address up for nobody' },
  },
  {
    name: 'the address of the dashboard works again and again',
    breaks: 'law 9',
    edits: [{ in: 'Guard.#open', drop: ['#isUsed', 'true', '='] }],
    test: { name: 'lets in whoever opens its address first, and nobody after him' },
  },
];
