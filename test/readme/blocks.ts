/**
 * What a page shows, as data: its fenced blocks, the commands of a console block with the output shown below each, and
 * whether an output is the one that was shown. Must not know: how a command is run.
 *
 *     ```zone example.org       must pass `hotzone check --origin example.org`
 *     ```console                run in order: `$ ` starts a command, `> ` goes on with it, the rest is its output
 *     ```sh                     shown only
 */

/** A fenced block; `line` is that of its fence. */
export type Block = {
  readonly language: string;
  readonly argument: string;
  readonly text: string;
  readonly line: number;
};

export type Command = { readonly command: string; readonly output: readonly string[] };

/** Stands for any text in a line, and alone on a line for any lines. */
const ANYTHING = '…';

/** The fenced blocks of a page. */
export function blocksOf(page: string): Block[] {
  const pattern = /^```(\w+)(?: +(\S+))? *\n(.*?)^```$/gms;
  return [...page.matchAll(pattern)].map((match) => ({
    language: match[1] ?? '',
    argument: match[2] ?? '',
    text: match[3] ?? '',
    line: page.slice(0, match.index).split('\n').length,
  }));
}

/**
 * The commands of a console block.
 * @throws if it does not start with a command.
 */
export function commandsOf(text: string): Command[] {
  const commands: { command: string; output: string[] }[] = [];
  for (const line of text.trimEnd().split('\n')) {
    const last = commands.at(-1);
    if (line.startsWith('$ ')) commands.push({ command: line.slice(2), output: [] });
    else if (last === undefined) throw new Error(`output before the first command: ${line}`);
    else if (line.startsWith('> ') && last.output.length === 0) {
      last.command += `\n${line.slice(2)}`;
    } else last.output.push(line);
  }
  return commands;
}

/** Whether `actual` is what the page shows. Blanks at line ends and empty lines at both ends do not count. */
export function outputMatches(shown: readonly string[], actual: string): boolean {
  const lines = trimLines(shown.join('\n')).split('\n');
  const body = lines
    .map((line) => {
      if (line.trim() === ANYTHING) return '(?:.*\\n)*?';
      return `${line.split(ANYTHING).map(escapeRegex).join('.*?')}\\n`;
    })
    .join('');
  return new RegExp(`^${body}$`).test(`${trimLines(actual)}\n`);
}

function trimLines(text: string): string {
  return text.replace(/[ \t\r]+$/gm, '').replace(/^\n+|\n+$/g, '');
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
