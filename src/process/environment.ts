/** Variables of the environment, as commands read them: one that is empty is not given. */

export type Environment = Readonly<Record<string, string | undefined>>;

export function given(name: `GOSSIP_${string}`, environment: Environment = process.env): string | undefined {
  const value = environment[name];
  return value === '' ? undefined : value;
}
