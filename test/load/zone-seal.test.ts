/** The seal of the files that a secondary writes: any change of any octet breaks it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSource } from '../../src/base/source.js';
import { isSealedPrint, printOf, samePrint } from '../../src/load/file-print.js';
import { isSealed, sealedText } from '../../src/load/zone-seal.js';
import { temporaryDirectory } from '../e2e/test-server.js';

const BODY = Buffer.from('@ 60 IN SOA a b 1 2 3 4 5\n@ 60 IN NS a\n');

test('seal: a text is sealed until one octet of it changes', () => {
  const text = sealedText(BODY, 'zone example, serial 1, from 192.0.2.1');
  assert.ok(isSealed(text, text.length));
  const digestAt = text.indexOf('\n') - 64;
  for (let at = 0; at < text.length; at++) {
    // Between mark and digest there is only what people read.
    const isWords = at >= '; hotzone wrote this file'.length && at < digestAt;
    const changed = Buffer.from(text);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    if (!isWords) assert.equal(isSealed(changed, changed.length), false, `octet ${at}`);
  }
  assert.equal(isSealed(text, text.length - 1), false);
  assert.equal(isSealed(BODY, BODY.length), false);
  assert.equal(isSealed(text, 30), false);
  assert.equal(isSealed(Buffer.alloc(0), 0), false);
});

test('seal: the print of a file says whether it is sealed', (t) => {
  const path = join(temporaryDirectory(t), 'zone');
  const rows = [
    [sealedText(BODY, 'x'), true],
    [sealedText(Buffer.from('no newline at the end'), 'x'), true],
    [Buffer.concat([sealedText(BODY, 'x'), Buffer.from('a 60 IN A 192.0.2.1\n')]), false],
    [BODY, false],
  ] as const;
  for (const [text, wanted] of rows) {
    writeFileSync(path, text);
    assert.equal(isSealedPrint(printOf(readSource(path))), wanted);
  }
  assert.equal(isSealedPrint(''), false);
});

test('seal: text is not the same as it was under a seal, though the digest is', (t) => {
  const path = join(temporaryDirectory(t), 'zone');
  const printed = (text: Uint8Array) => {
    writeFileSync(path, text);
    return printOf(readSource(path));
  };
  const sealed = printed(sealedText(BODY, 'x'));
  assert.ok(!samePrint(sealed, printed(BODY)));
  assert.ok(!samePrint(sealed, printed(sealedText(BODY, 'x').subarray(0, -BODY.length))));
  assert.ok(!samePrint(sealed, printed(sealedText(Buffer.concat([BODY, BODY]), 'x'))));
  assert.ok(samePrint(sealed, printed(sealedText(BODY, 'somewhere else'))));
});
