import type { Socket } from 'node:net'

/** Who sends more without a whole command is cut off. */
const MAX_INPUT = 1024 * 1024

/** Calls with the words of each command that comes, as soon as it is whole. */
export function onCommand(socket: Socket, answer: (words: readonly string[]) => void): void {
  let input = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    input += text
    for (let read = readCommand(input); read !== null; read = readCommand(input)) {
      input = input.slice(read.length)
      answer(read.words)
    }
    if (input.length > MAX_INPUT) socket.destroy()
  })
}

/** One command at the beginning of the text: an array of bulk strings. @returns null when it is not whole */
function readCommand(text: string): { readonly words: string[]; readonly length: number } | null {
  const head = /^\*(\d+)\r\n/.exec(text)
  if (head === null) return null
  const words: string[] = []
  let at = head[0].length
  for (let i = 0; i < Number(head[1]); i++) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at, at + 16))
    if (size === null) return null
    at += size[0].length
    const end = at + Number(size[1])
    if (text.length < end + 2) return null
    words.push(text.slice(at, end))
    at = end + 2
  }
  return { words, length: at }
}
