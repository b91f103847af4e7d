/**
 * The thread that asks other machines for the command line in WebAssembly, which cannot wait for anything: that one sleeps on a shared
 * number until something has come.
 */
import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { type MessagePort, workerData } from 'node:worker_threads'

/** What is asked, and for how many milliseconds a connection, an answer and each part of it are waited for. */
export interface Question {
  address: string
  headers: string[]
  patience: [connect: number, answer: number, stall: number]
  certificates: string | undefined
}

/** What comes: the head of an answer, parts of its body, its end, or an error. */
export type News =
  | { head: string[] }
  | { part: Uint8Array<ArrayBuffer> }
  | { end: true }
  | { error: { code: string; message: string } }

const { port, signal } = workerData as { port: MessagePort; signal: Int32Array }
let asked: http.ClientRequest | undefined

function tell(news: News): void {
  port.postMessage(news)
  Atomics.add(signal, 0, 1)
  Atomics.notify(signal, 0)
}

function ask({ address, headers, patience: [connect, answer, stall], certificates }: Question): void {
  // What is left of the one before is of no use any more.
  asked?.destroy()
  const url = new URL(address)
  const { request } = url.protocol === 'https:' ? https : http
  const options = { headers: pairs(headers), ...(certificates && { ca: fs.readFileSync(certificates) }) }
  const sent = request(url, { agent: false, ...options })
  asked = sent
  let deadline = setTimeout(() => sent.destroy(new Error('no connection')), connect)
  const restart = (what: string, time: number) => {
    clearTimeout(deadline)
    deadline = setTimeout(() => sent.destroy(new Error(what)), time)
  }
  const fail = (error: NodeJS.ErrnoException) => {
    clearTimeout(deadline)
    if (asked === sent) tell({ error: { code: error.code ?? '', message: error.message } })
  }
  sent.on('socket', (socket) => socket.once('connect', () => restart('no answer', answer)))
  sent.on('error', fail)
  sent.on('response', (response) => {
    restart('nothing more came', stall)
    tell({ head: [String(response.statusCode), ...response.rawHeaders] })
    response.on('data', (chunk: Buffer) => {
      restart('nothing more came', stall)
      tell({ part: Uint8Array.from(chunk) })
    })
    response.on('error', fail)
    response.on('end', () => {
      clearTimeout(deadline)
      tell(response.complete ? { end: true } : { error: { code: '', message: 'the connection ended' } })
    })
  })
  sent.end()
}

function pairs(headers: readonly string[]): Record<string, string> {
  const names = headers.filter((_, at) => at % 2 === 0)
  return Object.fromEntries(names.map((name, at) => [name, headers[2 * at + 1] ?? '']))
}

port.on('message', (question: Question) => {
  try {
    ask(question)
  } catch (error) {
    tell({ error: { code: '', message: (error as Error).message } })
  }
})
