// The laws of the house, as far as a program can tell: who may use whom (docs/architecture.md), how long files and functions
// are, and that no test asserts how long something took.

import fs from 'node:fs'
import path from 'node:path'
import { root as project, Stop, script } from './lib.mjs'

/** The rooms of the crate by floors: a room uses those of lower floors only. */
const FLOORS = [
  ['clock', 'error', 'host', 'isa', 'number'],
  ['files', 'hash', 'json'],
  ['tensors', 'text'],
  ['model'],
  ['encoder'],
  ['index'],
  ['engine'],
  ['corpus', 'eval', 'export', 'page'],
  ['site'],
  ['import'],
  ['web', 'cli'],
]

/** Rooms that do not know each other although one lies below: an index is searched without a model. */
const NEVER = [['index', 'encoder']]

/** The roots of the crate and of its command line. */
const ABOVE = ['lib', 'main']

/**
 * What the files of a folder, or one file, may import beside their own folder: files, packages, and, with a slash at the end,
 * files of a folder (not of those in it).
 * @type {Record<string, string[]>}
 */
const IMPORTS = {
  'www/src/': ['client', 'data-saver', 'latest', 'pool', 'protocol', 'revived', 'stored']
    .map((name) => `www/src/worker/${name}`)
    .concat('www/src/remote/'),
  'www/src/worker/': ['www/src/errors', 'www/src/types'],
  'www/src/worker/modules': ['www/src/worker/', 'www/src/worker/wasm/'],
  'www/src/remote/': [
    'www/src/encoder',
    'www/src/errors',
    'www/src/types',
    'www/src/worker/client',
    'www/src/worker/latest',
  ],
  'www/src/element/': ['www/src/', 'www/src/element/languages/', 'www/src/worker/tasks'],
  'www/src/element/languages/': ['www/src/element/messages'],
  'www/src/cli/': ['node:', 'www/src/errors'],
  'www/offline/': [
    'node:',
    'www/src/worker/module-names',
    'www/src/worker/simd',
    'www/src/worker/stored',
    'www/src/worker/wait',
  ],
  'www/single/': ['dist/wasm/', 'www/src/', 'www/src/element/', 'www/src/worker/'],
  'www/demo/': ['inkling-search', 'inkling-search/build', 'inkling-search/element', 'inkling-search/offline'],
}

const FILE_LINES = 500
const FUNCTION_LINES = 70

/** A package for a tool is small: what it does, the command line or the element does. */
const INTEGRATION_LINES = 300

