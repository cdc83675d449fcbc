/** Why a file cannot be imported, told to whoever named it. */
export class ImportProblem extends Error {}

/** The most that is told of a text of others. */
export const MAX_TOLD = 200
