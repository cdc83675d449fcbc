import type { Socket } from 'node:net'
import { UpstreamFailure } from '../../core/upstream.ts'
import type { Dial, Dialler } from './dial.ts'
import { hearEarlyReply } from './early-reply.ts'
import { connectionGone, failureOf } from './failure.ts'
import { KEEP_ALIVE_MS, keepAliveMsOf, mayFollow } from './keep-alive.ts'
import type { ReplyHead } from './reply-head.ts'
import { ReplyParser, type ReplyReader } from './reply-parser.ts'
import { type RequestHead, requestHead } from './request-head.ts'
import type { Talk } from './talk.ts'
import { Upload } from './upload.ts'

/** How often silence is looked at: a timeout is kept to about this. */
export const TICK_MS = 100

/** A place for one request at a time: an open connection while there is one, or the way to open it. */
export class Connection implements Dialler, ReplyReader {
  readonly #dial: Dial
  readonly #parser = new ReplyParser(this)
  #socket: Socket | null = null
  #talk: Talk | null = null
  /** Of the request that waits for the connection to open. */
  #waitingHead: RequestHead | null = null
  #giveUpDial: (() => void) | null = null
  #upload: Upload | null = null
  #isReusable = false
  #hasHead = false
  #isPaused = false
  #keepAliveMs = KEEP_ALIVE_MS
  /** How long nothing has come or gone: by a tick, so that a request need not look at a clock. */
  #silentMs = 0

  constructor(dial: Dial) {
    this.#dial = dial
  }

  get isOpen(): boolean {
    return this.#socket !== null
  }

