/** What keeps an operator from harm at the own machine: empty words, moved homes, output that is cut. */
import type { Mutant } from './mutant.ts';

export const OPERATOR: readonly Mutant[] = [
  {
    name: 'an empty variable counts as given',
    breaks: 'law 9',
    edits: [{ file: 'operator/settings/environment.ts', from: "return value === '' ? undefined : value;", to: 'return value;' }],
    test: { file: 'commands/empty.test.ts', name: 'a variable that is empty is not given' },
  },
  {
    name: 'an empty --to counts as given',
    breaks: 'law 9',
    edits: [
      {
        file: 'commands/terminal/base-command.ts',
        from: "if (token.input === '' && !MAY_BE_EMPTY.has(name)) throw",
        to: "if (token.input === '' && name !== '--to' && !MAY_BE_EMPTY.has(name)) throw",
      },
    ],
    test: { file: 'commands/empty.test.ts', name: 'is a usage error that names what is empty, and makes nothing' },
  },
  {
    name: 'settings name directories of their home by absolute paths',
    breaks: 'law 9',
    edits: [{ file: 'operator/settings/settings.ts', from: 'inside(directory, this.home) ?? directory', to: 'directory' }],
    test: { file: 'operator/settings/settings-file.test.ts', name: 'says paths relative to itself, and others as they are' },
  },
  {
    name: 'a restored home signs with the keys of the place that it was copied from',
    breaks: 'law 9',
    edits: [{ file: 'operator/settings/settings.ts', from: 'if (directory.endsWith(`/${own}`)) return join(home, own);', to: '' }],
    test: { file: 'operator/settings/settings-file.test.ts', name: 'never means the keys of the place it was copied from' },
  },
  {
    name: 'a command ends before its output is read',
    breaks: 'law 9',
    edits: [
      {
        file: 'commands/terminal/output.ts',
        from: "stream.write('', () => setImmediate(resolve));",
        to: "stream.write('', () => undefined);\n    resolve();",
      },
    ],
    test: { file: 'commands/written-whole.test.ts', name: 'a process ends only after everything it printed was taken' },
  },
  {
    name: 'output that could not be written is a success',
    breaks: 'law 9',
    edits: [
      {
        file: 'commands/terminal/output.ts',
        from: 'const failed = forReaders && isFailure(failure) ? tell(failure, err) : 0;',
        to: 'const failed = forReaders && isFailure(failure) ? 0 : 0;',
      },
    ],
    test: { file: 'commands/written-whole.test.ts', name: 'what could not be written makes a success a failure that is said' },
  },
];
