/** `gossip key show`: the public half of a key, wherever that lies. */
import { Args } from '@oclif/core';
import { GossipError } from '../../model/errors.ts';
import { readGivenText } from '../../operator/files/given-file.ts';
import { readKey } from '../../operator/cluster/key-file.ts';
import { readPublicKey } from '../../operator/cluster/public-key.ts';
import { openInstead } from '../../operator/cluster/signs-instead.ts';
import { toPublicPem } from '../../trust/keys.ts';
import type { PublicKey } from '../../trust/keys.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { signerFlag } from '../terminal/flags.ts';

export default class KeyShow extends BaseCommand {
  static override summary = 'Print the public half of a key as PEM, and its id.';
  static override description = `FILE holds a private or a public key; of a private one nothing but its public half is printed. Without FILE it is the key that would sign: that of --signer, GOSSIP_SIGNER or GOSSIP_KEY_FILE. The id goes to standard error, so that standard output is the PEM alone; 'gossip cluster show' lists keys by it.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> ~/bob.key > bob.pub',
    { description: 'Of a key in hardware', command: '<%= config.bin %> <%= command.id %> --signer ./token-signer > bob.pub' },
  ];
  static override usage = '<%= command.id %> [FILE | --signer PROGRAM] [--json]';
  static override args = { file: Args.string({ description: 'Private or public key, PEM.' }) };
  static override flags = { signer: signerFlag };

  override async run() {
    const { args, flags } = await this.parse(KeyShow);
    if (args.file !== undefined && flags.signer !== undefined) {
      throw new GossipError('GOSSIP_E_USAGE', 'FILE and --signer both say whose public half is wanted', { advice: 'Give one of them.' });
    }
    const key = args.file === undefined ? await this.#ofSigner() : await this.#ofFile(args.file);
    const pem = toPublicPem(key);
    this.show(pem.trimEnd());
    this.remark(`Key ${key.keyid}`);
    return { keyid: key.keyid, public: key.public, pem };
  }

  async #ofSigner(): Promise<PublicKey> {
    const key = await openInstead(this.keyOwner);
    if (key !== null) return key;
    throw new GossipError('GOSSIP_E_USAGE', 'no key is named', {
      advice: "Name the FILE of a key, or --signer. The keys of a cluster are in 'gossip cluster show'.",
    });
  }

  async #ofFile(path: string): Promise<PublicKey> {
    const isPublic = (await readGivenText(path, 'key')).includes('-----BEGIN PUBLIC KEY-----');
    return isPublic ? readPublicKey(path) : readKey(path, this.keyOwner);
  }
}
