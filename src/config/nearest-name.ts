/**
 * The known name that a misspelt one most likely stands for, for "did you mean" in problems. Must not know: what is
 * named: settings, statements of named.conf.
 */

/**
 * The nearest of `known` by edit distance, if at most a third of the word, at least one step and at most three, lies
 * between them; else `null`. Letter case does not count. Of equally near ones the first.
 */
export function nearestName(word: string, known: Iterable<string>): string | null {
  const folded = word.toLowerCase();
  let nearest: string | null = null;
  let best = Math.min(3, Math.max(1, Math.floor(word.length / 3))) + 1;
  for (const name of known) {
    if (Math.abs(name.length - word.length) >= best) continue;
    const distance = editDistance(folded, name.toLowerCase());
    if (distance < best) {
      best = distance;
      nearest = name;
    }
  }
  return nearest;
}

/** Letters to insert, delete, replace or swap with their neighbour to make `b` of `a`. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let steps = Math.min(last[j]! + 1, row[j - 1]! + 1, replaced);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) steps = Math.min(steps, beforeLast[j - 2]! + 1);
      row.push(steps);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
