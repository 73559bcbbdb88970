/** `gossip key new`: a key for an operator, before or without a cluster. */
import { Args } from '@oclif/core';
import { makeKeyFile } from '../../operator/cluster/new-key.ts';
import { toPublicPem } from '../../trust/keys.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { givenPassphrase } from '../terminal/passphrase.ts';

export default class KeyNew extends BaseCommand {
  static override summary = 'Make a key that an operator signs with, and print its public half.';
  static override description = `FILE is written with mode 0600, encrypted when GOSSIP_PASSPHRASE is set, and never over another. It stays with its owner; the public half goes to whoever changes the root. Commands sign with it by GOSSIP_KEY_FILE, or once it was given to 'gossip cluster import --key'.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> ~/bob.key > bob.pub',
    { description: 'Encrypted', command: 'GOSSIP_PASSPHRASE=… <%= config.bin %> <%= command.id %> ~/bob.key > bob.pub' },
  ];
  static override args = { file: Args.string({ description: 'Where to write the private key.', required: true }) };

  override async run() {
    const { args } = await this.parse(KeyNew);
    const passphrase = givenPassphrase();
    const key = await makeKeyFile(args.file, passphrase);
    const pem = toPublicPem(key);
    this.show(pem.trimEnd());
    this.remark(`Key ${key.keyid} is in ${args.file}${passphrase === undefined ? ', not encrypted' : ''}: keep a copy in a safe place.`);
    return { file: args.file, keyid: key.keyid, public: key.public, pem, encrypted: passphrase !== undefined };
  }
}
