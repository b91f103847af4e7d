/** The native command line, where it is installed. */
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

/** The version of this package. */
export const VERSION: string = packageVersion()

function packageVersion(): string {
  try {
    // Beside dist/, where the build puts this.
    return (JSON.parse(fs.readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string })
      .version
  } catch {
    // The folder dist/ was copied alone.
    return 'unknown'
  }
}

/** The native `inkling` on the PATH, if it is of the version of this package: another could write another format. */
export function findNative(): string | undefined {
  const names = process.platform === 'win32' ? ['inkling.exe'] : ['inkling']
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '')
  const found = folders.flatMap((folder) => names.map((name) => path.join(folder, name))).find(isProgram)
  if (!found) return undefined
  const { stdout } = spawnSync(found, ['--version'], { encoding: 'utf8' })
  const version = /^inkling (\S+)/.exec(stdout ?? '')?.[1]
  if (version === VERSION) return found
  process.stderr.write(
    `${found} is of version ${version ?? 'unknown'}, this package of ${VERSION}: working by WebAssembly\n`,
  )
  return undefined
}

/** Whether a file can be run and is no script: npm puts one that leads back here under the same name. */
function isProgram(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK)
    const handle = fs.openSync(file, 'r')
    const start = Buffer.alloc(2)
    fs.readSync(handle, start, 0, 2, 0)
    fs.closeSync(handle)
    return start.toString('latin1') !== '#!'
  } catch {
    return false
  }
}

/** Runs the native command line in place of this one and gives its exit code. */
export function runNative(file: string, args: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit' })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal) process.kill(process.pid, signal)
      resolve(code ?? 1)
    })
  })
}
