// The packed package in Node: what it holds, what importing does, the command line, and the types.

import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { at } from '../../scripts/lib.mjs'
import { command, done, hashes, model, npxInkling, programme, project, short, tinyPair } from './project.mjs'

const native = at('target', 'release', 'inkling')
const root = await project({
  'sessions.json': fs.readFileSync(at('www', 'demo', 'corpus', 'sessions.json'), 'utf8'),
  'talks.csv':
    'Vorschlag;Text;E-Mail;Jahr;Seite\nRosen;Wir zählen.;a@example.org;9;a.html\n;Ohne Titel;;100;\nDornen;Wir wiegen.;;10;c.html\n',
})
const installed = path.join(root, 'node_modules', 'inkling-search')
const manifest = JSON.parse(fs.readFileSync(path.join(installed, 'package.json'), 'utf8'))

/** A PATH on which node and npm are, but no native command line. */
const bare = path.dirname(process.execPath)

// The search box is built by another part of the package: where that is not built, its entries are not there.
const hasElement = fs.existsSync(path.join(installed, 'dist', 'element.js'))
const entries = Object.keys(manifest.exports).filter((name) => hasElement || !name.startsWith('./element'))

test('every entry of the package leads to a file, those of TypeScript to types as well', () => {
  for (const name of entries) {
    const entry = manifest.exports[name]
    const files = typeof entry === 'string' ? [entry] : [entry.types, entry.default]
    for (const file of files.filter((file) => !file.includes('*')))
      assert.ok(fs.existsSync(path.join(installed, file)), `${name}: ${file}`)
  }
  const all = ['', '-languages', '-encoder', '-build', '-gpu', '-node'].map((name) => `inkling${name}-simd128`)
  for (const name of [...all, 'inkling-encoder-relaxed', 'inkling-build-relaxed'])
    assert.ok(fs.existsSync(path.join(installed, 'dist', 'wasm', `${name}.wasm`)), name)
})

