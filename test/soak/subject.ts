/**
 * One zone in the storm: writes versions of it in every way that people and programs write, and knows which answers
 * were right at which time.
 */
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { REMOVAL_GRACE_MS } from '../../src/base/limits.js';

type Version = {
  /** What is answered: a text, or `REFUSED`. */
  readonly answer: string;
  /** When the writer began. Times are those of `performance.now`. */
  readonly begunAt: number;
  /** From when on no older answer is right; Infinity while it is being written. */
  dueAt: number;
};

/** Ways to write; each ends with the version in place. */
const KINDS = [
  'in place',
  'rename over',
  'editor save',
  'unlink and create',
  'half-written',
  'cut, then whole',
  'twice at once',
  'older file',
  'broken first',
  'include',
  'link swap',
  'delete and create',
] as const;
export type Kind = (typeof KINDS)[number];

export class Subject {
  readonly name: string;
  private readonly kinds: readonly Kind[];
  private readonly directory: string;
  private readonly file: string;
  private readonly versions: Version[] = [];
  /** Milliseconds that an answer may lag behind a finished write. */
  private readonly lagMs: number;
  private next = 0;
  private number = 0;

  /** @param index decides which kinds of file it has: plain, with an include, or behind a link */
  constructor(directory: string, index: number, lagMs: number) {
    this.name = `z${index}.example`;
    this.directory = directory;
    this.file = join(directory, `${this.name}.zone`);
    this.lagMs = lagMs;
    const special: readonly Kind[] = ['include', 'link swap', 'delete and create'];
    const own = special[index % 4];
    this.kinds =
      own === undefined || own === 'delete and create'
        ? KINDS.filter((kind) => kind === own || !special.includes(kind))
        : [own];
    this.next = index;
    this.write(this.begin(), this.kinds[0] ?? 'in place');
  }

  /** Writes the next version in the next way; returns the way and what will be answered. */
  async edit(): Promise<{ kind: Kind; answer: string }> {
    const kind = this.kinds[this.next++ % this.kinds.length] ?? 'in place';
    if (kind === 'delete and create') {
      const gone: Version = { answer: 'REFUSED', begunAt: performance.now(), dueAt: 0 };
      gone.dueAt = performance.now() + REMOVAL_GRACE_MS + this.lagMs;
      this.versions.push(gone);
      rmSync(this.file);
      await setTimeout(REMOVAL_GRACE_MS + 300);
    }
    const version = this.begin();
    await this.write(version, kind);
    version.dueAt = performance.now() + this.lagMs;
    return { kind, answer: version.answer };
  }

  /** What is wrong with an answer to a query of that time; `null` if nothing is. */
  fault(answer: string, askedAt: number, answeredAt: number): string | null {
    const at = this.versions.findLastIndex((version) => version.answer === answer);
    const version = this.versions[at];
    if (version === undefined) return `${this.name}: ${answer} was never written`;
    if (version.begunAt > answeredAt) return `${this.name}: ${answer} before it was written`;
    const newer = this.versions.slice(at + 1).find((later) => later.dueAt < askedAt);
    if (newer === undefined) return null;
    const late = (askedAt - newer.dueAt + this.lagMs).toFixed(0);
    return `${this.name}: ${answer} ${late} ms after ${newer.answer} was written`;
  }

  private begin(): Version {
    this.number++;
    const answer = `${this.name} ${this.number}`;
    const version = { answer, begunAt: performance.now(), dueAt: Number.POSITIVE_INFINITY };
    this.versions.push(version);
    if (this.versions.length > 50) this.versions.shift();
    return version;
  }

  /** A zone whose first and last record carry the text: half of it is noticed. */
  private text(answer: string, more = ''): string {
    const padding = Array.from({ length: 30 }, (_, i) => `host${i} A 192.0.2.${i}\n`).join('');
    return (
      `$TTL 60\n@ SOA ns1 hostmaster ${this.number} 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n` +
      `t TXT "${answer}"\n${padding}${more}e TXT "${answer}"\n`
    );
  }

  private async write(version: Version, kind: Kind): Promise<void> {
    const { file } = this;
    const text = this.text(version.answer);
    const aside = join(this.directory, `.${this.name}.${this.number}`);
    switch (kind) {
      case 'in place':
      case 'delete and create':
        writeFileSync(file, text);
        if (this.number % 3 === 0) chmodSync(file, 0o640);
        return;
      case 'rename over':
        writeFileSync(aside, text);
        renameSync(aside, file);
        return;
      case 'editor save':
        writeFileSync(join(this.directory, '4913'), '');
        rmSync(join(this.directory, '4913'), { force: true });
        writeFileSync(`${file}.swp`, 'noise');
        renameSync(file, `${file}~`);
        writeFileSync(file, text);
        rmSync(`${file}.swp`);
        return;
      case 'unlink and create':
        rmSync(file);
        await setTimeout(30);
        writeFileSync(file, text);
        return;
      case 'half-written':
        // Of the new text, at the end of a line and within one
        for (const cut of [0, text.indexOf('host9'), text.indexOf('host20') + 3]) {
          writeFileSync(file, text.slice(0, cut));
          await setTimeout(60);
        }
        writeFileSync(file, text);
        return;
      case 'cut, then whole':
        // Of the old text
        writeFileSync(file, this.formerText().slice(0, this.formerText().indexOf('host20')));
        await setTimeout(200);
        writeFileSync(file, text);
        return;
      case 'twice at once':
        writeFileSync(file, this.text('draft').replace('host1 A', 'host1 AAAA ::1 ; A'));
        writeFileSync(file, text);
        return;
      case 'older file':
        writeFileSync(aside, text);
        utimesSync(aside, 1_000_000_000 + this.number, 1_000_000_000);
        renameSync(aside, file);
        return;
      case 'broken first':
        writeFileSync(file, `${this.text('broken')}broken WHAT 1\n`);
        await setTimeout(100);
        writeFileSync(file, text);
        return;
      case 'include':
        this.writeInclude(version.answer);
        return;
      case 'link swap':
        this.swapLink(text);
        return;
    }
  }

  /** The text as it was before the version being written. */
  private formerText(): string {
    const former = this.versions.at(-2)?.answer ?? '';
    return this.text(former).replace(
      `hostmaster ${this.number} `,
      `hostmaster ${this.number - 1} `,
    );
  }

  private writeInclude(answer: string): void {
    const include = join(this.directory, `${this.name}.inc`);
    writeFileSync(include, `t TXT "${answer}"\ne TXT "${answer}"\n`);
    if (this.number > 1) return;
    const soa = '@ SOA ns1 hostmaster 1 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\n';
    writeFileSync(this.file, `$TTL 60\n${soa}`);
    appendFileSync(this.file, `$INCLUDE ${this.name}.inc\n`);
  }

  /** As Kubernetes swaps a ConfigMap. */
  private swapLink(text: string): void {
    const data = join(this.directory, `..${this.name}`);
    const generation = `${data}_${this.number}`;
    mkdirSync(generation);
    writeFileSync(join(generation, 'zone'), text);
    symlinkSync(generation, `${data}_tmp`);
    renameSync(`${data}_tmp`, data);
    if (this.number === 1) symlinkSync(join(data, 'zone'), this.file);
    else rmSync(`${data}_${this.number - 1}`, { recursive: true });
  }
}
