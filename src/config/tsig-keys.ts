/**
 * The keys of a named.conf as those that sign messages. What is wrong with a key was told when it was read, see
 * named-keys.ts. Must not know: messages.
 */
import { nameFromText } from '../wire/name-text.js';
import { digestOctets, foldedName, type TsigKey } from '../wire/tsig-key.js';
import type { NamedConf } from './named-types.js';

/** Every key of the configuration, in its order. */
export function tsigKeys({ keys }: Pick<NamedConf, 'keys'>): TsigKey[] {
  return keys.flatMap(({ name, algorithm, digestBits, secret }) => {
    const octets = keyNameOctets(name);
    if (octets === null) return [];
    const macOctets = digestBits === null ? digestOctets(algorithm) : digestBits / 8;
    return [{ name: octets, algorithm, secret: Buffer.from(secret, 'base64'), macOctets }];
  });
}

/** The name of a key as keyrings and access lists have it, from its text without final dot; `null` if it is none. */
export function keyNameOctets(text: string): Uint8Array | null {
  const octets = nameFromText(`${text}.`);
  return octets === null ? null : foldedName(octets);
}
