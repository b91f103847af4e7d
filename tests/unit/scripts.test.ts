/** What builds and tests the project: which steps are done again, which tests are run, which modules are refused. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import { bundlePackage } from '../../scripts/build.mjs'
import { sourcesOf } from '../../scripts/cargo.mjs'
import { at, root, unlessDone } from '../../scripts/lib.mjs'
import { parse } from '../../scripts/test.mjs'
import { holdsRelaxed } from '../../scripts/wasm.mjs'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'inkling-scripts-'))
after(() => fs.rmSync(folder, { recursive: true }))

/** A module with one function of one instruction of SIMD: its opcode, and how many vectors it takes. */
function moduleOf(opcode: number, operands: number): string {
  const section = (id: number, ...body: number[]) => [id, body.length, ...body]
  const gets = Array.from({ length: operands }, (_, operand) => [0x20, operand]).flat()
  const code = [0, ...gets, 0xfd, (opcode & 0x7f) | 0x80, opcode >> 7, 0x0b]
  const type = section(1, 1, 0x60, operands, ...Array<number>(operands).fill(0x7b), 1, 0x7b)
  const file = path.join(folder, `${opcode}.wasm`)
  fs.writeFileSync(
    file,
    Buffer.from([
      0,
      0x61,
      0x73,
      0x6d,
      1,
      0,
      0,
      0,
      ...type,
      ...section(3, 1, 0),
      ...section(10, 1, code.length, ...code),
    ]),
  )
  return file
}

const RELAXED_DOT = 0x113
const DOT = 0xba

test('a relaxed SIMD instruction is found in a module, and none where there is none', async () => {
  assert.equal(await holdsRelaxed(moduleOf(RELAXED_DOT, 3)), true)
  assert.equal(await holdsRelaxed(moduleOf(DOT, 2)), false)
})

test('a module that is damaged, or says itself which features it needs, is not judged', async () => {
  const file = moduleOf(DOT, 2)
  fs.appendFileSync(file, '\0\x10\x0ftarget_features')
  await assert.rejects(holdsRelaxed(file), /says which features/)
  fs.writeFileSync(file, 'no module')
  await assert.rejects(holdsRelaxed(file), /cannot read/)
})

test('what a build was made of is taken from the list of cargo: own files alone, spaces in names included', () => {
  const list = path.join(folder, 'inkling.d')
  const names = ['src/lib.rs', 'src/a\\ b.rs', 'target/release/build/x/out/y.rs', '../elsewhere.rs'].map(
    (name) => `${root}/${name}`,
  )
  fs.writeFileSync(list, `${folder}/inkling: ${names.join(' ')}\n`)
  assert.deepEqual(sourcesOf(list), ['Cargo.lock', 'Cargo.toml', 'src/a b.rs', 'src/lib.rs'])
})

test('a step is done again when what it turned out to read has changed, and not when another file has', async () => {
  const [read, other, output] = ['read', 'other', 'output'].map((name) =>
    path.relative(root, path.join(folder, name)),
  ) as [string, string, string]
  const old = (file: string, text: string) => {
    fs.writeFileSync(at(file), text)
    fs.utimesSync(at(file), 1, 1)
  }
  const step = () =>
    unlessDone({
      name: 'test-of-steps',
      inputs: 'same',
      outputs: [output],
      work: async () => (fs.writeFileSync(at(output), ''), [read]),
    })
  after(() => fs.rmSync(at('build', '.done', 'test-of-steps'), { force: true }))
  old(read, 'one')
  old(other, 'one')
  assert.deepEqual([await step(), await step()], [true, false])
  old(other, 'two')
  assert.equal(await step(), false)
  old(read, 'two')
  assert.deepEqual([await step(), await step()], [true, false])
  fs.rmSync(at(output))
  assert.equal(await step(), true)
  // Saved while the step ran: what it read may be what was there before.
  fs.writeFileSync(at(read), 'three')
  fs.utimesSync(at(read), Date.now() / 1000 + 60, Date.now() / 1000 + 60)
  assert.deepEqual([await step(), await step()], [true, true])
})

test('the package is bundled into any folder, as npm run dev wants it', async () => {
  const out = path.join(folder, 'package')
  await bundlePackage(out)
  for (const name of ['index.js', 'worker.js', 'element.css', 'results.html', 'languages/de.js', 'service-worker.js'])
    assert.ok(fs.existsSync(path.join(out, name)), name)
})

test('files, names and options of npm test reach the runner of the layer', () => {
  assert.deepEqual(parse([]).filter, { files: [], options: [] })
  assert.deepEqual(parse(['--only', 'unit', 'rust']).chosen, ['rust', 'unit'])
  assert.deepEqual(parse(['--only', 'browser', 'element', '-g', 'recent']), {
    chosen: ['browser'],
    filter: { files: ['element'], name: 'recent', options: [] },
  })
  assert.deepEqual(parse(['--only', 'browser', 'search.spec', '--headed', '--repeat-each', '3']).filter, {
    files: ['search.spec'],
    options: ['--headed', '--repeat-each', '3'],
  })
  for (const words of [['element'], ['--only'], ['--only', 'element'], ['--only', 'unit', '-g']])
    assert.throws(() => parse(words), /name a layer|give/)
})
