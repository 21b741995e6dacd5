/**
 * Source files as the tidy rules see them: the text, and the same text with everything but code blanked out, so that a
 * rule about code is not misled by a comment or a string. Offsets and lines agree between the two.
 * Must not know: the rules.
 */

/** One file. `code` is as long as `text`, line by line. */
export type SourceText = { readonly path: string; readonly text: string; readonly code: string };

/** Files by path from the repository's root, with `/`. */
export type SourceTree = ReadonlyMap<string, SourceText>;

/** Stands in `code` for each octet of a regular expression. */
export const REGEX_MARK = '\u0001';

/** Makes a tree of paths and texts. */
export function sourceTree(files: Iterable<readonly [path: string, text: string]>): SourceTree {
  const tree = new Map<string, SourceText>();
  for (const [path, text] of files) {
    tree.set(path, { path, text, code: /\.m?ts$|\.mjs$/.test(path) ? codeOnly(text) : text });
  }
  return tree;
}

/** Line (from 1) of an offset. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/**
 * Blanks comments and the insides of strings and templates; marks regular expressions. Code inside `${…}` stays.
 * A regular expression right after a closing parenthesis is taken for a division: the house style has none.
 */
export function codeOnly(text: string): string {
  return new Masker(text).run();
}

class Masker {
  private readonly text: string;
  private readonly out: string[];
  private at = 0;
  /** Brace depth at which each open `${` ends. */
  private readonly templates: number[] = [];
  private depth = 0;

  constructor(text: string) {
    this.text = text;
    this.out = text.split('');
  }

  run(): string {
    if (this.text.startsWith('#!')) this.blankTo(this.lineEnd());
    while (this.at < this.text.length) this.step();
    return this.out.join('');
  }

  private step(): void {
    const { text, at } = this;
    const char = text.charAt(at);
    if (text.startsWith('//', at)) this.blankTo(this.lineEnd());
    else if (text.startsWith('/*', at)) this.blankTo(this.after('*/', at + 2));
    else if (char === "'" || char === '"') this.string(char);
    else if (char === '`') {
      this.at++;
      this.template();
    } else if (char === '/' && this.regexMayStart()) this.regex();
    else this.brace(char);
  }

  private brace(char: string): void {
    this.at++;
    if (char === '{') this.depth++;
    if (char !== '}') return;
    this.depth--;
    if (this.templates.at(-1) !== this.depth) return;
    this.templates.pop();
    this.template();
  }

  private string(quote: string): void {
    this.at++;
    while (this.at < this.text.length && this.text.charAt(this.at) !== quote) {
      this.blankTo(this.at + (this.text.charAt(this.at) === '\\' ? 2 : 1));
    }
    this.at++;
  }

  /** Goes on inside a template, up to its end or its next `${`. */
  private template(): void {
    for (;;) {
      const char = this.text.charAt(this.at);
      if (char === '' || char === '`') break;
      if (this.text.startsWith('${', this.at)) {
        this.templates.push(this.depth++);
        this.at++;
        break;
      }
      this.blankTo(this.at + (char === '\\' ? 2 : 1));
    }
    this.at++;
  }

  private regex(): void {
    const start = this.at++;
    let inClass = false;
    for (; this.at < this.text.length; this.at++) {
      const char = this.text.charAt(this.at);
      if (char === '\\') this.at++;
      else if (char === '[') inClass = true;
      else if (char === ']') inClass = false;
      else if (char === '\n' || (char === '/' && !inClass)) break;
    }
    this.at++;
    this.out.fill(REGEX_MARK, start, this.at);
  }

  private regexMayStart(): boolean {
    const before = this.out
      .slice(Math.max(0, this.at - 40), this.at)
      .join('')
      .trimEnd();
    if (/[\w)\]]!$/.test(before)) return false;
    if (before === '' || /[(,=:[!&|?{};+\-*%~^<>]$/.test(before)) return true;
    return /\b(?:return|typeof|case|in|of|throw|yield|await)$/.test(before);
  }

  private lineEnd(): number {
    const newline = this.text.indexOf('\n', this.at);
    return newline === -1 ? this.text.length : newline;
  }

  private after(end: string, from: number): number {
    const found = this.text.indexOf(end, from);
    return found === -1 ? this.text.length : found + end.length;
  }

  private blankTo(stop: number): void {
    for (; this.at < stop && this.at < this.text.length; this.at++) {
      if (this.text.charAt(this.at) !== '\n') this.out[this.at] = ' ';
    }
  }
}
