// How TypeScript and scripts are written: Biome's formatting and order of imports, and what oxlint finds, with types: promises
// that nobody waits for above all. `npm run format` puts the former right.

import { at, run, script } from './lib.mjs'

/** What is linted. Biome reads from biome.json what it formats. */
const SOURCES = ['www', 'scripts', 'tests', 'integrations', 'playwright.config.ts']

/**
 * Fails where something is not formatted, or a rule is broken.
 * @param {string[]} [sources] files and folders to lint, relative to the root
 */
export async function checkStyle(sources = SOURCES) {
  await run(at('node_modules', '.bin', 'biome'), ['check'])
  await run(at('node_modules', '.bin', 'oxlint'), ['--type-aware', '--deny-warnings', ...sources])
}

if (process.argv[1] === at('scripts', 'style.mjs')) await script(() => checkStyle())
