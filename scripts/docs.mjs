// `npm run docs`: a page of all functions and types of the package, from its TypeScript, in build/docs.

import fs from 'node:fs'
import { at, hashOf, run, say, script, unlessDone } from './lib.mjs'
import { setUp } from './setup.mjs'

/** The modules that the package exports and the page describes. */
const ENTRIES = ['index', 'build', 'element/element'].map((name) => `www/src/${name}.ts`)

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

/** Writes the page. A link that leads nowhere, or a type that is used but not exported, is an error. */
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
    '--disableSources',
    '--treatWarningsAsErrors',
  ])
}

if (process.argv[1] === at('scripts', 'docs.mjs')) {
  await script(async () => {
    await setUp()
    await buildDocs()
  })
}