const RUST_FUNCTION = /^ *((pub(\([^)]*\))?|const|async|unsafe|extern "C") )*fn \w/
const SCRIPT_FUNCTION =
  /^ *((export|default|async) )*function\b|=> \{$|^ +(?!(if|for|while|switch|catch)\b)((static|async|get|set|override|private) )*[#\w]+(<.*>)?\((.*\).*\{)?$/

/** What tells or holds how long something took. */
const CLOCK =
  /performance\.now|performance\.measure|Date\.now|Instant::now|SystemTime::now|\.elapsed\(|hrtime|\bduration\b|\bt?dur\b|\btimings\./

/**
 * What breaks a law, a line each; nothing on a tidy tree.
 * @param {string} [root] the folder of the project
 */
export function tidy(root = project) {
  const files = ['src', 'www', 'scripts', 'tests'].flatMap((folder) => filesIn(root, folder))
  const packages = integrations(root).filter(({ lines }) => lines > INTEGRATION_LINES)
  const large = packages.map(({ name, lines }) => `${name}: ${lines} lines: at most ${INTEGRATION_LINES}`)
  return files
    .flatMap((file) => {
      const text = fs.readFileSync(path.join(root, file), 'utf8')
      const { code, tests } = file.startsWith('tests/') ? { code: '', tests: text } : withoutTests(file, text)
      const found = [...sizes(file, code), ...(file.startsWith('tests/bench/') ? [] : timings(file, tests))]
      if (file.startsWith('src/')) found.push(...arrowsOfRust(file, code))
      if (/^www\/.*\.ts$/.test(file)) found.push(...arrowsOfTypeScript(file, code))
      return found.map((finding) => `${file}: ${finding}`)
    })
    .concat(large)
}

/** The packages for the tools that sites are built with, and how many lines of code each has. @param {string} root */
function integrations(root) {
  const folder = path.join(root, 'integrations')
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : []
  return names.map((name) => {
    const files = fs.readdirSync(path.join(folder, name), { recursive: true, encoding: 'utf8' })
    const code = files.filter((file) => /\.(js|py|vue|astro|html)$/.test(file))
    const lines = code.map((file) => fs.readFileSync(path.join(folder, name, file), 'utf8').split('\n').length - 1)
    return { name: `integrations/${name}`, lines: lines.reduce((sum, more) => sum + more, 0) }
  })
}

/** @param {string} root @param {string} folder */
function filesIn(root, folder) {
  const from = path.join(root, folder)
  if (!fs.existsSync(from)) return []
  const names = fs
    .readdirSync(from, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
  return names.filter((name) => /\.(rs|ts|mjs|css)$/.test(name) && !/\/node_modules\//.test(name)).sort()
}

/** Rust has its unit tests at the end of a file, or in one of their own. @param {string} file @param {string} text */
function withoutTests(file, text) {
  if (file.endsWith('/tests.rs')) return { code: '', tests: text }
  const start = file.endsWith('.rs')
    ? text.search(/^#\[cfg\((test|all\(test\b.*)\)\]\n(#\[.*\]\n)*(pub )?mod \w+ \{/m)
    : -1
  return start < 0 ? { code: text, tests: '' } : { code: text.slice(0, start), tests: text.slice(start) }
}

/** Files and functions that are too long. What is formatted ends a block where it began. @param {string} file @param {string} code */
function sizes(file, code) {
  const lines = code.split('\n')
  const found = lines.length > FILE_LINES + 1 ? [`${lines.length - 1} lines: at most ${FILE_LINES}`] : []
  const begins = file.endsWith('.rs') ? RUST_FUNCTION : SCRIPT_FUNCTION
  for (const [start, line] of lines.entries()) {
    if (!begins.test(line) || /[;}]$/.test(line)) continue
    const at = (/** @type {RegExp} */ what) => lines.findIndex((other, place) => place > start && what.test(other))
    const indent = /^ */.exec(line)?.[0] ?? ''
    // Parameters, or bounds of types, may come between the name and the body.
    const opener = line.endsWith('{') ? line : lines[at(new RegExp(`^${indent}[){]`))]
    const length = at(new RegExp(`^${indent}}`)) - start + 1
    if (opener?.endsWith('{') && length > FUNCTION_LINES)
      found.push(`${start + 1}: a function of ${length} lines: at most ${FUNCTION_LINES}`)
  }
  return found
}

/** @param {string} file @param {string} code */
function arrowsOfRust(file, code) {
  const [room = '', ...inside] = file.replace(/^src\/|(\/mod)?\.rs$/g, '').split('/')
  if (ABOVE.includes(room)) return []
  const floorOf = (/** @type {string} */ name) => FLOORS.findIndex((rooms) => rooms.includes(name))
  if (floorOf(room) < 0) return [`the room ${room} has no floor`]
  const plain = code.replace(/\/\/.*/g, '')
  // `super::` once for every module that this one is in leads out of the room, too.
  const out = new RegExp(`\\b(?:crate|super(?:::super){${inside.length}})::(?:\\{([^;]*?)\\}|(\\w+))`, 'g')
  const named = [...plain.matchAll(out)].flatMap(([, list, name]) =>
    list ? [...list.matchAll(/(?:^|,)\s*(\w+)/g)].map(([, first]) => first) : [name],
  )
  const used = new Set(named.flatMap((name) => (name && name !== room && floorOf(name) >= 0 ? [name] : [])))
  const allowed = (/** @type {string} */ name) =>
    floorOf(name) < floorOf(room) && !NEVER.some(([from, to]) => from === room && to === name)
  return [...used].filter((name) => !allowed(name)).map((name) => `${room} uses ${name}, which is not below it`)
}

/** @param {string} file @param {string} code */
function arrowsOfTypeScript(file, code) {
  const own = `${path.posix.dirname(file)}/`
  const name = file.replace(/\.ts$/, '')
  const may = IMPORTS[name] ?? IMPORTS[own]
  if (!may) return [`the folder ${own} has no floor`]
  const imports = [
    ...code.matchAll(/^ *(?:import|export)\b[^'`;]*?\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm),
  ]
  const used = new Set(imports.map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? ''))
  return [...used].flatMap((written) => {
    const target = written.startsWith('.') ? path.posix.join(own, written).replace(/\.js$/, '') : written
    const folder = `${path.posix.dirname(target)}/`
    const allowed =
      folder === own ||
      may.some((entry) => target === entry || folder === entry || (entry === 'node:' && target.startsWith(entry)))
    return allowed ? [] : [`imports ${target}, which it may not use`]
  })
}

/** Assertions that something took longer or shorter than something. @param {string} file @param {string} code */
function timings(file, code) {
  // Comments and texts go; lines stay. Rust has lifetimes where scripts have texts.
  const texts = file.endsWith('.rs')
    ? /\/\/.*|"(?:[^"\\]|\\.)*"/g
    : /\/\/.*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g
  const plain = code.replace(texts, (text) => text.replace(/[^\n]+/g, ''))
  const definitions = blocks(
    plain,
    /^( *)(?:export |async |pub )*(?:const|let|var|function|fn) (?:mut )?(?:(\w+)|[{[]([^}\]=]*)[}\]])/,
  )
  /** @type {Set<string>} */
  const times = new Set()
  const tellsTime = (/** @type {string} */ text) =>
    CLOCK.test(text) || [...times].some((name) => new RegExp(`(?<![.\\w])${name}\\b`).test(text))
  for (let before = -1; before < times.size; ) {
    before = times.size
    for (const { names, body } of definitions) if (tellsTime(body)) for (const name of names) times.add(name)
  }
  const asserted = blocks(plain, /^( *).*\b(?:expect|assert)[\w.]*!?[.(]/).map(({ line, body }) => ({
    line,
    body: body.replace(/[=-]>/g, ''),
  }))
  const ordering = /toBe(Less|Greater)Than|toBeCloseTo|\s[<>]=?\s/
  return asserted
    .filter(({ body }) => ordering.test(body) && tellsTime(body))
    .map(({ line }) => `${line}: asserts how long something took`)
}

/**
 * The lines that match, each with those below it that are further in, and with the names that it defines.
 * @param {string} code @param {RegExp} pattern
 */
function blocks(code, pattern) {
  const lines = code.split('\n')
  return lines.flatMap((line, at) => {
    const [found, indent = '', name, list = ''] = pattern.exec(line) ?? []
    if (found === undefined) return []
    const rest = lines.slice(at + 1)
    const inside = new RegExp(`^(${indent} |${indent}[)}\\]]|$)`)
    const end = rest.findIndex((other) => !inside.test(other))
    const names = name ? [name] : list.split(',').flatMap((part) => part.split(':').pop()?.trim().match(/^\w+/) ?? [])
    return [{ line: at + 1, names, body: [line, ...rest.slice(0, end < 0 ? rest.length : end)].join('\n') }]
  })
}

/** Fails where a law is broken. */
export async function checkLaws() {
  const found = tidy()
  if (found.length > 0) throw new Stop(found.join('\n'))
}

if (process.argv[1] === path.join(project, 'scripts', 'tidy.mjs')) await script(checkLaws)
