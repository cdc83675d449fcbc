/**
 * Which files a test's coverage counts for: the pure floors, which must be covered whole.
 * The slow tests run whole processes and count for nothing: core and policies answer to their own tests.
 */
export default function coverageMap(testFile: string): string | null {
  if (/^test\/(?:e2e|hostile|faults)\//.test(testFile)) return null
  return 'src/{core,policies}/**/*.ts'
}
