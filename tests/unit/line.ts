/** A worker whose answers a test gives by hand. */
import type { WorkerLike } from '../../www/src/worker/client.js'
import type { Method, Reply, Request } from '../../www/src/worker/protocol.js'

/** The other end of the line. */
export class Line implements WorkerLike {
  onmessage: WorkerLike['onmessage'] = null
  onerror: WorkerLike['onerror'] = null
  onmessageerror: WorkerLike['onmessageerror'] = null
  requests: Request[] = []
  terminated = false

  postMessage(request: Request): void {
    this.requests.push(structuredClone(request))
  }

  terminate(): void {
    this.terminated = true
  }

  reply(reply: Reply): void {
    this.onmessage?.call(null as never, { data: structuredClone(reply) } as MessageEvent)
  }

  /** Answers the latest request for a method. */
  answer(method: Method, result: unknown): void {
    this.reply({ id: this.last(method).id, type: 'result', result: result as never })
  }

  /** Refuses the latest request for a method. */
  refuse(method: Method, code: string): void {
    this.reply({ id: this.last(method).id, type: 'error', error: { code, message: code } })
  }

  /** The latest request for a method. */
  last(method: Method): Request {
    const found = this.requests.findLast((request) => request.method === method)
    if (!found) throw new Error(`nobody asked for ${method}`)
    return found
  }

  /** The methods asked for, in order. */
  get methods(): Method[] {
    return this.requests.map(({ method }) => method)
  }
}
