import fc from 'fast-check'

// Loaded before each test file (.taprc). With a seed the random inputs are the same each time: CI gives one of the tree
// it tests, so that a tree either passes or does not. Without, every run looks elsewhere.
const seed = process.env.SALLYPORT_SEED
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) })
