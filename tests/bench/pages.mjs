// How `inkling site` does with many pages: `node tests/bench/pages.mjs [PAGES] [MODEL]` makes a site of that many pages, makes it searchable
// twice, and prints what each took: seconds, those of all cores (`cpu`), the most memory, bytes. MODEL is the folder of a model, build/model when not given.
//
// The pages are prose by a chain of words learnt from the project's own documents: of real words in a natural distribution, no two alike.

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { at, script } from '../../scripts/lib.mjs'
import { cli, modelFolder } from '../../scripts/site.mjs'

const SECTIONS = 4
const WORDS = 75

/** Numbers from 0 to 1, the same in every run. @param {number} seed */
function numbers(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** The words that follow each two words in the documents. @returns {Map<string, string[]>} */
function learn() {
  const documents = fs.readdirSync(at('docs')).filter((name) => name.endsWith('.md'))
  const sessions = JSON.parse(fs.readFileSync(at('www', 'demo', 'corpus', 'sessions.json'), 'utf8'))
  const texts = documents.map((name) => fs.readFileSync(at('docs', name), 'utf8').replace(/```[^]*?```/g, ''))
  texts.push(
    ...sessions.map(
      (/** @type {{ title: string, abstract: string }} */ { title, abstract }) => `${title}. ${abstract}`,
    ),
  )
  /** @type {Map<string, string[]>} */
  const chain = new Map()
  for (const text of texts) {
    const words = text
      .replace(/[|`*#<>[\]()]/g, ' ')
      .split(/\s+/)
      .filter(Boolean)
    for (let i = 2; i < words.length; i++) {
      const key = `${words[i - 2]} ${words[i - 1]}`
      chain.set(key, [...(chain.get(key) ?? []), words[i] ?? ''])
    }
  }
  return chain
}

/** @param {string} folder @param {number} pages */
function write(folder, pages) {
  const chain = learn()
  const keys = [...chain.keys()]
  const random = numbers(7)
  const pick = (/** @type {string[]} */ list) => list[Math.floor(random() * list.length)] ?? ''
  const prose = (/** @type {number} */ count) => {
    let [first = '', second = ''] = pick(keys).split(' ')
    const words = [first, second]
    while (words.length < count) {
      const next = pick(chain.get(`${first} ${second}`) ?? pick(keys).split(' '))
      words.push(next)
      ;[first, second] = [second, next]
    }
    return words.join(' ')
  }
  fs.rmSync(folder, { recursive: true, force: true })
  for (let page = 0; page < pages; page++) {
    const sections = Array.from(
      { length: SECTIONS },
      (_, at) => `<h2 id="s${at}">${prose(4)}</h2><p>${prose(WORDS)}</p>`,
    )
    const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page ${page} | Pages</title></head><body>
<nav><a href="/">Home</a></nav><main><h1>${prose(3)} ${page}</h1>${sections.join('\n')}</main><footer>All pages</footer></body></html>`
    const to = path.join(folder, String(page % 100), `${page}`)
    fs.mkdirSync(to, { recursive: true })
    fs.writeFileSync(path.join(to, 'index.html'), html)
  }
}

/** The most memory that a process has held so far, in MB. @param {number} pid */
function peak(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1e3
  } catch {
    return 0
  }
}

/** The seconds that a process has computed so far, on all cores. @param {number} pid */
function computed(pid) {
  try {
    const [user, system] = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(11, 13) ?? []
    return (Number(user) + Number(system)) / 100
  } catch {
    return 0
  }
}

/** @param {string} folder @param {string} model */
function make(folder, model) {
  const start = Date.now()
  const child = spawn(cli, ['site', folder, '--model', model, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let [said, most, cpu] = ['', 0, 0]
  child.stdout.on('data', (chunk) => (said += chunk))
  const watch = setInterval(() => {
    most = Math.max(most, peak(child.pid ?? 0))
    cpu = Math.max(cpu, computed(child.pid ?? 0))
  }, 50)
  return new Promise((/** @type {(made: object) => void} */ resolve, reject) => {
    child.on('close', (code) => {
      clearInterval(watch)
      if (code !== 0) return reject(new Error(`inkling site: ${code}`))
      const [{ pages, passages, encoded, index_bytes, meaning_bytes }] = JSON.parse(said).languages
      const seconds = (Date.now() - start) / 1000
      resolve({ pages, passages, encoded, seconds, cpu, MB: Math.round(most), index_bytes, meaning_bytes })
    })
  })
}

await script(async () => {
  const [pages = '10000', model = modelFolder] = process.argv.slice(2)
  const folder = at('build', `pages-${pages}`)
  write(folder, Number(pages))
  console.log('first', await make(folder, model))
  console.log('again', await make(folder, model))
})
