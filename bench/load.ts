/** Reads and compiles one policy file as a gate does that starts, and ends. */
import { loadPolicy } from '../src/runtime/load.ts'

const { compiled, errors } = loadPolicy(process.argv[2] ?? '', process.env, Date.now())
if (compiled === null) throw new Error(errors.join('\n'))
