// Prints the gzipped JavaScript of the first load, and fails above the limit. The first load is what the overview needs
// before all its figures stand there; the chart's library follows them.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT_BYTES = 200_000;
const dist = new URL('../dist/', import.meta.url);

/** @type {Record<string, {file: string, isEntry?: boolean, imports?: string[], src?: string}>} */
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'));

/** @param {string} file */
const gzipped = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;

/** @param {string} name @param {Set<string>} [seen] @returns {Set<string>} */
function withImports(name, seen = new Set()) {
  const chunk = manifest[name];
  if (!chunk || seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const each of chunk.imports ?? []) withImports(each, seen);
  return seen;
}

const entry = Object.keys(manifest).find((name) => manifest[name]?.isEntry);
if (!entry) throw new Error('dist has no entry; run npm run build first');
const OVERVIEW = 'src/pages/overview/overview-page.tsx';
if (!manifest[OVERVIEW]) throw new Error(`dist has no ${OVERVIEW}`);
const initial = new Set(['theme.js', ...withImports(entry), ...withImports(OVERVIEW)]);
const all = new Set(Object.values(manifest).map((chunk) => chunk.file));

/** @param {Iterable<string>} files */
function print(files) {
  let total = 0;
  for (const file of files) {
    if (!file.endsWith('.js')) continue;
    const bytes = gzipped(file);
    total += bytes;
    console.log(`${(bytes / 1000).toFixed(1).padStart(8)} kB  ${file}`);
  }
  return total;
}

console.log('First load, gzipped:');
const total = print(initial);
console.log('Loaded when needed, gzipped:');
print([...all].filter((file) => !initial.has(file)));
console.log(`First load: ${(total / 1000).toFixed(1)} kB of ${LIMIT_BYTES / 1000} kB`);
if (total > LIMIT_BYTES) {
  console.error('The first load is too large.');
  process.exitCode = 1;
}
