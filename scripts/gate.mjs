// What `.ci/run` asks of a change: all checks and all tests. What compiles is done side by side; what measures the
// patience of a browser has the machine for itself. A check that fails does not stop the others, so one run says all that
// is wrong; what cannot be built stops everything.

import { NATIVE } from './cargo.mjs'
import { checkDocs, checkEachFeature, checkFormat, checkTypes, lintNative, lintWasm, setUpChecks } from './check.mjs'
import { installEngines } from './engines.mjs'
import { sideBySide } from './lanes.mjs'
import { EVERYTHING, everyChange, layers } from './layers.mjs'
import { Stop, script } from './lib.mjs'
import { installChromium, installVulkan } from './setup.mjs'
import { buildCliAndTests } from './site.mjs'
import { checkSupply } from './supply.mjs'
import { counted } from './test.mjs'
import { buildWasm } from './wasm.mjs'

/** @type {unknown[]} */
const failures = []

/** A check whose failure is kept for the end. @param {() => Promise<unknown>} check */
const kept = (check) => () => check().catch((error) => void failures.push(error))

/** @param {string} name */
const layer = (name) => /** @type {import('./layers.mjs').Layer} */ (layers[name])

/** @param {string[]} names the layers to run, in this order */
const runs = (...names) => names.map((name) => kept(() => layer(name).run(EVERYTHING)))

/** @param {string[]} names the layers to prepare and to run, in this order */
const tests = (...names) => names.flatMap((name) => [layer(name).prepare, ...runs(name)])

/** Layers that run as soon as what they need is compiled, the one half beside the other. */
const OF_THE_CRATE = ['rust', 'export']
const OF_THE_MODULES = ['unit', 'wasm']

/** Layers that do not fill both processors alone: they wait for deadlines, for files, and for one thread of a GPU in software. */
const SIDE_BY_SIDE = [['webgpu', 'package'], ['engines']]

/** All others have the machine for themselves. */
const apart = [...OF_THE_CRATE, ...OF_THE_MODULES, ...SIDE_BY_SIDE.flat()]
const alone = everyChange.filter((name) => !apart.includes(name))

await script(() =>
  counted(async () => {
    await setUpChecks()
    await kept(checkFormat)()
    await kept(checkSupply)()
    await sideBySide([
      [
        () => buildCliAndTests(NATIVE),
        kept(lintNative),
        ...tests(...OF_THE_CRATE),
        kept(checkDocs),
        kept(checkEachFeature),
        kept(lintWasm),
      ],
      [() => buildWasm(), kept(checkTypes), ...tests(...OF_THE_MODULES)],
      // What comes over the network, while the others compile.
      [
        installChromium,
        installEngines,
        installVulkan,
        async () => (await import('../tests/package/project.mjs')).installBundlers(),
      ],
    ])
    for (const step of tests(...alone)) await step()
    for (const name of SIDE_BY_SIDE.flat()) await layer(name).prepare()
    await sideBySide(SIDE_BY_SIDE.map((names) => runs(...names)))
    const said = failures.map((error) => (error instanceof Stop ? error.message : String(error)))
    if (said.length > 0) throw new Stop(said.join('\n'))
  }),
)
