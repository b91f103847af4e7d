/** What Node.js offers the command line in WebAssembly, which has no system of its own: `src/host/node.rs`. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import zlib from 'node:zlib'
import type { News, Question } from './network.js'

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

/** Other machines, asked by a thread of its own while this one sleeps. */
class Network {
  readonly #signal = new Int32Array(new SharedArrayBuffer(4))
  #port: MessagePort | undefined

  /** The status of an answer, then names and values of its headers. */
  ask(question: Question): string[] {
    // What is left of an earlier answer is not read any more.
    this.#port ??= this.#start()
    while (receiveMessageOnPort(this.#port));
    this.#port.postMessage(question)
    const news = this.#next()
    if ('head' in news) return news.head
    throw new Error('an answer has no head')
  }

  /** The next part of its body; none at its end. */
  more(): Uint8Array {
    const news = this.#next()
    return 'part' in news ? news.part : new Uint8Array()
  }

  #start(): MessagePort {
    const { port1, port2 } = new MessageChannel()
    const workerData = { port: port2, signal: this.#signal }
    // Not in one expression: bundlers that follow workers would take this one for the page's.
    const thread = new URL('./cli-network.js', import.meta.url)
    new Worker(thread, { workerData, transferList: [port2] }).unref()
    port1.unref()
    return port1
  }

  #next(): News {
    for (;;) {
      const seen = Atomics.load(this.#signal, 0)
      const news = this.#port && (receiveMessageOnPort(this.#port)?.message as News | undefined)
      if (!news) Atomics.wait(this.#signal, 0, seen)
      else if ('error' in news) throw Object.assign(new Error(news.error.message), { code: news.error.code })
      else return news
    }
  }
}

const network = new Network()

/** Runs a program that is told nothing more: its exit code, and what it said on stderr. */
function run(program: string, args: string[]): string[] {
  const { status, stderr, error } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
  if (error) throw error
  return [String(status), stderr]
}

/** Cuts a file to its first bytes, and puts others behind them. */
function append(file: string, start: number, bytes: Uint8Array): void {
  const handle = fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_CREAT, 0o666)
  try {
    fs.ftruncateSync(handle, start)
    for (let at = 0; at < bytes.length; ) at += fs.writeSync(handle, bytes, at, bytes.length - at, start + at)
    fs.fsyncSync(handle)
  } finally {
    fs.closeSync(handle)
  }
}

/** The functions that the module calls. What fails throws an error with a `code`. */
export const host = (variables: Variables) => ({
  read: (file: string) => plain(() => bytesOf(fs.readFileSync(file))),
  write: (file: string, bytes: Uint8Array) => plain(() => fs.writeFileSync(file, bytes, { flush: true })),
  about(file: string) {
    const found = plain(() => fs.statSync(file))
    return new Float64Array([Number(found.isDirectory()), found.size, found.mtimeMs, Number(found.isFile())])
  },
  isLink(file: string) {
    try {
      return fs.lstatSync(file).isSymbolicLink()
    } catch {
      return false
    }
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
  removeAll: (folder: string) => plain(() => fs.rmSync(folder, { recursive: true })),
  append: (file: string, start: number, bytes: Uint8Array) => plain(() => append(file, start, bytes)),
  run: (program: string, args: string[]) => plain(() => run(program, args)),
  ask: (address: string, headers: string[], patience: Float64Array, certificates: string | undefined) =>
    network.ask({ address, headers, patience: [...patience] as Question['patience'], certificates }),
  more: () => network.more(),
  brotli: (bytes: Uint8Array) => bytesOf(zlib.brotliCompressSync(bytes)),
  gzip: (bytes: Uint8Array) => bytesOf(zlib.gzipSync(bytes, { level: 9 })),
  print: (bytes: Uint8Array) => writeAll(1, bytes),
  note: (text: string) => writeAll(2, Buffer.from(text)),
  variable: (name: string) => variables[name],
  processId: () => process.pid,
  sleep: pause,
  isTerminal: () => process.stderr.isTTY === true,
})
