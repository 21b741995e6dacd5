/**
 * Zones that look signed, for tests that ask what is sent and not whether it verifies: every authoritative RRset has an
 * RRSIG of 64 octets that mean nothing, and the chain of NSEC or NSEC3 is what RFC 4034 §4 and RFC 5155 §7.1 say. No
 * tool is needed, and the same text always gives the same zone.
 */
import { createHash } from 'node:crypto';
import type { ZoneImage } from '../../src/index/image.js';
import {
  APEX,
  NODE_BELOW_CUT,
  NODE_BELOW_DNAME,
  NODE_CUT,
  NODE_EMPTY,
} from '../../src/index/zone-index.js';
import { compareNames, countLabels, nameLength } from '../../src/wire/name.js';
import { nameText } from '../../src/wire/name-text.js';
import { typeFromText, typeText } from '../../src/wire/rrtypes.js';
import { imageFromText } from './zones.js';

type Kind = 'nsec' | 'nsec3' | 'opt-out';

const SIGNATURE = Buffer.alloc(64, 'hotzone').toString('base64');
const NS = typeFromText('NS');
const DS = typeFromText('DS');
const DIGITS = '0123456789abcdefghijklmnopqrstuv';

/** The text with signatures and a chain; NSEC3 with one further iteration and the salt `ab`. */
export function pretendSigned(origin: string, text: string, kind: Kind): string {
  const parameters = kind === 'nsec' ? '' : '\n@ NSEC3PARAM 1 0 1 ab\n';
  const image = imageFromText(origin, `${text}${parameters}`);
  const lines: string[] = [];
  const sign = (owner: string, type: string, ttl: number, labels: number) => {
    const times = '20380101000000 20260101000000';
    lines.push(
      `${owner} ${ttl} RRSIG ${type} 13 ${labels} ${ttl} ${times} 1 ${origin} ${SIGNATURE}`,
    );
  };
  const nodes = authoritativeNodes(image);
  for (const node of nodes) {
    for (const type of signedTypes(image, node)) {
      const ttl = image.rrsetTtl(image.nodeRrset(node, type));
      sign(ownerText(image, node), typeText(type), ttl, labelsOf(image, node));
    }
  }
  const ttl = image.negativeTtl;
  if (kind === 'nsec') {
    const owners = nodes.filter((node) => (image.nodeFlags(node) & NODE_EMPTY) === 0);
    for (const [i, node] of owners.entries()) {
      const next = ownerText(image, owners[(i + 1) % owners.length] ?? APEX);
      const owner = ownerText(image, node);
      lines.push(`${owner} ${ttl} NSEC ${next} ${typesText(image, node)} RRSIG NSEC`);
      sign(owner, 'NSEC', ttl, labelsOf(image, node));
    }
  } else {
    const hashed = hashedNodes(image, nodes, kind === 'opt-out');
    const apexLabels = image.apexLabels;
    for (const [i, { hash, node }] of hashed.entries()) {
      const next = hashed[(i + 1) % hashed.length]?.hash ?? '';
      const owner = origin === '.' ? `${hash}.` : `${hash}.${origin}`;
      const signed = signedTypes(image, node).length > 0 ? ' RRSIG' : '';
      const flags = kind === 'opt-out' ? 1 : 0;
      lines.push(
        `${owner} ${ttl} NSEC3 1 ${flags} 1 ab ${next} ${typesText(image, node)}${signed}`,
      );
      sign(owner, 'NSEC3', ttl, apexLabels + 1);
    }
  }
  return `${text}${parameters}${lines.join('\n')}\n`;
}

/** In canonical order, empty non-terminals among them. */
function authoritativeNodes(image: ZoneImage): number[] {
  const nodes: number[] = [];
  for (let node = 0; node < image.nodeCount; node++) {
    if ((image.nodeFlags(node) & (NODE_BELOW_CUT | NODE_BELOW_DNAME)) === 0) nodes.push(node);
  }
  const { octets } = image;
  return nodes.sort((a, b) => compareNames(octets, image.nodeName(a), octets, image.nodeName(b)));
}

/** Without delegations that are not signed, and empty non-terminals that only lead to those, if they opt out. */
function hashedNodes(image: ZoneImage, nodes: readonly number[], optsOut: boolean) {
  const insecure = (node: number) =>
    (image.nodeFlags(node) & NODE_CUT) !== 0 && image.nodeRrset(node, DS) < 0;
  const names = nodes.map((node) => ownerText(image, node));
  const kept = nodes.filter((node, i) => {
    if (!optsOut) return true;
    if ((image.nodeFlags(node) & NODE_EMPTY) === 0) return !insecure(node);
    return nodes.some(
      (other, j) =>
        names[j]?.endsWith(`.${names[i]}`) === true &&
        (image.nodeFlags(other) & NODE_EMPTY) === 0 &&
        !insecure(other),
    );
  });
  const hashed = kept.map((node) => ({ node, hash: hashOf(image, node) }));
  return hashed.sort((a, b) => (a.hash < b.hash ? -1 : 1));
}

function hashOf(image: ZoneImage, node: number): string {
  const at = image.nodeName(node);
  const name = image.octets.slice(at, at + nameLength(image.octets, at));
  let digest: Uint8Array = Buffer.from(
    Buffer.from(name).toString('latin1').toLowerCase(),
    'latin1',
  );
  for (let i = 0; i < 2; i++) {
    digest = createHash('sha1').update(digest).update(Uint8Array.of(0xab)).digest();
  }
  const bits = Array.from(digest, (octet) => octet.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => DIGITS[Number.parseInt(five, 2)]).join('');
}

function typesOf(image: ZoneImage, node: number): number[] {
  const first = image.nodeRrsetFirst(node);
  return Array.from({ length: image.nodeRrsetCount(node) }, (_, i) => image.rrsetType(first + i));
}

/** Of a zone cut nothing is signed but DS, RFC 4035 §2.2. */
function signedTypes(image: ZoneImage, node: number): number[] {
  const isCut = (image.nodeFlags(node) & NODE_CUT) !== 0;
  return typesOf(image, node).filter((type) => !isCut || type === DS);
}

function typesText(image: ZoneImage, node: number): string {
  const isCut = (image.nodeFlags(node) & NODE_CUT) !== 0;
  const types = typesOf(image, node).filter((type) => !isCut || type === DS || type === NS);
  return types.map(typeText).join(' ');
}

function ownerText(image: ZoneImage, node: number): string {
  return nameText(image.octets, image.nodeName(node));
}

/** As RRSIG counts them: without the root and an asterisk. */
function labelsOf(image: ZoneImage, node: number): number {
  const labels = countLabels(image.octets, image.nodeName(node));
  return ownerText(image, node).startsWith('*.') ? labels - 1 : labels;
}
