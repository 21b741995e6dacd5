/**
 * One figure as a picture: horizontal bars in hand-made SVG, legible on light and on dark pages.
 * Must not know: where the values are from.
 */
import { numberText } from './statistics.js';

/** A bar. `min` and `max` are drawn as a thin line. */
export type Bar = {
  readonly title: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** Ours, drawn in another colour. */
  readonly own: boolean;
};

const WIDTH = 720;
const TITLE_HEIGHT = 34;
const ROW_HEIGHT = 26;
const BAR_HEIGHT = 16;
const NAMES_WIDTH = 110;
const VALUES_WIDTH = 90;
const STYLE = `
    text { font: 14px system-ui, sans-serif; fill: #1f2328; }
    .title { font-weight: 600; }
    .bar { fill: #8c959f; }
    .own { fill: #1f7a4d; }
    .span { stroke: #1f2328; stroke-width: 1.5; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .bar { fill: #6e7681; }
      .own { fill: #3fb37f; }
      .span { stroke: #e6edf3; }
    }
  `;

/** The picture's SVG document. Less is better, so the shortest bar is the best. */
export function picture(title: string, unit: string, bars: readonly Bar[]): string {
  const height = TITLE_HEIGHT + bars.length * ROW_HEIGHT + 6;
  const largest = Math.max(...bars.map((bar) => bar.max));
  const scale = (WIDTH - NAMES_WIDTH - VALUES_WIDTH) / largest;
  const rows = bars.map((bar, i) => row(bar, TITLE_HEIGHT + i * ROW_HEIGHT, scale, unit));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">
  <title>${escaped(title)}</title>
  <style>${STYLE}</style>
  <text class="title" x="4" y="20">${escaped(title)} (${escaped(unit)}, less is better)</text>
${rows.join('\n')}
</svg>
`;
}

function row(bar: Bar, top: number, scale: number, unit: string): string {
  const middle = top + ROW_HEIGHT / 2;
  const x = (value: number): string => (NAMES_WIDTH + value * scale).toFixed(1);
  const after = (NAMES_WIDTH + bar.max * scale + 6).toFixed(1);
  return [
    `  <text x="${NAMES_WIDTH - 8}" y="${middle + 5}" text-anchor="end">${escaped(bar.title)}</text>`,
    `  <rect class="${bar.own ? 'own' : 'bar'}" x="${NAMES_WIDTH}" y="${middle - BAR_HEIGHT / 2}"` +
      ` width="${(bar.value * scale).toFixed(1)}" height="${BAR_HEIGHT}"/>`,
    `  <line class="span" x1="${x(bar.min)}" y1="${middle}" x2="${x(bar.max)}" y2="${middle}"/>`,
    `  <text x="${after}" y="${middle + 5}">${numberText(bar.value)} ${escaped(unit)}</text>`,
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
