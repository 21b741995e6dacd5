/**
 * A zone image as a zone file, so that other servers can be given what is served here.
 */

import type { ZoneImage } from '../../src/index/image.js';
import { RECORD_HEAD_OCTETS } from '../../src/index/image.js';
import { nameText } from '../../src/wire/name-text.js';
import { readU16, readU32 } from '../../src/wire/octets.js';
import { rdataText } from '../../src/wire/rdata-text.js';
import { typeText } from '../../src/wire/rrtypes.js';

/** One absolute record a line, the SOA first. */
export function imageText(image: ZoneImage): string {
  const { octets } = image;
  const lines: string[] = [];
  for (let node = 0; node < image.nodeCount; node++) {
    const owner = nameText(octets, image.nodeName(node));
    const first = image.nodeRrsetFirst(node);
    for (let rrset = first; rrset < first + image.nodeRrsetCount(node); rrset++) {
      const type = image.rrsetType(rrset);
      let at = image.rrsetOffset(rrset);
      for (let record = 0; record < image.rrsetCount(rrset); record++) {
        const length = readU16(octets, at + RECORD_HEAD_OCTETS - 2);
        const rdata = rdataText(type, octets, at + RECORD_HEAD_OCTETS, length);
        const line = `${owner} ${readU32(octets, at + 6)} IN ${typeText(type)} ${rdata}\n`;
        if (rrset === image.soa) lines.unshift(line);
        else lines.push(line);
        at += RECORD_HEAD_OCTETS + length;
      }
    }
  }
  return lines.join('');
}
