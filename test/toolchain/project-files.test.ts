/** The files for those who carry the project on name scripts, options, files and headings that exist. Nothing else would notice before they are needed. */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NODE, ROOT } from '../../scripts/project.mjs';

const WORKFLOWS = globSync('.github/workflows/*.yml', { cwd: ROOT }).toSorted();
const PAGES = globSync(['*.md', 'docs/**/*.md', '.github/*.md'], { cwd: ROOT }).toSorted();
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function found(text: string, form: RegExp): string[] {
  return [...text.matchAll(form)].map((match) => match[1] ?? '');
}

test('the workflows are there', () => {
  expect(WORKFLOWS).toEqual(['.github/workflows/ci.yml', '.github/workflows/nightly.yml']);
});

describe.each(WORKFLOWS)('%s', (path) => {
  const text = read(path);

  test('runs scripts of package.json, with options that they take, and files that are there', () => {
    expect(found(text, /npm run ([\w:-]+)/g).filter((name) => scripts[name] === undefined)).toEqual([]);
    expect(found(text, /(?:bash|sudo) ([\w.]+\/[\w./-]+)/g).filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
    for (const [, name = '', options = ''] of text.matchAll(/npm run ([\w:-]+) -- (.*)/g)) {
      const help = execFileSync(NODE, [join(ROOT, 'scripts', `${name}.ts`), '--help'], { encoding: 'utf8' });
      expect(found(options, /(--[\w-]+)/g).filter((option) => !help.includes(`  ${option} `))).toEqual([]);
    }
  });

  test('may read and do nothing else, ends in time, and pins its actions', () => {
    expect(text).toContain('\npermissions:\n  contents: read\n\n');
    expect(text).not.toMatch(/: write|secrets\./);
    expect(found(text, /^ {4}(timeout-minutes): \d+$/gm)).toHaveLength(found(text, /^ {4}(runs-on): /gm).length);
    expect(found(text, /uses: (.*)/g).filter((action) => !/^actions\/[a-z-]+@v\d+$/.test(action))).toEqual([]);
  });
});

test('a script that sets up first goes on with the Node that the set-up brings: the shell would keep the one that it began with', () => {
  const after = Object.values(scripts).flatMap((script) => found(script, /^node scripts\/setup\.mjs && (\S+)/g));
  expect(after.length).toBeGreaterThan(3);
  expect(after.filter((program) => program === 'node')).toEqual([]);
});

test('every link of the documents leads to a file, and to a heading of it', () => {
  const broken = PAGES.flatMap((page) =>
    found(read(page).replaceAll(/```[\s\S]*?```/g, ''), /\]\(([^)\s]+)\)/g)
      .filter((link) => !/^https?:/.test(link) && !leadsSomewhere(page, link))
      .map((link) => `${page}: ${link}`),
  );
  expect(broken).toEqual([]);
});

test('every source that the documents name is there', () => {
  const missing = PAGES.flatMap((page) =>
    found(read(page), /`((?:src|scripts|bench)\/[\w./-]+)`/g)
      .filter((file) => !existsSync(join(ROOT, file)))
      .map((file) => `${page}: ${file}`),
  );
  expect(missing).toEqual([]);
});

test('the .editorconfig and the formatter agree on the width', () => {
  const { printWidth } = JSON.parse(read('.oxfmtrc.json')) as { printWidth: number };
  expect(read('.editorconfig')).toContain(`\n[*]\ncharset = utf-8\nend_of_line = lf\nindent_style = space\nindent_size = 2\n`);
  expect(found(read('.editorconfig'), /^max_line_length = (\d+)$/gm)).toEqual([String(printWidth)]);
});

function leadsSomewhere(page: string, link: string): boolean {
  const [file = '', heading] = link.split('#', 2);
  const target = file === '' ? page : join(dirname(page), file);
  if (!existsSync(join(ROOT, target))) return false;
  return (
    heading === undefined ||
    found(read(target), /^#+ (.*)$/gm)
      .map(anchor)
      .includes(heading)
  );
}

/** As a heading is made the end of a link. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