  /** Sends a request, over a new connection where there is none. One at a time. */
  send(talk: Talk): void {
    this.#talk = talk
    // Some servers send a body in reply to HEAD: it must not be the next request's reply.
    this.#isReusable = talk.request.method !== 'HEAD'
    try {
      const head = requestHead(talk.request, !this.#isReusable)
      if (this.#socket !== null) this.#write(this.#socket, talk, head)
      else {
        this.#waitingHead = head
        this.#giveUpDial = this.#dial(this)
      }
    } catch (error) {
      this.abort(failureOf(error instanceof Error ? error : new Error('it was not sent'), 'sent'))
    }
  }

  /** Ends what is under way: its reply will not be whole. */
  abort(failure: UpstreamFailure): void {
    this.#drop()
    this.#fail(failure)
  }

  pause(): void {
    this.#isPaused = true
    this.#socket?.pause()
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#silentMs = 0
    this.#socket?.resume()
  }

  /** Closes it when it is idle. */
  close(): void {
    if (this.#talk === null) this.#drop()
  }

  /** To be called every TICK_MS. */
  tick(): void {
    this.#silentMs += TICK_MS
    if (this.#socket === null) return
    // The first tick comes at any time after the silence began.
    const silentMs = this.#silentMs - TICK_MS
    if (this.#talk === null) {
      if (silentMs >= this.#keepAliveMs) this.#drop()
    } else if (silentMs >= this.#longestMs(this.#talk)) {
      const what = this.#hasHead ? 'answering: nothing came' : 'sent: no reply'
      this.abort(new UpstreamFailure('upstream_timeout', `${what} for ${this.#longestMs(this.#talk)} ms`))
    }
  }

  onOpen(socket: Socket): void {
    this.#socket = socket
    this.#giveUpDial = null
    hearEarlyReply(socket)
    // What they have failed with is told where it is known what was under way.
    socket.on('error', (error) => this.#lost(socket, error))
    socket.on('end', () => this.#ended(socket))
    // Without an end before it: a body that goes until the end is not known to be whole.
    socket.on('close', () => this.#lost(socket, connectionGone()))
    const head = this.#waitingHead
    this.#waitingHead = null
    if (this.#talk !== null && head !== null) this.#write(socket, this.#talk, head)
  }

  onFailure(failure: UpstreamFailure): void {
    this.#giveUpDial = null
    this.#fail(failure)
  }

  onBytes(bytes: Buffer): void {
    const talk = this.#talk
    // Nobody has asked yet: taken for the reply to what is sent next, it would answer somebody else.
    if (talk === null || this.#upload?.isUnsent === true) {
      this.abort(new UpstreamFailure('upstream_unreachable', 'sent: it spoke unasked', { unsent: true }))
      return
    }
    try {
      this.#parser.push(bytes)
    } catch (error) {
      this.#broke(talk, error)
    }
  }

  onInterim(head: ReplyHead): void {
    this.#silentMs = 0
    this.#talk?.interim(head)
  }

  onHead(head: ReplyHead): void {
    this.#silentMs = 0
    this.#hasHead = true
    if (!mayFollow(head)) this.#isReusable = false
    this.#keepAliveMs = keepAliveMsOf(head)
    this.#talk?.head(head)
  }

  onData(bytes: Uint8Array): void {
    this.#silentMs = 0
    this.#talk?.data(bytes)
  }

  onEnd(trailers: readonly string[], isLast: boolean): void {
    const talk = this.#talk
    this.#talk = null
    // An upload that is not over would go on into the next request.
    if (!isLast || !this.#isReusable || this.#upload?.isDone === false) this.#drop()
    else this.#rest()
    talk?.end(trailers)
  }

  onFlaw(why: string): void {
    this.abort(new UpstreamFailure('upstream_reply_invalid', why))
  }

  #write(socket: Socket, talk: Talk, head: RequestHead): void {
    // One that is not wanted any more leaves its place, and the next one may be here before it returns.
    this.#talk = null
    if (!talk.begin()) return
    this.#talk = talk
    this.#hasHead = false
    this.#silentMs = 0
    const { method, body } = talk.request
    this.#parser.expect(method)
    if (body === null) socket.write(head.text, 'latin1')
    else if (body instanceof Uint8Array) writeWhole(socket, head.text, body)
    else {
      this.#upload = new Upload(body, head, socket, this)
      this.#upload.start()
    }
  }

  readonly onProgress = (): void => {
    this.#silentMs = 0
  }

  readonly onCut = (error: Error): void => {
    this.abort(new UpstreamFailure('client_closed', error.message))
  }

  #longestMs({ timeout }: Talk): number {
    // Whoever reads the reply slowly, or sends the body slowly, is timed elsewhere.
    if (this.#isPaused) return Number.POSITIVE_INFINITY
    if (this.#hasHead) return timeout.idleMs
    const isClientsTurn = this.#upload !== null && !this.#upload.isDone && !this.#upload.isHeldBack
    return isClientsTurn ? Number.POSITIVE_INFINITY : timeout.responseMs
  }

  #ended(socket: Socket): void {
    if (socket !== this.#socket) return
    const talk = this.#talk
    try {
      if (talk !== null && this.#parser.end()) return
    } catch (error) {
      if (talk !== null) this.#broke(talk, error)
      return
    }
    this.#lost(socket, connectionGone())
  }

  #lost(socket: Socket, error: Error): void {
    if (socket !== this.#socket) return
    this.#drop()
    this.#fail(failureOf(error, this.#parser.hasBegun ? 'answering' : 'sent'))
  }

  /** An error of ours ends this exchange and no other: the connection may be another one's by now. */
  #broke(talk: Talk, error: unknown): void {
    if (this.#talk === talk) {
      this.#talk = null
      this.#drop()
    }
    talk.fail(failureOf(error instanceof Error ? error : new Error('a reply was not taken'), 'answering'))
  }

  /** Gives the connection up: nothing that comes of it is heard any more. */
  #drop(): void {
    const socket = this.#socket
    this.#socket = null
    this.#parser.stop()
    this.#rest()
    socket?.destroy()
    this.#giveUpDial?.()
    this.#giveUpDial = null
  }

  #rest(): void {
    this.#upload?.stop()
    this.#upload = null
    this.#silentMs = 0
    this.resume()
  }

  #fail(failure: UpstreamFailure): void {
    const talk = this.#talk
    this.#talk = null
    talk?.fail(failure)
  }
}

function writeWhole(socket: Socket, head: string, body: Uint8Array): void {
  socket.cork()
  socket.write(head, 'latin1')
  socket.write(body)
  socket.uncork()
}
