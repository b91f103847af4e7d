/** What Node.js offers the command line in WebAssembly, which has no system of its own: `src/host/node.rs`. */
import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'

/** The variables of the environment that the command line sees. */
type Variables = Readonly<Record<string, string | undefined>>

const bytesOf = (data: Buffer) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** Writes all of it, also where a pipe is full for a moment. */
function writeAll(handle: number, bytes: Uint8Array): void {
  for (let start = 0; start < bytes.length; ) {
    try {
      start += fs.writeSync(handle, bytes, start)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      pause(5)
    }
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

/** The errors of Node.js name the call and the path behind what went wrong: the command line names the path itself. */
function plain<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw Object.assign(new Error(message.replace(/^\w+: (.*?), \w+.*$/s, '$1')), { code })
  }
}

/** The functions that the module calls. What fails throws an error with a `code`. */
export const host = (variables: Variables) => ({
  read: (file: string) => plain(() => bytesOf(fs.readFileSync(file))),
  write: (file: string, bytes: Uint8Array) => plain(() => fs.writeFileSync(file, bytes, { flush: true })),
  about(file: string) {
    const found = plain(() => fs.statSync(file))
    return new Float64Array([Number(found.isDirectory()), found.size, found.mtimeMs])
  },
  list(folder: string) {
    const entries = plain(() => fs.readdirSync(folder === '' ? '.' : folder, { withFileTypes: true }))
    return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
  },
  // As paths are written inside, also on Windows.
  realPath: (file: string) =>
    plain(() => fs.realpathSync(file))
      .split(path.sep)
      .join('/'),
  makeFolder: (folder: string, recursive: boolean) => void plain(() => fs.mkdirSync(folder, { recursive })),
  rename: (from: string, to: string) => plain(() => fs.renameSync(from, to)),
  removeFile: (file: string) => plain(() => fs.unlinkSync(file)),
  removeFolder: (folder: string) => plain(() => fs.rmdirSync(folder)),
  brotli: (bytes: Uint8Array) => bytesOf(zlib.brotliCompressSync(bytes)),
  gzip: (bytes: Uint8Array) => bytesOf(zlib.gzipSync(bytes, { level: 9 })),
  print: (bytes: Uint8Array) => writeAll(1, bytes),
  note: (text: string) => writeAll(2, Buffer.from(text)),
  variable: (name: string) => variables[name],
  processId: () => process.pid,
  sleep: pause,
  isTerminal: () => process.stderr.isTTY === true,
})
