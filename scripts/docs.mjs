// `npm run docs`: a page of all functions and types of the package, from its TypeScript, in build/docs.

import fs from 'node:fs'
import { at, hashOf, run, Stop, say, script, unlessDone } from './lib.mjs'
import { setUp } from './setup.mjs'

/** The modules that the package exports and the page describes. */
const ENTRIES = ['index', 'build', 'encoder', 'offline', 'remote', 'element/element'].map(
  (name) => `www/src/${name}.ts`,
)

const tool = at('build', 'docs-npm')

/** Installs typedoc beside the package's own tools: it needs a TypeScript written in JavaScript, and theirs is not. */
async function installTypedoc() {
  await unlessDone({
    name: 'docs-npm',
    inputs: hashOf(['scripts/docs']),
    outputs: ['build/docs-npm/node_modules/typedoc/bin/typedoc'],
    work: async () => {
      say('installing typedoc')
      fs.mkdirSync(tool, { recursive: true })
      for (const name of ['package.json', 'package-lock.json'])
        fs.copyFileSync(at('scripts', 'docs', name), `${tool}/${name}`)
      await run('npm', ['ci', '--prefix', tool, '--ignore-scripts', '--no-audit', '--no-fund'])
    },
  })
}

/** Writes the page. A link that leads nowhere, or a type that is shown but not exported, is an error. */
export async function buildDocs() {
  await installTypedoc()
  say('documentation of the TypeScript')
  await run(process.execPath, [
    `${tool}/node_modules/typedoc/bin/typedoc`,
    ...ENTRIES.filter((entry) => fs.existsSync(at(entry))),
    '--tsconfig',
    'tsconfig.types.json',
    '--out',
    at('build', 'docs'),
    '--name',
    'Inkling',
    '--readme',
    'none',
    '--excludePrivate',
    '--excludeInternal',
    '--excludeExternals',
    '--disableSources',
    '--treatWarningsAsErrors',
    '--json',
    at('build', 'docs.json'),
  ])
  const internal = [...internalNames(JSON.parse(fs.readFileSync(at('build', 'docs.json'), 'utf8')))]
  if (internal.length > 0)
    throw new Stop(`the documentation names what the package does not export: ${internal.join(', ')}`)
}

/**
 * Names of this package that lead to no part of the page. typedoc itself warns of types of parameters and the like, but
 * not of what a type extends.
 * @param {unknown} part of typedoc's JSON @returns {Set<string>}
 */
function internalNames(part) {
  if (typeof part !== 'object' || part === null) return new Set()
  const { type, name, package: from, target } = /** @type {Record<string, unknown>} */ (part)
  const here = type === 'reference' && from === 'inkling-search' && typeof target !== 'number' ? [String(name)] : []
  return new Set([...here, ...Object.values(part).flatMap((inner) => [...internalNames(inner)])])
}

if (process.argv[1] === at('scripts', 'docs.mjs')) {
  await script(async () => {
    await setUp()
    await buildDocs()
  })
}
