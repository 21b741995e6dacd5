/**
 * TSIG keys as one text, NAME:ALGORITHM:SECRET with commas between several. Must not know: messages, settings.
 */
import { digestOctets, type TsigKey, tsigAlgorithm } from '../wire/tsig-key.js';
import { keyNameOctets } from './tsig-keys.js';

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** What is wrong with such a text, or `null`. Secrets are no part of it. */
export function tsigKeysFault(text: string): string | null {
  for (const item of itemsOf(text)) {
    const [name = '', algorithm = '', secret = '', ...more] = item.split(':');
    if (more.length > 0 || secret === '') return 'want NAME:ALGORITHM:SECRET';
    if (keyNameOctets(name) === null) return `${name} is not a domain name`;
    if (tsigAlgorithm(algorithm) === null) return `${algorithm} is not an algorithm of TSIG`;
    if (!BASE64.test(secret)) return `the secret of ${name} is not base64`;
  }
  return null;
}

/** The keys of a text without faults. */
export function tsigKeyList(text: string): TsigKey[] {
  return itemsOf(text).flatMap((item) => {
    const [name = '', algorithmText = '', secret = ''] = item.split(':');
    const octets = keyNameOctets(name);
    const algorithm = tsigAlgorithm(algorithmText);
    if (octets === null || algorithm === null) return [];
    const macOctets = digestOctets(algorithm);
    return [{ name: octets, algorithm, secret: Buffer.from(secret, 'base64'), macOctets }];
  });
}

function itemsOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
