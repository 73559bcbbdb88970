/** Lines of the host's own: beside what the module prints, whatever the module does to the console. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function printError(line: string): void {
  process.stderr.write(`${line}\n`);
}
