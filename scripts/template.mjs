// Makes dist/single.html: a page with its styles, its scripts and both wasm modules inside, and a place for an index.
// `inkling bundle` puts one there.

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { at, hashOf, root, Stop, say, unlessDone } from './lib.mjs'

/** The page takes the worker's script out of itself in pieces, or it would stand still meanwhile. */
const PIECES = /.{1,1000000}/gs

/** Makes the page. Needs dist/wasm. */
export async function buildTemplate() {
  await unlessDone({
    name: 'single-page',
    inputs: hashOf(['www/src', 'www/single', 'dist/wasm', 'scripts/template.mjs', 'package-lock.json']),
    outputs: ['dist/single.html'],
    work: async () => {
      say('building the page that is one file')
      const [script, code] = await Promise.all([bundle('www/single/page.ts'), bundle('www/src/worker/worker.ts')])
      const pieces = code.match(PIECES) ?? []
      const worker = pieces.map((piece) => `<script type="text/plain" data-inkling-worker>${piece}</script>`).join('\n')
      const style = `\n${await styles('www/single/style.css')}`
      /** @type {Record<string, string>} */
      const parts = { script, worker, style, policy: policy(script, style) }
      const page = fs.readFileSync(at('www', 'single', 'index.html'), 'utf8')
      fs.writeFileSync(
        at('dist', 'single.html'),
        page.replace(/\{\{(script|worker|style|policy)\}\}/g, (_, name) => parts[name] ?? ''),
      )
    },
  })
}

/**
 * What the page may do: run its own scripts, and ask no network for anything.
 * @param {string} script @param {string} style
 */
function policy(script, style) {
  const hash = (/** @type {string} */ text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  return [
    "default-src 'none'",
    `script-src ${hash(script)} 'wasm-unsafe-eval'`,
    `style-src ${hash(style)}`,
    'worker-src blob:',
    'img-src data:',
    "form-action 'none'",
    "base-uri 'none'",
  ].join('; ')
}

/** Styles with all that they import, the element's among them. @param {string} entry @returns {Promise<string>} */
async function styles(entry) {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
  })
  return outputFiles[0]?.text ?? ''
}

/** A script that needs nothing beside it, fit to stand in a page. @param {string} entry @returns {Promise<string>} */
async function bundle(entry) {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    minify: true,
    charset: 'ascii',
    loader: { '.wasm': 'binary' },
    plugins: [
      {
        // What the package fetches from beside itself, this page has inside.
        name: 'inside',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^\.\/(start|modules)\.js$/ }, ({ path: name }) => ({
            path: at('www', 'single', path.basename(name).replace(/\.js$/, '.ts')),
          })),
      },
    ],
  })
  const text = outputFiles[0]?.text ?? ''
  if (/<\/script|<!--|\{\{/i.test(text))
    throw new Stop(`the script of ${entry} cannot stand in a page: it holds </script, <!-- or {{`)
  return text
}