test('the package holds what it serves, and nothing of the repository beside it', () => {
  const folders = new Set(Object.keys(hashes(installed)).map((name) => name.split('/')[0]))
  assert.deepEqual([...folders].sort(), ['LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'dist', 'package.json'])
  assert.equal(manifest.dependencies, undefined)
})

test('importing any entry where there is no browser does nothing and does not throw', async () => {
  const modules = entries
    .filter((name) => !/wasm|css|json/.test(name))
    .map((name) => path.posix.join('inkling-search', name))
  assert.ok(modules.includes('inkling-search/worker') && modules.includes('inkling-search'))
  const script = `
    const before = Object.getOwnPropertyNames(globalThis).join()
    for (const name of ${JSON.stringify(modules)}) await import(name)
    if (Object.getOwnPropertyNames(globalThis).join() !== before) throw new Error('a global was set')
    if (process.getActiveResourcesInfo().some((name) => /Worker|Timeout|TCP/.test(name))) throw new Error('something was started')
    console.log('imported')`
  assert.equal((await done(root, process.execPath, ['--input-type=module', '-e', script])).trim(), 'imported')
})

test('a bundler that follows every worker is led to one, and not from that to itself', () => {
  const leadsToWorker = (/** @type {string} */ name) =>
    /new Worker\(new URL\(/.test(fs.readFileSync(path.join(installed, 'dist', name), 'utf8'))
  const scripts = fs.readdirSync(path.join(installed, 'dist')).filter((name) => name.endsWith('.js'))
  assert.deepEqual(scripts.filter(leadsToWorker), ['shared.js'])
})

test('the wasm module of the package is an importable file', async () => {
  const script = "console.log(import.meta.resolve('inkling-search/wasm/inkling-simd128.wasm'))"
  const url = new URL((await done(root, process.execPath, ['--input-type=module', '-e', script])).trim())
  assert.ok(WebAssembly.validate(fs.readFileSync(url)))
})

for (const [what, corpus, options] of /** @type {const} */ ([
  ['the demo', 'sessions.json', []],
  ['the demo with other options', 'sessions.json', ['--fields', 'track,day', '--language', 'en']],
  ['a schedule', programme, []],
  [
    'a table with faults',
    'talks.csv',
    ['--title', 'Vorschlag', '--field', 'year=Jahr', '--base', '/garden/', '--url', 'Seite'],
  ],
])) {
  test(`an index of ${what} built by npx has the same bytes as one built natively`, async () => {
    const args = ['index', corpus, '--model', model, ...short, ...options]
    for (const name of ['by-npx', 'natively']) fs.rmSync(path.join(root, name), { recursive: true, force: true })
    const said = await npxInkling(root, [...args, '--out', 'by-npx'])
    assert.equal(await done(root, native, [...args, '--out', 'natively']), said.replace('by-npx', 'natively'))
    const [first, second] = [hashes(path.join(root, 'by-npx')), hashes(path.join(root, 'natively'))]
    assert.ok(Object.keys(first).length >= 7)
    assert.deepEqual(first, second)
  })
}

test('npx says what a file loses as the native command line does, and refuses it where that is asked for', async () => {
  const args = ['index', 'talks.csv', '--model', model, ...short, '--title', 'Vorschlag', '--out', 'said']
  const npx = (/** @type {string[]} */ more) =>
    command(root, process.execPath, [path.join(installed, 'dist', 'cli.js'), '--wasm', ...args, ...more], {
      path: bare,
    })
  const { stderr, code } = await npx([])
  assert.equal(code, 0)
  assert.match(stderr, /note: 1 record without a title is called by the beginning of the text: line 3\n/)
  assert.match(stderr, /note: the model does not know the language of these documents: meaning will not be used/)
  assert.equal(stderr, (await command(root, native, args)).stderr)
  const refused = await npx(['--strict'])
  assert.deepEqual([refused.code, refused.stdout], [1, ''])
  assert.match(refused.stderr, /line 3.*\[faulty-records\]/)
})

test('an index is asked and inspected by npx as by the native command line', async () => {
  await npxInkling(root, ['index', programme, '--model', model, ...short])
  for (const args of [
    ['best people'],
    ['roses', '--mode', 'lexical', '--limit', '1'],
    ['data', '--filter', 'track=People', '--far'],
    ['zzzz'],
  ]) {
    assert.equal(
      await npxInkling(root, ['search', ...args]),
      await done(root, native, ['search', ...args]),
      args.join(' '),
    )
  }
  const { hits, mode } = JSON.parse(await npxInkling(root, ['search', 'best people', '--limit', '1', '--json']))
  assert.deepEqual([hits.length, hits[0].id, mode], [1, '102', 'hybrid'])
  assert.equal(await npxInkling(root, ['inspect', 'search']), await done(root, native, ['inspect', 'search']))
  const { kind, config } = JSON.parse(await npxInkling(root, ['inspect', model, '--json']))
  assert.deepEqual([kind, config.id], ['model', 'tiny-model'])
})

test('a model can be taken from a site by its address', async () => {
  const { serve } = await import('../../scripts/serve.mjs')
  const server = await serve(at('tests', 'data'))
  try {
    const args = ['index', programme, ...short, '--json']
    const report = JSON.parse(
      await npxInkling(root, [...args, '--model', `${server.url}/tiny-quantized/`, '--out', 'fetched']),
    )
    assert.deepEqual([report.documents, report.passages], [4, 4])
    await npxInkling(root, [...args, '--model', model, '--out', 'local'])
    assert.deepEqual(hashes(path.join(root, 'fetched')), hashes(path.join(root, 'local')))
  } finally {
    await server.close()
  }
})

test('what a student asks for is taken from a site with the student, by the address of that', async () => {
  const { serve } = await import('../../scripts/serve.mjs')
  const pair = path.join(root, 'pair')
  await tinyPair(pair)
  const server = await serve(pair)
  try {
    const args = ['index', programme, ...short, '--json']
    await npxInkling(root, [...args, '--model', `${server.url}/model/`, '--out', 'fetched'])
    const report = JSON.parse(await npxInkling(root, [...args, '--model', path.join(pair, 'model'), '--out', 'local']))
    assert.deepEqual([report.query_model, report.documents_model], ['student', 'tiny-model'])
    assert.deepEqual(hashes(path.join(root, 'fetched')), hashes(path.join(root, 'local')))
    const queries = ['--model', model, `--query-model=${server.url}/model`]
    await npxInkling(root, [...args, ...queries, '--out', 'of-another'])
    const files = (/** @type {string} */ out) => hashes(path.join(root, out, 'model'))['weights.safetensors']
    assert.equal(files('of-another'), files('local'))
  } finally {
    await server.close()
  }
})

test('what npx inkling cannot do is said in one line, with a code and what to do', async () => {
  const write = (/** @type {string} */ name, /** @type {string} */ text) =>
    fs.writeFileSync(path.join(root, name), text)
  write('empty.json', '[]')
  write('untitled.csv', 'id,text\n1,x\n')
  write('broken.xml', '<schedule><day>')
  for (const [args, code, expected] of /** @type {const} */ ([
    [['index', 'none.json', '--model', model], 1, '[not-found]'],
    [['index', 'empty.json', '--model', model], 1, '[empty-corpus]'],
    [['index', 'untitled.csv', '--model', model], 1, '[missing-column]'],
    [['index', 'broken.xml', '--model', model], 1, '[damaged-file]'],
    [['index', 'sessions.json', '--model', 'nowhere'], 1, '[not-found]'],
    [['index', 'sessions.json', '--model', model, '--overlap', '150'], 1, '[invalid-input]'],
    [['search', 'x', '--index', 'nowhere'], 1, '[not-found]'],
    [['inspect', 'nowhere'], 1, '[not-found]'],
    [['index'], 2, 'CORPUS'],
    [['index', 'a', 'b'], 2, 'CORPUS'],
    [['search', 'x', '--limit', 'many'], 2, '--limit'],
    [['serch'], 2, '--help'],
    ...['eval', 'export', 'encode'].map((name) => /** @type {const} */ ([[name, '--help'], 2, 'cargo install'])),
    [['model', 'pull', 'somewhere'], 2, 'write hf:ORG/NAME'],
  ])) {
    const {
      code: left,
      stdout,
      stderr,
    } = await command(root, process.execPath, [path.join(installed, 'dist', 'cli.js'), '--wasm', ...args], {
      path: bare,
    })
    assert.deepEqual([left, stdout], [code, ''], `${args.join(' ')}: ${stderr}`)
    assert.ok(stderr.includes(expected), `${args.join(' ')}: ${stderr}`)
    if (code === 1) assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
  }
})

test('the help teaches the two steps to a searchable site, and each command has its own', async () => {
  const help = await npxInkling(root, ['--help'])
  for (const part of ['inkling site public', 'inkling search', 'inkling index']) assert.ok(help.includes(part), part)
  for (const name of ['site', 'index', 'search', 'inspect', 'add', 'remove', 'bundle', 'model'])
    assert.match(await npxInkling(root, [name, '--help']), new RegExp(`Usage: inkling ${name} `))
})

test('npx inkling hands over to the native command line of its version where that is on the PATH', async () => {
  const cli = path.join(installed, 'dist', 'cli.js')
  const args = ['inspect', model, '--json']
  const here = [path.dirname(native), bare].join(path.delimiter)
  const kernel = async (/** @type {string} */ paths, /** @type {string[]} */ extra) =>
    JSON.parse(await done(root, process.execPath, [cli, ...args, ...extra], { path: paths })).kernel_here
  assert.notEqual(await kernel(here, []), 'simd128')
  assert.equal(await kernel(here, ['--wasm']), 'simd128')
  assert.equal(await kernel(bare, []), 'simd128')

  const { code, stderr } = await command(root, process.execPath, [cli, 'search', 'x', '--index', 'nowhere'], {
    path: here,
  })
  assert.deepEqual([code, stderr.includes('not-found')], [1, true], 'the exit code is that of the native one')
  const old = path.join(root, 'old')
  fs.mkdirSync(old)
  // Not a script, so not mistaken for npm's own link: a copy of a program that knows no --version of ours.
  fs.copyFileSync(process.execPath, path.join(old, 'inkling'))
  const noted = await command(root, process.execPath, [cli, ...args], { path: [old, bare].join(path.delimiter) })
  assert.equal(noted.code, 0)
  assert.match(noted.stderr, /working by WebAssembly/)
})

for (const resolution of /** @type {const} */ (['bundler', 'nodenext'])) {
  test(`the types hold for code that uses the package, resolved as ${resolution}`, async () => {
    fs.copyFileSync(at('tests', 'package', 'types.ts'), path.join(root, 'types.ts'))
    const module = resolution === 'bundler' ? 'esnext' : 'nodenext'
    const options = [
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--noUncheckedIndexedAccess',
      '--target',
      'es2022',
      '--lib',
      'es2023,dom,dom.iterable',
    ]
    await done(root, at('node_modules', '.bin', 'tsc'), [
      ...options,
      '--module',
      module,
      '--moduleResolution',
      resolution,
      'types.ts',
    ])
  })
}
